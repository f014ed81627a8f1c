"""Patches: published bytes, tiles traced by hand, a tile-by-tile oracle, and what cannot be done."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import costcalc
from costcalc.analysis.memory.patches import Patched, _traced, in_patches
from costcalc.errors import CostcalcError, SpecError
from costcalc.network import Network
from costcalc.planners import planner
from costcalc.quantity import parse_grid
from memory.networks import INT8, layers, plan

REFERENCE = json.loads(
    (Path(__file__).parent.parent / "reference" / "memory.json").read_text(encoding="utf-8")
)


def patched(network: Network, grid: str, until: str, name: str = "live") -> Patched:
    return in_patches(network, planner(name), INT8, parse_grid(grid), until)


def test_mobilenet_v2_as_mcunetv2_has_it() -> None:
    """The published 175,616 are 28·28·(32+192), what the first block after the part expands; its input, which the
    block's sum needs, and its output stand beside that in the last convolution: 28·28·(32+192+32)."""
    (row,) = (row for row in REFERENCE["peak"] if "patches" in row)
    network = costcalc.load("zoo:mobilenet_v2")
    found = patched(network, "4x4", "inverted_residual_4", row["planner"])
    assert str(found.output) == "28x28x32"
    assert found.tile_peak + found.held == 162_288
    assert found.recomputed == 27_919_344
    assert found.multiplies == 300_774_272
    assert f"{float(found.share):.2%}" == "9.28%"
    assert row["bytes"] == 28 * 28 * (32 + 192)
    assert found.peak == found.rest_peak == row["bytes"] + 28 * 28 * 32
    # the largest layer alone, without what waits for the sum, is what was published
    steps = plan(network, "in_place").steps
    start = max(steps.step_of[index] or 0 for index, node in enumerate(network.nodes) if node.row == 4)
    layers_after = steps.steps[start + 1 :]
    assert (
        max(sum(map(steps.size, step.inputs)) for step in layers_after if step.rule == "own") <= row["bytes"]
    )


def test_a_tile_by_hand() -> None:
    """Two 3x3 convolutions on 8x8x4, in two tiles along the height: rows 0–3 need 0–4, and these 0–5."""
    network = layers(
        """
        {type: conv, name: a, out_channels: 8, kernel_size: 3}
        {type: conv, name: b, out_channels: 2, kernel_size: 3}
        {type: conv, out_channels: 1, kernel_size: 1}
        """
    )
    found = patched(network, "2x1", "b")
    assert found.tile_peak == max(6 * 8 * 4 + 5 * 8 * 8, 5 * 8 * 8 + 4 * 8 * 2)
    assert found.held == 8 * 8 * 2
    assert found.rest_peak == 8 * 8 * (2 + 1)
    assert found.recomputed == 2 * 8 * 9 * 4 * 8  # rows 3 and 4 of the first one are computed twice
    whole = 64 * (9 * 4 * 8 + 9 * 8 * 2 + 2)
    assert found.share == Fraction(found.recomputed, whole)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        # along the height: how many rows of the input the first of two tiles of the output needs
        ("{type: conv, name: x, out_channels: 4, kernel_size: 3, stride: 2, padding: 1}", 4),  # −1 … 3
        (
            "{type: conv, name: x, out_channels: 4, kernel_size: 3, stride: 2}",
            5,
        ),  # same: all padding is behind
        ("{type: conv, name: x, out_channels: 4, kernel_size: 3, dilation: 2}", 6),
        ("{type: conv, name: x, out_channels: 4, kernel_size: 3, padding: valid}", 5),
        ("{type: depthwise_conv, name: x, kernel_size: [5, 1]}", 6),
        ("{type: max_pool, name: x, kernel_size: 2}", 4),
        ("{type: avg_pool, name: x, kernel_size: 3, stride: 2, padding: same}", 5),
        ("{type: pad, name: x, padding: 1}", 4),  # of ten rows the first five, one of them padding
        ("{type: slice, name: x, part: 1, of: 2}", 4),
        ("{type: conv_transpose, name: x, out_channels: 4, kernel_size: 3, stride: 2}", 4),
        (
            "{type: conv_transpose, name: x, out_channels: 4, kernel_size: 4, stride: 2, padding: 1}",
            5,
        ),  # row 7 of 16 is row 8 of the uncut output, to which row 4 of the input adds
        ("{type: upsample, name: x, scale: 2}", 4),
        ("{type: upsample, name: x, scale: 2, mode: bilinear}", 5),  # row 7 lies at 3.25
        ("{type: upsample, name: x, scale: 2, mode: bicubic}", 6),
        ("{type: upsample, name: x, size: 12, mode: area}", 4),
        ("{type: depth_to_space, name: x, block_size: 2}", 4),
        ("{type: space_to_depth, name: x, block_size: 2}", 4),
        (
            "{type: branches, name: x, merge: concat, paths: [[], "
            "[{type: conv, out_channels: 4, kernel_size: 5}], [{type: conv, out_channels: 4, kernel_size: 1}]]}",
            6,
        ),
        (
            "{type: conv, name: c, out_channels: 4, kernel_size: 3}\n{type: add, name: x, inputs: [c, input]}",
            5,
        ),
    ],
)
def test_how_far_a_tile_reaches(text: str, rows: int) -> None:
    network = layers(text)
    last = len(network.nodes) - 1
    half = network.nodes[last].output.spatial[0] // 2
    assert _traced(network, last, 0, (0, half))[~0] == (0, rows)


