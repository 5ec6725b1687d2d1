# Segment Anything. Parameters have their names in a checkpoint.

w : Dict[str, Tensor]

def bind(self, w: Dict[str, Tensor]) -> List[Tensor]:
  self.w = w
  return []

def vision_act(self, x: Tensor) -> Tensor:
  return ${VISION_ACTIVATION}

def prompt_act(self, x: Tensor) -> Tensor:
  return ${PROMPT_ACTIVATION}

def decoder_act(self, x: Tensor) -> Tensor:
  return ${DECODER_ACTIVATION}

def linear(self, x: Tensor, p: str) -> Tensor:
  return self.dense(x, self.w[p + ".weight"], self.w[p + ".bias"])

def norm(self, x: Tensor, p: str, eps: float) -> Tensor:
  return torch.layer_norm(x, [x.size(-1)], self.w[p + ".weight"], self.w[p + ".bias"], eps)

# Normalises the channels of every pixel of a map [N, C, H, W].
def map_norm(self, x: Tensor, p: str, eps: float) -> Tensor:
  return self.norm(x.permute([0, 2, 3, 1]), p, eps).permute([0, 3, 1, 2])

# A table of relative positions [2 S - 1, D] as [S, S, D]: entry (i, j) belongs to i - j.
def relative(self, table: Tensor, side: int) -> Tensor:
  at = torch.arange(side, device=table.device)
  index = at.unsqueeze(1) - at.unsqueeze(0) + (side - 1)
  return torch.index_select(table, 0, index.reshape([-1])).reshape([side, side, -1])

# Attention over the pixels of square maps [N, S, S, C].
def look(self, x: Tensor, p: str) -> Tensor:
  n = x.size(0)
  side = x.size(1)
  if ${QKV_BIAS}:
    y = self.linear(x, p + ".qkv")
  else:
    y = self.dense(x, self.w[p + ".qkv.weight"], None)
  y = y.reshape([n, side * side, 3, ${HEADS}, ${HEAD_WIDTH}]).permute([2, 0, 3, 1, 4])
  q = y[0]
  logits = torch.matmul(q * ${SCALE}, y[1].transpose(2, 3))
  if ${RELATIVE}:
    at = q.reshape([n, ${HEADS}, side, side, ${HEAD_WIDTH}])
    rows = torch.einsum("nahwc,hkc->nahwk", [at, self.relative(self.w[p + ".rel_pos_h"], side)])
    columns = torch.einsum("nahwc,wkc->nahwk", [at, self.relative(self.w[p + ".rel_pos_w"], side)])
    bias = rows.unsqueeze(-1) + columns.unsqueeze(-2)
    logits = logits + bias.reshape(logits.shape)
  y = torch.matmul(torch.softmax(logits, -1), y[2])
  y = y.transpose(1, 2).reshape([n, side, side, -1])
  return self.linear(y, p + ".proj")

# The same within windows; the map is filled up with zeros.
def look_in_windows(self, x: Tensor, p: str, side: int) -> Tensor:
  n = x.size(0)
  height = x.size(1)
  width = x.size(2)
  below = (side - height % side) % side
  right = (side - width % side) % side
  y = torch.constant_pad_nd(x, [0, 0, 0, right, 0, below], 0)
  rows = (height + below) // side
  columns = (width + right) // side
  y = y.reshape([n, rows, side, columns, side, -1]).permute([0, 1, 3, 2, 4, 5])
  y = self.look(y.reshape([-1, side, side, x.size(3)]), p)
  y = y.reshape([n, rows, columns, side, side, -1]).permute([0, 1, 3, 2, 4, 5])
  y = y.reshape([n, height + below, width + right, -1])
  return torch.narrow(torch.narrow(y, 1, 0, height), 2, 0, width)

def block(self, x: Tensor, i: int, window: int) -> Tensor:
  p = "vision_encoder.layers." + str(i)
  y = self.norm(x, p + ".layer_norm1", ${VISION_EPSILON})
  if window > 0:
    y = self.look_in_windows(y, p + ".attn", window)
  else:
    y = self.look(y, p + ".attn")
  x = x + y
  y = self.norm(x, p + ".layer_norm2", ${VISION_EPSILON})
  return x + self.linear(self.vision_act(self.linear(y, p + ".mlp.lin1")), p + ".mlp.lin2")

