# x [..., in] times the transpose of w [out, in], plus b if there is one. A few rows are filled up, since the bits of their
# product would depend on the number of threads.
def product(self, x: Tensor, w: Tensor, b: Optional[Tensor]) -> Tensor:
  n = x.numel() // w.size(1)
  if n < 5 or n > 11:
    return torch.linear(x, w, b)
  y = torch.linear(torch.constant_pad_nd(x.reshape([n, w.size(1)]), [0, 0, 0, 16 - n], 0), w, b)
  return torch.narrow(y, 0, 0, n).view(x.shape[:-1] + [w.size(0)])

