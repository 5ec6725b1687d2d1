# Baseline JPEG on levels 0..255, step by step as integer coders do it, and a smooth version of the same path.
# Planes are [B, H, W]. The orthonormal 8x8 cosine matrix and the quantisation tables come from outside.

def nearest(self, x: Tensor) -> Tensor:
  return torch.floor(x + 0.5)

def level(self, x: Tensor) -> Tensor:
  return torch.clamp(torch.floor(x + 0.5), 0, 255)

def half_away(self, x: Tensor) -> Tensor:
  return torch.sign(x) * torch.floor(torch.abs(x) + 0.5001)

def half_smooth(self, x: Tensor) -> Tensor:
  whole = torch.round(x).detach()
  return whole + (x - whole) ** 3

def extend(self, plane: Tensor, unitY: int, unitX: int) -> Tensor:
  bottom = (unitY - plane.size(1) % unitY) % unitY
  right = (unitX - plane.size(2) % unitX) % unitX
  return torch.replication_pad2d(plane.unsqueeze(1), [0, right, 0, bottom]).squeeze(1)

def blocks(self, plane: Tensor) -> Tensor:
  b = torch.reshape(plane, [plane.size(0), plane.size(1) // 8, 8, plane.size(2) // 8, 8])
  return torch.permute(b, [0, 1, 3, 2, 4])

def joined(self, b: Tensor) -> Tensor:
  p = torch.permute(b, [0, 1, 3, 2, 4])
  return torch.reshape(p, [b.size(0), b.size(1) * 8, b.size(2) * 8])

def coefficients(self, plane: Tensor, dct: Tensor) -> Tensor:
  return torch.matmul(torch.matmul(dct, self.blocks(plane - 128)), torch.t(dct))

def pixels(self, c: Tensor, dct: Tensor) -> Tensor:
  return self.joined(torch.matmul(torch.matmul(torch.t(dct), c), dct)) + 128

def coded(self, plane: Tensor, dct: Tensor, table: Tensor) -> Tensor:
  h = plane.size(1)
  w = plane.size(2)
  c = self.coefficients(self.extend(plane, 8, 8), dct)
  q = self.half_away(c / table) * table
  return torch.slice(torch.slice(self.level(self.pixels(q, dct)), 1, 0, h), 2, 0, w)

def coded_smooth(self, plane: Tensor, dct: Tensor, table: Tensor) -> Tensor:
  h = plane.size(1)
  w = plane.size(2)
  c = self.coefficients(self.extend(plane, 8, 8), dct)
  q = self.half_smooth(c / table) * table
  return torch.slice(torch.slice(self.pixels(q, dct), 1, 0, h), 2, 0, w)

def halved(self, plane: Tensor) -> Tensor:
  p = self.extend(plane, 2, 16)
  sums = torch.avg_pool2d(p.unsqueeze(1), [2, 2], [2, 2]).squeeze(1) * 4
  bias = torch.remainder(torch.arange(sums.size(2)), 2) + 1
  return torch.floor((sums + bias) / 4)

def halved_smooth(self, plane: Tensor) -> Tensor:
  p = self.extend(plane, 2, 16)
  return torch.avg_pool2d(p.unsqueeze(1), [2, 2], [2, 2]).squeeze(1)

def shifted(self, x: Tensor, axis: int, by: int) -> Tensor:
  n = x.size(axis)
  index = torch.clamp(torch.arange(n) + by, 0, n - 1)
  return torch.index_select(x, axis, index)

def interleaved(self, a: Tensor, b: Tensor, axis: int) -> Tensor:
  return torch.flatten(torch.stack([a, b], axis + 1), axis, axis + 1)

def doubled(self, plane: Tensor) -> Tensor:
  if plane.size(2) <= 2:
    return torch.repeat_interleave(torch.repeat_interleave(plane, 2, 1), 2, 2)
  up = plane * 3 + self.shifted(plane, 1, -1)
  down = plane * 3 + self.shifted(plane, 1, 1)
  rows = self.interleaved(up, down, 1)
  left = torch.floor((rows * 3 + self.shifted(rows, 2, -1) + 8) / 16)
  right = torch.floor((rows * 3 + self.shifted(rows, 2, 1) + 7) / 16)
  return self.interleaved(left, right, 2)

def doubled_smooth(self, plane: Tensor) -> Tensor:
  size = [plane.size(1) * 2, plane.size(2) * 2]
  if plane.size(2) <= 2:
    return torch.upsample_nearest2d(plane.unsqueeze(1), size).squeeze(1)
  return torch.upsample_bilinear2d(plane.unsqueeze(1), size, False).squeeze(1)

def cropped(self, plane: Tensor, like: Tensor) -> Tensor:
  return torch.slice(torch.slice(plane, 1, 0, like.size(1)), 2, 0, like.size(2))

def chroma(self, plane: Tensor, dct: Tensor, table: Tensor) -> Tensor:
  small = self.halved(plane)
  code = self.coded(small, dct, table)
  real = torch.slice(torch.slice(code, 1, 0, (plane.size(1) + 1) // 2), 2, 0, (plane.size(2) + 1) // 2)
  return self.cropped(self.doubled(real), plane)

def chroma_smooth(self, plane: Tensor, dct: Tensor, table: Tensor) -> Tensor:
  code = self.coded_smooth(self.halved_smooth(plane), dct, table)
  real = torch.slice(torch.slice(code, 1, 0, (plane.size(1) + 1) // 2), 2, 0, (plane.size(2) + 1) // 2)
  return self.cropped(self.doubled_smooth(real), plane)

def luminance(self, r: Tensor, g: Tensor, b: Tensor) -> Tensor:
  return r * 0.299 + g * 0.587 + b * 0.114

def blue(self, r: Tensor, g: Tensor, b: Tensor) -> Tensor:
  return b * 0.5 - r * 0.168735892 - g * 0.331264108 + 128

def red(self, r: Tensor, g: Tensor, b: Tensor) -> Tensor:
  return r * 0.5 - g * 0.418687589 - b * 0.081312411 + 128

def grey(self, x: Tensor, dct: Tensor, luma: Tensor) -> Tensor:
  plane = self.level(x.squeeze(1) * 255)
  return (self.coded(plane, dct, luma) / 255).unsqueeze(1)

def grey_smooth(self, x: Tensor, dct: Tensor, luma: Tensor) -> Tensor:
  return (self.coded_smooth(x.squeeze(1) * 255, dct, luma) / 255).unsqueeze(1)

def colour(self, x: Tensor, dct: Tensor, luma: Tensor, chroma: Tensor, subsample: Tensor) -> Tensor:
  p = self.level(x * 255)
  r = torch.select(p, 1, 0)
  g = torch.select(p, 1, 1)
  b = torch.select(p, 1, 2)
  y = self.coded(self.nearest(self.luminance(r, g, b)), dct, luma)
  cb = self.nearest(self.blue(r, g, b) - 0.00001)
  cr = self.nearest(self.red(r, g, b) - 0.00001)
  if bool(subsample):
    cb = self.chroma(cb, dct, chroma)
    cr = self.chroma(cr, dct, chroma)
  else:
    cb = self.coded(cb, dct, chroma)
    cr = self.coded(cr, dct, chroma)
  u = cb - 128
  v = cr - 128
  r = y + self.nearest(v * 1.402)
  g = y + self.nearest(u * -0.34414 - v * 0.71414)
  b = y + self.nearest(u * 1.772)
  return torch.clamp(torch.stack([r, g, b], 1), 0, 255) / 255

def colour_smooth(self, x: Tensor, dct: Tensor, luma: Tensor, chroma: Tensor, subsample: Tensor) -> Tensor:
  p = x * 255
  r = torch.select(p, 1, 0)
  g = torch.select(p, 1, 1)
  b = torch.select(p, 1, 2)
  y = self.coded_smooth(self.luminance(r, g, b), dct, luma)
  cb = self.blue(r, g, b)
  cr = self.red(r, g, b)
  if bool(subsample):
    cb = self.chroma_smooth(cb, dct, chroma)
    cr = self.chroma_smooth(cr, dct, chroma)
  else:
    cb = self.coded_smooth(cb, dct, chroma)
    cr = self.coded_smooth(cr, dct, chroma)
  u = cb - 128
  v = cr - 128
  return torch.stack([y + v * 1.402, y - u * 0.34414 - v * 0.71414, y + u * 1.772], 1) / 255
