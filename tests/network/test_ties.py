"""shares: {INNER: OUTER} of a block's use: some of its weights are those of earlier layers."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costcalc import analyze, loads
from costcalc.analysis.measures import Measured
from costcalc.errors import SpecError
from costcalc.network import Network
from network.specs import message, network, totals

HEAD = """input: 8x8x4
blocks:
  pair:
    parameters: {stride: 1}
    layers:
      - {type: conv, name: a, out_channels: 4, kernel_size: 3, bias: true, norm: batch, stride: $stride}
      - {type: conv, name: b, out_channels: 4, kernel_size: 1}
  twice:
    layers:
      - {type: conv, name: c, out_channels: 4, kernel_size: 1}
      - {shares: c, name: d}
  inside:
    layers:
      - {type: pair, name: p}
      - {type: pair, name: q, shares: {a: p/a}}
"""
A = (64 * 9 * 4 * 4, 9 * 4 * 4 + 4 + 8)  # 9,216 multiplies, 156 params
B = (64 * 4 * 4, 4 * 4)


def made(layers: str) -> Network:
    return network(layers, HEAD.rstrip("\n"))


def shared(network: Network) -> list[int | None]:
    return [node.shares for node in network.nodes]


def test_multiplies_count_and_params_of_what_is_shared_count_once() -> None:
    one = made("[{type: pair, name: x}, {type: pair, name: y, shares: {a: x/a}}]")
    assert totals(one) == (2 * A[0] + 2 * B[0], A[1] + 2 * B[1])
    assert shared(one) == [None, None, None, 0, 1, None]  # a, its norm, b; a, its norm, b


def test_each_copy_has_them() -> None:
    one = made("[{type: pair, name: x}, {type: pair, repeat: 3, shares: {a: x/a, b: x/b}}]")
    assert totals(one) == (4 * (A[0] + B[0]), A[1] + B[1])


def test_a_path_leads_into_one_copy_and_into_nested_blocks_and_bodies() -> None:
    one = made(
        "[{type: pair, name: x, repeat: 2}, {type: inside, name: y, shares: {q/b: x.2/b}},"
        " {type: residual, name: r, body: [{type: pair, name: z, shares: {b: y/p/b, a: y/q/a}}]}]"
    )
    assert shared(one)[6:] == [None, None, None, 6, 7, 5, 6, 7, 8, None]
    assert totals(one) == (5 * (A[0] + B[0]), 3 * A[1] + 3 * B[1])


def test_what_shares_them_inside_the_block_follows() -> None:
    one = made("[{type: conv, name: s, out_channels: 4, kernel_size: 1}, {type: twice, shares: {c: s}}]")
    assert shared(one) == [None, 0, 0]
    assert totals(one) == (3 * B[0], B[1])


def test_a_whole_block_inside() -> None:
    one = made("[{type: pair, name: x}, {type: inside, shares: {p: x}}]")
    assert shared(one) == [None, None, None, 0, 1, 2, 0, 1, None]
    assert totals(one) == (3 * (A[0] + B[0]), A[1] + 2 * B[1])


def test_a_use_with_ties_can_be_shared_whole() -> None:
    one = made("[{type: pair, name: x}, {type: pair, name: y, shares: {a: x/a}}, {shares: y}]")
    assert shared(one) == [None, None, None, 0, 1, None, 0, 1, 5]


def test_weights_may_slide_otherwise() -> None:
    one = made("[{type: pair, name: x}, {type: pair, stride: 2, shares: {a: x/a}}]")
    assert totals(one) == (A[0] + B[0] + (A[0] + B[0]) // 4, A[1] + 2 * B[1])


def test_a_block_hands_on_whose_weights() -> None:
    text = """input: 8x8x4
blocks:
  one: {layers: [{type: conv, name: a, out_channels: 4, kernel_size: 3}]}
  two:
    parameters: {whose: required}
    layers:
      - {type: conv, name: s, out_channels: 4, kernel_size: 3}
      - {type: one, shares: {a: $whose}}
