# Fused steps of attacks that have loops of their own; batches [n, C, H, W].

def per_sample(self, v: Tensor, like: Tensor) -> Tensor:
  shape = annotate(List[int], [v.size(0)])
  for i in range(like.dim() - 1):
    shape.append(1)
  return torch.reshape(v, shape)

# Images in the open box as a function of free variables.
def squash(self, w: Tensor) -> Tensor:
  return 0.5 * (torch.tanh(w) + 1.)

def unsquash(self, x: Tensor, shrink: Tensor) -> Tensor:
  return torch.atanh((2. * x - 1.) * shrink)

# Where c * margin - |x - x0|^2 rises, for the free variables.
def squashed_gradient(self, w: Tensor, x: Tensor, x0: Tensor, g: Tensor, c: Tensor) -> Tensor:
  t = torch.tanh(w)
  return (self.per_sample(c, x) * g - 2. * (x - x0)) * 0.5 * (1. - t * t)

def one_hot_difference(self, z: Tensor, k: Tensor, y: Tensor) -> Tensor:
  up = torch.scatter(torch.zeros_like(z), 1, k.unsqueeze(1), 1.)
  return torch.scatter(up, 1, y.unsqueeze(1), -1.)

def logit_difference(self, z: Tensor, k: Tensor, y: Tensor) -> Tensor:
  return torch.gather(z, 1, k.unsqueeze(1)).squeeze(1) - torch.gather(z, 1, y.unsqueeze(1)).squeeze(1)

# Keeps, of two linearised boundaries, the nearer one; dual is the norm's dual: 1, 2 or infinity.
def nearer(self, g: Tensor, f: Tensor, dual: Tensor, best: Tensor, best_g: Tensor, best_f: Tensor) -> List[Tensor]:
  n = torch.linalg_vector_norm(torch.flatten(g, 1), float(dual), [1], False)
  ratio = torch.abs(f) / torch.clamp(n, ${tiny})
  closer = ratio < best
  wide = self.per_sample(closer, g)
  return [torch.where(closer, ratio, best), torch.where(wide, g, best_g), torch.where(closer, f, best_f)]

def to_boundary_l2(self, g: Tensor, ratio: Tensor) -> Tensor:
  n = torch.linalg_vector_norm(torch.flatten(g, 1), 2, [1], False)
  return self.per_sample(ratio / torch.clamp(n, ${tiny}), g) * g

def to_boundary_linf(self, g: Tensor, ratio: Tensor) -> Tensor:
  return self.per_sample(ratio, g) * torch.sign(g)

def boxed_sum(self, x: Tensor, d: Tensor, scale: Tensor) -> Tensor:
  return torch.clamp(x + scale * d, 0., 1.)

# The least change d with w . d = -f that keeps x + d inside the box, for rows [n, D]. Coordinates stop
# at the box one after another; sums over those that have stopped tell where the plane is met.

def downhill(self, w: Tensor, f: Tensor) -> Tensor:
  return torch.where(f.unsqueeze(1) > 0., torch.neg(w), w)

def plane_l2(self, x: Tensor, w: Tensor, f: Tensor) -> Tensor:
  v = self.downhill(w, f)
  a = torch.abs(v)
  room = torch.where(v > 0., 1. - x, x)
  met = self.meeting(room / torch.clamp(a, ${tiny}), a * room, a * a, torch.abs(f).unsqueeze(1))
  return torch.sign(v) * torch.minimum(met * a, room)

def plane_linf(self, x: Tensor, w: Tensor, f: Tensor) -> Tensor:
  v = self.downhill(w, f)
  a = torch.abs(v)
  room = torch.where(v > 0., 1. - x, x)
  met = self.meeting(room, a * room, a, torch.abs(f).unsqueeze(1))
  return torch.sign(v) * torch.minimum(met, room)

def plane_l1(self, x: Tensor, w: Tensor, f: Tensor) -> Tensor:
  v = self.downhill(w, f)
  a = torch.abs(v)
  room = torch.where(v > 0., 1. - x, x)
  order = torch.argsort(a, 1, True)
  gain = torch.gather(a * room, 1, order)
  before = torch.cumsum(gain, 1, dtype=7) - gain
  left = (torch.abs(f).unsqueeze(1) - before) / torch.clamp(torch.gather(a, 1, order), ${tiny})
  d = torch.minimum(torch.clamp(torch.to(left, x.dtype), 0.), torch.gather(room, 1, order))
  return torch.sign(v) * torch.scatter(torch.zeros_like(x), 1, order, d)

