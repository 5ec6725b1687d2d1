# One call a step: ascent and projection together, for batches [N, ...]; numbers come as scalars.

def per_sample(self, v: Tensor, like: Tensor) -> Tensor:
  shape = annotate(List[int], [v.size(0)])
  for i in range(like.dim() - 1):
    shape.append(1)
  return torch.reshape(v, shape)

def sign_step(self, x: Tensor, g: Tensor, alpha: Tensor) -> Tensor:
  return x + alpha * torch.sign(g)

def sign_step_linf(self, x: Tensor, g: Tensor, center: Tensor, alpha: Tensor, radius: Tensor) -> Tensor:
  y = x + alpha * torch.sign(g)
  return torch.clamp(torch.minimum(torch.maximum(y, center - radius), center + radius), 0., 1.)

def l2_step(self, x: Tensor, g: Tensor, alpha: Tensor) -> Tensor:
  n = torch.linalg_vector_norm(torch.flatten(g, 1), 2, [1], False)
  return x + alpha * g / self.per_sample(torch.clamp(n, ${tiny}), g)

# Steepest ascent for the L1 norm, spread over the k largest entries that can still move inside the box.
def l1_step(self, x: Tensor, g: Tensor, alpha: Tensor, k: Tensor) -> Tensor:
  z = torch.flatten(x, 1)
  f = torch.flatten(g, 1)
  stuck = torch.logical_or(torch.logical_and(z <= 0., f < 0.), torch.logical_and(z >= 1., f > 0.))
  a = torch.where(stuck, torch.zeros_like(f), torch.abs(f))
  values, places = torch.topk(a, int(k), 1)
  used = torch.to(values > 0., f.dtype)
  share = used / torch.clamp(torch.sum(used, [1], True), 1.)
  d = torch.scatter(torch.zeros_like(f), 1, places, share) * torch.sign(f)
  return x + alpha * torch.reshape(d, x.shape)

def adam_step(self, x: Tensor, g: Tensor, m: Tensor, v: Tensor, rate: Tensor, t: Tensor) -> List[Tensor]:
  m1 = 0.9 * m + 0.1 * g
  v1 = 0.999 * v + 0.001 * g * g
  mh = m1 / (1. - torch.pow(0.9, t))
  vh = v1 / (1. - torch.pow(0.999, t))
  return [x + rate * mh / (torch.sqrt(vh) + 1e-8), m1, v1]

# What the host wants to know of a step, in one transfer: answer, loss, whether the gradient is zero or bad.
def status(self, z: Tensor, values: Tensor, g: Tensor) -> Tensor:
  f = torch.flatten(g, 1)
  largest = torch.amax(torch.abs(f), [1], False)
  bad = torch.logical_not(torch.isfinite(largest))
  answer = torch.to(torch.argmax(z, 1), 6)
  return torch.stack([answer, torch.to(values, 6), torch.to(largest == 0., 6), torch.to(bad, 6)])

def finite(self, g: Tensor) -> Tensor:
  return torch.nan_to_num(g, 0., 0., 0.)

def accumulate(self, g: Tensor, sum: Tensor, decay: Tensor) -> Tensor:
  n = torch.mean(torch.abs(torch.flatten(g, 1)), [1], False)
  return decay * sum + g / self.per_sample(torch.clamp(n, ${tiny}), g)

# Shrinks each image and puts it somewhere, as theta says, where its flag is set; zeros around.
def place(self, x: Tensor, theta: Tensor, moved: Tensor) -> Tensor:
  grid = torch.affine_grid_generator(theta, x.size(), False)
  y = torch.grid_sampler(x, grid, 0, 0, False)
  return torch.where(self.per_sample(moved, x) > 0., y, x)

def convolve(self, g: Tensor, kernel: Tensor) -> Tensor:
  c = g.size(1)
  w = torch.expand(kernel, [c, 1, kernel.size(2), kernel.size(3)])
  return torch.conv2d(g, w, None, [1, 1], [kernel.size(2) // 2, kernel.size(3) // 2], [1, 1], c)

def keep_better(self, best: Tensor, x: Tensor, best_value: Tensor, value: Tensor) -> List[Tensor]:
  better = value > best_value
  return [torch.where(self.per_sample(better, x), x, best), torch.where(better, value, best_value)]

# Ascent with momentum on the points themselves; every sample has a step size [n, 1, 1, 1] of its own.
def adaptive_linf(self, x: Tensor, before: Tensor, g: Tensor, center: Tensor, step: Tensor, radius: Tensor, a: Tensor) -> Tensor:
  low = center - radius
  high = center + radius
  z = torch.clamp(torch.minimum(torch.maximum(x + step * torch.sign(g), low), high), 0., 1.)
  y = x + a * (z - x) + (1. - a) * (x - before)
  return torch.clamp(torch.minimum(torch.maximum(y, low), high), 0., 1.)

def blend(self, x: Tensor, before: Tensor, z: Tensor, a: Tensor) -> Tensor:
  return x + a * (z - x) + (1. - a) * (x - before)

def keep_best(self, x: Tensor, g: Tensor, value: Tensor, best: Tensor, best_g: Tensor, best_value: Tensor) -> List[Tensor]:
  better = value > best_value
  wide = self.per_sample(better, x)
  return [torch.where(wide, x, best), torch.where(wide, g, best_g), torch.where(better, value, best_value)]

def back_to_best(self, x: Tensor, g: Tensor, step: Tensor, best: Tensor, best_g: Tensor, chosen: Tensor) -> List[Tensor]:
  wide = self.per_sample(chosen, x) > 0.
  return [torch.where(wide, best, x), torch.where(wide, best_g, g), torch.where(wide, 0.5 * step, step)]
