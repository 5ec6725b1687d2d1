# GPT-2: layer normalisation, learned positions, weights stored with inputs first.

table : List[Tensor]     # token embeddings
position : List[Tensor]  # position embeddings
norm1 : List[Tensor]     # weight and bias of each block
norm2 : List[Tensor]
matrices : List[Tensor]  # four a block: qkv, out, up, down; their transposes lie together
biases : List[Tensor]
last : List[Tensor]      # weight and bias of the final normalisation
head_w : List[Tensor]
packed : List[__torch__.torch.classes.quantized.LinearPackedParamsBase]
packed_head : List[__torch__.torch.classes.quantized.LinearPackedParamsBase]

def set_ends(self, table: Tensor, position: Tensor, last: List[Tensor], head_w: List[Tensor]) -> List[Tensor]:
  self.table = [table]
  self.position = [position]
  self.last = last
  self.head_w = head_w
  return []

def set_block(self, norm1: List[Tensor], norm2: List[Tensor], weights: List[Tensor], biases: List[Tensor]) -> List[Tensor]:
  for i in range(2):
    self.norm1.append(norm1[i])
    self.norm2.append(norm2[i])
  for i in range(4):
    if ${FAST}:
      self.packed.append(ops.quantized.linear_prepack_fp16(weights[i].t().contiguous(), biases[i]))
    else:
      self.matrices.append(weights[i])
      self.biases.append(biases[i])
  return []

def pack_head(self, weight: Tensor) -> List[Tensor]:
  self.packed_head.append(ops.quantized.linear_prepack_fp16(weight, None))
  return []

def lookup(self, ids: Tensor) -> Tensor:
  return torch.to(torch.embedding(self.table[0], ids), 6)

def placed(self, x: Tensor, places: Tensor) -> Tensor:
  return x + torch.embedding(self.position[0], places)

def turned(self, places: Tensor, length: int) -> List[Tensor]:
  return annotate(List[Tensor], [])

def matrix(self, i: int, slot: int) -> Tensor:
  return self.matrices[4 * i + slot].t()

def affine(self, x: Tensor, i: int, slot: int) -> Tensor:
  if ${FAST}:
    return ops.quantized.linear_dynamic_fp16(x, self.packed[4 * i + slot])
  w = self.matrix(i, slot)
  b = self.biases[4 * i + slot]
  if x.size(0) * x.size(1) == 1 or self.few(x, w):
    return self.times(x, w) + b
  return self.dense(x, w, b)

# r plus the layer; many rows go the shorter way.
def added(self, r: Tensor, x: Tensor, i: int, slot: int) -> Tensor:
  if not ${FAST}:
    w = self.matrix(i, slot)
    if self.many(x, w):
      return self.onto(r, x, w, self.biases[4 * i + slot])
  return r + self.affine(x, i, slot)

# The perceptron of few rows, weights first: columns stay columns on the way.
def perceptron_by_columns(self, x: Tensor, i: int) -> Tensor:
  y = self.across(self.matrix(i, 2), self.columns(x)) + self.biases[4 * i + 2].unsqueeze(1)
  y = self.across(self.matrix(i, 3), self.activation(y))
  return self.rows(y, x) + self.biases[4 * i + 3]

def project(self, x: Tensor, i: int, turns: List[Tensor]) -> List[Tensor]:
  y = torch.layer_norm(x, [${WIDTH}], self.norm1[2 * i], self.norm1[2 * i + 1], ${EPSILON}, True)
  y = self.affine(y, i, 0).view([x.size(0), x.size(1), 3, ${HEADS}, ${HEAD_WIDTH}]).permute([2, 0, 3, 1, 4])
  return [y.select(0, 0), y.select(0, 1), y.select(0, 2)]

def activation(self, x: Tensor) -> Tensor:
  return ${ACTIVATION}

def after(self, x: Tensor, attended: Tensor, i: int) -> Tensor:
  x = self.added(x, attended, i, 1)
  y = torch.layer_norm(x, [${WIDTH}], self.norm2[2 * i], self.norm2[2 * i + 1], ${EPSILON}, True)
  if not ${FAST}:
    if self.few(y, self.matrix(i, 2)):
      return x + self.perceptron_by_columns(y, i)
  return self.added(x, self.activation(self.affine(y, i, 2)), i, 3)

def last_norm(self, x: Tensor) -> Tensor:
  return torch.layer_norm(x, [${WIDTH}], self.last[0], self.last[1], ${EPSILON}, True)

def head(self, x: Tensor) -> Tensor:
  if ${FAST}:
    return ops.quantized.linear_dynamic_fp16(x, self.packed_head[0])
  if ${TIED}:
    return self.scores(x, self.table[0])
  return self.scores(x, self.head_w[0])
