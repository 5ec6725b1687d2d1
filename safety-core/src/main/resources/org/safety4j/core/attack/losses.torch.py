# Losses on logits [N, K] for labels [N], one value a row, and their gradients in closed form.

def cross_entropy(self, z: Tensor, y: Tensor) -> Tensor:
  return torch.neg(torch.gather(torch.log_softmax(z, -1), 1, y.unsqueeze(1)).squeeze(1))

def cross_entropy_gradient(self, z: Tensor, y: Tensor) -> Tensor:
  return torch.softmax(z, -1) - self.one_hot(z, y)

def one_hot(self, z: Tensor, y: Tensor) -> Tensor:
  return torch.scatter(torch.zeros_like(z), 1, y.unsqueeze(1), 1.)

# The best class besides y.
def rival(self, z: Tensor, y: Tensor) -> Tensor:
  return torch.argmax(torch.scatter(z, 1, y.unsqueeze(1), ${lowest}), 1)

def pick(self, z: Tensor, y: Tensor) -> Tensor:
  return torch.gather(z, 1, y.unsqueeze(1)).squeeze(1)

def gap(self, z: Tensor, y: Tensor) -> Tensor:
  return self.pick(z, self.rival(z, y)) - self.pick(z, y)

def margin(self, z: Tensor, y: Tensor, kappa: Tensor) -> Tensor:
  return torch.minimum(self.gap(z, y), kappa)

def margin_gradient(self, z: Tensor, y: Tensor, kappa: Tensor) -> Tensor:
  open = (self.gap(z, y) < kappa).unsqueeze(1)
  rise = self.one_hot(z, self.rival(z, y)) - self.one_hot(z, y)
  return torch.where(open, rise, torch.zeros_like(z))

def targeted_margin(self, z: Tensor, t: Tensor, kappa: Tensor) -> Tensor:
  return torch.minimum(torch.neg(self.gap(z, t)), kappa)

def targeted_margin_gradient(self, z: Tensor, t: Tensor, kappa: Tensor) -> Tensor:
  open = (torch.neg(self.gap(z, t)) < kappa).unsqueeze(1)
  rise = self.one_hot(z, t) - self.one_hot(z, self.rival(z, t))
  return torch.where(open, rise, torch.zeros_like(z))

# The ratio of logit differences: numerator z_y - z_o, denominator z_1 - z_3 of the sorted logits.
def dlr(self, z: Tensor, y: Tensor) -> Tensor:
  s = torch.topk(z, 3, -1)[0]
  return self.gap(z, y) / (torch.select(s, 1, 0) - torch.select(s, 1, 2) + ${tiny})

def dlr_gradient(self, z: Tensor, y: Tensor) -> Tensor:
  s, order = torch.topk(z, 3, -1)
  d = (torch.select(s, 1, 0) - torch.select(s, 1, 2) + ${tiny}).unsqueeze(1)
  g = self.gap(z, y).unsqueeze(1)
  top = self.one_hot(z, torch.select(order, 1, 0))
  third = self.one_hot(z, torch.select(order, 1, 2))
  rise = self.one_hot(z, self.rival(z, y)) - self.one_hot(z, y)
  return rise / d - g / (d * d) * (top - third)

# Targeted: labels [N, 2] hold class and target; denominator z_1 - (z_3 + z_4) / 2.
def dlr_targeted(self, z: Tensor, yt: Tensor) -> Tensor:
  s = torch.topk(z, 4, -1)[0]
  d = torch.select(s, 1, 0) - 0.5 * (torch.select(s, 1, 2) + torch.select(s, 1, 3)) + ${tiny}
  return (self.pick(z, torch.select(yt, 1, 1)) - self.pick(z, torch.select(yt, 1, 0))) / d

def dlr_targeted_gradient(self, z: Tensor, yt: Tensor) -> Tensor:
  s, order = torch.topk(z, 4, -1)
  d = (torch.select(s, 1, 0) - 0.5 * (torch.select(s, 1, 2) + torch.select(s, 1, 3)) + ${tiny}).unsqueeze(1)
  y = torch.select(yt, 1, 0)
  t = torch.select(yt, 1, 1)
  g = (self.pick(z, t) - self.pick(z, y)).unsqueeze(1)
  down = self.one_hot(z, torch.select(order, 1, 2)) + self.one_hot(z, torch.select(order, 1, 3))
  bend = self.one_hot(z, torch.select(order, 1, 0)) - 0.5 * down
  return (self.one_hot(z, t) - self.one_hot(z, y)) / d - g / (d * d) * bend

def logit_gap(self, z: Tensor, yt: Tensor) -> Tensor:
  return self.pick(z, torch.select(yt, 1, 1)) - self.pick(z, torch.select(yt, 1, 0))

def logit_gap_gradient(self, z: Tensor, yt: Tensor) -> Tensor:
  return self.one_hot(z, torch.select(yt, 1, 1)) - self.one_hot(z, torch.select(yt, 1, 0))
