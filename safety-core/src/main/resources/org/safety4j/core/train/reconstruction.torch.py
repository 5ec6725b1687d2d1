def drawn(self, mean: Tensor, logVariance: Tensor, noise: Tensor) -> Tensor:
  return mean + torch.exp(0.5 * logVariance) * noise

# Mean absolute error, and nats by which the posterior differs from a standard normal, per sample value.
def loss(self, images: Tensor, decoded: Tensor, mean: Tensor, logVariance: Tensor, weight: Tensor) -> Tensor:
  error = torch.mean(torch.abs(decoded - images))
  nats = 0.5 * torch.sum(torch.square(mean) + torch.exp(logVariance) - 1.0 - logVariance)
  return error + weight * nats / torch.numel(images)
