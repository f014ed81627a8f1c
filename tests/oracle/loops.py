"""Convolutions that are really performed, number by number, with every multiplication counted.

Arrays are channels last. The products with the zeros of the padding, and those that a transposed
convolution scatters outside its output, are taken and counted too: that is the convention which the
formula follows. Nothing here knows costcalc; its formulas are held against these loops.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

Index = tuple[int, ...]
Pair = tuple[int, int]


class Multiplier:
    """Multiplies, and counts how often."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, a: int, b: int) -> int:
        self.count += 1
        return a * b


class Grid:
    """An array of integers by index: zero outside, and what is added outside is lost."""

    def __init__(self, shape: Index, values: Iterable[int] = ()) -> None:
        self.shape = shape
        self.values = dict.fromkeys(product(*map(range, shape)), 0)
        self.values.update(zip(self.values, values, strict=False))

    def __getitem__(self, index: Index) -> int:
        return self.values.get(index, 0)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Grid) and self.values == other.values

    def __iter__(self) -> Iterator[Index]:
        return iter(self.values)

    def add(self, index: Index, value: int) -> None:
        if index in self.values:
            self.values[index] += value


def standard(image: Grid, kernel: Grid, stride: int, padded: bool, multiply: Multiplier) -> Grid:
    """I'[x,y,m] = Σ_k Σ_i Σ_j I[sx+i, sy+j, k] · F[i+N, j+N, k, m], with i and j from −N to N."""
    taps, _, channels, out_channels = kernel.shape
    reach = range(-(taps // 2), taps // 2 + 1)
    rows, columns = _centres(image, taps, stride, padded)
    output = Grid((len(rows), len(columns), out_channels))
    for (x, row), (y, column), m in product(enumerate(rows), enumerate(columns), range(out_channels)):
        for k, i, j in product(range(channels), reach, reach):
            tap = kernel[i + taps // 2, j + taps // 2, k, m]
            output.add((x, y, m), multiply(image[row + i, column + j, k], tap))
    return output


def separable(
    image: Grid, kernel: Grid, mixing: Grid, stride: int, padded: bool, multiply: Multiplier
) -> Grid:
    """I'[x,y,m] = Σ_k w[k,m] · ( Σ_i Σ_j I[sx+i, sy+j, k] · F[i+N, j+N, k] ).

    The inner sum does not depend on m: it is taken once for each x, y and k.
    """
    taps, _, channels = kernel.shape
    reach = range(-(taps // 2), taps // 2 + 1)
    rows, columns = _centres(image, taps, stride, padded)
    output = Grid((len(rows), len(columns), mixing.shape[1]))
    for (x, row), (y, column), k in product(enumerate(rows), enumerate(columns), range(channels)):
        inner = 0
        for i, j in product(reach, reach):
            inner += multiply(image[row + i, column + j, k], kernel[i + taps // 2, j + taps // 2, k])
        for m in range(mixing.shape[1]):
            output.add((x, y, m), multiply(mixing[k, m], inner))
    return output


def grouped(
    image: Grid,
    kernel: Grid,
    stride: Pair,
    dilation: Pair,
    padding: tuple[Pair, Pair],
    groups: int,
    multiply: Multiplier,
) -> Grid:
    """Any convolution of a map: the window slides over the padded image while it fits.

    The kernel is K_h×K_w×C_in/g×C_out; output channel m sees the input channels of its own group.
    """
    taps, sees, out_channels = kernel.shape[:2], kernel.shape[2], kernel.shape[3]
    starts = [
        _starts(size, *rest)
        for size, *rest in zip(image.shape[:2], taps, stride, dilation, padding, strict=True)
    ]
    output = Grid((len(starts[0]), len(starts[1]), out_channels))
    for (x, top), (y, left), m in product(*map(enumerate, starts), range(out_channels)):
        first = m // (out_channels // groups) * sees
        for k, i, j in product(range(sees), *map(range, taps)):
            value = image[top + i * dilation[0], left + j * dilation[1], first + k]
            output.add((x, y, m), multiply(value, kernel[i, j, k, m]))
    return output


def transposed(
    image: Grid,
    kernel: Grid,
    stride: Pair,
    dilation: Pair,
    padding: tuple[Pair, Pair],
    output_padding: Pair,
    groups: int,
    multiply: Multiplier,
) -> Grid:
    """A transposed convolution: each input value is scattered, weighted, over the output.

    The kernel is K_h×K_w×C_in×C_out/g. The scattered extent loses the padding and gains the output padding.
    """
    height, width, channels = image.shape
    taps, reaches = kernel.shape[:2], kernel.shape[3]
    extent = [
        max(s * place + d * tap for place, tap in product(range(size), range(k))) + 1 - sum(pad) + more
        for size, k, s, d, pad, more in zip(
            (height, width), taps, stride, dilation, padding, output_padding, strict=True
        )
    ]
    output = Grid((*extent, reaches * groups))
    for u, v, k, i, j, m in product(*map(range, (height, width, channels, *taps, reaches))):
        place = (
            stride[0] * u + dilation[0] * i - padding[0][0],
            stride[1] * v + dilation[1] * j - padding[1][0],
            k // (channels // groups) * reaches + m,
        )
        output.add(place, multiply(image[u, v, k], kernel[i, j, k, m]))
    return output


def scores(left: Grid, right: Grid, heads: int, multiply: Multiplier) -> Grid:
    """P×C with Q×C to P×(h·Q): each head compares its own C/h channels, at every pair of positions."""
    places, channels = left.shape
    others, each = right.shape[0], channels // heads
    output = Grid((places, heads * others))
    for h, p, q, c in product(*map(range, (heads, places, others, each))):
        output.add((p, h * others + q), multiply(left[p, h * each + c], right[q, h * each + c]))
    return output


def mixture(left: Grid, right: Grid, heads: int, multiply: Multiplier) -> Grid:
    """P×(h·Q) by Q×C to P×C: each head mixes its own C/h channels of the Q positions."""
    places, others, each = left.shape[0], right.shape[0], right.shape[1] // heads
    output = Grid((places, heads * each))
    for h, p, q, c in product(*map(range, (heads, places, others, each))):
        output.add((p, h * each + c), multiply(left[p, h * others + q], right[q, h * each + c]))
    return output


def _centres(image: Grid, taps: int, stride: int, padded: bool) -> tuple[range, range]:
    """Where the kernel's centre goes: all over a padded image, else where the window lies inside."""
    margin = 0 if padded else taps // 2
    return (
        range(margin, image.shape[0] - margin, stride),
        range(margin, image.shape[1] - margin, stride),
    )


def _starts(size: int, taps: int, stride: int, dilation: int, padding: Pair) -> list[int]:
    """The places of the window's first tap."""
    before, after = padding
    places = range(-before, size + after, stride)
    return [start for start in places if start + dilation * (taps - 1) < size + after]
