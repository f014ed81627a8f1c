"""Choices: values of which a network takes one, in the whole spec and at each use of a block."""

from __future__ import annotations

import pytest

import costcalc
from costcalc.analysis.costs import analyze
from costcalc.errors import CostcalcError, SpecError

SPEC = """
input: 32x32x3
choices: {kernel: [3, 5, 7], width: {from: 16, to: 64, step: 8}}
blocks:
  stage:
    parameters: {out: required}
    choices: {k: [3, 5], kind: [conv, separable_conv]}
    layers:
      - {type: $kind, out_channels: $out, kernel_size: $k}
      - {type: conv, out_channels: $width, kernel_size: $kernel}
layers:
  - {type: conv, out_channels: $width, kernel_size: $kernel, stride: 2}
  - {type: stage, name: two, out: $width, repeat: 2}
  - {type: stage, out: 8, k: 5}
"""


def plain(kernel: int, width: int, first: str, second: str, third: str) -> str:
    """The same network without choices: each kind and kernel of the stages' first layers is given."""
    last = f"{{type: conv, out_channels: {width}, kernel_size: {kernel}}}"
    outs = (width, width, 8)
    layers = [f"{{type: conv, out_channels: {width}, kernel_size: {kernel}, stride: 2}}"]
    for out, said in zip(outs, (first, second, third), strict=True):
        kind, k = said.split()
        layers += [f"{{type: {kind}, out_channels: {out}, kernel_size: {k}}}", last]
    return "input: 32x32x3\nlayers:\n" + "".join(f"  - {layer}\n" for layer in layers)


@pytest.mark.parametrize(
    ("settings", "same"),
    [
        ({}, plain(3, 16, "conv 3", "conv 3", "conv 5")),
        ({"kernel": "5"}, plain(5, 16, "conv 3", "conv 3", "conv 5")),
        ({"width": "64", "kernel": "7"}, plain(7, 64, "conv 3", "conv 3", "conv 5")),
        ({"two.1/k": "5"}, plain(3, 16, "conv 5", "conv 3", "conv 5")),
        ({"two.2/kind": "separable_conv"}, plain(3, 16, "conv 3", "separable_conv 3", "conv 5")),
        ({"stage_1/kind": "separable_conv"}, plain(3, 16, "conv 3", "conv 3", "separable_conv 5")),
    ],
)
def test_a_network_with_its_choices_made_is_the_one_written_without(
    settings: dict[str, str], same: str
) -> None:
    chosen = analyze(costcalc.loads(SPEC, settings=settings)).written
    assert chosen.tally == analyze(costcalc.loads(same)).written.tally


def test_the_choices_of_a_network_and_what_is_taken() -> None:
    network = costcalc.loads(SPEC, settings={"two.2/k": "5"})
    assert {name: choice.labels[choice.taken] for name, choice in network.choices.items()} == {
        "kernel": "3",
        "width": "16",
        "two.1/k": "3",
        "two.1/kind": "conv",
        "two.2/k": "5",
        "two.2/kind": "conv",
        "stage_1/kind": "conv",
    }
    assert network.choices["width"].labels == ("16", "24", "32", "40", "48", "56", "64")
    assert network.notes[0].startswith("choices, as chosen: kernel = 3, width = 16, two.1/k = 3, ")
    assert costcalc.loads(SPEC).notes[0].startswith("choices, the first of each: kernel = 3, ")


def test_choices_of_blocks_in_blocks_and_in_bodies_have_the_path_of_their_use() -> None:
    spec = """
input: 8x8x4
blocks:
  inner: {choices: {k: [3, 1]}, layers: [{type: conv, out_channels: 4, kernel_size: $k}]}
  outer: {choices: {n: [1, 2]}, layers: [{type: inner, repeat: $n}, {type: inner, name: last}]}
layers:
  - {type: residual, name: skip, body: [outer, inner]}
  - {type: outer, repeat: 2}
"""
    assert [*costcalc.loads(spec).choices] == [
        "skip/body/outer_1/n",
        "skip/body/outer_1/inner_1/k",
        "skip/body/outer_1/last/k",
        "skip/body/inner_1/k",
        "outer_1.1/n",
        "outer_1.1/inner_1/k",
        "outer_1.1/last/k",
        "outer_1.2/n",
        "outer_1.2/inner_1/k",
        "outer_1.2/last/k",
    ]
    two = costcalc.loads(spec, settings={"skip/body/outer_1/n": "2", "skip/body/outer_1/inner_1.2/k": "1"})
    assert two.choices["skip/body/outer_1/inner_1.2/k"].taken == 1
    assert sum(node.tally.sum("multiplies") for node in two.nodes) == 8 * 8 * 4 * 4 * (9 * 7 + 1)


def test_a_layer_that_shares_weights_has_the_choices_of_the_other_one() -> None:
    spec = """
input: 8x8x4
blocks: {piece: {choices: {k: [3, 1]}, layers: [{type: conv, out_channels: 4, kernel_size: $k}]}}
layers: [{type: piece, name: a}, {shares: a}]
"""
    network = costcalc.loads(spec, settings={"a/k": "1"})
    assert [*network.choices] == ["a/k"]
    cost = analyze(network).written
    assert (cost.multiplies, cost.params) == (2 * 8 * 8 * 16, 16)


def test_values_are_asked_for_as_they_are_printed() -> None:
    spec = """
input: 8x8x4
choices: {k: [3, [3, 1]], bias: [no_, true], t: [0.5, 1e0]}
layers:
  - {type: conv, out_channels: 4, kernel_size: $k, bias: $bias}
  - {type: inverted_residual, out_channels: 4, expansion: $t}
""".replace("no_", "false")
    choices = costcalc.loads(spec, settings={"k": "[3,1]", "bias": "true", "t": "1e0"}).choices
    assert choices["k"].labels == ("3", "[3,1]")
    assert choices["bias"].labels == ("false", "true")
    assert [choice.taken for choice in choices.values()] == [1, 1, 1]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"kernl": "3"}, 's.yaml: no choice "kernl"; did you mean "kernel"?'),
        ({"stage_1/k": "3"}, 's.yaml: no choice "stage_1/k"; did you mean "stage_1/kind"?'),
    ],
)
def test_an_unknown_choice(settings: dict[str, str], said: str) -> None:
    with pytest.raises(CostcalcError) as caught:
        costcalc.loads(SPEC, "s.yaml", settings=settings)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"kernel": "4"}, 's.yaml:3:19: error: choice "kernel" has no value "4"'),
        ({"two.1/k": "4"}, 's.yaml:7:18: error: choice "two.1/k" has no value "4"'),
    ],
)
def test_an_unknown_value(settings: dict[str, str], said: str) -> None:
    with pytest.raises(SpecError) as caught:
        costcalc.loads(SPEC, "s.yaml", settings=settings)
    assert str(caught.value) == said


def test_a_spec_without_choices_has_none_to_set() -> None:
    with pytest.raises(CostcalcError, match='no choice "k", since it has no choices'):
        costcalc.load("zoo:lenet5", settings={"k": "1"})


def test_a_choice_of_too_many_nodes_is_refused() -> None:
    spec = """
input: 8x8x4
blocks: {piece: {choices: {n: [1, 2000000]}, layers: [{type: conv, out_channels: 4, kernel_size: 1, repeat: $n}]}}
layers: [{type: piece, repeat: 2}]
"""
    costcalc.loads(spec)
    with pytest.raises(SpecError, match=r"the network has more than [\d,]+ nodes \(limit\)"):
        costcalc.loads(spec, settings={"piece_1.1/n": "2000000"})
