# Denoisers of images [N, C, H, W].

def forward_y(self, z: Tensor) -> Tensor:
  return torch.constant_pad_nd(torch.diff(z, 1, 2), [0, 0, 0, 1], 0)

def forward_x(self, z: Tensor) -> Tensor:
  return torch.constant_pad_nd(torch.diff(z, 1, 3), [0, 1, 0, 0], 0)

def divergence(self, py: Tensor, px: Tensor) -> Tensor:
  h = py.size(2)
  w = px.size(3)
  y = torch.slice(py, 2, 0, h - 1)
  x = torch.slice(px, 3, 0, w - 1)
  dy = torch.constant_pad_nd(y, [0, 0, 0, 1], 0) - torch.constant_pad_nd(y, [0, 0, 1, 0], 0)
  dx = torch.constant_pad_nd(x, [0, 1, 0, 0], 0) - torch.constant_pad_nd(x, [1, 0, 0, 0], 0)
  return dy + dx

# Minimises sum(mask * (z - x)^2) / 2 + weight * TV(z) by the primal-dual method of Chambolle and Pock.
def total_variation(self, x: Tensor, mask: Tensor, weight: Tensor, steps: Tensor) -> Tensor:
  s = 0.35355339
  w = float(weight)
  z = x * mask + (1 - mask) * 0.5
  lead = z
  py = torch.zeros_like(x)
  px = torch.zeros_like(x)
  for i in range(int(steps)):
    py = py + self.forward_y(lead) * s
    px = px + self.forward_x(lead) * s
    shrink = torch.clamp_min(torch.sqrt(py * py + px * px) / w, 1)
    py = py / shrink
    px = px / shrink
    next = (z + self.divergence(py, px) * s + x * mask * s) / (mask * s + 1)
    lead = next * 2 - z
    z = next
  return torch.clamp(z, 0, 1)

# Weighs every pixel of a window by the likeness of the patches around it.
def non_local_means(self, x: Tensor, window: Tensor, patch: Tensor, strength: Tensor) -> Tensor:
  r = int(window) // 2
  k = int(patch)
  p = k // 2
  h = x.size(2)
  w = x.size(3)
  wide = torch.reflection_pad2d(x, [r, r, r, r])
  total = torch.zeros_like(x)
  weights = torch.zeros_like(torch.slice(x, 1, 0, 1))
  for dy in range(2 * r + 1):
    for dx in range(2 * r + 1):
      other = torch.slice(torch.slice(wide, 2, dy, dy + h), 3, dx, dx + w)
      gap = torch.mean((other - x) ** 2, [1], True)
      near = torch.avg_pool2d(torch.reflection_pad2d(gap, [p, p, p, p]), [k, k], [1, 1])
      weight = torch.exp(-(near / strength ** 2))
      total = total + other * weight
      weights = weights + weight
  return total / weights
