"""Every kind of layer under every planner and in both figures of time, in bytes that were derived by hand.

All is int8, on a map of 8x8x4: 256 bytes. A new kind fails here until it has its row.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

from costcalc.analysis.memory.peak import planned
from costcalc.analysis.memory.steps import steps_of
from costcalc.analysis.time.roofline import time_on
from costcalc.devices.device import Device
from costcalc.dtype import parse_dtype
from costcalc.kinds import ACTIVATION_NAMES
from costcalc.layers import KINDS, kind_model
from costcalc.layers.base import Primitive
from costcalc.planners import planner
from costcalc.spec.named import find_planner
from memory.networks import INT8, layers

#: The bytes of the tensors that are alive at each step.
Alive: TypeAlias = Sequence[tuple[int, ...]]
#: Multiplies, bytes of maps and bytes of weights of each node of the kind's own, in order.
Moved: TypeAlias = Sequence[tuple[int, int, int]]

OWN, SHARED, FREE = "own", "shared", "free"
C = "{type: conv, name: c, out_channels: 4, kernel_size: 1}\n"
CONV = (256, 256)
BOTH = (256, 256, 256)


class Row(NamedTuple):
    """A kind: what is alive at each step by the rule ``live``, and what moves.

    ``apart`` is what is alive where functions of one tensor have buffers of their own, ``tflm`` where only those do
    that TFLM has. ``in_place`` are the totals where they are less. Of layers that stand before the kind's ``skipped``
    nodes are not listed in ``moved``.
    """

    kind: str
    text: str
    live: Alive
    moved: Moved
    apart: Alive | None = None
    tflm: Alive | None = None
    in_place: Sequence[int] | None = None
    skipped: int = 0


def function(
    text: str, weights: int = 0, *, moved: tuple[int, int, int] | None = None, tflm: str = OWN
) -> Row:
    """A function of one tensor, behind a convolution: it shares that one's buffer and is no step."""
    kind = text.removeprefix("{type: ").split(",")[0].rstrip("}")
    alone: Alive = [CONV, (256, 256)]
    does = moved or (0, 256 + 256, weights)
    return Row(kind, C + text, [CONV], [does], alone, [CONV] if tflm == SHARED else alone, skipped=1)


def own(kind: str, more: str, output: int, multiplies: int = 0, weights: int = 0) -> Row:
    """An operation on the network's input with a buffer of its own."""
    text = f"{{type: {kind}{', ' if more else ''}{more}}}"
    return Row(kind, text, [(256, output)], [(multiplies, 256 + output, weights)])


def of_two(kind: str, in_place: Sequence[int] | None = None) -> Row:
    """A function of the input and of what a convolution makes of it: a buffer of its own beside both."""
    text = f"{C}{{type: {kind}, inputs: [c, input]}}"
    return Row(kind, text, [CONV, BOTH], [(0, 768, 0)], in_place=in_place, skipped=1)


