"""batch_norm, layer_norm: params = 2·C with affine; statistics are no params. And ``norm`` as a field."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts, refusal

ROWS = [
    # a scale and a shift for each of 6 channels
    Row("batch_norm", "4x4x6", "4x4x6", 0, 12),
    Row("layer_norm", "4x4x6", "4x4x6", 0, 12),
    Row("{type: batch_norm, affine: false}", "4x4x6", "4x4x6", 0, 0),
    Row("{type: batch_norm, affine: shift}", "4x4x6", "4x4x6", 0, 6),
    Row("{type: layer_norm, affine: scale}", "4x4x6", "4x4x6", 0, 6),
    # vectors too
    Row("batch_norm", "640", "640", 0, 1280),
    # as fields of a convolution: 3·4 weights and what the norm has on 4 channels
    Row("{type: conv, out_channels: 4, kernel_size: 1, norm: layer}", "2x2x3", "2x2x4", 48, 12 + 8),
    Row(
        "{type: conv, out_channels: 4, kernel_size: 1, norm: {type: layer, affine: false}}",
        "2x2x3",
        "2x2x4",
        48,
        12,
    ),
    Row("{type: conv, out_channels: 4, kernel_size: 1, norm: none}", "2x2x3", "2x2x4", 48, 12),
]

BAD_FIELDS = [
    (
        "batchnorm",
        '{} must be batch, layer, group, instance, rms or none, not "batchnorm"; did you mean "batch"?',
    ),
    (
        "batch_norm",
        '{} must be batch, layer, group, instance, rms or none, not "batch_norm"; did you mean "batch"?',
    ),
    (
        "instanse",
        '{} must be batch, layer, group, instance, rms or none, not "instanse"; did you mean "instance"?',
    ),
    ("true", "{} must be batch, layer, group, instance, rms or none, not true"),
    ("group", "{} of type group needs groups: {{type: group, groups: 32}}"),
    ("{groups: 2}", "{} must have a type: batch, layer, group, instance or rms, not nothing"),
    ("{type: batch, afine: false}", 'unknown field "afine" of {}; did you mean "affine"?'),
    ("{type: group}", "{} needs groups"),
    (
        "{type: group, groups: 0}",
        'norm.groups of conv layer "conv_1" must be between 1 and 2147483647, not 0',
    ),
    (
        "{type: batch, affine: no}",
        'norm.affine of conv layer "conv_1" must be true or false, not "no"; did you mean false?',
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_norm(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(("value", "message"), BAD_FIELDS)
def test_a_norm_field_that_means_nothing(value: str, message: str) -> None:
    layer = f"{{type: conv, out_channels: 4, kernel_size: 1, norm: {value}}}"
    assert refusal(layer, "4x4x6") == message.format('norm of conv layer "conv_1"')


def test_only_a_batch_norm_keeps_statistics() -> None:
    assert facts("batch_norm", "4x4x6", "statistics") == 12
    assert facts("layer_norm", "4x4x6", "statistics") == 0
