# Small classifiers. Products are summed row by row, not by matrix multiplication, so that a sample's
# answer is the same to the last bit in every batch.

def affine(self, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
  return torch.sum(torch.flatten(x, 1).unsqueeze(1) * w, [2], False) + b

def affine_pullback(self, c: Tensor, w: Tensor, x: Tensor) -> Tensor:
  return torch.reshape(torch.sum(c.unsqueeze(2) * w, [1], False), x.shape)

def bowls(self, x: Tensor, centres: Tensor, curvature: Tensor, b: Tensor) -> Tensor:
  d = torch.flatten(x, 1).unsqueeze(1) - centres
  return b - 0.5 * curvature * torch.sum(d * d, [2], False)

def bowls_pullback(self, c: Tensor, x: Tensor, centres: Tensor, curvature: Tensor) -> Tensor:
  d = torch.flatten(x, 1).unsqueeze(1) - centres
  g = torch.sum((c * torch.neg(curvature)).unsqueeze(2) * d, [1], False)
  return torch.reshape(g, x.shape)

# x / (1 + |x|) is smooth and needs no table, so its bits do not depend on a sample's place either.
def hidden(self, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
  h = self.affine(x, w, b)
  return h / (1. + torch.abs(h))

def mlp(self, x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
  return self.affine(self.hidden(x, w1, b1), w2, b2)
