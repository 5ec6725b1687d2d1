# Llama and its like: RMS normalisation, rotary positions, grouped keys, gated perceptron.

table : List[Tensor]     # token embeddings
norm1 : List[Tensor]
qkv_w : List[Tensor]
qkv_b : List[Tensor]
out_w : List[Tensor]
out_b : List[Tensor]
norm2 : List[Tensor]
up_w : List[Tensor]      # gate and up, joined
up_b : List[Tensor]
down_w : List[Tensor]
down_b : List[Tensor]
last : List[Tensor]      # weight of the final normalisation
head_w : List[Tensor]
frequencies : List[Tensor]
packed : List[__torch__.torch.classes.quantized.LinearPackedParamsBase]
packed_head : List[__torch__.torch.classes.quantized.LinearPackedParamsBase]

def set_ends(self, table: Tensor, last: Tensor, head_w: List[Tensor], frequencies: Tensor) -> List[Tensor]:
  self.table = [table]
  self.last = [last]
  self.head_w = head_w
  self.frequencies = [frequencies]
  return []

def set_block(self, norm1: Tensor, norm2: Tensor, weights: List[Tensor], biases: List[Tensor]) -> List[Tensor]:
  self.norm1.append(norm1)
  self.norm2.append(norm2)
  if ${FAST}:
    biased = annotate(List[bool], [${QKV_BIAS}, ${OUT_BIAS}, ${MLP_BIAS}, ${MLP_BIAS}])
    for i in range(4):
      if biased[i]:
        self.packed.append(ops.quantized.linear_prepack_fp16(weights[i], biases[i]))
      else:
        self.packed.append(ops.quantized.linear_prepack_fp16(weights[i], None))
  else:
    self.qkv_w.append(weights[0])
    self.out_w.append(weights[1])
    self.up_w.append(weights[2])
    self.down_w.append(weights[3])
    self.qkv_b.append(biases[0])
    self.out_b.append(biases[1])
    self.up_b.append(biases[2])
    self.down_b.append(biases[3])
  return []

def pack_head(self, weight: Tensor) -> List[Tensor]:
  self.packed_head.append(ops.quantized.linear_prepack_fp16(weight, None))
  return []

def lookup(self, ids: Tensor) -> Tensor:
  return torch.to(torch.embedding(self.table[0], ids), 6)

def placed(self, x: Tensor, places: Tensor) -> Tensor:
  return x

def linear(self, x: Tensor, w: List[Tensor], b: List[Tensor], i: int, slot: int, biased: bool) -> Tensor:
  if ${FAST}:
    return ops.quantized.linear_dynamic_fp16(x, self.packed[4 * i + slot])
  if biased:
    return self.times(x, w[i]) + b[i]
  return self.times(x, w[i])

def turned(self, places: Tensor, length: int) -> List[Tensor]:
  f = self.frequencies[0]
  if ${DYNAMIC} and length > ${ORIGINAL}:
    base = ${THETA} * ((${FACTOR} * float(length) / ${ORIGINAL} - (${FACTOR} - 1.0)) ** (${ROTATED} / (${ROTATED} - 2.0)))
    steps = torch.arange(0, ${ROTATED}, 2, dtype=4, layout=None, device=torch.device("cpu"), pin_memory=False).to(f)
    f = torch.reciprocal(torch.pow(base, steps / ${ROTATED}))
  angles = (torch.to(places, 6).unsqueeze(-1) * f).unsqueeze(2)
  cos = torch.cos(angles)
  sin = torch.sin(angles)
  return [torch.cat([cos, cos], 3), torch.cat([torch.neg(sin), sin], 3)]

def rotates(self, i: int) -> bool:
  rotated = annotate(List[bool], ${ROTATES})
  return rotated[i]

