# Losses of masks: logits [N, P, M, h, w], predicted overlap [N, P, M], true masks [N, P, h, w]; weights in float64.

# Mean over the pixels. Shares of pixels count as such.
def focal(self, x: Tensor, y: Tensor, gamma: float) -> Tensor:
  p = torch.sigmoid(x)
  entropy = torch.softplus(x) - x * y
  wrong = p + y - 2 * p * y
  alpha = ${ALPHA} * y + (1 - ${ALPHA}) * (1 - y)
  return torch.mean(torch.flatten(alpha * wrong ** gamma * entropy, 3), [3])

def dice(self, x: Tensor, y: Tensor) -> Tensor:
  p = torch.flatten(torch.sigmoid(x), 3)
  t = torch.flatten(y, 3)
  both = torch.sum(p * t, [3])
  return 1 - (2 * both + 1) / (torch.sum(p, [3]) + torch.sum(t, [3]) + 1)

# What the predicted overlap should be: that of the masks cut at 0 and at one half.
def overlap(self, x: Tensor, y: Tensor) -> Tensor:
  a = torch.flatten(x > 0, 3)
  b = torch.flatten(y > 0.5, 3)
  both = torch.to(torch.sum(torch.logical_and(a, b), [3]), 6)
  either = torch.to(torch.sum(torch.logical_or(a, b), [3]), 6)
  return both / torch.clamp(either, 1.0)

def loss(self, logits: Tensor, predicted: Tensor, masks: Tensor, weights: Tensor) -> Tensor:
  v : List[float] = weights.tolist()
  y = masks.unsqueeze(2)
  shape = v[0] * self.focal(logits, y, v[3]) + v[1] * self.dice(logits, y)
  error = predicted - self.overlap(logits.detach(), y)
  return torch.mean(torch.amin(shape, [2])) + v[2] * torch.mean(error * error)
