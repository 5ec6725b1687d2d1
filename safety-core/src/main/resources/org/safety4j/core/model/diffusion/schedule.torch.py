# Steps of samplers and mixtures of signal and noise; c is a row of coefficients on the device.

def mix(self, a: Tensor, b: Tensor, t: Tensor, table: Tensor) -> Tensor:
  pair = torch.index_select(table, 0, t)
  shape = [pair.size(0)]
  for i in range(a.dim() - 1):
    shape.append(1)
  return a * pair.select(1, 0).reshape(shape) + b * pair.select(1, 1).reshape(shape)

def affine(self, x: Tensor, y: Tensor, c: Tensor) -> Tensor:
  return c[0] * x + c[1] * y

def affine_random(self, x: Tensor, y: Tensor, z: Tensor, c: Tensor) -> Tensor:
  return c[0] * x + c[1] * y + c[2] * z

def clipped(self, x: Tensor, y: Tensor, c: Tensor) -> Tensor:
  clean = torch.clamp(c[3] * x + c[4] * y, -c[5], c[5])
  return c[6] * clean + c[0] * x + c[1] * y

def clipped_random(self, x: Tensor, y: Tensor, z: Tensor, c: Tensor) -> Tensor:
  return self.clipped(x, y, c) + c[2] * z

# A sampler that looks back; c holds signal and noise rate, then factors of sample, clean estimate and its change.
def clean_epsilon(self, x: Tensor, y: Tensor, c: Tensor) -> Tensor:
  return (x - c[1] * y) / c[0]

def clean_v_prediction(self, x: Tensor, y: Tensor, c: Tensor) -> Tensor:
  return c[0] * x - c[1] * y

def clean_sample(self, x: Tensor, y: Tensor, c: Tensor) -> Tensor:
  return y

def multistep(self, x: Tensor, clean: Tensor, last: Tensor, c: Tensor) -> Tensor:
  return c[2] * x - c[3] * clean - 0.5 * c[3] * (c[4] * (clean - last))

# Classifier-free guidance: the first half of the batch is unconditional, the second conditional.
def guide(self, y: Tensor, scale: Tensor) -> Tensor:
  halves = torch.chunk(y, 2, 0)
  return halves[0] + scale * (halves[1] - halves[0])
