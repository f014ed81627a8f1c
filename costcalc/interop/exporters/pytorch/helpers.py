"""The classes that generated code needs where PyTorch has no layer of the kind; each is written where it is used."""

from __future__ import annotations

HELPERS = {
    "SamePad": '''
class SamePad(nn.Module):
    """Pads so that a window gives ceil(size / stride) outputs, the odd one at the end (TensorFlow's SAME)."""

    def __init__(self, kernel_size, stride, dilation=1, value=0.0):
        super().__init__()
        self.window = (kernel_size, stride, dilation)
        self.value = value

    def forward(self, x):
        pads = []
        for axis, size in enumerate(x.shape[2:]):
            kernel, stride, dilation = (each if isinstance(each, int) else each[axis] for each in self.window)
            total = max((-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
            pads = [total // 2, total - total // 2, *pads]
        return F.pad(x, pads, value=self.value)
''',
    "SameAvgPool": '''
class SameAvgPool(nn.Module):
    """Average pooling with SAME padding, which the averages leave out."""

    def __init__(self, kernel_size, stride):
        super().__init__()
        self.window = (kernel_size, stride)
        self.pad = SamePad(kernel_size, stride)

    def forward(self, x):
        pool = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[x.dim() - 3]
        inside = self.pad(torch.ones_like(x[:1, :1]))
        return pool(self.pad(x), *self.window) / pool(inside, *self.window)
''',
    "PerPosition": '''
class PerPosition(nn.Linear):
    """A linear layer applied to the channels at each position."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
''',
    "ChannelNorm": '''
class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels at each position."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
''',
    "ChannelRMSNorm": '''
class ChannelRMSNorm(nn.RMSNorm):
    """RMS norm over the channels at each position."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
''',
    "Indexed": '''
class Indexed(nn.Embedding):
    """A learned vector for every index; indices are the channels of a vector, or a map of one channel."""

    def __init__(self, num_embeddings, embedding_dim, trainable=True):
        super().__init__(num_embeddings, embedding_dim)
        if not trainable:
            self.register_buffer("weight", self._parameters.pop("weight").detach())

    def forward(self, x):
        indices = x.movedim(1, -1) if x.dim() == 2 or x.shape[1] > 1 else x.squeeze(1)
        return super().forward(indices.long()).movedim(-1, 1)
''',
    "Recurrent": '''
class Recurrent(nn.Module):
    """A recurrent layer along the last axis of a map; with one bias a gate the other is zero, and not trained."""

    def __init__(self, kind, channels, hidden_size, biases=2, last=False, backward=False, **options):
        super().__init__()
        cells = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
        self.layer = cells[kind](channels, hidden_size, bias=biases > 0, batch_first=True, **options)
        self.last = last
        self.backward = backward
        if biases == 1:
            for name, value in [*self.layer.named_parameters()]:
                if "bias_hh" in name:
                    self.layer._parameters.pop(name)
                    self.layer.register_buffer(name, torch.zeros_like(value))
            self.layer._flat_weights = [self.layer.__getattr__(name) for name in self.layer._flat_weights_names]

    def forward(self, x):
        steps = x.movedim(1, -1)
        flat = steps.reshape(-1, *steps.shape[-2:])
        made, state = self.layer(flat.flip(1) if self.backward else flat)
        if self.last:
            state = state[0] if isinstance(state, tuple) else state
            directions = 2 if self.layer.bidirectional else 1
            made = state[-directions:].transpose(0, 1).flatten(1)
            return made.reshape(*steps.shape[:-2], made.shape[-1]).movedim(-1, 1)
        return made.reshape(*steps.shape[:-1], made.shape[-1]).movedim(-1, 1)
''',
    "Function": '''
class Function(nn.Module):
    """A function of every element by itself."""

    def __init__(self, name):
        super().__init__()
        self.name = name

    def forward(self, x):
        name = {"negate": "neg", "not": "logical_not"}.get(self.name, self.name)
        more = {"clip": (0.0, 1.0), "pow": (1.5,), "cumsum": (-1,)}.get(name, ())
        return torch.__dict__[name](x, *more).to(x.dtype)
''',
    "Join": '''
class Join(nn.Module):
    """A function of several maps, element by element; a vector counts as a map of one position."""

    def __init__(self, name):
        super().__init__()
        self.name = name

    def forward(self, *maps):
        rank = max(each.dim() for each in maps)
        first, *rest = [each.reshape(*each.shape, *[1] * (rank - each.dim())) for each in maps]
        if self.name == "where":
            return torch.where(first != 0, *rest)
        for each in rest:
            first = torch.__dict__[self.name](first, each).to(each.dtype)
        return first
''',
    "Reduce": '''
class Reduce(nn.Module):
    """One number for all that lies along some axes; of the channels one stays."""

    def __init__(self, name, axes, keep=True):
        super().__init__()
        self.name = name
        self.axes = axes
        self.keep = keep

    def forward(self, x):
        rest = [axis for axis in range(x.dim()) if axis not in self.axes]
        flat = x.permute(*rest, *self.axes).flatten(sum(1 for _ in rest))
        name = {"max": "amax", "min": "amin", "product": "prod", "variance": "var"}.get(self.name, self.name)
        if name in ("l1", "l2"):
            made = torch.linalg.vector_norm(flat, ord=int(name[1]), dim=-1)
        else:
            made = torch.__dict__[name](flat, dim=-1)
        sizes = [1 if axis in self.axes else size for axis, size in enumerate(x.shape)]
        kept = [size for axis, size in enumerate(sizes) if self.keep or axis < 2 or axis not in self.axes]
        return made.reshape(kept).to(x.dtype)
''',
    "DynamicConv": '''
class DynamicConv(nn.Module):
    """A convolution of one map with a kernel of these sizes that another map is; of one example at a time."""

    def __init__(self, sizes, **options):
        super().__init__()
        self.sizes = sizes
        self.options = options

    def forward(self, x, kernel):
        kernel = kernel.movedim(1, -1).reshape(self.sizes)
        return torch.__dict__[f"conv{x.dim() - 2}d"](x, kernel, **self.options)
''',
    "Unfold": '''
class Unfold(nn.Module):
    """What each window covers, as channels of a map of these sizes."""

    def __init__(self, sizes, kernel_size, **options):
        super().__init__()
        self.sizes = sizes
        self.unfold = nn.Unfold(kernel_size, **options)

    def forward(self, x):
        return self.unfold(x).unflatten(2, self.sizes)
''',
    "Sampled": '''
class Sampled(nn.Module):
    """What each window covers, as channels: its taps moved by offsets, interpolated, and weighed by a further map."""

    def __init__(self, sizes, kernel_size, stride=1, padding=0, dilation=1):
        super().__init__()
        self.sizes = sizes
        rows, columns = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.taps = [(row, column) for row in range(rows) for column in range(columns)]
        self.window = [(each, each) if isinstance(each, int) else each for each in (stride, padding, dilation)]

    def forward(self, x, offsets, weights=None):
        stride, padding, dilation = self.window
        height, width = (
            torch.arange(self.sizes[axis], device=x.device) * stride[axis] - padding[axis] for axis in range(2)
        )
        count = sum(1 for _ in self.taps)
        groups = offsets.shape[1] // (2 * count)
        apart = offsets.unflatten(1, (groups, count, 2))
        found = []
        for index, (row, column) in enumerate(self.taps):
            y = height[:, None] + row * dilation[0] + apart[:, :, index, 0].flatten(0, 1)
            x_ = width + column * dilation[1] + apart[:, :, index, 1].flatten(0, 1)
            scale = y.new_tensor([x.shape[3] - 1, x.shape[2] - 1]).clamp(min=1)
            grid = 2 * torch.stack([x_, y], -1) / scale - 1
            taken = F.grid_sample(x.unflatten(1, (groups, -1)).flatten(0, 1), grid, align_corners=True)
            taken = taken.unflatten(0, (x.shape[0], groups))
            if weights is not None:
                taken = taken * weights.unflatten(1, (groups, -1))[:, :, index, None]
            found.append(taken.flatten(1, 2))
        return torch.stack(found, 2).flatten(1, 2)
''',
    "Fold": '''
class Fold(nn.Module):
    """Windows added up to a map of these sizes."""

    def __init__(self, sizes, kernel_size, **options):
        super().__init__()
        self.fold = nn.Fold(sizes, kernel_size, **options)

    def forward(self, x):
        return self.fold(x.flatten(2))
''',
    "TopK": '''
class TopK(nn.Module):
    """So many of the largest along an axis."""

    def __init__(self, k, axis=1):
        super().__init__()
        self.k = k
        self.axis = axis

    def forward(self, x):
        return x.topk(self.k, self.axis).values
''',
    "Permute": '''
class Permute(nn.Module):
    """The axes in another order, the batch first."""

    def __init__(self, axes):
        super().__init__()
        self.axes = axes

    def forward(self, x):
        return x.permute(0, *self.axes)
''',
    "Scale": '''
class Scale(nn.Module):
    """A learned factor for each channel."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, x):
        return x * self.weight.reshape(-1, *[1] * (x.dim() - 2))
''',
    "Shift": '''
class Shift(nn.Module):
    """A learned summand for each channel."""

    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return x + self.bias.reshape(-1, *[1] * (x.dim() - 2))
''',
    "HeadAttention": '''
class HeadAttention(nn.Module):
    """Scaled dot products of positions in heads, within so many windows along each axis; a bias holds its own mask."""

    def __init__(self, heads, kv_heads=None, windows=(), bias_heads=1, causal=False):
        super().__init__()
        self.heads = heads
        self.kv_heads = kv_heads or heads
        self.windows = windows
        self.bias_heads = bias_heads
        self.causal = causal

    def forward(self, queries, keys, values, bias=None):
        sizes, rank, apart = queries.shape[2:], queries.dim() - 2, []
        examples = max(queries.shape[0], keys.shape[0], values.shape[0])
        for x, heads in ((queries, self.heads), (keys, self.kv_heads), (values, self.kv_heads)):
            x = x.expand(examples, *x.shape[1:])
            if self.windows:
                cut = [each for i, n in enumerate(self.windows) for each in (n, x.shape[i + 2] // n)]
                x = x.reshape(*x.shape[:2], *cut)
                x = x.permute(0, *range(2, 2 * rank + 2, 2), 1, *range(3, 2 * rank + 3, 2)).flatten(0, rank)
            apart.append(x.reshape(x.shape[0], heads, x.shape[1] // heads, -1).transpose(2, 3))
        query, key, value = apart
        if bias is not None:
            bias = bias.reshape(-1, self.bias_heads, query.shape[2], key.shape[2])
            bias = bias if bias.shape[0] == 1 else bias.repeat(query.shape[0] // bias.shape[0], 1, 1, 1)
        causal, shared = self.causal and bias is None, self.heads != self.kv_heads
        made = F.scaled_dot_product_attention(query, key, value, bias, is_causal=causal, enable_gqa=shared)
        made = made.transpose(2, 3).flatten(1, 2)
        if self.windows:
            inner = [sizes[i] // n for i, n in enumerate(self.windows)]
            made = made.reshape(examples, *self.windows, made.shape[1], *inner)
            made = made.permute(0, rank + 1, *(axis for i in range(rank) for axis in (i + 1, rank + 2 + i)))
        return made.reshape(examples, -1, *sizes)
''',
    "MatMul": '''
class MatMul(nn.Module):
    """Product of two maps, positions by channels, each head by itself; not scaled."""

    def __init__(self, heads=1, transpose=False):
        super().__init__()
        self.heads = heads
        self.transpose = transpose

    def forward(self, left, right):
        one = left.reshape(left.shape[0], self.heads, left.shape[1] // self.heads, -1).transpose(2, 3)
        other = right.reshape(right.shape[0], self.heads, right.shape[1] // self.heads, -1)
        product = torch.matmul(one, other if self.transpose else other.transpose(2, 3)).transpose(2, 3)
        channels = product.shape[1] * product.shape[2]
        return product.reshape(product.shape[0], channels, *left.shape[2:])
''',
    "HeadSoftmax": '''
class HeadSoftmax(nn.Module):
    """Softmax over the channels of each head."""

    def __init__(self, heads):
        super().__init__()
        self.heads = heads

    def forward(self, x):
        apart = x.reshape(x.shape[0], self.heads, x.shape[1] // self.heads, *x.shape[2:])
        return apart.softmax(2).reshape(x.shape)
''',
    "Reshape": '''
class Reshape(nn.Module):
    """The same elements in another shape: channels, then the spatial sizes."""

    def __init__(self, *sizes):
        super().__init__()
        self.sizes = sizes

    def forward(self, x):
        return x.reshape(x.shape[0], *self.sizes)
''',
    "Part": '''
class Part(nn.Module):
    """One of several equal parts of the channels; the first is number 1."""

    def __init__(self, number, of):
        super().__init__()
        self.number = number
        self.of = of

    def forward(self, x):
        return x.chunk(self.of, dim=1)[self.number - 1]
''',
    "Slice": '''
class Slice(nn.Module):
    """A piece: (start, stop) of the channels, then of each spatial axis."""

    def __init__(self, *intervals):
        super().__init__()
        self.intervals = intervals

    def forward(self, x):
        for dim, (start, stop) in enumerate(self.intervals, 1):
            x = x.narrow(dim, start, stop - start)
        return x
''',
    "ChannelShuffle": '''
class ChannelShuffle(nn.Module):
    """Channels of several groups dealt out in turn."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def forward(self, x):
        apart = x.reshape(x.shape[0], self.groups, x.shape[1] // self.groups, *x.shape[2:])
        return apart.transpose(1, 2).reshape(x.shape)
''',
    "Gather": '''
class Gather(nn.Module):
    """So many positions, each one of those that came in; which ones is for you to say."""

    def __init__(self, positions):
        super().__init__()
        self.positions = positions

    def forward(self, x):
        flat = x.reshape(x.shape[0], x.shape[1], -1)
        return flat[:, :, torch.arange(self.positions, device=x.device) % flat.shape[2]]
''',
}

#: What a helper needs itself.
NEEDS = {"SameAvgPool": ("SamePad",)}
