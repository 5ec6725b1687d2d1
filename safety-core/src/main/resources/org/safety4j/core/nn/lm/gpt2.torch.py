# GPT-2: layer normalisation, learned positions, weights stored with inputs first.

table : List[Tensor]     # token embeddings
position : List[Tensor]  # position embeddings
norm1 : List[Tensor]     # weight and bias of each block
norm2 : List[Tensor]
matrices : List[Tensor]  # four a block: qkv, out, up, down
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

def affine(self, x: Tensor, i: int, slot: int) -> Tensor:
  if ${FAST}:
    return ops.quantized.linear_dynamic_fp16(x, self.packed[4 * i + slot])
  return torch.matmul(x, self.matrices[4 * i + slot]) + self.biases[4 * i + slot]

def project(self, x: Tensor, i: int, turns: List[Tensor]) -> List[Tensor]:
  y = torch.layer_norm(x, [${WIDTH}], self.norm1[2 * i], self.norm1[2 * i + 1], ${EPSILON}, True)
  y = self.affine(y, i, 0).view([x.size(0), x.size(1), 3, ${HEADS}, ${HEAD_WIDTH}]).permute([2, 0, 3, 1, 4])
  return [y.select(0, 0), y.select(0, 1), y.select(0, 2)]

def activation(self, x: Tensor) -> Tensor:
  return ${ACTIVATION}

def after(self, x: Tensor, attended: Tensor, i: int) -> Tensor:
  x = x + self.affine(attended, i, 1)
  y = torch.layer_norm(x, [${WIDTH}], self.norm2[2 * i], self.norm2[2 * i + 1], ${EPSILON}, True)
  return x + self.affine(self.activation(self.affine(y, i, 2)), i, 3)

def last_norm(self, x: Tensor) -> Tensor:
  return torch.layer_norm(x, [${WIDTH}], self.last[0], self.last[1], ${EPSILON}, True)

def head(self, x: Tensor) -> Tensor:
  if ${FAST}:
    return ops.quantized.linear_dynamic_fp16(x, self.packed_head[0])
  if ${TIED}:
    return self.scores(x, self.table[0])
  return self.scores(x, self.head_w[0])
