# A tower of CLIP: transformer blocks with normalisation before each layer. Parameters have their names in a checkpoint.

w : Dict[str, Tensor]

def bind(self, w: Dict[str, Tensor]) -> List[Tensor]:
  self.w = w
  return []

def act(self, x: Tensor) -> Tensor:
  return ${ACTIVATION}

def linear(self, x: Tensor, p: str) -> Tensor:
  return self.dense(x, self.w[p + ".weight"], self.w[p + ".bias"])

def norm(self, x: Tensor, p: str) -> Tensor:
  return torch.layer_norm(x, [${WIDTH}], self.w[p + ".weight"], self.w[p + ".bias"], ${EPSILON})

def split(self, x: Tensor) -> Tensor:
  return x.reshape([x.size(0), x.size(1), ${HEADS}, ${HEAD_WIDTH}]).transpose(1, 2)

# The fused kernel pays from about 128 tokens on. A bias is added to the logits of the attention.
def attend(self, q: Tensor, k: Tensor, v: Tensor, bias: List[Tensor]) -> Tensor:
  if len(bias) == 0 and q.size(2) > 128:
    return torch.scaled_dot_product_attention(q, k, v)
  logits = torch.matmul(q * ${SCALE}, k.transpose(2, 3))
  if len(bias) > 0:
    logits = logits + bias[0]
  return torch.matmul(torch.softmax(logits, -1), v)

def block(self, x: Tensor, i: int, bias: List[Tensor]) -> Tensor:
  p = "encoder.layers." + str(i)
  y = self.norm(x, p + ".layer_norm1")
  q = self.split(self.linear(y, p + ".self_attn.q_proj"))
  k = self.split(self.linear(y, p + ".self_attn.k_proj"))
  v = self.split(self.linear(y, p + ".self_attn.v_proj"))
  y = torch.flatten(self.attend(q, k, v, bias).transpose(1, 2), 2)
  x = x + self.linear(y, p + ".self_attn.out_proj")
  y = self.act(self.linear(self.norm(x, p + ".layer_norm2"), p + ".mlp.fc1"))
  return x + self.linear(y, p + ".mlp.fc2")

def blocks(self, x: Tensor, count: int, bias: List[Tensor]) -> Tensor:
  for i in range(count):
    x = self.block(x, i, bias)
  return x