def project(self, x: Tensor, i: int, turns: List[Tensor]) -> List[Tensor]:
  y = torch.rms_norm(x, [${WIDTH}], self.norm1[i], ${EPSILON})
  y = self.linear(y, self.qkv_w, self.qkv_b, i, 0, ${QKV_BIAS})
  y = y.view([x.size(0), x.size(1), ${HEADS} + 2 * ${KEY_HEADS}, ${HEAD_WIDTH}])
  qk = torch.narrow(y, 2, 0, ${HEADS} + ${KEY_HEADS})
  v = torch.narrow(y, 2, ${HEADS} + ${KEY_HEADS}, ${KEY_HEADS})
  if self.rotates(i):
    half = ${HEAD_WIDTH} // 2
    crossed = torch.cat([torch.narrow(qk, 3, half, half), torch.narrow(qk, 3, 0, half)], 3)
    qk = torch.addcmul(qk * turns[0], crossed, turns[1])
  q = torch.narrow(qk, 2, 0, ${HEADS})
  k = torch.narrow(qk, 2, ${HEADS}, ${KEY_HEADS})
  return [q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)]

def activation(self, x: Tensor) -> Tensor:
  return ${ACTIVATION}

# Whether the perceptron goes weights first: with few rows, and up to 768 where gates are multiplied on the way.
def by_columns(self, x: Tensor, i: int) -> bool:
  if ${FAST}:
    return False
  if self.few(x, self.up_w[i]):
    return True
  return ${SWIGLU} and x.size(0) * x.size(1) <= 768 and self.many(x, self.up_w[i])

# The gated perceptron weights first: columns stay columns on the way.
def perceptron_by_columns(self, x: Tensor, i: int) -> Tensor:
  if ${SWIGLU}:
    return self.rows(self.swiglu_columns(self.columns(x), self.up_w[i], self.down_w[i]), x)
  y = self.across(self.up_w[i], self.columns(x))
  if ${MLP_BIAS}:
    y = y + self.up_b[i].unsqueeze(1)
  y = self.activation(torch.narrow(y, 0, 0, ${MLP_WIDTH})) * torch.narrow(y, 0, ${MLP_WIDTH}, ${MLP_WIDTH})
  y = self.rows(self.across(self.down_w[i], y), x)
  if ${MLP_BIAS}:
    return y + self.down_b[i]
  return y

def gated(self, x: Tensor, i: int) -> Tensor:
  if ${SWIGLU} and self.many(x, self.up_w[i]):
    return self.swiglu(x, self.up_w[i])
  y = self.linear(x, self.up_w, self.up_b, i, 2, ${MLP_BIAS})
  return self.activation(torch.narrow(y, 2, 0, ${MLP_WIDTH})) * torch.narrow(y, 2, ${MLP_WIDTH}, ${MLP_WIDTH})

# r plus the product; many rows go the shorter way.
def added(self, r: Tensor, x: Tensor, w: List[Tensor], b: List[Tensor], i: int, slot: int, biased: bool) -> Tensor:
  if not (${FAST} or biased) and self.many(x, w[i]):
    return self.onto(r, x, w[i], None)
  return r + self.linear(x, w, b, i, slot, biased)

def after(self, x: Tensor, attended: Tensor, i: int) -> Tensor:
  x = self.added(x, attended, self.out_w, self.out_b, i, 1, ${OUT_BIAS})
  y = torch.rms_norm(x, [${WIDTH}], self.norm2[i], ${EPSILON})
  if self.by_columns(y, i):
    return x + self.perceptron_by_columns(y, i)
  return self.added(x, self.gated(y, i), self.down_w, self.down_b, i, 3, ${MLP_BIAS})

def last_norm(self, x: Tensor) -> Tensor:
  return torch.rms_norm(x, [${WIDTH}], self.last[0], ${EPSILON})

def head(self, x: Tensor) -> Tensor:
  if ${FAST}:
    return ops.quantized.linear_dynamic_fp16(x, self.packed_head[0])
  if ${TIED}:
    return self.scores(x, self.table[0])
  return self.scores(x, self.head_w[0])
