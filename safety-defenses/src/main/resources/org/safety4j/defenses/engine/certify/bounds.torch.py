# Bounds by linear relaxation. Coefficients are [N, R, ...]: R linear functions of a layer's values a sample.

# Replaces rectified units by lines below and above, for lower bounds of the functions: coefficients and constants.
def relu_back(self, a: Tensor, lower: Tensor, upper: Tensor) -> List[Tensor]:
  low = torch.unsqueeze(torch.clamp_max(lower, 0), 1)
  high = torch.unsqueeze(torch.clamp_min(upper, 0), 1)
  above = high / torch.clamp_min(high - low, 1e-8)
  below = torch.to(above > 0.5, 6)
  positive = torch.clamp_min(a, 0)
  negative = torch.clamp_max(a, 0)
  constant = torch.sum(torch.flatten(-(negative * above * low), 2), [2], False)
  return [positive * below + negative * above, constant]

# The least values of linear functions on boxes: [N, R].
def concrete(self, a: Tensor, lower: Tensor, upper: Tensor) -> Tensor:
  rows = torch.flatten(a, 2)
  low = torch.unsqueeze(torch.flatten(lower, 1), 2)
  high = torch.unsqueeze(torch.flatten(upper, 1), 2)
  least = torch.matmul(torch.clamp_min(rows, 0), low) + torch.matmul(torch.clamp_max(rows, 0), high)
  return torch.squeeze(least, 2)
