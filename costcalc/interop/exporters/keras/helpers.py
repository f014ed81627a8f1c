"""What generated code needs where Keras has no layer of the kind; each is written where it is used.

They are functions, so that a saved model holds operations of Keras alone; only what has weights is a layer.
"""

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
    "product": '''
def product(left, right, heads=1, transpose=False):
    """Product of two maps, positions by channels, each head by itself; not scaled."""
    maps = []
    for each in (left, right):
        shape = (-1, math.prod(each.shape[1:-1]), heads, each.shape[-1] // heads)
        maps.append(ops.transpose(ops.reshape(each, shape), (0, 2, 1, 3)))
    one, other = maps
    made = ops.matmul(one, ops.transpose(other, (0, 1, 3, 2)) if transpose else other)
    channels = made.shape[1] * made.shape[3]
    return ops.reshape(ops.transpose(made, (0, 2, 1, 3)), (-1, *left.shape[1:-1], channels))
''',
    "softmax_by_head": '''
def softmax_by_head(x, heads):
    """Softmax over the channels of each head."""
    apart = ops.reshape(x, (-1, *x.shape[1:-1], heads, x.shape[-1] // heads))
    return ops.reshape(ops.softmax(apart), (-1, *x.shape[1:]))
''',
    "padded": '''
def padded(x, pads, value):
    """A value around the map: (before, after) for each spatial axis and the channels."""
    return ops.pad(x, ((0, 0), *pads), constant_values=value)
''',
    "pooled_evenly": '''
def pooled_evenly(x, sizes):
    """Means over windows that cover the map evenly, so many along each axis."""
    for axis, wanted in enumerate(sizes, 1):
        size, before = x.shape[axis], (slice(None),) * axis
        edges = [(i * size // wanted, -(-(i + 1) * size // wanted)) for i in range(wanted)]
        parts = [
            ops.mean(x[(*before, slice(start, stop))], axis=axis, keepdims=True)
            for start, stop in edges
        ]
        x = ops.concatenate(parts, axis=axis)
    return x
''',
    "normed_locally": '''
def normed_locally(x, size):
    """Each value divided by a norm of its neighbours in the channels."""
    before, channels = size // 2, x.shape[-1]
    pads = [(0, 0)] * (len(x.shape) - 1) + [(before, size - 1 - before)]
    squares = ops.pad(ops.square(x), pads)
    total = sum(squares[..., i : i + channels] for i in range(size))
    return x / (1.0 + 1e-4 / size * total) ** 0.75
''',
    "shuffled": '''
def shuffled(x, groups):
    """Channels of several groups dealt out in turn."""
    apart = ops.reshape(x, (-1, *x.shape[1:-1], groups, x.shape[-1] // groups))
    return ops.reshape(ops.swapaxes(apart, -1, -2), (-1, *x.shape[1:]))
''',
    "piece": '''
def piece(x, intervals):
    """A piece: (start, stop) of each spatial axis, then of the channels."""
    return x[(slice(None), *(slice(start, stop) for start, stop in intervals))]
''',
    "gathered": '''
def gathered(x, positions):
    """So many positions, each one of those that came in; which ones is for you to say."""
    count = math.prod(x.shape[1:-1])
    flat = ops.reshape(x, (-1, count, x.shape[-1]))
    return ops.take(flat, [i % count for i in range(positions)], axis=1)
''',
}

#: Those that are called with what they take, and make no layer.
FUNCTIONS = frozenset(name for name, text in HELPERS.items() if text.lstrip().startswith("def "))
