# What DJL lacks, or does wrongly while gradients are recorded. Sizes and axes come as integer tensors.

def cast_float32(self, x: Tensor) -> Tensor:
  return torch.to(x, 6)

def cast_float64(self, x: Tensor) -> Tensor:
  return torch.to(x, 7)

def cast_int64(self, x: Tensor) -> Tensor:
  return torch.to(x, 4)

def copy(self, x: Tensor) -> Tensor:
  return torch.clone(x)

def clamp(self, x: Tensor, low: Tensor, high: Tensor) -> Tensor:
  return torch.minimum(torch.maximum(x, low), high)

def mean_axes(self, x: Tensor, axes: Tensor) -> Tensor:
  a : List[int] = axes.tolist()
  return torch.mean(x, a, False)

def max_from(self, x: Tensor) -> Tensor:
  return torch.amax(torch.flatten(x, 1), [1], False)

def logsumexp(self, x: Tensor, axis: Tensor) -> Tensor:
  return torch.logsumexp(x, [int(axis)], False)

def log_softmax(self, x: Tensor) -> Tensor:
  return torch.log_softmax(x, -1)

def softmax(self, x: Tensor) -> Tensor:
  return torch.softmax(x, -1)

def pick(self, x: Tensor, index: Tensor) -> Tensor:
  return torch.gather(x, -1, index.unsqueeze(-1)).squeeze(-1)

def rows(self, x: Tensor, index: Tensor) -> Tensor:
  return torch.index_select(x, 0, index)

def put_rows(self, x: Tensor, index: Tensor, rows: Tensor) -> Tensor:
  return torch.index_copy(x, 0, index, rows)

def overwrite(self, x: Tensor, value: Tensor) -> Tensor:
  return x.copy_(value)

def overwrite_rows(self, x: Tensor, index: Tensor, rows: Tensor) -> Tensor:
  return x.index_copy_(0, index, rows)

def where(self, condition: Tensor, x: Tensor, y: Tensor) -> Tensor:
  return torch.where(condition, x, y)

def sign(self, x: Tensor) -> Tensor:
  return torch.sign(x)

def norm_l1(self, x: Tensor) -> Tensor:
  return torch.sum(torch.abs(torch.flatten(x, 1)), [1], False)

def norm_l2(self, x: Tensor) -> Tensor:
  return torch.linalg_vector_norm(torch.flatten(x, 1), 2, [1], False)

def norm_linf(self, x: Tensor) -> Tensor:
  return torch.amax(torch.abs(torch.flatten(x, 1)), [1], False)

def norm_l0(self, x: Tensor) -> Tensor:
  return torch.to(torch.sum(torch.flatten(x, 1) != 0, [1], False), 6)

def resize_bilinear(self, x: Tensor, size: Tensor) -> Tensor:
  s : List[int] = size.tolist()
  return torch.upsample_bilinear2d(x, s, False)

def resize_bicubic(self, x: Tensor, size: Tensor) -> Tensor:
  s : List[int] = size.tolist()
  return torch.upsample_bicubic2d(x, s, False)

def resize_nearest(self, x: Tensor, size: Tensor) -> Tensor:
  s : List[int] = size.tolist()
  return torch.upsample_nearest2d(x, s)

def pad(self, x: Tensor, widths: Tensor) -> Tensor:
  w : List[int] = widths.tolist()
  return torch.constant_pad_nd(x, w, 0)

def pad_reflect(self, x: Tensor, widths: Tensor) -> Tensor:
  w : List[int] = widths.tolist()
  return torch.reflection_pad2d(x, w)

def grid_sample(self, x: Tensor, grid: Tensor) -> Tensor:
  return torch.grid_sampler(x, grid, 0, 0, False)

def affine_grid(self, theta: Tensor, size: Tensor) -> Tensor:
  s : List[int] = size.tolist()
  return torch.affine_grid_generator(theta, s, False)

def conv2d(self, x: Tensor, weight: Tensor, padding: Tensor) -> Tensor:
  p : List[int] = padding.tolist()
  return torch.conv2d(x, weight, None, [1, 1], p)

def conv2d_depthwise(self, x: Tensor, weight: Tensor, padding: Tensor) -> Tensor:
  p : List[int] = padding.tolist()
  return torch.conv2d(x, weight, None, [1, 1], p, [1, 1], x.size(1))

def conv_transpose2d(self, x: Tensor, weight: Tensor, stride: Tensor) -> Tensor:
  s : List[int] = stride.tolist()
  return torch.conv_transpose2d(x, weight, None, s)

def median_blur(self, x: Tensor, width: Tensor) -> Tensor:
  k = int(width)
  before = (k - 1) // 2
  after = k - 1 - before
  y = torch.reflection_pad2d(x, [before, after, before, after])
  y = torch.unfold(torch.unfold(y, 2, k, 1), 3, k, 1)
  return torch.median(torch.flatten(y, 4), -1)[0]

def attention(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
  return torch.scaled_dot_product_attention(q, k, v)

def layer_norm(self, x: Tensor, weight: Tensor, bias: Tensor, eps: Tensor) -> Tensor:
  return torch.layer_norm(x, [x.size(-1)], weight, bias, float(eps))

def group_norm(self, x: Tensor, groups: Tensor, weight: Tensor, bias: Tensor, eps: Tensor) -> Tensor:
  return torch.group_norm(x, int(groups), weight, bias, float(eps))

def rms_norm(self, x: Tensor, weight: Tensor, eps: Tensor) -> Tensor:
  return torch.rms_norm(x, [x.size(-1)], weight, float(eps))

def round_straight_through(self, x: Tensor) -> Tensor:
  return x + (torch.round(x) - x).detach()

def quantise(self, x: Tensor, levels: Tensor) -> Tensor:
  return torch.round(x * levels) / levels

def finite(self, x: Tensor) -> Tensor:
  return torch.all(torch.isfinite(x))

def any_nonzero(self, x: Tensor) -> Tensor:
  return torch.any(torch.flatten(x, 1) != 0, 1)

def any_nan(self, x: Tensor) -> Tensor:
  return torch.any(torch.logical_not(torch.isfinite(torch.flatten(x, 1))), 1)

def cdist(self, a: Tensor, b: Tensor) -> Tensor:
  return torch.cdist(a, b)

def topk_values(self, x: Tensor, k: Tensor) -> Tensor:
  return torch.topk(x, int(k), -1)[0]

def topk_indices(self, x: Tensor, k: Tensor) -> Tensor:
  return torch.topk(x, int(k), -1)[1]
