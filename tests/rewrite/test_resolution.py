"""The resolution: another spatial size of the input, in pixels or as a multiplier."""

from __future__ import annotations

import re

import pytest

import costcalc
from costcalc.rewrite.resolution import parse_resolution

LAYERS = "layers: [{type: conv, out_channels: 4, kernel_size: 3, stride: 2}]"


def at(resolution: str, head: str = "input: 224x224x3") -> costcalc.Network:
    return costcalc.loads(f"{head}\n{LAYERS}", resolution=resolution)


@pytest.mark.parametrize(
    ("resolution", "head", "shape"),
    [
        ("192", "input: 224x224x3", "192x192x3"),
        ("192x160", "input: 224x224x3", "192x160x3"),
        ("192×160", "input: 224x224x3", "192x160x3"),
        ("0.714", "input: 224x224x3", "160x160x3"),  # ⌊224·0.714 + ½⌋ = ⌊160.436⌋
        ("0.857", "input: 224x224x3", "192x192x3"),
        ("1.0", "input: 224x224x3", "224x224x3"),
        ("8000", "input: 16000x1", "8000x1"),
        ("0.5", "input: 16x112x112x3", "8x56x56x3"),
        ("8x64x64", "input: 16x112x112x3", "8x64x64x3"),
    ],
)
def test_the_inputs_size(resolution: str, head: str, shape: str) -> None:
    assert str(at(resolution, head).inputs["input"]) == shape


def test_every_input_with_positions_is_changed() -> None:
    text = (
        "inputs: {image: 8x8x3, code: 16}\n"
        "layers: [{type: global_avg_pool, inputs: [image]}, {type: concat, inputs: [code, code]}]"
    )
    made = costcalc.loads(text, resolution="4")
    assert {name: str(shape) for name, shape in made.inputs.items()} == {"image": "4x4x3", "code": "16"}


def test_the_note_says_so_where_the_size_is_another() -> None:
    assert at("224").notes == ()
    assert at("192").notes == ("resolution: input 192x192x3 instead of 224x224x3",)


@pytest.mark.parametrize(
    ("resolution", "message"),
    [
        ("0", "must be between 1 and 2147483647, not 0"),
        ("0.0", "must be above 0, not 0.0"),
        ("-192", 'must be a size such as 192 or 192x160, or a multiplier such as 0.714, not "-192"'),
        ("big", 'must be a size such as 192 or 192x160, or a multiplier such as 0.714, not "big"'),
        ("1x2x3x4", 'must be a size such as 192 or 192x160, or a multiplier such as 0.714, not "1x2x3x4"'),
        ("", 'must be a size such as 192 or 192x160, or a multiplier such as 0.714, not ""'),
        ("9" * 20, "must be between 1 and 2147483647, not 99999999999999999999"),
        ("0." + "9" * 300, "has too many digits (302 characters)"),
    ],
)
def test_a_resolution_that_means_nothing(resolution: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_resolution(resolution)


@pytest.mark.parametrize(
    ("resolution", "head", "message"),
    [
        ("192x160", "input: 16000x1", "the input 16000x1 has 1 spatial axis, the resolution 2"),
        ("0.001", "input: 224x224x3", "this resolution leaves nothing of the input 224x224x3"),
        (
            "2000000000.5",
            "input: 224x224x3",
            "this resolution makes the input 224x224x3 larger than 2147483647",
        ),
    ],
)
def test_a_resolution_that_does_not_fit(resolution: str, head: str, message: str) -> None:
    with pytest.raises(costcalc.CostcalcError) as caught:
        at(resolution, head)
    assert str(caught.value) == message


def test_a_vector_has_none() -> None:
    with pytest.raises(costcalc.CostcalcError, match="the network's input is a vector"):
        costcalc.loads("input: 640\nlayers: [relu]", resolution="192")


def test_what_no_longer_fits_is_an_error_at_its_place() -> None:
    with pytest.raises(costcalc.SpecError) as caught:
        costcalc.loads("input: 224x224x3\nlayers:\n  - {type: max_pool, kernel_size: 7}", resolution="4")
    (problem,) = caught.value.problems
    assert (
        problem.message
        == 'max_pool layer "max_pool_1" on 4x4x3: kernel_size (=7) is larger than its padded input (=4)'
    )
    assert problem.location is not None
    assert (problem.location.line, problem.location.column) == (3, 35)
