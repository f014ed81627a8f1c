"""Traffic: bytes by hand, and the closed forms of intensity."""

from __future__ import annotations

from fractions import Fraction

import pytest

from costcalc.analysis.time.traffic import traffic
from costcalc.devices.operations import OPERATIONS
from costcalc.dtype import BITS, FLOAT32, parse_dtype
from costcalc.layers import KINDS, kind_model
from costcalc.layers.base import Primitive
from memory.networks import INT8, layers


def test_every_kind_is_said_to_multiply_to_move_or_to_be_free() -> None:
    kinds = {kind for kind in KINDS if issubclass(kind_model(kind), Primitive)}
    assert set(OPERATIONS) == kinds


# (multiplies, bytes of maps, bytes of weights) of each node, int8 on 8x8x4
MOVED = [
    (
        "{type: conv, out_channels: 8, kernel_size: 3, norm: batch, activation: relu}",
        [(64 * 9 * 32, 256 + 512, 288 + 32), (0, 0, 0), (0, 512 + 512, 0)],
    ),
    ("batch_norm", [(0, 512, 2 * 4 * 4)]),
    ("layer_norm", [(0, 512, 2 * 4 * 4)]),
    ("prelu", [(0, 512, 16)]),
    ("global_avg_pool\nflatten\n{type: dropout, rate: 0.1}", [(0, 260, 0), (0, 0, 0), (0, 0, 0)]),
    (
        "{type: conv, name: a, out_channels: 4, kernel_size: 1}\n{type: add, inputs: [a, a]}",
        [(1024, 512, 16), (0, 512, 0)],
    ),
    ("{type: slice, part: 1, of: 4}", [(0, 256 + 64, 0)]),
    (
        "{type: reshape, to: 64x4}\n{type: linear, out_features: 2, per_position: true}",
        [(0, 0, 0), (512, 256 + 128, 8 + 8)],
    ),
    (
        "{type: reshape, name: x, to: 64x4}\n{type: parameter, name: p, shape: 64x4}\n"
        "{type: matmul, transpose: true, inputs: [x, p]}",
        [(0, 0, 0), (0, 0, 0), (64 * 64 * 4, 256 + 4096, 256)],
    ),
    (
        "{type: parameter, name: p, shape: 9x4}\n{type: gather, positions: 5, inputs: [p]}",
        [(0, 0, 0), (0, 20, 20)],  # of 36 the rows that are picked
    ),
]


@pytest.mark.parametrize(("text", "expected"), MOVED)
def test_bytes_by_hand(text: str, expected: list[tuple[int, int, int]]) -> None:
    network = layers(text)
    assert [(one.multiplies, one.maps, one.weights) for one in traffic(network, INT8)] == expected
    batch = [(3 * multiplies, 3 * maps, weights) for multiplies, maps, weights in expected]
    assert [(one.multiplies, one.maps, one.weights) for one in traffic(network, INT8, 3)] == batch


def test_weights_that_are_used_again_are_read_again_and_stored_once() -> None:
    found = traffic(layers("{type: conv, name: a, out_channels: 4, kernel_size: 1}\n{shares: a}"), INT8)
    assert [(one.weights, one.stored) for one in found] == [(16, 16), (16, 0)]


def test_other_examples_look_up_other_rows() -> None:
    network = layers("{type: embedding, num_embeddings: 30, embedding_dim: 2}", input="10")
    assert [traffic(network, INT8, batch)[0].weights for batch in (1, 2, 3, 4)] == [20, 40, 60, 60]


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
@pytest.mark.parametrize(
    ("size", "channels", "out", "kernel"), [(56, 128, 128, 3), (7, 64, 32, 5), (112, 3, 8, 3)]
)
def test_closed_forms_of_intensity(dtype: str, size: int, channels: int, out: int, kernel: int) -> None:
    network = layers(
        f"""
        {{type: conv, out_channels: {out}, kernel_size: {kernel}, inputs: [input]}}
        {{type: depthwise_conv, kernel_size: {kernel}, inputs: [input]}}
        {{type: conv, out_channels: {out}, kernel_size: 1, inputs: [input]}}
        """,
        input=f"{size}x{size}x{channels}",
    )
    b, positions, taps = BITS[dtype] // 8, size * size, kernel * kernel
    forms = [
        b * (Fraction(1, taps * out) + Fraction(1, taps * channels) + Fraction(1, positions)),
        b * (Fraction(2, taps) + Fraction(1, positions)),
        b * (Fraction(1, channels) + Fraction(1, out) + Fraction(1, positions)),
    ]
    found = traffic(network, parse_dtype(dtype).over(FLOAT32))
    assert [one.intensity for one in found] == [1 / form for form in forms]
