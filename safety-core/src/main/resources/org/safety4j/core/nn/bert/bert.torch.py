# BERT: normalisation after each layer. A list holds one parameter a block.

stem : List[Tensor]     # words, positions, types, weight and bias of the normalisation
qkv_w : List[Tensor]
qkv_b : List[Tensor]
out_w : List[Tensor]
out_b : List[Tensor]
norm1_w : List[Tensor]
norm1_b : List[Tensor]
up_w : List[Tensor]
up_b : List[Tensor]
down_w : List[Tensor]
down_b : List[Tensor]
norm2_w : List[Tensor]
norm2_b : List[Tensor]
head : List[Tensor]     # weight and bias of the pooler, then of the classifier, if there are any

def set_stem(self, stem: List[Tensor]) -> List[Tensor]:
  self.stem = stem
  return []

def set_head(self, head: List[Tensor]) -> List[Tensor]:
  self.head = head
  return []

def set_block(self, p: List[Tensor]) -> List[Tensor]:
  self.qkv_w.append(p[0])
  self.qkv_b.append(p[1])
  self.out_w.append(p[2])
  self.out_b.append(p[3])
  self.norm1_w.append(p[4])
  self.norm1_b.append(p[5])
  self.up_w.append(p[6])
  self.up_b.append(p[7])
  self.down_w.append(p[8])
  self.down_b.append(p[9])
  self.norm2_w.append(p[10])
  self.norm2_b.append(p[11])
  return []

def look_up(self, ids: Tensor) -> Tensor:
  return torch.embedding(self.stem[0], ids)

def on_table(self, x: Tensor) -> Tensor:
  return torch.matmul(x, self.stem[0].t())

def begin(self, x: Tensor, types: Tensor) -> Tensor:
  x = x + torch.embedding(self.stem[2], types) + torch.narrow(self.stem[1], 0, 0, x.size(1))
  return torch.layer_norm(x, [${WIDTH}], self.stem[3], self.stem[4], ${EPSILON}, True)

def project(self, x: Tensor, i: int) -> Tensor:
  y = self.dense(x, self.qkv_w[i], self.qkv_b[i])
  return y.reshape([x.size(0), x.size(1), 3, ${HEADS}, ${HEAD_WIDTH}]).permute([2, 0, 3, 1, 4])

def activation(self, x: Tensor) -> Tensor:
  return ${ACTIVATION}

def after(self, x: Tensor, attended: Tensor, i: int) -> Tensor:
  y = attended.transpose(1, 2).reshape([x.size(0), x.size(1), ${WIDTH}])
  y = self.onto(x, y, self.out_w[i], self.out_b[i])
  y = torch.layer_norm(y, [${WIDTH}], self.norm1_w[i], self.norm1_b[i], ${EPSILON}, True)
  z = self.activation(self.dense(y, self.up_w[i], self.up_b[i]))
  z = self.onto(y, z, self.down_w[i], self.down_b[i])
  return torch.layer_norm(z, [${WIDTH}], self.norm2_w[i], self.norm2_b[i], ${EPSILON}, True)

def visible(self, mask: Tensor) -> Tensor:
  return (mask != 0).unsqueeze(1).unsqueeze(1)

# The last state [B, T, D] from token embeddings, part of the graph if one is recorded.
def states(self, x: Tensor, mask: Tensor, types: Tensor) -> Tensor:
  x = self.begin(x, types)
  seen = self.visible(mask)
  if bool(torch.all(seen)):
    for i in range(${BLOCKS}):
      p = self.project(x, i)
      x = self.after(x, torch.scaled_dot_product_attention(p[0], p[1], p[2], None, 0.0, False), i)
  else:
    for i in range(${BLOCKS}):
      p = self.project(x, i)
      x = self.after(x, torch.scaled_dot_product_attention(p[0], p[1], p[2], seen, 0.0, False), i)
  return x

# Every state, then every attention map.
def trace(self, x: Tensor, mask: Tensor, types: Tensor) -> List[Tensor]:
  hidden = annotate(List[Tensor], [])
  maps = annotate(List[Tensor], [])
  x = self.begin(x, types)
  hidden.append(x)
  hide = torch.logical_not(self.visible(mask))
  for i in range(${BLOCKS}):
    p = self.project(x, i)
    s = torch.matmul(p[0], p[1].transpose(2, 3)) * ${SCALE}
    w = torch.softmax(torch.masked_fill(s, hide, -float("inf")), -1)
    x = self.after(x, torch.matmul(w, p[2]), i)
    hidden.append(x)
    maps.append(w)
  return hidden + maps

def mean_of(self, x: Tensor, mask: Tensor) -> Tensor:
  m = torch.to(mask, 6).unsqueeze(-1)
  return torch.sum(x * m, [1], False) / torch.clamp(torch.sum(m, [1], False), 1e-9, None)

def mean_pooled(self, x: Tensor, mask: Tensor, types: Tensor) -> Tensor:
  return self.mean_of(self.states(x, mask, types), mask)

def first_pooled(self, x: Tensor, mask: Tensor, types: Tensor) -> Tensor:
  return self.states(x, mask, types).select(1, 0)

def unit(self, x: Tensor) -> Tensor:
  return x / torch.clamp(torch.linalg_vector_norm(x, 2, [-1], True), 1e-12, None)

def classify(self, x: Tensor) -> Tensor:
  y = torch.tanh(self.dense(x.select(1, 0), self.head[0], self.head[1]))
  return self.dense(y, self.head[2], self.head[3])

def logits(self, x: Tensor, mask: Tensor, types: Tensor) -> Tensor:
  return self.classify(self.states(x, mask, types))
