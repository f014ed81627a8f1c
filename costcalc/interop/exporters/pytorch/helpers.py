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