# How far to go until the gain is t, when every coordinate gains at its slope until its stop.
def meeting(self, stop: Tensor, full: Tensor, slope: Tensor, t: Tensor) -> Tensor:
  order = torch.argsort(stop, 1, False)
  zero = torch.to(torch.zeros_like(t), 7)
  stops = torch.cat([zero, torch.to(torch.gather(stop, 1, order), 7)], 1)
  gain = torch.cat([zero, torch.cumsum(torch.gather(full, 1, order), 1, dtype=7)], 1)
  spent = torch.cat([zero, torch.cumsum(torch.gather(slope, 1, order), 1, dtype=7)], 1)
  free = torch.clamp(torch.narrow(spent, 1, spent.size(1) - 1, 1) - spent, 0.)
  short = torch.sum(torch.to(gain + stops * free < t, 4), [1], True)
  last = torch.clamp(short - 1, 0)
  met = (t - torch.gather(gain, 1, last)) / torch.clamp(torch.gather(free, 1, last), ${tiny})
  return torch.to(met, stop.dtype)

# One step of FAB: both the point and the original are projected onto the linearised boundary, and the next
# point lies between the two projections, nearer to the original's where that is near.
def fab_step(self, x: Tensor, x0: Tensor, w: Tensor, f: Tensor, p: Tensor, eta: Tensor, most: Tensor) -> Tensor:
  z = torch.flatten(x, 1)
  z0 = torch.flatten(x0, 1)
  v = torch.flatten(w, 1)
  f0 = f + torch.sum(v * (z0 - z), [1], False)
  d = self.plane(z, v, f, p)
  d0 = self.plane(z0, v, f0, p)
  a = torch.clamp(self.length(d, p), 1e-8)
  a0 = torch.clamp(self.length(d0, p), 1e-8)
  alpha = torch.minimum(a / (a + a0), most)
  y = (z + eta * d) * (1. - alpha) + (z0 + eta * d0) * alpha
  return torch.reshape(torch.clamp(y, 0., 1.), x.shape)

def plane(self, x: Tensor, w: Tensor, f: Tensor, p: Tensor) -> Tensor:
  if int(p) == 1:
    return self.plane_l1(x, w, f)
  if int(p) == 2:
    return self.plane_l2(x, w, f)
  return self.plane_linf(x, w, f)

def length(self, d: Tensor, p: Tensor) -> Tensor:
  if int(p) == 0:
    return torch.amax(torch.abs(d), [1], True)
  return torch.linalg_vector_norm(d, float(p), [1], True)

# Back towards the original where a flag is set.
def retreat(self, x: Tensor, x0: Tensor, flag: Tensor, beta: Tensor) -> Tensor:
  return torch.where(self.per_sample(flag, x) > 0., x0 + beta * (x - x0), x)

# DDN: turn by a unit gradient, then set the length; the box last.
def decoupled_step(self, x: Tensor, x0: Tensor, g: Tensor, alpha: Tensor, length: Tensor) -> Tensor:
  n = self.per_sample(torch.linalg_vector_norm(torch.flatten(g, 1), 2, [1], False), g)
  d = x - x0 + alpha * g / torch.clamp(n, ${tiny})
  r = self.per_sample(torch.linalg_vector_norm(torch.flatten(d, 1), 2, [1], False), d)
  return torch.clamp(x0 + d * (self.per_sample(length, d) / torch.clamp(r, ${tiny})), 0., 1.)

# EAD: a gradient step on c * margin - |x - x0|^2, and shrinkage of the change towards zero.
def shrunken_step(self, y: Tensor, x0: Tensor, g: Tensor, c: Tensor, rate: Tensor, beta: Tensor) -> Tensor:
  z = y + rate * (self.per_sample(c, y) * g - 2. * (y - x0))
  d = z - x0
  return torch.clamp(x0 + torch.sign(d) * torch.clamp(torch.abs(d) - beta, 0.), 0., 1.)

def elastic_net(self, x: Tensor, x0: Tensor, beta: Tensor) -> Tensor:
  d = torch.flatten(x - x0, 1)
  return torch.sum(d * d, [1], False) + beta * torch.sum(torch.abs(d), [1], False)

