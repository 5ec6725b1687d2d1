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
