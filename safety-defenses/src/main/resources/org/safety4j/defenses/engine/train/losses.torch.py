# Losses of adversarial training. Logits are [N, K], labels int64 [N]; results are one value a sample.

def cross_entropy(self, logits: Tensor, labels: Tensor) -> Tensor:
  log_p = torch.log_softmax(logits, -1)
  return -torch.squeeze(torch.gather(log_p, 1, torch.unsqueeze(labels, 1)), 1)

# KL(p || q), p and q the softmax of clean and adversarial logits.
def divergence(self, clean: Tensor, adversarial: Tensor) -> Tensor:
  log_p = torch.log_softmax(clean, -1)
  log_q = torch.log_softmax(adversarial, -1)
  return torch.sum(torch.exp(log_p) * (log_p - log_q), [1], False)

# Cross-entropy plus the margin term -log(1 - p_k) of the most likely wrong class k.
def boosted_cross_entropy(self, logits: Tensor, labels: Tensor) -> Tensor:
  y = torch.unsqueeze(labels, 1)
  log_p = torch.log_softmax(logits, -1)
  wrong = torch.scatter(torch.exp(log_p), 1, y, 0.0)
  worst = torch.amax(wrong, [1], False)
  return -torch.squeeze(torch.gather(log_p, 1, y), 1) - torch.log(1.0000001 - worst)

def probability(self, logits: Tensor, labels: Tensor) -> Tensor:
  return torch.squeeze(torch.gather(torch.softmax(logits, -1), 1, torch.unsqueeze(labels, 1)), 1)

# A scalar with the given value whose gradient for the parameters is the given one.
def with_gradient(self, value: Tensor, parameters: List[Tensor], gradients: List[Tensor]) -> Tensor:
  inner = torch.zeros_like(value)
  for i in range(len(parameters)):
    inner = inner + torch.sum(parameters[i] * gradients[i])
  return inner + (value - inner).detach()