# Images in [0, 1] to [N, C, E, E].
def embed(self, images: Tensor) -> Tensor:
  windows = ${WINDOWS}
  x = (images - self.w["mean"]) / self.w["std"]
  p = "vision_encoder.patch_embed.projection"
  x = torch.conv2d(x, self.w[p + ".weight"], self.w[p + ".bias"], [${PATCH}, ${PATCH}]).permute([0, 2, 3, 1])
  if ${ABSOLUTE}:
    x = x + self.w["vision_encoder.pos_embed"]
  for i in range(${BLOCKS}):
    x = self.block(x, i, windows[i])
  x = torch.conv2d(x.permute([0, 3, 1, 2]), self.w["vision_encoder.neck.conv1.weight"])
  x = self.map_norm(x, "vision_encoder.neck.layer_norm1", 1e-06)
  x = torch.conv2d(x, self.w["vision_encoder.neck.conv2.weight"], None, [1, 1], [1, 1])
  return self.map_norm(x, "vision_encoder.neck.layer_norm2", 1e-06)

# Coordinates in [0, 1] to sines and cosines of random frequencies.
def place(self, at: Tensor) -> Tensor:
  angles = 6.283185307179586 * torch.matmul(2 * at - 1, self.w["shared_image_embedding.positional_embedding"])
  return torch.cat([torch.sin(angles), torch.cos(angles)], -1)

def marker(self, name: str) -> Tensor:
  return self.w["prompt_encoder." + name + ".weight"].reshape([1, 1, 1, -1])

# Points [N, P, K, 2] in pixels, labels [N, P, K]: 1 in, 0 out, -1 not a point, -10 nothing.
def points(self, at: Tensor, labels: Tensor) -> Tensor:
  y = self.place((at + 0.5) / ${IMAGE})
  l = labels.unsqueeze(-1)
  y = torch.where(l == -1, self.marker("not_a_point_embed"), y)
  y = torch.where(l == -10, torch.zeros_like(y), y)
  y = torch.where(l == 0, y + self.marker("point_embed.0"), y)
  return torch.where(l == 1, y + self.marker("point_embed.1"), y)

# Points without a box are followed by one that is not a point.
def points_alone(self, at: Tensor, labels: Tensor) -> Tensor:
  none = self.marker("not_a_point_embed").expand([at.size(0), at.size(1), 1, -1])
  return torch.cat([self.points(at, labels), none], 2)

# Boxes [N, P, 4] in pixels.
def boxes(self, corners: Tensor) -> Tensor:
  at = corners.reshape([corners.size(0), corners.size(1), 2, 2])
  y = self.place((at + 0.5) / ${IMAGE})
  return y + torch.cat([self.marker("point_embed.2"), self.marker("point_embed.3")], 2)

def points_and_boxes(self, at: Tensor, labels: Tensor, corners: Tensor) -> Tensor:
  return torch.cat([self.points(at, labels), self.boxes(corners)], 2)

# Masks [N, 1, 4 E, 4 E] to [N, C, E, E].
def masks(self, x: Tensor) -> Tensor:
  p = "prompt_encoder.mask_embed."
  x = torch.conv2d(x, self.w[p + "conv1.weight"], self.w[p + "conv1.bias"], [2, 2])
  x = self.prompt_act(self.map_norm(x, p + "layer_norm1", ${PROMPT_EPSILON}))
  x = torch.conv2d(x, self.w[p + "conv2.weight"], self.w[p + "conv2.bias"], [2, 2])
  x = self.prompt_act(self.map_norm(x, p + "layer_norm2", ${PROMPT_EPSILON}))
  return torch.conv2d(x, self.w[p + "conv3.weight"], self.w[p + "conv3.bias"])

def split(self, x: Tensor) -> Tensor:
  return x.reshape([x.size(0), x.size(1), ${DECODER_HEADS}, -1]).transpose(1, 2)

def attend(self, q: Tensor, k: Tensor, v: Tensor, p: str) -> Tensor:
  query = self.split(self.linear(q, p + ".q_proj"))
  key = self.split(self.linear(k, p + ".k_proj"))
  value = self.split(self.linear(v, p + ".v_proj"))
  weights = torch.softmax(torch.matmul(query * query.size(3) ** -0.5, key.transpose(2, 3)), -1)
  y = torch.flatten(torch.matmul(weights, value).transpose(1, 2), 2)
  return self.linear(y, p + ".out_proj")

