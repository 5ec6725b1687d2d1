# Parameter updates in place, a whole model a call. Hyper-parameters come as a float64 vector.

def sgd(self, ps: List[Tensor], gs: List[Tensor], ms: List[Tensor], h: Tensor) -> Tensor:
  v : List[float] = h.tolist()
  lr = v[0]
  momentum = v[1]
  decay = v[2]
  nesterov = v[3] > 0.
  for i in range(len(ps)):
    p = ps[i]
    g = gs[i]
    if decay != 0.:
      g = torch.add(g, p, alpha=decay)
    if momentum != 0.:
      m = ms[i]
      m2 = torch.add_(torch.mul_(m, momentum), g)
      if nesterov:
        g = torch.add(g, m2, alpha=momentum)
      else:
        g = m2
    p2 = torch.add_(p, g, alpha=-lr)
  return h

def adam(self, ps: List[Tensor], gs: List[Tensor], ms: List[Tensor], vs: List[Tensor], h: Tensor) -> Tensor:
  v : List[float] = h.tolist()
  lr = v[0]
  beta1 = v[1]
  beta2 = v[2]
  eps = v[3]
  decay = v[4]
  decoupled = v[5] > 0.
  t = v[6]
  bias1 = 1. - beta1 ** t
  bias2 = 1. - beta2 ** t
  for i in range(len(ps)):
    p = ps[i]
    g = gs[i]
    if decay != 0.:
      if decoupled:
        p1 = torch.mul_(p, 1. - lr * decay)
      else:
        g = torch.add(g, p, alpha=decay)
    m = torch.add_(torch.mul_(ms[i], beta1), g, alpha=1. - beta1)
    s = torch.addcmul_(torch.mul_(vs[i], beta2), g, g, value=1. - beta2)
    denominator = torch.add(torch.sqrt(s) / (bias2 ** 0.5), eps)
    p2 = torch.addcdiv_(p, m, denominator, value=-lr / bias1)
  return h

def global_norm(self, gs: List[Tensor]) -> Tensor:
  total = torch.sum(gs[0] * gs[0])
  for i in range(1, len(gs)):
    total = total + torch.sum(gs[i] * gs[i])
  return torch.sqrt(total)

def scale(self, gs: List[Tensor], factor: Tensor) -> Tensor:
  for g in gs:
    g2 = torch.mul_(g, factor)
  return factor

def accumulate(self, into: List[Tensor], gs: List[Tensor], factor: Tensor) -> Tensor:
  for i in range(len(gs)):
    a = torch.add_(into[i], gs[i] * factor)
  return factor

def average(self, emas: List[Tensor], ps: List[Tensor], weight: Tensor) -> Tensor:
  for i in range(len(ps)):
    e = torch.add_(emas[i], (ps[i] - emas[i]) * weight)
  return weight
