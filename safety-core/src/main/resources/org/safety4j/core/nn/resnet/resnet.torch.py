# Residual network. Convolutions are numbered: the stem; then of each layer its projection, if any, and its own.

kernel : List[Tensor]
scale : List[Tensor]
shift : List[Tensor]
mean : List[Tensor]
variance : List[Tensor]
input : List[Tensor]   # mean and std of the images
head : List[Tensor]    # weight and bias

def set_units(self, kernel: List[Tensor], scale: List[Tensor], shift: List[Tensor], mean: List[Tensor], variance: List[Tensor]) -> List[Tensor]:
  self.kernel = kernel
  self.scale = scale
  self.shift = shift
  self.mean = mean
  self.variance = variance
  return []

def set_ends(self, input: List[Tensor], head: List[Tensor]) -> List[Tensor]:
  self.input = input
  self.head = head
  return []

# Convolution k and its batch normalisation.
def unit(self, x: Tensor, k: int, stride: int, training: bool) -> Tensor:
  w = self.kernel[k]
  p = w.size(2) // 2
  y = torch.conv2d(x, w, None, [stride, stride], [p, p], [1, 1], 1)
  return torch.batch_norm(y, self.scale[k], self.shift[k], self.mean[k], self.variance[k], training, 0.1, 1.0e-5, True)

# At the ends of layers and of the stem; within a layer the reference has ReLU whatever its configuration says.
def activation(self, x: Tensor) -> Tensor:
  return ${ACTIVATION}

def stem(self, images: Tensor, training: bool) -> Tensor:
  x = (images - self.input[0]) / self.input[1]
  x = self.activation(self.unit(x, 0, ${STEM_STRIDE}, training))
  if ${STEM_POOLS}:
    x = torch.max_pool2d(x, [3, 3], [2, 2], [1, 1], [1, 1], False)
  return x

def stage(self, x: Tensor, s: int, training: bool) -> Tensor:
  starts = ${STARTS}
  depths = ${DEPTHS}
  strides = ${STRIDES}
  projects = ${PROJECTS}
  k = starts[s]
  for d in range(depths[s]):
    stride = 1
    residual = x
    if d == 0:
      stride = strides[s]
      if projects[s] == 1:
        residual = self.unit(x, k, stride, training)
        k = k + 1
    if ${BASIC}:
      y = torch.relu(self.unit(x, k, stride, training))
      y = self.unit(y, k + 1, 1, training)
      k = k + 2
    else:
      first = stride
      second = 1
      if not ${STRIDE_FIRST}:
        first = 1
        second = stride
      y = torch.relu(self.unit(x, k, first, training))
      y = torch.relu(self.unit(y, k + 1, second, training))
      y = self.unit(y, k + 2, 1, training)
      k = k + 3
    x = self.activation(y + residual)
  return x

def run(self, images: Tensor, stages: int, training: bool) -> Tensor:
  x = self.stem(images, training)
  for s in range(stages):
    x = self.stage(x, s, training)
  return x

def pool(self, x: Tensor) -> Tensor:
  return torch.mean(x, [2, 3], False)

def forward(self, images: Tensor) -> Tensor:
  return torch.linear(self.pool(self.run(images, ${STAGES}, False)), self.head[0], self.head[1])

def forward_training(self, images: Tensor) -> Tensor:
  return torch.linear(self.pool(self.run(images, ${STAGES}, True)), self.head[0], self.head[1])

def state(self, images: Tensor, stages: Tensor) -> Tensor:
  return self.run(images, int(stages), False)

def pooled(self, images: Tensor) -> Tensor:
  return self.pool(self.run(images, ${STAGES}, False))
