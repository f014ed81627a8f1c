"""Other algorithms for the same convolution: Winograd's, and one that leaves out what reads padding."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

from costcalc.search.alternatives.convolution import Convolution
from costcalc.search.alternatives.form import Algorithm, UnavailableError


def valid_taps(convolution: Convolution) -> int:
    """How many taps read the input and no padding, over all positions of the output."""
    axes = zip(
        convolution.source.spatial,
        convolution.output.spatial,
        convolution.kernel,
        convolution.stride,
        convolution.dilation,
        convolution.pads,
        strict=True,
    )
    return math.prod(_valid_along(*axis) for axis in axes)


def _valid_along(
    size: int, positions: int, kernel: int, stride: int, dilation: int, pads: tuple[int, int]
) -> int:
    """The pairs of a position and a tap of one axis with 0 ≤ stride·position + dilation·tap − before < size."""
    total = 0
    for most, sign in ((size - 1 + pads[0], 1), (pads[0] - 1, -1)):
        for beyond, kept in ((0, sign), (stride * positions, -sign)):
            total += kept * _pairs(most - beyond, stride, dilation)
            total -= kept * _pairs(most - beyond - dilation * kernel, stride, dilation)
    return total


def _pairs(most: int, stride: int, dilation: int) -> int:
    """The pairs of p, t ≥ 0 with stride·p + dilation·t ≤ most.

    A sum of floors, which takes as many steps as Euclid's algorithm on stride and dilation: Graham, Knuth and
    Patashnik, Concrete Mathematics, section 3.5.
    """
    if most < 0:
        return 0
    taps = most // dilation + 1
    total, step, start, divisor, count = taps, dilation, most % dilation, stride, taps
    while count:  # add ⌊(step·i + start)/divisor⌋ of all i below count
        total += count * (count - 1) // 2 * (step // divisor) + count * (start // divisor)
        step, start = step % divisor, start % divisor
        count, start = divmod(step * count + start, divisor)
        step, divisor = divisor, step
    return total


def _tiles(convolution: Convolution, tile: int) -> int:
    if not convolution.is_standard:
        raise UnavailableError("needs groups 1")
    if convolution.rank != 2 or convolution.kernel != (3, 3):
        raise UnavailableError("needs a 3x3 kernel")
    if convolution.stride != (1, 1) or convolution.dilation != (1, 1):
        raise UnavailableError("needs stride 1 and dilation 1")
    return math.prod(-(-size // tile) for size in convolution.output.spatial)


def _winograd(tile: int) -> Callable[[Convolution], Fraction]:
    def share(convolution: Convolution) -> Fraction:
        multiplies = _tiles(convolution, tile) * (tile + 2) ** 2
        return Fraction(multiplies, convolution.taps * convolution.output.positions)

    return share


def _tile_symbols(tile: int) -> Callable[[Convolution], Mapping[str, int]]:
    def symbols(convolution: Convolution) -> Mapping[str, int]:
        high, wide = convolution.output.spatial
        return {f"⌈H/{tile}⌉": -(-high // tile), f"⌈W/{tile}⌉": -(-wide // tile)}

    return symbols


def _valid_share(convolution: Convolution) -> Fraction:
    return Fraction(valid_taps(convolution), convolution.taps * convolution.output.positions)


def _winograd_form(tile: int) -> Algorithm:
    tiles = f"⌈H/{tile}⌉·⌈W/{tile}⌉"
    reads = (tile + 2) ** 2
    return Algorithm(
        f"winograd_f{tile}",
        f"F({tile}x{tile}, 3x3): {reads} multiplies a tile of {tile}x{tile}",
        f"{reads}·{tiles}·C_in·C_out",
        f"{reads}·{tiles}/(K²·H·W)",
        "Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, arXiv:1509.09308, section 4",
        _winograd(tile),
        _tile_symbols(tile),
    )


WINOGRAD_F2 = _winograd_form(2)
WINOGRAD_F4 = _winograd_form(4)

VALID_TAPS = Algorithm(
    "valid_taps",
    "only the V taps that read no padding",
    "V·C_in·C_out",
    "V/(K²·H·W)",
    "Dumoulin and Visin, A guide to convolution arithmetic, arXiv:1603.07285, section 2",
    _valid_share,
    lambda convolution: {"V": valid_taps(convolution)},
)