# Tokens and pixels attend to one another: [B, T, C] and [B, E E, C], with what is added to queries and keys.
def two_way(self, tokens: Tensor, pixels: Tensor, token_place: Tensor, pixel_place: Tensor) -> Tuple[Tensor, Tensor]:
  q = tokens
  k = pixels
  for i in range(${DECODER_LAYERS}):
    p = "mask_decoder.transformer.layers." + str(i)
    if i == 0:
      q = self.attend(q, q, q, p + ".self_attn")
    else:
      placed = q + token_place
      q = q + self.attend(placed, placed, q, p + ".self_attn")
    q = self.norm(q, p + ".layer_norm1", ${DECODER_EPSILON})
    y = self.attend(q + token_place, k + pixel_place, k, p + ".cross_attn_token_to_image")
    q = self.norm(q + y, p + ".layer_norm2", ${DECODER_EPSILON})
    y = self.linear(self.decoder_act(self.linear(q, p + ".mlp.lin1")), p + ".mlp.lin2")
    q = self.norm(q + y, p + ".layer_norm3", ${DECODER_EPSILON})
    y = self.attend(k + pixel_place, q + token_place, q, p + ".cross_attn_image_to_token")
    k = self.norm(k + y, p + ".layer_norm4", ${DECODER_EPSILON})
  p = "mask_decoder.transformer"
  q = q + self.attend(q + token_place, k + pixel_place, k, p + ".final_attn_token_to_image")
  return (self.norm(q, p + ".layer_norm_final_attn", 1e-05), k)

def perceptron(self, x: Tensor, p: str, inner: int) -> Tensor:
  x = torch.relu(self.linear(x, p + ".proj_in"))
  for i in range(inner):
    x = torch.relu(self.linear(x, p + ".layers." + str(i)))
  return self.linear(x, p + ".proj_out")

def pixel_places(self) -> Tensor:
  steps = (torch.arange(${SIDE}, dtype=6, device=self.w["mean"].device) + 0.5) / ${SIDE}
  y = steps.unsqueeze(1).expand([${SIDE}, ${SIDE}])
  x = steps.unsqueeze(0).expand([${SIDE}, ${SIDE}])
  return torch.flatten(self.place(torch.stack([x, y], -1)), 0, 1).unsqueeze(0)

def upscale(self, p: str, x: Tensor) -> Tensor:
  return torch.conv_transpose2d(x, self.w[p + ".weight"], self.w[p + ".bias"], [2, 2])

# Image embeddings [N, C, E, E], prompts' tokens [N, P, T, C], dense prompts [N or 1, C, E, E] to logits
# [N, P, 1 + M, 4 E, 4 E] and predicted overlap [N, P, 1 + M].
def segment(self, image: Tensor, prompts: Tensor, dense: Tensor) -> List[Tensor]:
  n = image.size(0)
  count = prompts.size(1)
  p = "mask_decoder."
  first = torch.cat([self.w[p + "iou_token.weight"], self.w[p + "mask_tokens.weight"]], 0)
  first = first.expand([n, count, -1, -1])
  tokens = torch.flatten(torch.cat([first, prompts.expand([n, -1, -1, -1])], 2), 0, 1)
  pixels = torch.flatten(image + dense, 2).transpose(1, 2)
  pixels = torch.repeat_interleave(pixels, count, 0)
  y = self.two_way(tokens, pixels, tokens, self.pixel_places())
  up = y[1].transpose(1, 2).reshape([n * count, -1, ${SIDE}, ${SIDE}])
  up = self.upscale(p + "upscale_conv1", up)
  up = self.gelu(self.map_norm(up, p + "upscale_layer_norm", 1e-06))
  up = self.gelu(self.upscale(p + "upscale_conv2", up))
  kernels = annotate(List[Tensor], [])
  for i in range(${MASKS} + 1):
    kernels.append(self.perceptron(y[0].select(1, 1 + i), p + "output_hypernetworks_mlps." + str(i), 1))
  logits = torch.matmul(torch.stack(kernels, 1), torch.flatten(up, 2))
  logits = logits.reshape([n, count, ${MASKS} + 1, up.size(2), up.size(3)])
  overlap = self.perceptron(y[0].select(1, 0), p + "iou_prediction_head", ${IOU_LAYERS})
  return [logits, overlap.reshape([n, count, -1])]

def decode(self, image: Tensor, prompts: Tensor, dense: Tensor, several: Tensor) -> List[Tensor]:
  y = self.segment(image, prompts, dense)
  if bool(several):
    return [torch.narrow(y[0], 2, 1, ${MASKS}), torch.narrow(y[1], 2, 1, ${MASKS})]
  return [torch.narrow(y[0], 2, 0, 1), torch.narrow(y[1], 2, 0, 1)]

def no_masks(self, image: Tensor) -> Tensor:
  return self.w["prompt_encoder.no_mask_embed.weight"].reshape([1, -1, 1, 1])

def no_tokens(self, image: Tensor) -> Tensor:
  return torch.zeros([image.size(0), 1, 0, image.size(1)], dtype=6, device=image.device)
