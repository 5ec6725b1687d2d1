# x [..., in] times the transpose of w [out, in], plus b if there is one. A few rows are filled up, since the bits of their
# product would depend on the number of threads.
def product(self, x: Tensor, w: Tensor, b: Optional[Tensor]) -> Tensor:
  n = x.numel() // w.size(1)
  if n < 5 or n > 11:
    return torch.linear(x, w, b)
  y = torch.linear(torch.constant_pad_nd(x.reshape([n, w.size(1)]), [0, 0, 0, 16 - n], 0), w, b)
  return torch.narrow(y, 0, 0, n).view(x.shape[:-1] + [w.size(0)])

# A gated perceptron of columns [in, n], weights first: down [out, half] times the gated products with up [2 half, in].
def gated_columns(self, c: Tensor, up: Tensor, down: Tensor) -> Tensor:
  y = torch.mm(up, c)
  half = up.size(0) // 2
  return torch.mm(down, self.silu(torch.narrow(y, 0, 0, half)) * torch.narrow(y, 0, half, half))

