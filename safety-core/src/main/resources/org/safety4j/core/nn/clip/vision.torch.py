def embed(self, images: Tensor) -> Tensor:
  x = (images - self.w["mean"]) / self.w["std"]
  x = torch.conv2d(x, self.w["embeddings.patch_embedding.weight"], None, [${PATCH}, ${PATCH}])
  first = self.w["embeddings.class_embedding"].reshape([1, 1, ${WIDTH}]).expand([x.size(0), 1, ${WIDTH}])
  x = torch.cat([first, torch.flatten(x, 2).transpose(1, 2)], 1)
  return self.norm(x + self.w["embeddings.position_embedding.weight"], "pre_layrnorm")

# Every token's state after some blocks.
def states(self, images: Tensor, count: Tensor) -> Tensor:
  return self.blocks(self.embed(images), int(count), annotate(List[Tensor], []))

def pooled(self, images: Tensor) -> Tensor:
  x = self.blocks(self.embed(images), ${BLOCKS}, annotate(List[Tensor], []))
  return self.norm(x.select(1, 0), "post_layernorm")

def project(self, pooled: Tensor) -> Tensor:
  return self.dense(pooled, self.w["projection.weight"], None)
