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

# Keeps, of two linearised boundaries, the nearer one; dual is the norm's dual, 2 or 1.
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
