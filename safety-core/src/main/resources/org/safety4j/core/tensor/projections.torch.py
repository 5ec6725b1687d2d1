# Euclidean projections onto balls around a centre, for batches [N, ...]; radius is a scalar or [N, 1, ...].

def linf(self, x: Tensor, center: Tensor, radius: Tensor) -> Tensor:
  return torch.minimum(torch.maximum(x, center - radius), center + radius)

def linf_box(self, x: Tensor, center: Tensor, radius: Tensor) -> Tensor:
  return torch.clamp(torch.minimum(torch.maximum(x, center - radius), center + radius), 0., 1.)

def l2(self, x: Tensor, center: Tensor, radius: Tensor) -> Tensor:
  d = torch.flatten(x - center, 1)
  r = torch.expand_as(torch.flatten(radius, 1) if radius.dim() > 0 else radius, torch.narrow(d, 1, 0, 1))
  n = torch.linalg_vector_norm(d, 2, [1], True)
  scaled = d * (r / torch.clamp(n, 1e-30))
  return center + torch.reshape(torch.where(n > r, scaled, d), x.shape)

# Box and ball together: the nearest point is clamp(c + d / (1 + t)) with t >= 0; its distance falls as t grows.
def l2_box(self, x: Tensor, center: Tensor, radius: Tensor) -> Tensor:
  c = torch.flatten(center, 1)
  z = torch.flatten(x, 1)
  r = torch.expand_as(torch.flatten(radius, 1) if radius.dim() > 0 else radius, torch.narrow(z, 1, 0, 1))
  d = z - c
  low = torch.zeros_like(r)
  high = torch.ones_like(r)
  for i in range(60):
    mid = 0.5 * (low + high)
    y = torch.clamp(c + mid * d, 0., 1.)
    inside = torch.linalg_vector_norm(y - c, 2, [1], True) <= r
    low = torch.where(inside, mid, low)
    high = torch.where(inside, high, mid)
  boxed = torch.clamp(z, 0., 1.)
  free = torch.linalg_vector_norm(boxed - c, 2, [1], True) <= r
  y = torch.where(free, boxed, torch.clamp(c + low * d, 0., 1.))
  return torch.reshape(y, x.shape)

def l1(self, x: Tensor, center: Tensor, radius: Tensor) -> Tensor:
  d = torch.flatten(x - center, 1)
  r = torch.expand_as(torch.flatten(radius, 1) if radius.dim() > 0 else radius, torch.narrow(d, 1, 0, 1))
  a = torch.abs(d)
  s = torch.sort(a, -1, True)[0]
  k = torch.arange(1, d.size(1) + 1, dtype=6, device=d.device)
  excess = (torch.cumsum(s, 1) - r) / k
  count = torch.sum(s > excess, [1], True)
  threshold = torch.gather(excess, 1, torch.clamp(count - 1, 0))
  y = torch.sign(d) * torch.clamp(a - threshold, 0.)
  inside = torch.sum(a, [1], True) <= r
  return center + torch.reshape(torch.where(inside, d, y), x.shape)

# Box and L1 ball: shrink every coordinate by the same t >= 0, then clamp; the distance falls as t grows.
def l1_box(self, x: Tensor, center: Tensor, radius: Tensor) -> Tensor:
  c = torch.flatten(center, 1)
  z = torch.flatten(x, 1)
  r = torch.expand_as(torch.flatten(radius, 1) if radius.dim() > 0 else radius, torch.narrow(z, 1, 0, 1))
  d = z - c
  a = torch.abs(d)
  low = torch.zeros_like(r)
  high = torch.amax(a, [1], True)
  for i in range(60):
    mid = 0.5 * (low + high)
    y = torch.clamp(c + torch.sign(d) * torch.clamp(a - mid, 0.), 0., 1.)
    inside = torch.sum(torch.abs(y - c), [1], True) <= r
    high = torch.where(inside, mid, high)
    low = torch.where(inside, low, mid)
  boxed = torch.clamp(z, 0., 1.)
  free = torch.sum(torch.abs(boxed - c), [1], True) <= r
  y = torch.where(free, boxed, torch.clamp(c + torch.sign(d) * torch.clamp(a - high, 0.), 0., 1.))
  return torch.reshape(y, x.shape)
