# A denoiser: down, middle, up, with skips. Kinds of blocks: 0 convolutions, 1 attention over pixels, 2 a transformer
# that also attends to text.

def embed_time(self, t: Tensor, n: int) -> Tensor:
  half = ${TIME_INPUT} // 2
  steps = torch.arange(half, dtype=6, device=t.device)
  frequencies = torch.exp(-9.210340371976184 * steps / (half - ${FREQUENCY_SHIFT}))
  angles = torch.to(t, 6).unsqueeze(1) * frequencies.unsqueeze(0)
  if ${COSINE_FIRST}:
    x = torch.cat([torch.cos(angles), torch.sin(angles)], 1)
  else:
    x = torch.cat([torch.sin(angles), torch.cos(angles)], 1)
  x = self.linear(self.outer_act(self.linear(x, "time_embedding.linear_1")), "time_embedding.linear_2")
  return self.act(x).expand([n, -1])

def project(self, x: Tensor, p: str) -> Tensor:
  return self.dense(x, self.w[p + ".weight"], None)

def layer_norm(self, x: Tensor, p: str) -> Tensor:
  return torch.layer_norm(x, [x.size(2)], self.w[p + ".weight"], self.w[p + ".bias"], 1e-05)

def transformer_layer(self, x: Tensor, text: Tensor, p: str, heads: int, keep: bool, maps: List[Tensor]) -> Tensor:
  y = self.layer_norm(x, p + ".norm1")
  q = self.split(self.project(y, p + ".attn1.to_q"), heads)
  k = self.split(self.project(y, p + ".attn1.to_k"), heads)
  v = self.split(self.project(y, p + ".attn1.to_v"), heads)
  x = x + self.linear(self.merge(self.attend(q, k, v)), p + ".attn1.to_out.0")
  y = self.layer_norm(x, p + ".norm2")
  q = self.split(self.project(y, p + ".attn2.to_q"), heads)
  k = self.split(self.project(text, p + ".attn2.to_k"), heads)
  v = self.split(self.project(text, p + ".attn2.to_v"), heads)
  if keep:
    weights = self.weights(q, k)
    maps.append(weights)
    y = torch.matmul(weights, v)
  else:
    y = self.attend(q, k, v)
  x = x + self.linear(self.merge(y), p + ".attn2.to_out.0")
  halves = torch.chunk(self.linear(self.layer_norm(x, p + ".norm3"), p + ".ff.net.0.proj"), 2, -1)
  return x + self.linear(halves[0] * self.gelu(halves[1]), p + ".ff.net.2")

def transformer(self, x: Tensor, text: Tensor, p: str, heads: int, layers: int, keep: bool, maps: List[Tensor]) -> Tensor:
  y = self.norm(x, p + ".norm", 1e-06)
  if ${LINEAR_PROJECTION}:
    y = self.linear(self.tokens(y), p + ".proj_in")
  else:
    y = self.tokens(self.conv(y, p + ".proj_in", 1))
  for k in range(layers):
    y = self.transformer_layer(y, text, p + ".transformer_blocks." + str(k), heads, keep, maps)
  if ${LINEAR_PROJECTION}:
    y = self.image(self.linear(y, p + ".proj_out"), x)
  else:
    y = self.conv(self.image(y, x), p + ".proj_out", 1)
  return x + y

def attend_block(self, x: Tensor, text: List[Tensor], kind: int, p: str, heads: int, layers: int, scale: float, keep: bool, maps: List[Tensor]) -> Tensor:
  if kind == 1:
    return self.attention(x, p, heads, ${EPSILON}, scale)
  if kind == 2:
    return self.transformer(x, text[0], p, heads, layers, keep, maps)
  return x

def run(self, latents: Tensor, t: Tensor, text: List[Tensor], keep: bool, maps: List[Tensor]) -> Tensor:
  down = ${DOWN}
  up = ${UP}
  layers = ${LAYERS}
  heads = ${HEADS}
  depth = ${DEPTH}
  last = ${BLOCKS} - 1
  time = [self.embed_time(t, latents.size(0))]
  x = latents
  if ${CENTRE}:
    x = 2 * x - 1.0
  x = self.conv(x, "conv_in", 1)
  skips = [x]
  for i in range(${BLOCKS}):
    p = "down_blocks." + str(i)
    for j in range(layers[i]):
      x = self.resnet(x, time, p + ".resnets." + str(j), ${EPSILON}, 1.0)
      x = self.attend_block(x, text, down[i], p + ".attentions." + str(j), heads[i], depth[i], 1.0, keep, maps)
      skips.append(x)
    if i < last:
      x = self.halve(x, p + ".downsamplers.0.conv", ${DOWN_PADDING})
      skips.append(x)
  if ${MIDDLE} >= 0:
    x = self.resnet(x, time, "mid_block.resnets.0", ${EPSILON}, ${MIDDLE_SCALE})
    x = self.attend_block(x, text, ${MIDDLE}, "mid_block.attentions.0", heads[last], depth[last], ${MIDDLE_SCALE}, keep, maps)
    x = self.resnet(x, time, "mid_block.resnets.1", ${EPSILON}, ${MIDDLE_SCALE})
  for i in range(${BLOCKS}):
    p = "up_blocks." + str(i)
    b = last - i
    for j in range(layers[b] + 1):
      x = torch.cat([x, skips.pop()], 1)
      x = self.resnet(x, time, p + ".resnets." + str(j), ${EPSILON}, 1.0)
      x = self.attend_block(x, text, up[i], p + ".attentions." + str(j), heads[b], depth[b], 1.0, keep, maps)
    if i < last:
      like = skips[len(skips) - 1]
      x = self.enlarge(x, p + ".upsamplers.0.conv", like.size(2), like.size(3))
  return self.conv(self.outer_act(self.norm(x, "conv_norm_out", ${EPSILON})), "conv_out", 1)

def answer(self, latents: Tensor, t: Tensor) -> Tensor:
  return self.run(latents, t, annotate(List[Tensor], []), False, annotate(List[Tensor], []))

def answer_text(self, latents: Tensor, t: Tensor, text: Tensor) -> Tensor:
  return self.run(latents, t, [text], False, annotate(List[Tensor], []))

# The answer, then the maps from pixels to text of every transformer layer.
def trace_text(self, latents: Tensor, t: Tensor, text: Tensor) -> List[Tensor]:
  maps = annotate(List[Tensor], [])
  y = self.run(latents, t, [text], True, maps)
  return [y] + maps
