# Dense layers by what every libtorch has: x [..., in] times the transpose of w [out, in], plus b if there is one.
def dense(self, x: Tensor, w: Tensor, b: Optional[Tensor]) -> Tensor:
  return self.product(x, w, b)

# r plus the dense layer.
def onto(self, r: Tensor, x: Tensor, w: Tensor, b: Optional[Tensor]) -> Tensor:
  return r + self.product(x, w, b)

# The upper half of the dense layer, gated by the lower one.
def swiglu(self, x: Tensor, w: Tensor) -> Tensor:
  y = torch.chunk(torch.linear(x, w, None), 2, -1)
  return self.silu(y[0]) * y[1]

# w [out, in] times columns [in, n].
def across(self, w: Tensor, c: Tensor) -> Tensor:
  return torch.mm(w, c)

def swiglu_columns(self, c: Tensor, up: Tensor, down: Tensor) -> Tensor:
  return self.gated_columns(c, up, down)

# Whether onto and swiglu are faster than what a program does for few rows.
def many(self, x: Tensor, w: Tensor) -> bool:
  return False

