# Gradients through torch.grad: only what is asked for is computed, nothing accumulates, any thread may call.

def vjp(self, y: Tensor, x: Tensor, v: Tensor) -> Tensor:
  return self.filled(torch.grad([y], [x], annotate(List[Optional[Tensor]], [v]), True, False, True), [x])[0]

def last_vjp(self, y: Tensor, x: Tensor, v: Tensor) -> Tensor:
  return self.filled(torch.grad([y], [x], annotate(List[Optional[Tensor]], [v]), False, False, True), [x])[0]

def vjps(self, ys: List[Tensor], xs: List[Tensor], vs: List[Tensor]) -> List[Tensor]:
  cotangents = annotate(List[Optional[Tensor]], [])
  for v in vs:
    cotangents.append(v)
  gs = torch.grad(ys, xs, cotangents, False, False, True)
  return self.filled(gs, xs)

def vjps_kept(self, ys: List[Tensor], xs: List[Tensor], vs: List[Tensor]) -> List[Tensor]:
  cotangents = annotate(List[Optional[Tensor]], [])
  for v in vs:
    cotangents.append(v)
  gs = torch.grad(ys, xs, cotangents, True, False, True)
  return self.filled(gs, xs)

def vjps_recorded(self, ys: List[Tensor], xs: List[Tensor], vs: List[Tensor]) -> List[Tensor]:
  cotangents = annotate(List[Optional[Tensor]], [])
  for v in vs:
    cotangents.append(v)
  gs = torch.grad(ys, xs, cotangents, True, True, True)
  return self.filled(gs, xs)

def gradients(self, ys: List[Tensor], xs: List[Tensor]) -> List[Tensor]:
  gs = torch.grad(ys, xs, None, False, False, True)
  return self.filled(gs, xs)

def filled(self, gs: List[Optional[Tensor]], xs: List[Tensor]) -> List[Tensor]:
  out = annotate(List[Tensor], [])
  for i in range(len(xs)):
    g = gs[i]
    if g is None:
      out.append(torch.zeros_like(xs[i]))
    else:
      out.append(g)
  return out

def leaf(self, x: Tensor) -> Tensor:
  return x.detach().clone().requires_grad_(True)

def detach(self, x: Tensor) -> Tensor:
  return x.detach()