layers: [{type: two, whose: s}]
"""
    assert shared(loads(text)) == [None, 0]


def test_a_width_multiplier_scales_both() -> None:
    stem = "{type: conv, out_channels: 4, kernel_size: 1}"
    text = f"{HEAD}layers: [{stem}, {{type: pair, name: x}}, {{type: pair, shares: {{a: x/a}}}}]"
    # of 8 channels: the stem 4*8, a 9*8*8 and 3*8 beside, b 8*8
    assert totals(loads(text, width_multiplier="2")) == (64 * (32 + 2 * (576 + 64)), 32 + 576 + 24 + 2 * 64)


def test_a_choice_inside_must_be_the_same_on_both_sides() -> None:
    text = """input: 8x8x4
blocks:
  one:
    choices: {kernel: [3, 5]}
    layers: [{type: conv, name: a, out_channels: 4, kernel_size: $kernel}]
layers: [{type: one, name: x}, {type: one, name: y, shares: {a: x/a}}]
"""
    assert totals(loads(text)) == (2 * 64 * 144, 144)
    assert totals(loads(text, settings={"x/kernel": "5", "y/kernel": "5"})) == (2 * 64 * 400, 400)
    with pytest.raises(SpecError, match=re.escape('"y/a" and "x/a" differ in kernel_size')):
        loads(text, settings={"y/kernel": "5"})


_KERNELS = st.sampled_from([1, 3])


@st.composite
def tied(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A spec of uses that share some weights, and the same with its blocks written out by hand."""
    kernels = draw(st.lists(_KERNELS, min_size=1, max_size=4))
    convs = [
        {"type": "conv", "name": f"c{number}", "out_channels": 4, "kernel_size": kernel, "norm": "batch"}
        for number, kernel in enumerate(kernels)
    ]
    uses: list[dict[str, Any]] = []
    inlined: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 4))):
        inner = [conv["name"] for conv in convs if uses and draw(st.booleans())]
        owners = {name: draw(st.sampled_from(uses))["name"] for name in inner}
        use = {"type": "row", "name": f"u{number}"}
        if owners:
            use["shares"] = {name: f"{owner}/{name}" for name, owner in owners.items()}
        uses.append(use)
        for conv in convs:
            name = f"u{number}_{conv['name']}"
            owner = owners.get(conv["name"])
            inlined.append(
                {**conv, "name": name}
                if owner is None
                else {"shares": f"{owner}_{conv['name']}", "name": name}
            )
    head = {"input": "6x6x4"}
    return {**head, "blocks": {"row": {"layers": convs}}, "layers": uses}, {**head, "layers": inlined}


@given(tied())
def test_a_use_with_ties_costs_what_it_costs_written_out(
    specs: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    block, by_hand = [loads(json.dumps(spec)) for spec in specs]
    assert shared(block) == shared(by_hand)
    one, other = analyze(block), analyze(by_hand)
    for version in ("written", "standard", "separable"):
        assert getattr(one, version) == getattr(other, version)
    for metric in ("peak_memory", "weight_memory", "activations"):
        assert Measured(block, {}).whole(metric) == Measured(by_hand, {}).whole(metric)


def test_a_layer_shares_what_a_path_leads_to() -> None:
    one = made(
        "[{type: pair, name: x, repeat: 2}, {shares: x.2/a}, {shares: x.1/b, repeat: 2},"
        " {type: inside, name: y}, {shares: y/q}]"
    )
    # a, its norm and b twice; a and its norm; b, b; p; q, whose a is p's; q again
    expected = [None] * 6 + [3, 4, 2, 2] + [None] * 3 + [10, 11, None] + [10, 11, 15]
    assert shared(one) == expected
    assert totals(one) == (6 * A[0] + 7 * B[0], 3 * A[1] + 4 * B[1])


def test_a_path_that_leads_nowhere() -> None:
    assert message("[{type: pair, name: x}, {shares: x/c}]", HEAD.rstrip("\n")) == (
        'unknown layer "x/c" to share the weights of'
    )
