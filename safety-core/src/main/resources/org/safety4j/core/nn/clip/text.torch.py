def embed(self, ids: Tensor) -> Tensor:
  return torch.embedding(self.w["embeddings.token_embedding.weight"], ids)

def encode(self, embedded: Tensor, bias: Tensor) -> Tensor:
  n = embedded.size(1)
  x = embedded + torch.narrow(self.w["embeddings.position_embedding.weight"], 0, 0, n)
  return self.norm(self.blocks(x, ${BLOCKS}, [bias]), "final_layer_norm")

def causal(self, n: int, like: Tensor) -> Tensor:
  return torch.triu(torch.full([n, n], -3.4e+38, dtype=6, device=like.device), 1)

# Every token's state.
def states(self, embedded: Tensor) -> Tensor:
  return self.encode(embedded, self.causal(embedded.size(1), embedded))

def states_masked(self, embedded: Tensor, mask: Tensor) -> Tensor:
  n = embedded.size(1)
  blocked = torch.logical_not(torch.to(mask, 11)).reshape([mask.size(0), 1, 1, n])
  later = self.causal(n, embedded) < 0.0
  bias = torch.zeros([mask.size(0), 1, n, n], dtype=6, device=embedded.device)
  return self.encode(embedded, torch.masked_fill(bias, torch.logical_or(blocked, later), -3.4e+38))

# The state at the end token: the first one, or the largest id where a checkpoint says so.
def pool(self, states: Tensor, ids: Tensor) -> Tensor:
  if ${END} == 2:
    at = torch.argmax(ids, -1)
  else:
    at = torch.argmax(torch.to(ids == ${END}, 3), -1)
  index = at.reshape([-1, 1, 1]).expand([-1, 1, states.size(2)])
  return torch.gather(states, 1, index).squeeze(1)

def project(self, pooled: Tensor) -> Tensor:
  return self.dense(pooled, self.w["projection.weight"], None)
