# Layers of small networks, on points and on boxes given by centre and radius.

def linear(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
  return torch.linear(x, weight, bias)

def convolution(self, x: Tensor, weight: Tensor, bias: Tensor, geometry: Tensor) -> Tensor:
  g : List[int] = geometry.tolist()
  return torch.conv2d(x, weight, bias, [g[0], g[0]], [g[1], g[1]])

def scale(self, x: Tensor, factor: Tensor, shift: Tensor) -> Tensor:
  return x * torch.view(factor, [1, -1, 1, 1]) + torch.view(shift, [1, -1, 1, 1])

def relu(self, x: Tensor) -> Tensor:
  return torch.relu(x)

def linear_radius(self, radius: Tensor, weight: Tensor) -> Tensor:
  return torch.linear(radius, torch.abs(weight), None)

def convolution_radius(self, radius: Tensor, weight: Tensor, geometry: Tensor) -> Tensor:
  g : List[int] = geometry.tolist()
  return torch.conv2d(radius, torch.abs(weight), None, [g[0], g[0]], [g[1], g[1]])

def scale_radius(self, radius: Tensor, factor: Tensor) -> Tensor:
  return radius * torch.abs(torch.view(factor, [1, -1, 1, 1]))

def linear_back(self, a: Tensor, weight: Tensor) -> Tensor:
  return torch.matmul(a, weight)

def convolution_back(self, a: Tensor, weight: Tensor, geometry: Tensor) -> Tensor:
  g : List[int] = geometry.tolist()
  flat = torch.reshape(a, [-1, a.size(2), a.size(3), a.size(4)])
  spareY = (g[2] + 2 * g[1] - weight.size(2)) % g[0]
  spareX = (g[3] + 2 * g[1] - weight.size(3)) % g[0]
  back = torch.conv_transpose2d(flat, weight, None, [g[0], g[0]], [g[1], g[1]], [spareY, spareX])
  return torch.reshape(back, [a.size(0), a.size(1), back.size(1), back.size(2), back.size(3)])
