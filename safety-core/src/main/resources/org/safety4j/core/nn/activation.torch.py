# Elementwise functions whose vector code rounds in another way than the scalar code at the end of a run of elements.
# libtorch shares many elements out among ${THREADS} threads, evenly. Here every share but the last ends with a whole
# vector (of up to 32 elements, as loops take two at once), so that no bit depends on the number of threads.

# x as it is where its shares are whole already, or the part that can be shared out so, and the rest. Some functions
# are shared out among all threads, and from another count on; their gradients are not.
def shares(self, x: Tensor, all: bool) -> List[Tensor]:
  n = x.numel()
  if n <= 25600 or (n <= 32768 and not all):
    return [x]
  if not (x.is_contiguous() or (x.stride(-1) == 1 and x.size(-1) % 32 == 0)):
    x = x.contiguous()
  threads = min(${THREADS}, (n + 32767) // 32768)
  unit = 32 * threads
  if all:
    unit = 32 * ${THREADS}
    if ${THREADS} % threads > 0:
      unit = unit * threads
  if n - n % unit <= 32768 * (threads - 1):
    # One thread less might take part.
    unit = unit * (threads - 1)
  unit = min(unit, 25600)
  rest = n % unit
  if rest == 0 or ${THREADS} == 1:
    return [x]
  return torch.split_with_sizes(x.reshape([-1]), [n - rest, rest], 0)

# The results of the shares, in the shape of x.
def whole(self, parts: List[Tensor], x: Tensor) -> Tensor:
  if len(parts) == 1:
    return parts[0]
  return torch.cat(parts, 0).view(x.size())

def silu(self, x: Tensor) -> Tensor:
  return self.whole([torch.silu(p) for p in self.shares(x, False)], x)

def logistic(self, x: Tensor) -> Tensor:
  return self.whole([torch.sigmoid(p) for p in self.shares(x, False)], x)

# oneDNN's, of what lies together, does not depend on threads.
def gelu(self, x: Tensor) -> Tensor:
  return torch.gelu(x.contiguous(), approximate="none")

def gelu_tanh(self, x: Tensor) -> Tensor:
  return self.whole([torch.gelu(p, approximate="tanh") for p in self.shares(x, True)], x)

