"""The layers that generated code needs where Keras has none of the kind; each is written where it is used."""

from __future__ import annotations

HELPERS = {
    "Parameter": '''
class Parameter(layers.Layer):
    """A learned tensor, the same for every example; it is given any value of the batch."""

    def __init__(self, shape, trainable=True):
        super().__init__(trainable=trainable)
        self.value = self.add_weight(shape=shape, initializer="random_normal", trainable=trainable)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self.value.shape)

    def call(self, x):
        return ops.broadcast_to(self.value, (ops.shape(x)[0], *self.value.shape))
''',
    "MatMul": '''
class MatMul(layers.Layer):
    """Product of two maps, positions by channels, each head by itself; not scaled."""

    def __init__(self, heads=1, transpose=False):
        super().__init__()
        self.heads = heads
        self.transposes = transpose

    def compute_output_shape(self, left_shape, right_shape):
        positions = math.prod(right_shape[1:-1])
        return (*left_shape[:-1], self.heads * positions if self.transposes else right_shape[-1])

    def call(self, left, right):
        maps = []
        for each in (left, right):
            shape = (-1, math.prod(each.shape[1:-1]), self.heads, each.shape[-1] // self.heads)
            maps.append(ops.transpose(ops.reshape(each, shape), (0, 2, 1, 3)))
        one, other = maps
        product = ops.matmul(one, ops.transpose(other, (0, 1, 3, 2)) if self.transposes else other)
        channels = product.shape[1] * product.shape[3]
        return ops.reshape(ops.transpose(product, (0, 2, 1, 3)), (-1, *left.shape[1:-1], channels))
''',
    "HeadSoftmax": '''
class HeadSoftmax(layers.Layer):
    """Softmax over the channels of each head."""

    def __init__(self, heads):
        super().__init__()
        self.heads = heads

    def call(self, x):
        apart = ops.reshape(x, (-1, *x.shape[1:-1], self.heads, x.shape[-1] // self.heads))
        return ops.reshape(ops.softmax(apart), (-1, *x.shape[1:]))
''',
    "Pad": '''
class Pad(layers.Layer):
    """A value around the map: (before, after) for each spatial axis and the channels."""

    def __init__(self, pads, value):
        super().__init__()
        self.pads = pads
        self.value = value

    def call(self, x):
        return ops.pad(x, ((0, 0), *self.pads), constant_values=self.value)
''',
    "AdaptivePool": '''
class AdaptivePool(layers.Layer):
    """Means over windows that cover the map evenly, so many along each axis."""

    def __init__(self, sizes):
        super().__init__()
        self.sizes = sizes

    def call(self, x):
        for axis, wanted in enumerate(self.sizes, 1):
            size = x.shape[axis]
            edges = [(i * size // wanted, -(-(i + 1) * size // wanted)) for i in range(wanted)]
            parts = [
                ops.mean(ops.take(x, list(range(start, stop)), axis=axis), axis=axis, keepdims=True)
                for start, stop in edges
            ]
            x = ops.concatenate(parts, axis=axis)
        return x
''',
    "LocalResponseNorm": '''
class LocalResponseNorm(layers.Layer):
    """Each value divided by a norm of its neighbours in the channels."""

    def __init__(self, size):
        super().__init__()
        self.size = size

    def call(self, x):
        before, channels = self.size // 2, x.shape[-1]
        pads = [(0, 0)] * (len(x.shape) - 1) + [(before, self.size - 1 - before)]
        squares = ops.pad(ops.square(x), pads)
        total = sum(squares[..., i : i + channels] for i in range(self.size))
        return x / (1.0 + 1e-4 / self.size * total) ** 0.75
''',
    "ChannelShuffle": '''
class ChannelShuffle(layers.Layer):
    """Channels of several groups dealt out in turn."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def call(self, x):
        apart = ops.reshape(x, (-1, *x.shape[1:-1], self.groups, x.shape[-1] // self.groups))
        return ops.reshape(ops.swapaxes(apart, -1, -2), (-1, *x.shape[1:]))
''',
    "Slice": '''
class Slice(layers.Layer):
    """A piece: (start, stop) of each spatial axis, then of the channels."""

    def __init__(self, intervals):
        super().__init__()
        self.intervals = intervals

    def call(self, x):
        return x[(slice(None), *(slice(start, stop) for start, stop in self.intervals))]
''',
    "Gather": '''
class Gather(layers.Layer):
    """So many positions, each one of those that came in; which ones is for you to say."""

    def __init__(self, positions):
        super().__init__()
        self.positions = positions

    def call(self, x):
        count = math.prod(x.shape[1:-1])
        flat = ops.reshape(x, (-1, count, x.shape[-1]))
        return ops.take(flat, [i % count for i in range(self.positions)], axis=1)
''',
}
