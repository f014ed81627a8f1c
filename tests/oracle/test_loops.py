"""The loops against each other: an oracle that is wrong in itself proves nothing."""

from __future__ import annotations

from itertools import count

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from oracle.loops import Grid, Multiplier, grouped, separable, standard, transposed


def filled(shape: tuple[int, ...], seed: int) -> Grid:
    """An array of small integers without a pattern that a wrong index could hide in."""
    return Grid(shape, ((seed + 7 * n * n + 3 * n) % 19 - 9 for n in count()))


@st.composite
def problems(draw: st.DrawFn) -> tuple[int, ...]:
    taps = draw(st.sampled_from([1, 3, 5]))
    height, width = draw(st.integers(taps, 7)), draw(st.integers(taps, 7))
    return height, width, taps, draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 4))


def test_by_hand() -> None:
    image = Grid((2, 2, 1), [1, 2, 3, 4])
    kernel = Grid((3, 3, 1, 1), range(1, 10))
    padded = standard(image, kernel, 1, True, Multiplier())
    assert list(padded.values.values()) == [77, 67, 47, 37]
    assert list(standard(Grid((3, 3, 1), [1] * 9), kernel, 1, False, Multiplier()).values.values()) == [45]
    scattered = transposed(
        image, Grid((2, 2, 1, 1), [1, 10, 100, 1000]), (2, 2), (1, 1), ((0, 0),) * 2, (0, 0), 1, Multiplier()
    )
    assert list(scattered.values.values()) == [
        1,
        10,
        2,
        20,
        100,
        1000,
        200,
        2000,
        3,
        30,
        4,
        40,
        300,
        3000,
        400,
        4000,
    ]


@settings(max_examples=50)
@given(problem=problems(), padded=st.booleans(), seed=st.integers(0, 99))
def test_a_separable_convolution_is_the_standard_one_of_the_product_kernel(
    problem: tuple[int, ...], padded: bool, seed: int
) -> None:
    height, width, taps, stride, channels, out_channels = problem
    image = filled((height, width, channels), seed)
    depthwise, mixing = filled((taps, taps, channels), seed + 1), filled((channels, out_channels), seed + 2)
    kernel = Grid((taps, taps, channels, out_channels))
    for i, j, k, m in kernel:
        kernel.add((i, j, k, m), mixing[k, m] * depthwise[i, j, k])
    assert standard(image, kernel, stride, padded, Multiplier()) == separable(
        image, depthwise, mixing, stride, padded, Multiplier()
    )


@settings(max_examples=50)
@given(problem=problems(), padded=st.booleans(), seed=st.integers(0, 99))
def test_a_grouped_convolution_of_one_group_is_the_standard_one(
    problem: tuple[int, ...], padded: bool, seed: int
) -> None:
    height, width, taps, stride, channels, out_channels = problem
    image, kernel = (
        filled((height, width, channels), seed),
        filled((taps, taps, channels, out_channels), seed + 1),
    )
    padding = (taps // 2, taps // 2) if padded else (0, 0)
    assert standard(image, kernel, stride, padded, Multiplier()) == grouped(
        image, kernel, (stride, stride), (1, 1), (padding, padding), 1, Multiplier()
    )


@settings(max_examples=50)
@given(
    problem=problems(),
    groups=st.integers(1, 2),
    pad=st.integers(0, 2),
    dilation=st.integers(1, 2),
    seed=st.integers(0, 99),
)
def test_a_transposed_convolution_is_the_transpose(
    problem: tuple[int, ...], groups: int, pad: int, dilation: int, seed: int
) -> None:
    """⟨conv(x), y⟩ = ⟨x, transposed(y)⟩ for all x and y, with the same kernel read the other way."""
    height, width, taps, stride, channels, out_channels = problem
    assume(min(height, width) + 2 * pad > dilation * (taps - 1))
    strides, dilations, padding = (stride, stride), (dilation, dilation), ((pad, pad), (pad, pad))
    x = filled((height, width, channels * groups), seed)
    kernel = filled((taps, taps, channels, out_channels * groups), seed + 1)
    forward = grouped(x, kernel, strides, dilations, padding, groups, Multiplier())
    y = filled(forward.shape, seed + 2)
    turned = Grid((taps, taps, out_channels * groups, channels))
    for i, j, k, m in kernel:
        turned.add((i, j, m, k), kernel[i, j, k, m])
    lost = tuple((size + 2 * pad - dilation * (taps - 1) - 1) % stride for size in (height, width))
    backward = transposed(y, turned, strides, dilations, padding, lost, groups, Multiplier())
    assert backward.shape == x.shape
    assert sum(forward[index] * y[index] for index in y) == sum(x[index] * backward[index] for index in x)