ROWS = [
    own("conv", "out_channels: 8, kernel_size: 3", 512, 64 * 9 * 4 * 8, 9 * 4 * 8),
    # a convolution of each channel by itself is a depthwise one; in place, input and output are one, and a channel
    own("conv", "out_channels: 4, kernel_size: 3, groups: 4", 256, 64 * 9 * 4, 36)._replace(
        in_place=[256 + 64]
    ),
    own("depthwise_conv", "stride: 2", 64, 16 * 9 * 4, 36)._replace(in_place=[256 + 16]),
    own("depthwise_conv", "depth_multiplier: 3", 768, 64 * 9 * 12, 108)._replace(in_place=[768 + 64]),
    own("conv_transpose", "out_channels: 2, kernel_size: 2, stride: 2", 512, 64 * 4 * 4 * 2, 4 * 4 * 2),
    own("linear", "out_features: 3, per_position: true", 192, 64 * 4 * 3, 4 * 3 + 3 * 4),
    # a kernel that is a weight, and one that a layer makes: then it is a map
    Row(
        "dynamic_conv",
        "{type: parameter, name: k, shape: 9x16}\n"
        "{type: dynamic_conv, out_channels: 4, kernel_size: 3, inputs: [input, k]}",
        [(256, 256)],
        [(64 * 9 * 16, 512, 144)],
        skipped=1,
    ),
    Row(
        "dynamic_conv",
        "global_avg_pool\nflatten\n{type: linear, out_features: 144, bias: false, name: k}\n"
        "{type: dynamic_conv, out_channels: 4, kernel_size: 3, inputs: [input, k]}",
        [(256, 4), (256, 4, 144), (256, 144, 256)],
        [(64 * 9 * 16, 256 + 144 + 256, 0)],
        apart=[(256, 4), (256, 4, 4), (256, 4, 144), (256, 144, 256)],
        tflm=[(256, 4), (256, 4, 144), (256, 144, 256)],
        skipped=3,
    ),
    Row(
        "matmul",
        "{type: reshape, name: x, to: 64x4}\n{type: matmul, transpose: true, inputs: [x, x]}",
        [(256, 256), (256, 64 * 64)],
        [(64 * 64 * 4, 256 + 64 * 64, 0)],  # x is read once
        skipped=1,
    ),
    # a weight has no buffer, and what takes it reads it
    Row(
        "parameter",
        "{type: parameter, name: p, shape: 1x1x4}\n{type: add, inputs: [input, p]}",
        [(256, 256)],
        [(0, 0, 0), (0, 512, 4)],
        in_place=[256],
    ),
    # of a table of 3 rows all are read, of one of 1000 those that are looked up, trained or not
    own("embedding", "num_embeddings: 3, embedding_dim: 2", 512, 0, 6),
    own("embedding", "num_embeddings: 1000, embedding_dim: 2", 512, 0, 512),
    own("embedding", "num_embeddings: 1000, embedding_dim: 2, trainable: false", 512, 0, 512),
    # a sequence is one operation, whose weights are read once; its cells are its own workspace
    own("rnn", "hidden_size: 3", 192, 64 * (12 + 9), 12 + 9 + 2 * 3 * 4),
    own("gru", "hidden_size: 3", 192, 64 * 3 * (12 + 9), 3 * (12 + 9) + 2 * 9 * 4),
    own("lstm", "hidden_size: 3", 192, 64 * 4 * (12 + 9), 4 * (12 + 9) + 2 * 12 * 4),
    own("lstm", "hidden_size: 3, returns: last", 8 * 3, 64 * 4 * (12 + 9), 4 * (12 + 9) + 2 * 12 * 4),
    own(  # two directions, the upper layer reads both: 2·4·3·(4 + 3) and 2·4·3·(6 + 3)
        "lstm",
        "hidden_size: 3, direction: both, layers: 2, biases: 1",
        64 * 6,
        64 * (24 * 7 + 24 * 9),
        24 * 7 + 24 * 9 + 2 * 24 * 4,
    ),
    function("batch_norm", moved=(0, 0, 0), tflm=SHARED),  # folded
    Row(
        "batch_norm",
        f"{C}relu\nbatch_norm",
        [CONV],
        [(0, 512, 2 * 4 * 4)],
        apart=[CONV, CONV, CONV],
        tflm=[CONV],
        skipped=2,
    ),
    function("layer_norm", 2 * 4 * 4, tflm=SHARED),
    function("{type: group_norm, groups: 2}", 2 * 4 * 4, tflm=SHARED),
    function("instance_norm", 2 * 4 * 4, tflm=SHARED),
    function("rms_norm", 4 * 4, tflm=SHARED),
    *(
        function(name, 4 * 4 if name == "prelu" else 0, tflm=SHARED if name in ("relu", "relu6") else OWN)
        for name in ACTIVATION_NAMES
    ),
    function("{type: elementwise, function: sqrt}"),
    function("{type: elementwise, function: cumsum}"),
    function("flatten", moved=(0, 0, 0), tflm=SHARED),
    function("{type: reshape, to: 64x4}", moved=(0, 0, 0), tflm=SHARED),
    function("{type: dropout, rate: 0.5}", moved=(0, 0, 0), tflm=SHARED),
    own("max_pool", "kernel_size: 2, stride: 2", 64),
    own("avg_pool", "kernel_size: 2, stride: 2", 64),
    own("global_avg_pool", "", 4),
    own("global_max_pool", "", 4),
    own("adaptive_avg_pool", "output_size: 2", 16),
    own("lrn", "", 256),
    own("pad", "padding: 1", 400),
    own("upsample", "scale: 2", 1024),
    own("channel_shuffle", "groups: 2", 256),
    own("depth_to_space", "block_size: 2", 256),
    own("space_to_depth", "block_size: 2", 256),
    own("unfold", "kernel_size: 3", 6 * 6 * 36),
    own("fold", "kernel_size: 2, size: 9", 81),
    own("transpose", "order: [channels, width, height]", 256),
    own("slice", "part: 1, of: 4", 64),
    own("gather", "positions: 5", 20),
    own("reduce", "function: mean", 4),
    own("reduce", "function: sum, axes: channels", 64),
    own("top_k", "k: 2", 128),
    of_two("add", [512, 512]),
    of_two("multiply", [512, 512]),
    *map(of_two, ("subtract", "divide", "maximum", "minimum", "compare")),
    Row("where", f"{C}{{type: where, inputs: [c, input, c]}}", [CONV, BOTH], [(0, 768, 0)], skipped=1),
    Row(
        "concat",
        f"{C}{{type: concat, inputs: [c, input]}}",
        [CONV, (256, 256, 512)],
        [(0, 1024, 0)],
        skipped=1,
    ),
    # what is made of others is no operation itself
    Row(
        "separable_conv",
        "{type: separable_conv, out_channels: 8}",
        [(256, 256), (256, 512)],
        [(64 * 9 * 4, 512, 36), (64 * 4 * 8, 768, 32)],
        in_place=[256 + 64, 256 + 512],
    ),
    Row(
        "deformable_conv",
        "{type: conv, name: o, out_channels: 18, kernel_size: 1}\n"
        "{type: deformable_conv, out_channels: 4, inputs: [input, o]}",
        [(256, 64 * 18), (256, 64 * 18, 64 * 36), (64 * 36, 256)],
        [(0, 256 + 64 * 18 + 64 * 36, 0), (64 * 36 * 4, 64 * 36 + 256, 36 * 4)],
        skipped=1,
    ),
    Row(
        "lp_pool",
        "{type: lp_pool, kernel_size: 2}",
        [(256, 256), (256, 64)],
        [(0, 512, 0), (0, 256 + 64, 0), (0, 128, 0)],
        apart=[(256, 256), (256, 64), (64, 64)],
        tflm=[(256, 256), (256, 64), (64, 64)],
    ),
    Row(
        "inverted_residual",
        "{type: inverted_residual, out_channels: 4, expansion: 2}",
        [(256, 512), (256, 512, 512), (256, 512, 256), BOTH],
        [(64 * 4 * 8, 768, 32), (64 * 9 * 8, 1024, 72), (64 * 8 * 4, 768, 32), (0, 768, 0)],
        in_place=[768, 256 + 512 + 64, 1024, 512],
    ),
    Row(
        "squeeze_excite",
        "{type: squeeze_excite, reduction: 2}",
        [(256, 4), (256, 4, 2), (256, 2, 4), (256, 4, 256)],
        [(0, 260, 0), (8, 6, 8 + 8), (0, 4, 0), (8, 6, 8 + 16), (0, 8, 0), (0, 516, 0)],
        apart=[(256, 4), (256, 4, 2), (256, 2, 2), (256, 2, 4), (256, 4, 4), (256, 4, 256)],
        tflm=[(256, 4), (256, 4, 2), (256, 2, 4), (256, 4, 4), (256, 4, 256)],
        in_place=[260, 262, 262, 260],
    ),
    Row(
        "attention",
        "{type: attention, heads: 2}",
        [
            *((256, 256), BOTH, (256, 256, 256, 256)),
            (256, 256, 64 * 64 * 2, 256),  # the values wait
            *((64 * 64 * 2, 256, 256), (256, 256)),
        ],
        [
            *[(64 * 16, 512, 16 + 4 * 4)] * 3,
            (64 * 64 * 4, 512 + 8192, 0),
            (0, 2 * 8192, 0),
            (64 * 64 * 4, 8192 + 512, 0),
            (64 * 16, 512, 16 + 4 * 4),
        ],
        apart=[
            *((256, 256), BOTH, (256, 256, 256, 256)),
            *((256, 256, 8192, 256), (8192, 8192, 256), (8192, 256, 256), (256, 256)),
        ],
    ),
    Row(
        "residual",
        "{type: residual, body: [{type: conv, out_channels: 4, kernel_size: 1}]}",
        [CONV, BOTH],
        [(64 * 16, 512, 16), (0, 768, 0)],
        in_place=[512, 512],
    ),
    Row(
        "branches",
        "{type: branches, merge: concat, paths: [[], [{type: conv, out_channels: 4, kernel_size: 1}]]}",
        [CONV, (256, 256, 512)],
        [(64 * 16, 512, 16), (0, 1024, 0)],
    ),
]


