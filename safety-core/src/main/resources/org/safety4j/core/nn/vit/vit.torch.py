# Vision transformer with normalisation before each layer (ViT, DeiT). A list holds one parameter a block.

stem : List[Tensor]    # mean, std, patch weight, patch bias, positions
prefix : List[Tensor]  # tokens before the patches
norm1_w : List[Tensor]
norm1_b : List[Tensor]
qkv_w : List[Tensor]
qkv_b : List[Tensor]
out_w : List[Tensor]
out_b : List[Tensor]
norm2_w : List[Tensor]
norm2_b : List[Tensor]
up_w : List[Tensor]
up_b : List[Tensor]
down_w : List[Tensor]
down_b : List[Tensor]
last : List[Tensor]    # weight and bias of the final normalisation
head_w : List[Tensor]
head_b : List[Tensor]

def set_stem(self, stem: List[Tensor], prefix: List[Tensor]) -> List[Tensor]:
  self.stem = stem
  self.prefix = prefix
  return []

def set_blocks(self, norm1_w: List[Tensor], norm1_b: List[Tensor], qkv_w: List[Tensor], qkv_b: List[Tensor], out_w: List[Tensor], out_b: List[Tensor], norm2_w: List[Tensor], norm2_b: List[Tensor], up_w: List[Tensor], up_b: List[Tensor], down_w: List[Tensor], down_b: List[Tensor]) -> List[Tensor]:
  self.norm1_w = norm1_w
  self.norm1_b = norm1_b
  self.qkv_w = qkv_w
  self.qkv_b = qkv_b
  self.out_w = out_w
  self.out_b = out_b
  self.norm2_w = norm2_w
  self.norm2_b = norm2_b
  self.up_w = up_w
  self.up_b = up_b
  self.down_w = down_w
  self.down_b = down_b
  return []

def set_head(self, last: List[Tensor], head_w: List[Tensor], head_b: List[Tensor]) -> List[Tensor]:
  self.last = last
  self.head_w = head_w
  self.head_b = head_b
  return []

def embed(self, images: Tensor) -> Tensor:
  x = (images - self.stem[0]) / self.stem[1]
  x = torch.conv2d(x, self.stem[2], self.stem[3], [${PATCH}, ${PATCH}], [0, 0], [1, 1], 1)
  tokens = annotate(List[Tensor], [])
  for token in self.prefix:
    tokens.append(token.expand([x.size(0), 1, ${WIDTH}]))
  tokens.append(torch.flatten(x, 2).transpose(1, 2))
  return torch.cat(tokens, 1) + self.stem[4]

def qkv(self, x: Tensor, i: int) -> Tensor:
  y = torch.layer_norm(x, [${WIDTH}], self.norm1_w[i], self.norm1_b[i], ${EPSILON}, True)
  y = self.dense(y, self.qkv_w[i], self.qkv_b[i])
  return y.reshape([x.size(0), x.size(1), 3, ${HEADS}, ${HEAD_WIDTH}]).permute([2, 0, 3, 1, 4])

def after_attention(self, x: Tensor, attended: Tensor, i: int) -> Tensor:
  y = attended.transpose(1, 2).reshape([x.size(0), x.size(1), ${WIDTH}])
  x = self.onto(x, y, self.out_w[i], self.out_b[i])
  y = torch.layer_norm(x, [${WIDTH}], self.norm2_w[i], self.norm2_b[i], ${EPSILON}, True)
  y = self.activation(self.dense(y, self.up_w[i], self.up_b[i]))
  return self.onto(x, y, self.down_w[i], self.down_b[i])

def activation(self, x: Tensor) -> Tensor:
  return ${ACTIVATION}

# The fused kernel pays from about 128 tokens on; below it plain matrix products are faster.
def block(self, x: Tensor, i: int) -> Tensor:
  p = self.qkv(x, i)
  if x.size(1) > 128:
    attended = torch.scaled_dot_product_attention(p[0], p[1], p[2], None, 0.0, False)
  else:
    weights = torch.softmax(torch.matmul(p[0], p[1].transpose(2, 3)) * ${SCALE}, -1)
    attended = torch.matmul(weights, p[2])
  return self.after_attention(x, attended, i)

def read(self, x: Tensor) -> Tensor:
  y = torch.narrow(x, 1, 0, ${READ})
  return torch.layer_norm(y, [${WIDTH}], self.last[0], self.last[1], ${EPSILON}, True)

def head(self, x: Tensor) -> Tensor:
  y = self.read(x)
  logits = self.dense(y.select(1, 0), self.head_w[0], self.head_b[0])
  if ${READ} == 2:
    logits = (logits + self.dense(y.select(1, 1), self.head_w[${READ} - 1], self.head_b[${READ} - 1])) / 2.0
  return logits

def run(self, images: Tensor, blocks: int) -> Tensor:
  x = self.embed(images)
  for i in range(blocks):
    x = self.block(x, i)
  return x

def forward(self, images: Tensor) -> Tensor:
  return self.head(self.run(images, ${BLOCKS}))

def state(self, images: Tensor, blocks: Tensor) -> Tensor:
  return self.run(images, int(blocks))

def pooled(self, images: Tensor) -> Tensor:
  return self.read(self.run(images, ${BLOCKS})).select(1, 0)

# Logits, every state, every attention map.
def trace(self, images: Tensor, states: Dict[str, Tensor], bias: Dict[str, Tensor], scale: Dict[str, Tensor], detach: Tensor) -> List[Tensor]:
  constant = bool(detach)
  hidden = annotate(List[Tensor], [])
  maps = annotate(List[Tensor], [])
  x = self.embed(images)
  for i in range(${BLOCKS}):
    key = str(i)
    if key in states:
      x = states[key]
    hidden.append(x)
    p = self.qkv(x, i)
    scores = torch.matmul(p[0], p[1].transpose(2, 3)) * ${SCALE}
    if key in bias:
      scores = scores + bias[key]
    weights = torch.softmax(scores, -1)
    if key in scale:
      weights = weights * scale[key]
    if constant:
      weights = weights.detach()
    maps.append(weights)
    x = self.after_attention(x, torch.matmul(weights, p[2]), i)
  if "${BLOCKS}" in states:
    x = states["${BLOCKS}"]
  hidden.append(x)
  out = [self.head(x)]
  return out + hidden + maps
