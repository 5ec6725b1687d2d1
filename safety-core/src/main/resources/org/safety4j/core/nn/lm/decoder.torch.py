# What all decoders share; an architecture's own text follows. B rows, T new tokens, S tokens in all.
#
# plan holds [start, base, stored, last, count]: the new tokens stand at positions start.. of each row; positions
# base .. base+pad[row] are padding; stored 1 writes keys and values into past in place, 0 joins them behind it;
# logits are wanted for the last positions (0: for all); count is a block's number where one is asked for.
# past is [blocks, 2, B or 1, key heads, capacity, head width], or anything where start is 0 and stored 0.

def embed(self, ids: Tensor) -> Tensor:
  return self.lookup(ids)

# x [B, T, in] times the transpose of w [out, in]. Weight first: with few rows up to twice as fast as torch.linear, and
# a single row is cut into parts, since a product of a matrix with one vector keeps to one thread. The parts are fixed, and
# rows are filled up to a multiple of 16, so that no bit depends on the number of threads. Where a graph of many rows is
# recorded, results that lie together make up for it in the passes that follow.
def times(self, x: Tensor, w: Tensor) -> Tensor:
  n = x.size(0) * x.size(1)
  out = w.size(0)
  if self.few(x, w):
    return self.rows(self.across(w, self.columns(x)), x)
  if n == 1 and out > 7:
    whole = out - out % 8
    # This way around: with a column made by reshape, bmm is four times as slow.
    column = x.reshape([1, w.size(1)]).t()
    y = torch.bmm(torch.narrow(w, 0, 0, whole).view([8, whole // 8, w.size(1)]), column.unsqueeze(0).expand([8, -1, -1])).view([1, 1, whole])
    if whole == out:
      return y
    return torch.cat([y, torch.mm(torch.narrow(w, 0, whole, out - whole), column).view([1, 1, out - whole])], 2)
  return self.dense(x, w, None)

# Whether weights come first.
def few(self, x: Tensor, w: Tensor) -> bool:
  n = x.size(0) * x.size(1)
  if n == 1:
    return w.size(0) < 8
  if x.requires_grad:
    return n <= 64
  return n < 256 or w.requires_grad or x.is_cuda

# The rows of x as columns.
def columns(self, x: Tensor) -> Tensor:
  n = x.size(0) * x.size(1)
  rows = x.reshape([n, x.size(2)])
  if (n > 16 or (n > 4 and x.requires_grad)) and n % 16 > 0:
    rows = torch.constant_pad_nd(rows, [0, 0, 0, 16 - n % 16], 0)
  return rows.t()

# And back, as many as x has.
def rows(self, columns: Tensor, x: Tensor) -> Tensor:
  return torch.narrow(columns.t(), 0, 0, x.size(0) * x.size(1)).view([x.size(0), x.size(1), columns.size(0)])

# Logits, as rows that lie together; for many of them the copy would cost more than it saves.
def scores(self, x: Tensor, w: Tensor) -> Tensor:
  if x.size(0) * x.size(1) > 64:
    return torch.linear(x, w)
  return self.times(x, w).contiguous()

# Which of S keys each of the T queries may see: [B or 1, 1, T, S].
def visible(self, start: int, new: int, base: int, pad: Tensor, window: int) -> Tensor:
  k = torch.arange(start + new, dtype=4, layout=None, device=torch.device("cpu"), pin_memory=False).to(pad)
  q = torch.narrow(k, 0, start, new).unsqueeze(1)
  ok = k <= q
  rows = (pad + base).view([-1, 1, 1, 1])
  if window > 0:
    # Padding between a prefix and the new tokens takes no room in a window.
    gap = pad.view([-1, 1, 1, 1])
    ok = torch.logical_and(ok, torch.where(k < base, k + gap, k) > q - window)
  real = torch.logical_or(k < base, k >= rows)
  return torch.logical_or(torch.logical_and(ok, real), k == q)

# Position of each new token in its row, padding not counted: [B or 1, T].
def places(self, start: int, new: int, base: int, pad: Tensor) -> Tensor:
  k = torch.arange(start, start + new, dtype=4, layout=None, device=torch.device("cpu"), pin_memory=False).to(pad)
  return torch.clamp(k.unsqueeze(0) - pad.unsqueeze(1), base, None)

def joined(self, new: Tensor, past: Tensor, block: int, which: int, start: int, stored: int) -> Tensor:
  if stored == 1:
    kept = past.select(0, block).select(0, which)
    kept.narrow(2, start, new.size(2)).copy_(new)
    return kept.narrow(2, 0, start + new.size(2))
  if start == 0:
    return new
  before = past.select(0, block).select(0, which).narrow(2, 0, start)
  return torch.cat([before.expand([new.size(0), -1, -1, -1]), new], 2)

# Explicit attention weights: the heads that share a key head stand as further queries beside one another.
def weights(self, q: Tensor, k: Tensor, mask: Tensor) -> Tensor:
  b = q.size(0)
  t = q.size(2)
  s = torch.matmul(q.reshape([b, ${KEY_HEADS}, ${GROUP} * t, ${HEAD_WIDTH}]), k.transpose(2, 3)) * ${SCALE}
  s = s.view([b, ${HEADS}, t, k.size(2)])
  return torch.softmax(torch.masked_fill(s, torch.logical_not(mask), -float("inf")), -1)

def weighted(self, w: Tensor, v: Tensor) -> Tensor:
  b = w.size(0)
  t = w.size(2)
  o = torch.matmul(w.reshape([b, ${KEY_HEADS}, ${GROUP} * t, w.size(3)]), v)
  return o.view([b, ${HEADS}, t, ${HEAD_WIDTH}])

def repeated(self, x: Tensor) -> Tensor:
  if ${GROUP} == 1:
    return x
  y = x.unsqueeze(2).expand([-1, -1, ${GROUP}, -1, -1])
  return y.reshape([x.size(0), ${HEADS}, x.size(2), ${HEAD_WIDTH}])

# Causal attention by blocks of 64 queries, each with the keys up to its last: for some hundred tokens faster than the
# fused kernel.
def causal(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
  b = q.size(0)
  t = q.size(2)
  queries = (q * ${SCALE}).reshape([b * ${HEADS}, t, ${HEAD_WIDTH}])
  keys = torch.flatten(k, 0, 1).transpose(1, 2)
  values = torch.flatten(v, 0, 1)
  future = torch.triu(torch.full([64, 64], -float("inf"), dtype=6, layout=None, device=torch.device("cpu"), pin_memory=False).to(q), 1)
  parts = annotate(List[Tensor], [])
  for i in range((t + 63) // 64):
    start = 64 * i
    n = min(64, t - start)
    s = torch.bmm(torch.narrow(queries, 1, start, n), torch.narrow(keys, 2, 0, start + n))
    torch.add_(torch.narrow(s, 2, start, n), torch.narrow(torch.narrow(future, 0, 0, n), 1, 0, n))
    o = torch.bmm(torch.softmax(s, -1), torch.narrow(values, 1, 0, start + n))
    parts.append(o.view([b, ${HEADS}, n, ${HEAD_WIDTH}]).transpose(1, 2))
  return torch.cat(parts, 1).transpose(1, 2)

# mask may be left out (plain) where every query sees all keys up to its own.
def attended(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor, plain: bool) -> Tensor:
  b = q.size(0)
  t = q.size(2)
  if t == 1:
    # The fused kernel's result for one query depends on the number of threads.
    scores = torch.bmm(q.reshape([b * ${KEY_HEADS}, ${GROUP}, ${HEAD_WIDTH}]) * ${SCALE}, torch.flatten(k, 0, 1).transpose(1, 2))
    if not plain:
      hidden = torch.logical_not(mask).expand([b, ${KEY_HEADS}, ${GROUP}, k.size(2)]).reshape(scores.shape)
      scores = torch.masked_fill(scores, hidden, -float("inf"))
    return torch.bmm(torch.softmax(scores, -1), torch.flatten(v, 0, 1)).view([b, ${HEADS}, 1, ${HEAD_WIDTH}])
  if plain and t == k.size(2) and t > 127 and t < 641 and not q.requires_grad:
    return self.causal(q, self.repeated(k), self.repeated(v))
  if plain and t == k.size(2):
    return torch.scaled_dot_product_attention(q, self.repeated(k), self.repeated(v), None, 0.0, True)
  return torch.scaled_dot_product_attention(q, self.repeated(k), self.repeated(v), mask, 0.0, False)

def block(self, x: Tensor, i: int, turns: List[Tensor], mask: Tensor, plain: bool, past: Tensor, start: int, stored: int) -> Tensor:
  p = self.project(x, i, turns)
  k = self.joined(p[1], past, i, 0, start, stored)
  v = self.joined(p[2], past, i, 1, start, stored)
  o = self.attended(p[0], k, v, mask, plain)
  return self.after(x, o.transpose(1, 2).reshape([x.size(0), x.size(1), ${HEADS} * ${HEAD_WIDTH}]), i)

# The last block where only the last positions are wanted of it: all keys and values, but queries of those alone.
def last_block(self, x: Tensor, turns: List[Tensor], pad: Tensor, past: Tensor, start: int, base: int, stored: int, last: int) -> Tensor:
  i = ${BLOCKS} - 1
  before = x.size(1) - last
  p = self.project(x, i, turns)
  k = self.joined(p[1], past, i, 0, start, stored)
  v = self.joined(p[2], past, i, 1, start, stored)
  mask, plain = self.masked(start + before, last, base, pad, self.window_of(i))
  o = self.attended(torch.narrow(p[0], 2, before, last), k, v, mask, plain)
  return self.after(torch.narrow(x, 1, before, last), o.transpose(1, 2).reshape([x.size(0), last, ${HEADS} * ${HEAD_WIDTH}]), i)

def window_of(self, i: int) -> int:
  windows = annotate(List[int], ${WINDOWS})
  return windows[i]

def masked(self, start: int, new: int, base: int, pad: Tensor, window: int) -> Tuple[Tensor, bool]:
  plain = not bool(torch.any(pad > 0))
  if window > 0 and start + new > window:
    plain = False
  if plain and (start == 0 or new == 1):
    return (pad, plain)
  return (self.visible(start, new, base, pad, window), plain)

# All blocks: the state before the final normalisation, of the last positions (0: of all).
def through(self, x: Tensor, pad: Tensor, past: Tensor, start: int, base: int, stored: int, last: int) -> Tensor:
  new = x.size(1)
  turns = self.turned(self.places(start, new, base, pad), start + new)
  full, full_plain = self.masked(start, new, base, pad, 0)
  near, near_plain = self.masked(start, new, base, pad, ${WINDOW})
  whole = ${BLOCKS}
  if last > 0 and last < new:
    whole = ${BLOCKS} - 1
  for i in range(whole):
    if self.window_of(i) > 0:
      x = self.block(x, i, turns, near, near_plain, past, start, stored)
    else:
      x = self.block(x, i, turns, full, full_plain, past, start, stored)
  if whole < ${BLOCKS}:
    x = self.last_block(x, turns, pad, past, start, base, stored, last)
  return x

def tail(self, x: Tensor, last: int) -> Tensor:
  if last > 0:
    x = torch.narrow(x, 1, x.size(1) - last, last)
  return self.head(self.last_norm(x))

# Logits from token embeddings, part of the graph if one is recorded.
def forward(self, x: Tensor, pad: Tensor, past: Tensor, plan: Tensor) -> Tensor:
  p : List[int] = plan.tolist()
  x = self.placed(x, self.places(p[0], x.size(1), p[1], pad))
  return self.head(self.last_norm(self.through(x, pad, past, p[0], p[1], p[2], p[3])))

# Logits [B, last, V] from ids.
def step(self, ids: Tensor, pad: Tensor, past: Tensor, plan: Tensor) -> Tensor:
  return self.forward(self.embed(ids), pad, past, plan)

# The parts of forward, for those who change the state between blocks.
def begin(self, x: Tensor, pad: Tensor, plan: Tensor) -> Tensor:
  p : List[int] = plan.tolist()
  return self.placed(x, self.places(p[0], x.size(1), p[1], pad))

def one_block(self, x: Tensor, pad: Tensor, past: Tensor, plan: Tensor) -> Tensor:
  p : List[int] = plan.tolist()
  new = x.size(1)
  turns = self.turned(self.places(p[0], new, p[1], pad), p[0] + new)
  mask, plain = self.masked(p[0], new, p[1], pad, self.window_of(p[4]))
  return self.block(x, p[4], turns, mask, plain, past, p[0], p[2])

def one_block_with_map(self, x: Tensor, pad: Tensor, past: Tensor, plan: Tensor) -> List[Tensor]:
  p : List[int] = plan.tolist()
  new = x.size(1)
  turns = self.turned(self.places(p[0], new, p[1], pad), p[0] + new)
  q = self.project(x, p[4], turns)
  k = self.joined(q[1], past, p[4], 0, p[0], p[2])
  v = self.joined(q[2], past, p[4], 1, p[0], p[2])
  w = self.weights(q[0], k, self.visible(p[0], new, p[1], pad, self.window_of(p[4])))
  o = self.weighted(w, v).transpose(1, 2).reshape([x.size(0), new, ${HEADS} * ${HEAD_WIDTH}])
  return [self.after(x, o, p[4]), w]

def finish(self, x: Tensor, plan: Tensor) -> Tensor:
  p : List[int] = plan.tolist()
  return self.tail(x, p[3])

def normalised(self, x: Tensor) -> Tensor:
  return self.last_norm(x)

# The first rows of a cache, sharing its memory.
def first_rows(self, past: Tensor, rows: Tensor) -> Tensor:
  return past.narrow(2, 0, int(rows))

# Writes the keys and values of a remembered text before those of every row.
def preceded(self, past: Tensor, prefix: Tensor) -> Tensor:
  past.narrow(4, 0, prefix.size(4)).copy_(prefix.expand([-1, -1, past.size(2), -1, -1, -1]))
  return past

def on_table(self, x: Tensor) -> Tensor:
  return torch.matmul(x, torch.to(self.table[0], 6).t())

# Log-probability of each next token: logits [B, T, V], ids [B, T] -> [B, T].
def scored(self, logits: Tensor, ids: Tensor) -> Tensor:
  return torch.gather(torch.log_softmax(logits, -1), -1, ids.unsqueeze(-1)).squeeze(-1)

# Rows of a cache in a new order, up to a position.
def reordered(self, past: Tensor, rows: Tensor, used: Tensor) -> Tensor:
  n = int(used)
  kept = torch.index_select(past.narrow(4, 0, n), 2, rows)
  past.narrow(2, 0, rows.size(0)).narrow(4, 0, n).copy_(kept)
  return past.narrow(2, 0, rows.size(0))

# Log-probability of each token to be learnt, for training: texts stand behind one another in rows [B, T] and see only
# themselves. segments numbers the texts of a row (all 0: one text a row, padded on the right), places counts the
# tokens of each text; at are flat places [N] in the rows, next the tokens that follow there.
def learnt(self, ids: Tensor, segments: Tensor, places: Tensor, at: Tensor, next: Tensor) -> Tensor:
  return self.learnt_from(self.embed(ids), segments, places, at, next)

# The same from token embeddings [B, T, D].
def learnt_from(self, x: Tensor, segments: Tensor, places: Tensor, at: Tensor, next: Tensor) -> Tensor:
  t = x.size(1)
  x = self.placed(x, places)
  turns = self.turned(places, t)
  plain = not bool(torch.any(segments > 0))
  full = segments
  if not plain:
    full = torch.logical_and(self.visible(0, t, 0, torch.zeros_like(torch.select(segments, 1, 0)), 0), torch.eq(segments.unsqueeze(2), segments.unsqueeze(1)).unsqueeze(1))
  near = full
  near_plain = plain and t <= ${WINDOW}
  if ${WINDOW} > 0 and not near_plain:
    near = torch.logical_and(self.visible(0, t, 0, torch.zeros_like(torch.select(segments, 1, 0)), ${WINDOW}), torch.eq(segments.unsqueeze(2), segments.unsqueeze(1)).unsqueeze(1))
  for i in range(${BLOCKS}):
    if self.window_of(i) > 0:
      x = self.block(x, i, turns, near, near_plain, x, 0, 0)
    else:
      x = self.block(x, i, turns, full, plain, x, 0, 0)
  y = self.head(self.last_norm(torch.index_select(x.reshape([-1, ${WIDTH}]), 0, at)))
  return torch.neg(torch.cross_entropy_loss(y, next, None, 0, -100, 0.))
