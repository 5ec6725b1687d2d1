# What stands between a vision tower and a language model.

w : Dict[str, Tensor]

def bind(self, w: Dict[str, Tensor]) -> List[Tensor]:
  self.w = w
  return []

def act(self, x: Tensor) -> Tensor:
  return ${ACTIVATION}

def linear(self, x: Tensor, p: str) -> Tensor:
  if ${BIASED}:
    return torch.linear(x, self.w[p + ".weight"], self.w[p + ".bias"])
  return torch.linear(x, self.w[p + ".weight"])

# Tokens of the vision tower to tokens of the language model; the class token may be left out.
def project(self, x: Tensor) -> Tensor:
  if not ${CLASS_TOKEN}:
    x = torch.narrow(x, 1, 1, x.size(1) - 1)
  return self.linear(self.act(self.linear(x, "linear_1")), "linear_2")

# Puts images' tokens [M, P, D], in order, where ids [N, T] name the image token.
def splice(self, x: Tensor, ids: Tensor, images: Tensor) -> Tensor:
  at = (ids == ${IMAGE}).unsqueeze(-1).expand(x.shape)
  return torch.masked_scatter(x, at, images)

def places(self, ids: Tensor) -> Tensor:
  return torch.sum(torch.to(ids == ${IMAGE}, 4))
