# A variational autoencoder: images in [-1, 1] to latents and back.

def middle(self, x: Tensor, p: str) -> Tensor:
  x = self.resnet(x, annotate(List[Tensor], []), p + ".resnets.0", 1e-06, 1.0)
  if ${MIDDLE_ATTENTION}:
    x = self.attention(x, p + ".attentions.0", 1, 1e-06, 1.0)
  return self.resnet(x, annotate(List[Tensor], []), p + ".resnets.1", 1e-06, 1.0)

def finish(self, x: Tensor, p: str) -> Tensor:
  return self.conv(self.outer_act(self.norm(x, p + ".conv_norm_out", 1e-06)), p + ".conv_out", 1)

# Mean and log-variance of the posterior.
def encode(self, images: Tensor) -> List[Tensor]:
  none = annotate(List[Tensor], [])
  x = self.conv(images, "encoder.conv_in", 1)
  for i in range(${BLOCKS}):
    p = "encoder.down_blocks." + str(i)
    for j in range(${LAYERS}):
      x = self.resnet(x, none, p + ".resnets." + str(j), 1e-06, 1.0)
    if i < ${BLOCKS} - 1:
      x = self.halve(x, p + ".downsamplers.0.conv", 0)
  x = self.finish(self.middle(x, "encoder.mid_block"), "encoder")
  if ${QUANT}:
    x = self.conv(x, "quant_conv", 1)
  halves = torch.chunk(x, 2, 1)
  return [halves[0], torch.clamp(halves[1], -30.0, 20.0)]

def decode(self, latents: Tensor) -> Tensor:
  none = annotate(List[Tensor], [])
  x = latents
  if ${POST_QUANT}:
    x = self.conv(x, "post_quant_conv", 1)
  x = self.middle(self.conv(x, "decoder.conv_in", 1), "decoder.mid_block")
  for i in range(${BLOCKS}):
    p = "decoder.up_blocks." + str(i)
    for j in range(${LAYERS} + 1):
      x = self.resnet(x, none, p + ".resnets." + str(j), 1e-06, 1.0)
    if i < ${BLOCKS} - 1:
      x = self.enlarge(x, p + ".upsamplers.0.conv", 2 * x.size(2), 2 * x.size(3))
  return self.finish(x, "decoder")

def posterior(self, images: Tensor) -> List[Tensor]:
  return self.encode(2 * images - 1)

def scaled_mean(self, images: Tensor) -> Tensor:
  return (self.posterior(images)[0] - ${SHIFT}) * ${SCALE}

def image_of(self, latents: Tensor) -> Tensor:
  return (self.decode(latents) + 1) * 0.5

def image_of_scaled(self, latents: Tensor) -> Tensor:
  return self.image_of(latents / ${SCALE} + ${SHIFT})
