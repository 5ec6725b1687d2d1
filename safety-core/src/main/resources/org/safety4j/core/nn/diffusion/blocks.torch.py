# Blocks that denoisers and latent codecs share. Parameters are found by the names they have in a checkpoint.

w : Dict[str, Tensor]

def bind(self, w: Dict[str, Tensor]) -> List[Tensor]:
  self.w = w
  return []

def act(self, x: Tensor) -> Tensor:
  return ${ACTIVATION}

# In the time embedding and before the last convolution.
def outer_act(self, x: Tensor) -> Tensor:
  return ${OUTER_ACTIVATION}

def norm(self, x: Tensor, p: str, eps: float) -> Tensor:
  return torch.group_norm(x, ${GROUPS}, self.w[p + ".weight"], self.w[p + ".bias"], eps)

def conv(self, x: Tensor, p: str, stride: int) -> Tensor:
  k = self.w[p + ".weight"]
  pad = k.size(2) // 2
  if pad == 0 and stride == 1:
    # Another kernel convolves 1x1 on one thread than on several, with other bits.
    across = torch.flatten(k, 1).unsqueeze(0).expand([x.size(0), -1, -1])
    y = torch.baddbmm(self.w[p + ".bias"].view([1, -1, 1]), across, torch.flatten(x, 2))
    return y.view([x.size(0), k.size(0), x.size(2), x.size(3)])
  return torch.conv2d(x, k, self.w[p + ".bias"], [stride, stride], [pad, pad])

def linear(self, x: Tensor, p: str) -> Tensor:
  return self.dense(x, self.w[p + ".weight"], self.w[p + ".bias"])

# Two convolutions around what the time embedding adds, if there is one; a 1x1 shortcut where the width changes.
def resnet(self, x: Tensor, time: List[Tensor], p: str, eps: float, scale: float) -> Tensor:
  y = self.conv(self.act(self.norm(x, p + ".norm1", eps)), p + ".conv1", 1)
  if len(time) > 0:
    t = self.linear(time[0], p + ".time_emb_proj").unsqueeze(-1).unsqueeze(-1)
    if ${SCALE_SHIFT}:
      halves = torch.chunk(t, 2, 1)
      y = self.norm(y, p + ".norm2", eps) * (1 + halves[0]) + halves[1]
    else:
      y = self.norm(y + t, p + ".norm2", eps)
  else:
    y = self.norm(y, p + ".norm2", eps)
  y = self.conv(self.act(y), p + ".conv2", 1)
  if (p + ".conv_shortcut.weight") in self.w:
    x = self.conv(x, p + ".conv_shortcut", 1)
  return (x + y) / scale

def split(self, x: Tensor, heads: int) -> Tensor:
  return x.reshape([x.size(0), x.size(1), heads, -1]).transpose(1, 2)

def merge(self, x: Tensor) -> Tensor:
  return torch.flatten(x.transpose(1, 2), 2)

def weights(self, q: Tensor, k: Tensor) -> Tensor:
  return torch.softmax(torch.matmul(q * q.size(3) ** -0.5, k.transpose(2, 3)), -1)

# The fused kernel pays from about 128 tokens on.
def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
  if q.size(2) > 128:
    return torch.scaled_dot_product_attention(q, k, v)
  return torch.matmul(self.weights(q, k), v)

def tokens(self, x: Tensor) -> Tensor:
  return torch.flatten(x, 2).transpose(1, 2)

def image(self, x: Tensor, like: Tensor) -> Tensor:
  return x.transpose(1, 2).reshape([x.size(0), x.size(2), like.size(2), like.size(3)])

# Attention over the pixels of a map.
def attention(self, x: Tensor, p: str, heads: int, eps: float, scale: float) -> Tensor:
  y = x
  if (p + ".group_norm.weight") in self.w:
    y = self.norm(x, p + ".group_norm", eps)
  t = self.tokens(y)
  q = self.split(self.linear(t, p + ".to_q"), heads)
  k = self.split(self.linear(t, p + ".to_k"), heads)
  v = self.split(self.linear(t, p + ".to_v"), heads)
  y = self.linear(self.merge(self.attend(q, k, v)), p + ".to_out.0")
  return (x + self.image(y, x)) / scale

# Halves the map; without padding, a row below and a column to the right are zero.
def halve(self, x: Tensor, p: str, padding: int) -> Tensor:
  y = x
  if padding == 0:
    y = torch.constant_pad_nd(x, [0, 1, 0, 1], 0)
  return torch.conv2d(y, self.w[p + ".weight"], self.w[p + ".bias"], [2, 2], [padding, padding])

def enlarge(self, x: Tensor, p: str, height: int, width: int) -> Tensor:
  return self.conv(torch.upsample_nearest2d(x, [height, width]), p, 1)