@given(
    kernel=st.integers(1, 5),
    stride=st.integers(1, 4),
    dilation=st.integers(1, 3),
    padding=st.sampled_from(["same", "valid", 1]),
    cut=st.integers(1, 7),
)
def test_a_transposed_convolution_needs_what_adds_to_its_tile(
    kernel: int, stride: int, dilation: int, padding: str | int, cut: int
) -> None:
    fields = f"kernel_size: {kernel}, stride: {stride}, dilation: {dilation}, padding: {padding}"
    try:
        network = layers(f"{{type: conv_transpose, name: x, out_channels: 1, {fields}}}", input="7x7x1")
    except SpecError:
        assume(False)
    size = network.nodes[0].output.spatial[0]
    assume(cut < size)
    reach = dilation * (kernel - 1) + 1
    before = {"valid": 0, 1: 1, "same": max(reach - stride, 0) // 2}[padding]
    for start, stop in ((0, cut), (cut, size)):
        rows = {
            row
            for row, tap in product(range(7), range(kernel))
            if start <= row * stride + dilation * tap - before < stop
        }
        low, high = _traced(network, 0, 0, (start, stop))[~0]
        assert not rows or rows <= set(range(low, high))
        if rows and dilation == 1:  # else the hull has rows that no tap falls on
            assert (low, high) == (min(rows), max(rows) + 1)


def test_a_transposed_convolution_multiplies_per_position_of_its_input() -> None:
    network = layers(
        """
        {type: conv_transpose, name: x, out_channels: 3, kernel_size: 4, stride: 2, padding: 1}
        relu
        """
    )
    found = patched(network, "2x1", "x")
    assert found.recomputed == 2 * 8 * (4 * 4 * 4 * 3)  # rows 0–4 and 3–7 of eight
    assert found.tile_peak == 5 * 8 * 4 + 8 * 16 * 3


def needed(network: Network, last: int, positions: set[tuple[int, int]]) -> dict[int, set[tuple[int, int]]]:
    """Every position of every map that some positions of the last need, found one by one."""
    found = {last: positions}
    for index in range(last, -1, -1):
        node = network.nodes[index]
        for source, shape in zip(node.inputs, node.input_shapes, strict=True):
            taken = found.setdefault(source, set())
            for y, x in found.get(index, ()):
                if node.kind != "conv":
                    taken.add((y, x))
                    continue
                kernel, stride = node.layer.kernel_size, node.layer.stride
                for i, j in product(range(kernel), range(kernel)):
                    at = (y * stride + i - kernel // 2, x * stride + j - kernel // 2)
                    if 0 <= at[0] < shape.spatial[0] and 0 <= at[1] < shape.spatial[1]:
                        taken.add(at)
    return found


def test_every_multiply_of_every_tile_one_by_one() -> None:
    network = layers(
        """
        {type: conv, name: a, out_channels: 3, kernel_size: 3, stride: 2, padding: 1}
        {type: conv, name: b, out_channels: 3, kernel_size: 5, padding: 2, activation: relu}
        {type: add, name: c, inputs: [a, b]}
        {type: conv, name: d, out_channels: 2, kernel_size: 3, padding: 1}
        """,
        input="13x11x2",
    )
    last = len(network.nodes) - 1
    height, width = network.nodes[last].output.spatial
    total = 0
    for i, j in product(range(3), range(2)):
        rows = range(i * height // 3, (i + 1) * height // 3)
        columns = range(j * width // 2, (j + 1) * width // 2)
        for index, positions in needed(network, last, set(product(rows, columns))).items():
            if index >= 0 and network.nodes[index].kind == "conv":
                node = network.nodes[index]
                total += len(positions) * node.tally.sum("weights")
    found = patched(network, "3x2", "d")
    assert found.recomputed == total - found.multiplies


def test_one_patch_is_the_network_with_its_output_held() -> None:
    network = costcalc.load("zoo:mobilenet_v1_025_vww")
    found = patched(network, "1x1", "separable_conv_2")
    assert found.recomputed == 0
    assert found.tile_peak == plan(network).peak
    assert found.held == 24 * 24 * 32


@pytest.mark.parametrize(
    ("until", "grid", "message"),
    [
        ("nothing", "2x2", 'no layer "nothing" to compute patches until'),
        ("a", "2x2", '"a": the network\'s input, made before it, is needed after it, too'),
        ("pool", "1x1", '"pool" .global_avg_pool. cannot be computed in patches'),
        ("sum", "9x1", "9 patches are more than there are positions .8. in 8x8x4"),
        ("sum", "4", "need a number for each spatial axis .2., not 1"),
    ],
)
def test_what_cannot_be_computed_in_patches(until: str, grid: str, message: str) -> None:
    network = layers(
        """
        {type: conv, name: a, out_channels: 4, kernel_size: 3}
        {type: add, name: sum, inputs: [a, input]}
        {type: global_avg_pool, name: pool}
        """
    )
    with pytest.raises(CostcalcError, match=message):
        patched(network, grid, until)


@pytest.mark.parametrize("text", ["", "4x", "x4", "0x4", "4x4x4x4", "1000000x1000000", "٣x٣", 4, None])
def test_a_grid_that_is_none(text: object) -> None:
    with pytest.raises(ValueError, match=r"must have at most|must be a grid such as 4x4"):
        parse_grid(text)
