"""The frame of a spec: what stands beside the layers, and what people mean by YAML."""

from __future__ import annotations

from fractions import Fraction

import pytest

import costcalc
from costcalc.errors import SpecError
from costcalc.spec.budget import Budget
from network.specs import message, messages, network, outputs

LAYERS = "[{type: conv, out_channels: 8, kernel_size: 3}]"


def budget(text: str) -> Budget:
    made = network(LAYERS, f"input: 8x8x4\nbudget: {text}").spec.budget
    assert isinstance(made, Budget)
    return made


def test_name_and_source_are_free_text() -> None:
    spec = network(LAYERS, 'name: MobileNet-V1\nsource: "arXiv:1704.04861, Table 1"\ninput: 8x8x4').spec
    assert (spec.name, spec.source) == ("MobileNet-V1", "arXiv:1704.04861, Table 1")


@pytest.mark.parametrize(
    ("quantity", "meant"),
    [
        ("600M", 600_000_000),
        ("600_000_000", 600_000_000),
        ("600000000", 600_000_000),
        ("600e6", 600_000_000),
        ("0.6G", 600_000_000),
        ("4.3M", 4_300_000),
        ("1k", 1000),
        ("1K", 1000),
        ("2T", 2 * 10**12),
        ("600 M", 600_000_000),
        ("0", 0),
        ("1e18", 10**18),
    ],
)
def test_a_budget_is_an_exact_quantity(quantity: str, meant: int) -> None:
    made = budget(f"{{multiplies: {quantity}, params: {{max: {quantity}, warn: 90%}}}}")
    assert made.multiplies is not None
    assert made.params is not None
    assert (made.multiplies.max, made.params.max, made.params.warn) == (meant, meant, Fraction(9, 10))


@pytest.mark.parametrize(
    ("quantity", "said"),
    [
        ("600m", 'has an unknown unit "m"; did you mean 600M?'),
        ("600 MB", 'has an unknown unit "MB"; did you mean 600M?'),
        ("600MiB", 'has an unknown unit "MiB"; did you mean 600M?'),
        ("6g", 'has an unknown unit "g"; did you mean 6G?'),
        ("6x", 'has an unknown unit "x" (use k, M, G or T)'),
        ("1.5", "must be a whole number, not 1.5"),
        ("-1", "must be between 0 and 10^18, not -1"),
        ("1e19", "must be between 0 and 10^18, not 1e19"),
        (".inf", "must be a number, not .inf"),
        ("many", 'must be a number, not "many"'),
        ("true", "must be a quantity such as 600M, not true"),
        ("[1]", "must be a quantity such as 600M, not a list"),
    ],
)
def test_a_quantity_that_means_nothing(quantity: str, said: str) -> None:
    head = f"input: 8x8x4\nbudget: {{multiplies: {quantity}}}"
    assert message(LAYERS, head) == f"multiplies of the budget {said}"


def test_a_budget_in_full() -> None:
    made = budget(
        "{multiplies: 600M, layers: {'conv_*': {multiplies: {max_share: 50%}, params: 1M}}, "
        "reduction: {multiplies: 8x, params: 7.5x}, "
        "regression: {multiplies: 1%, params: {max_increase: 0.5%, and_at_least: 1k}}, message: Ask first.}"
    )
    limits = made.layers["conv_*"]
    assert limits.multiplies is not None
    assert limits.params is not None
    assert (limits.multiplies.max, limits.multiplies.max_share) == (None, Fraction(1, 2))
    assert (limits.params.max, limits.params.max_share) == (1_000_000, None)
    assert made.reduction is not None
    assert (made.reduction.multiplies, made.reduction.params) == (8, Fraction(15, 2))
    assert made.regression is not None
    assert made.regression.multiplies is not None
    assert made.regression.params is not None
    assert made.regression.multiplies.max_increase == Fraction(1, 100)
    assert (made.regression.params.max_increase, made.regression.params.and_at_least) == (
        Fraction(1, 200),
        1000,
    )
    assert made.message == "Ask first."


def test_many_globs_are_all_kept() -> None:
    globs = ", ".join(f"g{number}: {{params: 1M}}" for number in range(1000))
    assert len(budget(f"{{layers: {{{globs}}}}}").layers) == 1000


def test_many_inputs_are_all_kept() -> None:
    shapes = ", ".join(f"i{number}: 8x8x4" for number in range(1000))
    made = network("[{type: add, inputs: [i0, i999]}]", f"inputs: {{{shapes}}}")
    assert len(made.inputs) == 1000


def test_anchors_aliases_and_merge_keys() -> None:
    made = costcalc.loads("""
input: 8x8x4
layers:
  - &conv {type: conv, out_channels: 8, kernel_size: 3}
  - *conv
  - {<<: *conv, out_channels: 6, name: last}
""")
    assert outputs(made) == {"conv_1": "8x8x8", "conv_2": "8x8x8", "last": "8x8x6"}


def test_a_mistake_in_an_anchored_layer_is_told_where_it_was_written() -> None:
    with pytest.raises(SpecError) as caught:
        costcalc.loads("""input: 8x8x4
layers:
  - &conv {type: conv, out_channels: 8, kernal_size: 3}
  - *conv
  - {<<: *conv, name: last}
""")
    lines = {
        (problem.location.line, problem.message) for problem in caught.value.problems if problem.location
    }
    assert lines == {
        (3, 'unknown field "kernal_size" of conv layer "conv_1"; did you mean "kernel_size"?'),
        (3, 'unknown field "kernal_size" of conv layer "conv_2"; did you mean "kernel_size"?'),
        (3, 'unknown field "kernal_size" of conv layer "last"; did you mean "kernel_size"?'),
    }


def test_all_mistakes_are_told_at_once_in_the_order_of_the_text() -> None:
    said = messages(
        "[{type: conv, out_channels: 0, kernel_size: 3}, reul, {type: relu, inputs: [a]}]",
        "nmae: x\ninput: 8x8x4\ndefaults: {norm: nothing}\nbudget: {multiplies: 600m}",
    )
    assert said == [
        'unknown field "nmae" of the spec; did you mean "name"?',
        'defaults.norm of the spec must be batch, layer, group, instance, rms or none, not "nothing"',
        'multiplies of the budget has an unknown unit "m"; did you mean 600M?',
        'out_channels of conv layer "conv_1" must be between 1 and 2147483647, not 0',
        'unknown layer type "reul"; did you mean "relu"?',
        'unknown input "a" of relu layer "relu_1"',
    ]


def test_a_list_under_layers_that_is_missing_is_one_message() -> None:
    assert messages(LAYERS, "input: 8x8x4\nlayrs: []") == ['unknown field "layrs" of the spec']
    with pytest.raises(SpecError) as caught:
        costcalc.loads("input: 8x8x4\nlayrs: [relu]")
    assert [problem.message for problem in caught.value.problems] == [
        'unknown field "layrs" of the spec; did you mean "layers"?'
    ]
