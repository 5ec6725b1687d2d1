def symmetric(self, logits: Tensor) -> Tensor:
  rows = torch.diagonal(torch.log_softmax(logits, 1, None))
  columns = torch.diagonal(torch.log_softmax(logits, 0, None))
  return -0.5 * torch.mean(rows + columns)

def matched(self, logits: Tensor, matches: Tensor) -> Tensor:
  rows = torch.sum(torch.log_softmax(logits, 1, None) * matches, [1]) / torch.sum(matches, [1])
  columns = torch.sum(torch.log_softmax(logits, 0, None) * matches, [0]) / torch.sum(matches, [0])
  return -0.5 * (torch.mean(rows) + torch.mean(columns))
