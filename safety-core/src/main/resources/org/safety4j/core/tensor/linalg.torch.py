# Linear algebra that stays differentiable.

def svd(self, a: Tensor) -> List[Tensor]:
  u, s, v = torch.linalg_svd(a, False)
  return [u, s, v]

def qr(self, a: Tensor) -> List[Tensor]:
  q, r = torch.linalg_qr(a)
  return [q, r]

def eigh(self, a: Tensor) -> List[Tensor]:
  w, v = torch.linalg_eigh(a)
  return [w, v]

def cholesky(self, a: Tensor) -> Tensor:
  return torch.linalg_cholesky(a)

def solve(self, a: Tensor, b: Tensor) -> Tensor:
  return torch.linalg_solve(a, b)

def pinv(self, a: Tensor) -> Tensor:
  return torch.linalg_pinv(a)
