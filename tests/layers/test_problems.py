"""What pydantic says is wrong, in words for the person who wrote the spec."""

from __future__ import annotations

import pytest

from costcalc.errors import MAX_PROBLEMS, SpecError
from costcalc.layers.conv import Conv
from costcalc.layers.inverted_residual import InvertedResidual
from costcalc.layers.problems import legal_fields, validated
from layers.table import network


def test_right_values_make_the_model() -> None:
    layer, problems = validated(Conv, {"type": "conv", "out_channels": 8, "kernel_size": 3}, "it", ())
    assert (layer, problems) == (Conv(type="conv", out_channels=8, kernel_size=3), [])


def test_every_mistake_is_a_problem_with_its_route() -> None:
    values = {"type": "conv", "kernal_size": 3, "out_channels": 0}  # kernel_size is not missing as well
    layer, problems = validated(Conv, values, "the layer", ("layers", 2), ("name",))
    assert layer is None
    assert [(problem.route, problem.at, problem.message) for problem in problems] == [
        (
            ("layers", 2, "out_channels"),
            "value",
            "out_channels of the layer must be between 1 and 2147483647, not 0",
        ),
        (
            ("layers", 2, "kernal_size"),
            "key",
            'unknown field "kernal_size" of the layer; did you mean "kernel_size"?',
        ),
    ]
    assert problems[1].hint == (
        "fields: activation, bias, dilation, groups, kernel_size, name, norm, out_channels, padding, separable, "
        "stride, width"
    )


def test_mistakes_in_a_model_inside() -> None:
    values = {
        "type": "inverted_residual",
        "out_channels": 8,
        "expansion": 2,
        "squeeze_excite": {"reduction": 0, "rate": 4},
    }
    _, problems = validated(InvertedResidual, values, "the layer", ())
    assert [(problem.route, problem.message) for problem in problems] == [
        (
            ("squeeze_excite", "reduction"),
            "squeeze_excite.reduction of the layer must be between 1 and 2147483647, not 0",
        ),
        (
            ("squeeze_excite", "rate"),
            'unknown field "rate" of squeeze_excite of the layer; did you mean "gate"?',
        ),
    ]


@pytest.mark.parametrize("value", ["[]", "[1]", "many", "true", "", "{}", "{value: []}"])
def test_a_shorthand_that_means_nothing(value: str) -> None:
    with pytest.raises(SpecError) as caught:
        network("relu", "8x8x4", f"published: [{{multiplies: {value}}}]")
    (problem,) = caught.value.problems
    assert problem.route[:3] == ("published", 0, "multiplies")
    field = "multiplies.value" if "value" in value else "multiplies"
    assert problem.message.startswith(f"{field} of the published figures ")


def test_legal_fields() -> None:
    assert legal_fields(Conv, ("name",))[:2] == ["activation", "bias"]
    assert "type" not in legal_fields(Conv)


@pytest.mark.parametrize("count", [MAX_PROBLEMS, MAX_PROBLEMS + 1, 5000])
def test_of_very_many_mistakes_the_first_are_told(count: int) -> None:
    fields = ", ".join(f"x{number}: 1" for number in range(count))
    with pytest.raises(SpecError) as caught:
        network(f"{{{fields}, type: conv, out_channels: 4, kernel_size: 1}}", "8x8x4")
    messages = [problem.message for problem in caught.value.problems]
    assert messages[:MAX_PROBLEMS] == [
        f'unknown field "x{number}" of conv layer "conv_1"' for number in range(MAX_PROBLEMS)
    ]
    assert messages[MAX_PROBLEMS:] in ([], ["more than 100 problems; the rest is left out"])


def test_a_field_that_is_missing_and_not_misspelt_is_told() -> None:
    _, problems = validated(Conv, {"type": "conv", "stirde": 1}, "the layer", ())
    assert [problem.message for problem in problems] == [
        "the layer needs out_channels",
        "the layer needs kernel_size",
        'unknown field "stirde" of the layer; did you mean "stride"?',
    ]


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            "{type: conv, filters: 8, kernel_size: 3}",
            'unknown field "filters" of conv layer "conv_1"; did you mean "out_channels"?',
        ),
        (
            "{type: conv, out_channels: 8, filters: 8, kernel_size: 3}",
            'unknown field "filters" of conv layer "conv_1"',
        ),
        (
            "{type: linear, units: 8}",
            'unknown field "units" of linear layer "linear_1"; did you mean "out_features"?',
        ),
        (
            "{type: conv, in_channels: 4, out_channels: 8, kernel_size: 3}",
            'in_channels of conv layer "conv_1" is not said: it follows from the input',
        ),
        (
            "{type: conv, out_channels: 8, kernel_size: 3, kernal_size: 3}",
            'unknown field "kernal_size" of conv layer "conv_1"',
        ),
    ],
)
def test_what_others_call_a_field(layer: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        network(layer, "8x8x4")
    assert [problem.message for problem in caught.value.problems] == [message]
