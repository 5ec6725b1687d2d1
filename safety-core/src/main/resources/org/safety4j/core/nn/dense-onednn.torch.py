# Dense layers with oneDNN, which multiplies faster than what torch.linear calls where rows are many and get longer, and
# adds or multiplies on the way; it records no graph.
def dense(self, x: Tensor, w: Tensor, b: Optional[Tensor]) -> Tensor:
  if w.size(0) > w.size(1) and self.many(x, w) and not self.recorded(b):
    return ops.mkldnn._linear_pointwise(x, w, b, 'none', annotate(List[Optional[number]], []), '')
  return self.product(x, w, b)

def onto(self, r: Tensor, x: Tensor, w: Tensor, b: Optional[Tensor]) -> Tensor:
  if self.many(x, w) and not (self.recorded(b) or r.requires_grad):
    return ops.mkldnn._linear_pointwise(x, r, w, b, 'add')
  return r + self.product(x, w, b)

def swiglu(self, x: Tensor, w: Tensor) -> Tensor:
  half = w.size(0) // 2
  if self.many(x, w):
    gate = ops.mkldnn._linear_pointwise(x, torch.narrow(w, 0, 0, half), None, 'swish', annotate(List[Optional[number]], []), '')
    return ops.mkldnn._linear_pointwise(x, gate, torch.narrow(w, 0, half, half), None, 'mul')
  y = torch.chunk(torch.linear(x, w, None), 2, -1)
  return self.silu(y[0]) * y[1]

def across(self, w: Tensor, c: Tensor) -> Tensor:
  if c.size(1) < 16 or self.unfit(c, w):
    return torch.mm(w, c)
  return ops.mkldnn._linear_pointwise(w, c.contiguous().t(), None, 'none', annotate(List[Optional[number]], []), '')

# What oneDNN does not multiply here: it records no graph.
def unfit(self, x: Tensor, w: Tensor) -> bool:
  return x.dtype != 6 or x.is_cuda or x.requires_grad or w.requires_grad

# From four columns on this is faster than what torch.mm calls, up to 768 also than rows first.
def swiglu_columns(self, c: Tensor, up: Tensor, down: Tensor) -> Tensor:
  if c.size(1) < 4 or self.unfit(c, up) or down.requires_grad:
    return self.gated_columns(c, up, down)
  half = up.size(0) // 2
  rows = c.contiguous().t()
  gate = ops.mkldnn._linear_pointwise(torch.narrow(up, 0, 0, half), rows, None, 'swish', annotate(List[Optional[number]], []), '')
  y = ops.mkldnn._linear_pointwise(torch.narrow(up, 0, half, half), gate, rows, None, 'mul')
  return ops.mkldnn._linear_pointwise(down, y.t(), None, 'none', annotate(List[Optional[number]], []), '')

def many(self, x: Tensor, w: Tensor) -> bool:
  return x.numel() >= 256 * w.size(1) and not self.unfit(x, w)

def recorded(self, b: Optional[Tensor]) -> bool:
  return b is not None and b.requires_grad

