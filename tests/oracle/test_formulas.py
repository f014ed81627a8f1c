"""costcalc's formulas against convolutions that are really performed: equal sizes, equal counts."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from costcalc.layers.conv import Conv
from costcalc.layers.conv_transpose import ConvTranspose
from costcalc.layers.depthwise_conv import DepthwiseConv
from costcalc.layers.linear import Linear
from costcalc.layers.matmul import Matmul
from costcalc.shape import Shape
from oracle.loops import Grid, Multiplier, grouped, mixture, scores, separable, standard, transposed

small = st.integers(1, 3)
pairs = st.tuples(small, small)
margins = st.tuples(st.integers(0, 2), st.integers(0, 2))


def shape_of(grid: Grid) -> Shape:
    return Shape(grid.shape[:-1], grid.shape[-1])


def conv(out_channels: int, kernel_size: object, **fields: object) -> Conv:
    return Conv.model_validate(
        {"type": "conv", "out_channels": out_channels, "kernel_size": kernel_size, **fields}
    )


def multiplies(layer: Any, *inputs: Shape) -> int:
    return int(layer.tally(inputs).sum("multiplies"))


def weights(layer: Any, *inputs: Shape) -> int:
    return int(layer.tally(inputs).sum("weights"))


@settings(max_examples=150)
@given(
    half=st.integers(0, 2),
    height=st.integers(1, 7),
    width=st.integers(1, 7),
    stride=small,
    channels=st.integers(1, 4),
    out_channels=st.integers(1, 4),
    padded=st.booleans(),
)
def test_the_two_textbook_equations(
    half: int, height: int, width: int, stride: int, channels: int, out_channels: int, padded: bool
) -> None:
    taps = 2 * half + 1
    assume(padded or min(height, width) >= taps)
    source, padding = Shape((height, width), channels), "same" if padded else "valid"
    image = Grid((height, width, channels))

    kernel, counted = Grid((taps, taps, channels, out_channels)), Multiplier()
    output = standard(image, kernel, stride, padded, counted)
    layer = conv(out_channels, taps, stride=stride, padding=padding)
    assert layer.output_shape([source]) == shape_of(output)
    assert multiplies(layer, source) == counted.count
    assert weights(layer, source) == len(kernel.values)

    filters, mixing, counted_apart = (
        Grid((taps, taps, channels)),
        Grid((channels, out_channels)),
        Multiplier(),
    )
    output = separable(image, filters, mixing, stride, padded, counted_apart)
    depthwise = DepthwiseConv.model_validate(
        {"type": "depthwise_conv", "kernel_size": taps, "stride": stride, "padding": padding}
    )
    between, pointwise = depthwise.output_shape([source]), conv(out_channels, 1)
    assert pointwise.output_shape([between]) == shape_of(output)
    assert multiplies(depthwise, source) + multiplies(pointwise, between) == counted_apart.count
    assert weights(depthwise, source) + weights(pointwise, between) == len(filters.values) + len(
        mixing.values
    )

    assert Fraction(counted_apart.count, counted.count) == Fraction(1, out_channels) + Fraction(
        1, taps * taps
    )


@settings(max_examples=150)
@given(
    size=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    taps=pairs,
    stride=pairs,
    dilation=pairs,
    padding=st.tuples(margins, margins),
    groups=small,
    sees=small,
    makes=small,
)
def test_any_convolution(
    size: tuple[int, int],
    taps: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: tuple[tuple[int, int], tuple[int, int]],
    groups: int,
    sees: int,
    makes: int,
) -> None:
    for axis in (0, 1):
        assume(dilation[axis] * (taps[axis] - 1) < size[axis] + sum(padding[axis]))
    image, kernel, counted = Grid((*size, sees * groups)), Grid((*taps, sees, makes * groups)), Multiplier()
    output = grouped(image, kernel, stride, dilation, padding, groups, counted)
    fields = {"stride": list(stride), "dilation": list(dilation), "padding": [*padding[0], *padding[1]]}
    layer, source = conv(makes * groups, list(taps), groups=groups, **fields), shape_of(image)
    assert layer.output_shape([source]) == shape_of(output)
    assert multiplies(layer, source) == counted.count
    assert weights(layer, source) == len(kernel.values)
    if sees == 1:
        depthwise = DepthwiseConv.model_validate(
            {"type": "depthwise_conv", "kernel_size": list(taps), "depth_multiplier": makes, **fields}
        )
        assert depthwise.output_shape([source]) == shape_of(output)
        assert multiplies(depthwise, source) == counted.count
        assert weights(depthwise, source) == len(kernel.values)
        assert groups == 1 or depthwise.tally([source]) == layer.tally([source])


@settings(max_examples=150)
@given(
    size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    taps=pairs,
    stride=pairs,
    dilation=pairs,
    padding=st.tuples(margins, margins),
    extra=st.tuples(st.integers(0, 1), st.integers(0, 1)),
    groups=small,
    sees=small,
    makes=small,
)
def test_a_transposed_convolution(
    size: tuple[int, int],
    taps: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: tuple[tuple[int, int], tuple[int, int]],
    extra: tuple[int, int],
    groups: int,
    sees: int,
    makes: int,
) -> None:
    for axis in (0, 1):
        full = stride[axis] * (size[axis] - 1) + dilation[axis] * (taps[axis] - 1) + 1
        assume(full + extra[axis] > sum(padding[axis]))
    image, kernel, counted = Grid((*size, sees * groups)), Grid((*taps, sees * groups, makes)), Multiplier()
    output = transposed(image, kernel, stride, dilation, padding, extra, groups, counted)
    layer = ConvTranspose.model_validate(
        {
            "type": "conv_transpose",
            "out_channels": makes * groups,
            "kernel_size": list(taps),
            "stride": list(stride),
            "dilation": list(dilation),
            "padding": [*padding[0], *padding[1]],
            "output_padding": list(extra),
            "groups": groups,
        }
    )
    source = shape_of(image)
    assert layer.output_shape([source]) == shape_of(output)
    assert multiplies(layer, source) == counted.count
    assert weights(layer, source) == len(kernel.values)


@given(places=small, others=small, heads=small, each=small)
def test_a_matrix_product(places: int, others: int, heads: int, each: int) -> None:
    query, key, counted = Grid((places, heads * each)), Grid((others, heads * each)), Multiplier()
    compared = scores(query, key, heads, counted)
    layer = Matmul.model_validate({"type": "matmul", "transpose": True, "heads": heads})
    sources = [shape_of(query), shape_of(key)]
    assert layer.output_shape(sources) == shape_of(compared)
    assert multiplies(layer, *sources) == counted.count

    counted = Multiplier()
    mixed = mixture(compared, key, heads, counted)
    layer = Matmul.model_validate({"type": "matmul", "heads": heads})
    sources = [shape_of(compared), shape_of(key)]
    assert layer.output_shape(sources) == shape_of(mixed)
    assert multiplies(layer, *sources) == counted.count


@given(places=small, channels=small, features=small)
def test_a_linear_layer_is_a_matrix_product(places: int, channels: int, features: int) -> None:
    image, matrix, counted = Grid((places, channels)), Grid((channels, features)), Multiplier()
    output = mixture(image, matrix, 1, counted)
    layer = Linear.model_validate({"type": "linear", "out_features": features, "per_position": True})
    source = shape_of(image)
    assert layer.output_shape([source]) == shape_of(output)
    assert multiplies(layer, source) == counted.count
    assert weights(layer, source) == len(matrix.values)
