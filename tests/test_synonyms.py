"""What other tools call things is understood: the right word stands in the error."""

from __future__ import annotations

import pytest

from costcalc.application.load import loads
from costcalc.errors import SpecError, did_you_mean
from costcalc.layers import KINDS
from costcalc.metrics import METRICS


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("silu", "swish"),
        ("mul", "multiply"),
        ("se", "squeeze_excite"),
        ("deconv", "conv_transpose"),
        ("conv1d", "conv"),
        ("bneck", "inverted_residual"),
        ("crop", "slice"),
        ("hswish", "hard_swish"),
        ("dense", "linear"),
        ("FC", "linear"),
        ("maxpool", "max_pool"),
        ("avgpool", "avg_pool"),
        ("bn", "batch_norm"),
        ("gap", "global_avg_pool"),
        ("sepconv", "separable_conv"),
        ("upconv", "conv_transpose"),
        ("ConvTranspose2d", "conv_transpose"),
        ("PixelShuffle", "depth_to_space"),
        ("interpolate", "upsample"),
        ("ZeroPadding2D", "pad"),
        ("GroupNorm", "group_norm"),
        ("mha", "attention"),
    ],
)
def test_kinds(word: str, meant: str) -> None:
    assert did_you_mean(word, KINDS) == f'; did you mean "{meant}"?'


@pytest.mark.parametrize(
    ("word", "meant"),
    [("ram", "peak_memory"), ("memory", "peak_memory"), ("flash", "weight_memory"), ("FLOPs", "multiplies")],
)
def test_metrics(word: str, meant: str) -> None:
    assert did_you_mean(word, METRICS) == f'; did you mean "{meant}"?'


def test_the_layers_of_a_residual_are_its_body() -> None:
    assert messages("input: 8x8x3\nlayers: [{type: residual, layers: [relu]}]\n") == [
        'unknown field "layers" of residual layer "residual_1"; did you mean "body"?',
    ]


def messages(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        loads(text)
    return [problem.message for problem in caught.value.problems]


def test_fields() -> None:
    text = "input: 8x8x3\nlayers:\n  - {type: conv, filters: 3, kernel: 3, strides: 2}\n"
    said = [message.partition("; did you mean ")[2] for message in messages(text)]
    assert [guess for guess in said if guess] == ['"out_channels"?', '"kernel_size"?', '"stride"?']


@pytest.mark.parametrize("word", ["multihead_attention", "self_attention"])
def test_attention_has_one_word(word: str) -> None:
    assert messages(f"input: 8\nlayers: [{word}]\n") == [
        f'unknown layer type "{word}"; did you mean "attention"?'
    ]


def test_a_word_that_is_legal_is_no_synonym() -> None:
    assert did_you_mean("pad", ("pad", "padding")) == '; did you mean "pad"?'
    assert did_you_mean("filters", ("stride",)) == ""


@pytest.mark.parametrize(
    ("shape", "meant"),
    [
        ("3x224x224", "224x224x3"),
        ("1x28x28", "28x28x1"),
        ("4x16x112x112", "16x112x112x4"),
        ("1x3x224x224", "224x224x3"),
        ("1x16000", "16000x1"),
    ],
)
def test_channels_first_is_a_warning(shape: str, meant: str) -> None:
    (warning,) = loads(f"input: {shape}\nlayers: [relu]\n").warnings
    assert warning.message.endswith(f"channels: sizes are channels last; is {meant} meant?")
    assert warning.location is not None
    assert (warning.location.line, warning.location.column) == (1, 8)


def test_a_picture_without_channels_is_a_warning() -> None:
    (warning,) = loads("input: 28x28\nlayers: [relu]\n").warnings
    assert warning.message == (
        "input 28x28 is a sequence of 28 positions; is a picture of one channel, 28x28x1, meant?"
    )


@pytest.mark.parametrize(
    "shape", ["224x224x3", "3x3x3", "2x9x9", "1x16", "1x4096", "640", "4x4", "28x32", "2x16x16x8"]
)
def test_other_shapes_are_none(shape: str) -> None:
    assert loads(f"input: {shape}\nlayers: [relu]\n").warnings == ()


@pytest.mark.parametrize(
    ("word", "meant"), [("exp", "expanded_channels"), ("expand_ratio", "expansion"), ("t", "expansion")]
)
def test_expansions(word: str, meant: str) -> None:
    layer = f"{{type: inverted_residual, {word}: 2, out_channels: 8}}"
    assert (
        f'unknown field "{word}" of inverted_residual layer "inverted_residual_1"; did you mean "{meant}"?'
        in (messages(f"input: 8x8x8\nlayers: [{layer}]\n"))
    )


def test_true_for_a_mapping() -> None:
    layer = "{type: inverted_residual, expansion: 2, out_channels: 8, squeeze_excite: true}"
    assert messages(f"input: 8x8x8\nlayers: [{layer}]\n") == [
        'squeeze_excite of inverted_residual layer "inverted_residual_1" must be a mapping, not true; '
        "{} takes all defaults"
    ]
