"""Products: how factors are written, and that the one statement serves tallies and arrays of sizes alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy
import pytest

from costcalc.layers import KINDS, kind_model
from costcalc.layers.base import Primitive
from costcalc.layers.products import (
    C_IN_PER_GROUP,
    C_OUT,
    DEPTH_MULTIPLIER,
    NUMBER,
    POSITIONS,
    POSITIONS_IN,
    TAPS,
    Count,
    Factor,
    Product,
    moved,
    product,
)
from costcalc.shape import Shape
from costcalc.tally import QUANTITIES, Tally

#: A factor, its value, and how it is written: symbols, numbers and meanings; None where it is left out.
WRITTEN: list[tuple[Factor, int, object]] = [
    (C_OUT(64), 64, ("C_out", "64", {"C_out": "output channels"})),
    (NUMBER(2), 2, ("2", "2", {})),
    (NUMBER(1), 1, None),
    (DEPTH_MULTIPLIER(3), 3, ("m", "3", {"m": "depth_multiplier"})),
    (DEPTH_MULTIPLIER(1), 1, None),
    (C_IN_PER_GROUP(64, 1), 64, ("C_in", "64", {"C_in": "input channels"})),
    (C_IN_PER_GROUP(64, 4), 16, ("(C_in/g)", "(64/4)", {"C_in": "input channels", "g": "groups"})),
    (POSITIONS(()), 1, None),
    (POSITIONS((5,)), 5, ("W", "5", {"W": "output width"})),
    (POSITIONS_IN((5, 6)), 30, ("H_in·W_in", "5·6", {"H_in": "input height", "W_in": "input width"})),
    (TAPS((3, 3)), 9, ("K²", "3²", {"K": "kernel_size"})),
    (TAPS((3, 3, 3)), 27, ("K³", "3³", {"K": "kernel_size"})),
    (TAPS((3,)), 3, ("K", "3", {"K": "kernel_size"})),
    (TAPS((1, 1)), 1, None),
    (
        TAPS((1, 7)),
        7,
        ("K_h·K_w", "1·7", {"K_h": "kernel_size along the height", "K_w": "kernel_size along the width"}),
    ),
]


@pytest.mark.parametrize(("factor", "value", "written"), WRITTEN)
def test_how_a_factor_is_written(factor: Factor, value: int, written: object) -> None:
    symbol, count, sizes = factor
    assert (count, symbol.written(sizes)) == (value, written)


def test_a_product_is_its_factors_multiplied() -> None:
    assert product((TAPS((3, 3)), C_IN_PER_GROUP(8, 2), C_OUT(5))) == 180
    assert product(()) == 1


SLOTS = Count("M", "memory slots")


class Memory(Primitive):
    """A kind as a newcomer may write it: two products under one quantity, a symbol of its own."""

    slots: int

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return inputs[0]

    def products(self, inputs: Sequence[Shape], output: Shape) -> list[Product]:
        keys = SLOTS(self.slots), C_OUT(output.channels)
        return [*moved(inputs, output), ("weights", keys), ("weights", (SLOTS(self.slots),))]


def test_products_under_one_quantity_add_up() -> None:
    layer = Memory(type="memory", slots=7)
    assert layer.tally([Shape((2, 3), 4)]) == Tally.of("memory", inputs=24, outputs=24, weights=7 * 4 + 7)


#: Layers of every kind that has a field its sizes depend on, or a cost of its own; the rest is tried bare.
LAYERS: list[dict[str, object]] = [
    {"type": "conv", "out_channels": 8, "kernel_size": 3, "bias": True, "groups": 2},
    {"type": "depthwise_conv", "depth_multiplier": 2, "bias": True},
    {"type": "conv_transpose", "out_channels": 8, "kernel_size": 4, "stride": 2},
    {"type": "linear", "out_features": 10, "per_position": True},
    {"type": "matmul", "transpose": True},
    {"type": "batch_norm"},
    {"type": "layer_norm", "affine": "scale"},
    {"type": "group_norm", "groups": 2},
    {"type": "prelu"},
    {"type": "prelu", "shared": True},
    {"type": "softmax"},
    {"type": "max_pool", "kernel_size": 2},
    {"type": "avg_pool", "kernel_size": 3, "padding": 1},
    {"type": "adaptive_avg_pool", "output_size": 3},
    {"type": "upsample", "scale": 2},
    {"type": "upsample", "size": 9},
    {"type": "channel_shuffle", "groups": 2},
    {"type": "slice", "part": 1, "of": 2},
    {"type": "gather", "positions": 5},
    {"type": "pad", "padding": 1},
    {"type": "embedding", "num_embeddings": 7, "embedding_dim": 3},
    {"type": "rnn", "hidden_size": 5},
    {"type": "gru", "hidden_size": 5, "layers": 2, "direction": "both"},
    {"type": "lstm", "hidden_size": 5, "projection": 3, "peepholes": True},
    {"type": "elementwise", "function": "rsqrt"},
    {"type": "reduce", "function": "mean"},
    {"type": "unfold", "kernel_size": 3, "dilation": 1},
    {"type": "top_k", "k": 2},
]
_TOLD = {str(fields["type"]) for fields in LAYERS} | {
    "parameter",
    "reshape",
    "transpose",
    "dynamic_conv",
    "fold",
    "depth_to_space",
    "space_to_depth",
}  # which have a shape of their own, or take none but some
BARE = [
    {"type": kind}
    for kind in KINDS
    if kind not in _TOLD and issubclass(kind_model(kind), Primitive) and kind != "concat"
]


@pytest.mark.parametrize("fields", [*LAYERS, *BARE], ids=lambda fields: str(fields["type"]))
def test_sizes_may_be_arrays(fields: dict[str, object]) -> None:
    """Every quantity of many shapes at once, each element what the ints give."""
    layer = kind_model(str(fields["type"])).model_validate(fields)
    assert isinstance(layer, Primitive)
    count = max(layer.arity[0], 1)
    shapes = [Shape((size, size + 3), 2 * size) for size in (4, 6, 9, 15)]
    outputs = [layer.output_shape([shape] * count) for shape in shapes]
    one_by_one = [layer.tally([shape] * count, output) for shape, output in zip(shapes, outputs, strict=True)]
    at_once: dict[str, object] = {}
    for quantity, factors in layer.products([stacked(shapes)] * count, stacked(outputs)):
        at_once[quantity] = at_once.get(quantity, 0) + product(factors)
    for quantity, values in at_once.items():
        expected = [tally.sum(quantity) for tally in one_by_one]
        assert numpy.broadcast_to(values, len(shapes)).tolist() == expected
    assert set(at_once) == {quantity for tally in one_by_one for _, quantity in tally.facts}


def stacked(shapes: Sequence[Shape]) -> Shape:
    """Shapes of one rank as one of arrays."""
    spatial = tuple(numpy.array(sizes) for sizes in zip(*(shape.spatial for shape in shapes), strict=True))
    return Shape(spatial, numpy.array([shape.channels for shape in shapes]))


@pytest.mark.parametrize("fields", [*LAYERS, *BARE], ids=lambda fields: str(fields["type"]))
def test_a_quantity_has_a_meaning(fields: dict[str, object]) -> None:
    layer = kind_model(str(fields["type"])).model_validate(fields)
    assert isinstance(layer, Primitive)
    inputs = [Shape((4, 6), 6)] * max(layer.arity[0], 1)
    assert {*dict(layer.products(inputs, layer.output_shape(inputs)))} <= {*QUANTITIES}