# JSMA: of the features that can still move, the pair that raises the target most while the others fall.
def saliency_pairs(self, x: Tensor, up: Tensor, others: Tensor, theta: Tensor, most: Tensor) -> List[Tensor]:
  z = torch.flatten(x, 1)
  way = torch.sign(theta)
  a = way * torch.flatten(up, 1)
  b = way * torch.flatten(others, 1)
  free = torch.where(theta > 0., z < 1., z > 0.)
  m = int(most)
  low = torch.full_like(a, -1e30)
  single = torch.where(free, a - b, low)
  places = torch.topk(single, m, 1)[1]
  pa = torch.gather(a, 1, places)
  pb = torch.gather(b, 1, places)
  ok = torch.gather(free, 1, places)
  sa = pa.unsqueeze(2) + pa.unsqueeze(1)
  sb = pb.unsqueeze(2) + pb.unsqueeze(1)
  both = torch.logical_and(ok.unsqueeze(2), ok.unsqueeze(1))
  good = torch.logical_and(torch.logical_and(sa > 0., sb < 0.), both)
  upper = torch.triu(torch.ones_like(torch.select(sa, 0, 0)), 1) > 0.
  good = torch.logical_and(good, upper)
  score = torch.where(good, torch.neg(sa * sb), torch.full_like(sa, -1.))
  best, place = torch.max(torch.flatten(score, 1), 1)
  i = torch.gather(places, 1, torch.floor_divide(place, m).unsqueeze(1))
  j = torch.gather(places, 1, torch.remainder(place, m).unsqueeze(1))
  found = (best > 0.).unsqueeze(1)
  change = torch.to(found, z.dtype) * theta
  d = torch.scatter(torch.zeros_like(z), 1, i, torch.expand_as(change, i))
  d = torch.scatter(d, 1, j, torch.expand_as(change, j))
  y = torch.clamp(z + d, 0., 1.)
  return [torch.reshape(y, x.shape), torch.to(found.squeeze(1), z.dtype)]

# A patch put onto every image where theta says: inside, the patch; outside, the image to the last bit.
def put_patch(self, patch: Tensor, x: Tensor, theta: Tensor) -> Tensor:
  n = x.size(0)
  grid = torch.affine_grid_generator(theta, x.size(), False)
  p = torch.expand(patch, [n, patch.size(1), patch.size(2), patch.size(3)])
  one = torch.ones_like(torch.narrow(p, 1, 0, 1))
  # Where the patch ends, half of a pixel may be covered; the cover says how much of it.
  cover = torch.grid_sampler(one, grid, 0, 0, False)
  color = torch.grid_sampler(p, grid, 0, 0, False)
  return torch.where(cover > 0., color + (1. - cover) * x, x)

# Rotated and shifted images, black outside.
def moved(self, x: Tensor, theta: Tensor) -> Tensor:
  grid = torch.affine_grid_generator(theta, x.size(), False)
  return torch.clamp(torch.grid_sampler(x, grid, 0, 0, False), 0., 1.)

# Pixels taken from where a flow [n, 2, H, W], in pixels, points; at the border the edge repeats.
def flowed(self, x: Tensor, flow: Tensor) -> Tensor:
  n = x.size(0)
  h = x.size(2)
  w = x.size(3)
  still = torch.tensor([[[1., 0., 0.], [0., 1., 0.]]], dtype=x.dtype, device=x.device)
  grid = torch.affine_grid_generator(torch.expand(still, [n, 2, 3]), x.size(), False)
  dx = torch.select(flow, 1, 0) * (2. / float(w))
  dy = torch.select(flow, 1, 1) * (2. / float(h))
  return torch.grid_sampler(x, grid + torch.stack([dx, dy], 3), 0, 1, False)

# How much a flow differs between neighbours.
def variation(self, flow: Tensor) -> Tensor:
  h = flow.size(2)
  w = flow.size(3)
  here = torch.narrow(torch.narrow(flow, 2, 0, h - 1), 3, 0, w - 1)
  right = torch.narrow(torch.narrow(flow, 2, 0, h - 1), 3, 1, w - 1) - here
  down = torch.narrow(torch.narrow(flow, 2, 1, h - 1), 3, 0, w - 1) - here
  a = torch.sum(right * right, [1], False)
  b = torch.sum(down * down, [1], False)
  return torch.sum(torch.flatten(torch.sqrt(a + b + 1e-8), 1), [1], False)

def one_hot(self, z: Tensor, k: Tensor) -> Tensor:
  return torch.scatter(torch.zeros_like(z), 1, k.unsqueeze(1), 1.)

def chosen(self, z: Tensor, k: Tensor) -> Tensor:
  return torch.gather(z, 1, k.unsqueeze(1)).squeeze(1)
