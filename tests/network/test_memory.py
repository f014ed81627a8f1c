"""Layers that are known from before make what they would make anew."""

from __future__ import annotations

import pytest

from costcalc import loads
from costcalc.network import memory
from costcalc.network.graph import Network

SPECS = {
    "values that are equal and no more": (
        "input: 8x8x1\nlayers: [{type: conv, out_channels: 1, kernel_size: 1, bias: true}, {type: conv, "
        "out_channels: 1, kernel_size: 1, groups: 1}]\n"
    ),
    "other defaults": (
        "input: 8x8x1\ndefaults: {norm: batch}\nlayers: [{type: conv, out_channels: 1, kernel_size: 1}]\n"
    ),
    "no defaults": "input: 8x8x1\nlayers: [{type: conv, out_channels: 1, kernel_size: 1}]\n",
    "other shapes": "input: 9x9x2\nlayers: [{type: conv, out_channels: 1, kernel_size: 1}]\n",
    "two inputs": (
        "inputs: {a: 4x4x2, b: 4x4x3}\nlayers: [{type: concat, inputs: [b, a]}, {type: concat, inputs: [a, b]}]\n"
    ),
    "the same input twice": (
        "input: 4x4x2\nlayers: [{type: relu, name: r}, {type: add, inputs: [r, r]}, {type: add, "
        "inputs: [r, input]}, {type: matmul, transpose: true, inputs: [r, input]}]\n"
    ),
    "copies": "input: 4x4x2\nlayers: [{type: separable_conv, out_channels: 2, repeat: 3}, {type: inverted_residual, "
    "out_channels: 2, expansion: 6, repeat: 2, squeeze_excite: {}}]\n",
    "layers in layers": (
        "input: 4x4x2\nlayers:\n  - {type: residual, body: [{type: conv, out_channels: 2, kernel_size: 3}, relu]}\n"
        "  - {type: residual, body: [{type: conv, out_channels: 4, kernel_size: 3, stride: 2}], shortcut: projection}\n"
        "  - {type: branches, merge: concat, paths: [[relu], [], [{type: conv, out_channels: 2, kernel_size: 3}]]}\n"
    ),
    "a block": (
        "input: 4x4x2\nblocks: {b: {parameters: {n: 2}, layers: [{type: separable_conv, out_channels: $n}, relu]}}\n"
        "layers: [b, {type: b, n: 3}, b]\n"
    ),
    "shared weights": "input: 4x4x2\nlayers: [{type: separable_conv, name: s, out_channels: 2}, {shares: s}, relu]\n",
}


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_LAYERS", {})


def facts(network: Network) -> list[tuple[object, ...]]:
    return [(*node[:1], node.layer, *node[2:]) for node in network.nodes]


@pytest.mark.parametrize("name", SPECS)
def test_a_network_is_the_same_whatever_was_read_before(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = loads(SPECS[name])
    for other in SPECS.values():
        loads(other)
    again = loads(SPECS[name])
    assert facts(again) == facts(first)
    assert again.rows == first.rows
    assert again.output == first.output
    monkeypatch.setattr(memory, "_MOST_LAYERS", 1)
    monkeypatch.setattr(memory, "_MOST_SHAPES", 1)
    monkeypatch.setattr(memory, "_LAYERS", {})
    for other in SPECS.values():
        loads(other)
    assert facts(loads(SPECS[name])) == facts(first)


def test_a_width_multiplier_neither_uses_nor_leaves_known_layers() -> None:
    spec = SPECS["copies"].replace("out_channels: 2", "out_channels: 16")
    plain = facts(loads(spec))
    half = facts(loads(spec, width_multiplier="0.5"))
    assert facts(loads(spec)) == plain
    assert facts(loads(spec, width_multiplier="0.5")) == half
    assert half != plain