def test_every_kind_has_its_row() -> None:
    assert {row.kind for row in ROWS} == {*KINDS}


def aligned(alive: Alive, to: int) -> list[int]:
    return [sum(-(-size // to) * to for size in step) for step in alive]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.text.replace("\n", " "))
def test_what_is_alive_under_each_planner(row: Row, tmp_path: Path) -> None:
    network = layers(row.text)
    mine = tmp_path / "mine.yaml"
    primitives = [kind for kind in KINDS if issubclass(kind_model(kind), Primitive)]
    rules = {kind: "own" for kind in primitives if planner("live").rule(kind) == "shared"}
    mine.write_text(f"name: mine\nextends: live\nalignment: 100\nrules: {rules}", encoding="utf-8")
    found = {
        table.name: list(planned(steps_of(network, table, INT8)).alive)
        for table in map(find_planner, ("live", "tflm", "in_place", str(mine)))
    }
    apart = row.live if row.apart is None else row.apart
    assert found == {
        "live": aligned(row.live, 1),
        "tflm": aligned(apart if row.tflm is None else row.tflm, 16),
        "in_place": aligned(row.live, 1) if row.in_place is None else list(row.in_place),
        "mine": aligned(apart, 100),
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.text.replace("\n", " "))
def test_what_takes_how_long(row: Row) -> None:
    """At 64 multiplies and a byte a second: what multiplies is in both figures, what only moves in the second."""
    there = Device("test", "none", {"int8": Fraction(64)}, bandwidth=Fraction(1))
    found = time_on(layers(row.text), there, parse_dtype("int8"))
    moved = found.moved[row.skipped :]
    assert [(one.multiplies, one.maps, one.weights) for one in moved] == list(row.moved)
    times = found.nodes[row.skipped :]
    seconds = [max(Fraction(multiplies, 64), maps + weights) for multiplies, maps, weights in row.moved]
    assert [time.op_by_op for time in times] == seconds
    at_least = [
        second if multiplies else 0 for second, (multiplies, _, _) in zip(seconds, row.moved, strict=True)
    ]
    assert [time.at_least for time in times] == at_least
