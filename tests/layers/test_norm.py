"""batch_norm, layer_norm, group_norm, instance_norm: params = 2·C with affine; statistics are no params."""

from __future__ import annotations

import pytest

from layers.table import Row, check, facts, refusal

ROWS = [
    # a scale and a shift for each of 6 channels
    Row("batch_norm", "4x4x6", "4x4x6", 0, 12),
    Row("layer_norm", "4x4x6", "4x4x6", 0, 12),
    Row("{type: group_norm, groups: 3}", "4x4x6", "4x4x6", 0, 12),
    Row("instance_norm", "4x4x6", "4x4x6", 0, 12),
    Row("rms_norm", "4x4x6", "4x4x6", 0, 6),
    Row("rms_norm", "6", "6", 0, 6),
    Row("{type: rms_norm, affine: false}", "9x6", "9x6", 0, 0),
    Row("{type: instance_norm, affine: false}", "4x5x4x6", "4x5x4x6", 0, 0),
    Row("{type: conv, out_channels: 4, kernel_size: 1, norm: rms}", "2x2x3", "2x2x4", 48, 12 + 4),
    Row("{type: conv, out_channels: 4, kernel_size: 1, norm: instance}", "2x2x3", "2x2x4", 48, 12 + 8),
    Row(
        "{type: conv, out_channels: 4, kernel_size: 1, norm: {type: instance, affine: scale}}",
        "2x2x3",
        "2x2x4",
        48,
        12 + 4,
    ),
    Row("{type: batch_norm, affine: false}", "4x4x6", "4x4x6", 0, 0),
    Row("{type: batch_norm, affine: shift}", "4x4x6", "4x4x6", 0, 6),
    Row("{type: layer_norm, affine: scale}", "4x4x6", "4x4x6", 0, 6),
    # vectors too
    Row("batch_norm", "640", "640", 0, 1280),
    # as fields of a convolution: 3·4 weights and what the norm has on 4 channels
    Row("{type: conv, out_channels: 4, kernel_size: 1, norm: layer}", "2x2x3", "2x2x4", 48, 12 + 8),
    Row(
        "{type: conv, out_channels: 4, kernel_size: 1, norm: {type: group, groups: 2}}",
        "2x2x3",
        "2x2x4",
        48,
        12 + 8,
    ),
    Row(
        "{type: conv, out_channels: 4, kernel_size: 1, norm: {type: layer, affine: false}}",
        "2x2x3",
        "2x2x4",
        48,
        12,
    ),
    Row("{type: conv, out_channels: 4, kernel_size: 1, norm: none}", "2x2x3", "2x2x4", 48, 12),
]

REFUSED = [
    (
        "{type: group_norm, groups: 4}",
        'group_norm layer "group_norm_1" on 4x4x6: in_channels (=6) must be divisible by groups (=4)',
    ),
    ("group_norm", 'group_norm layer "group_norm_1" needs groups'),
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


@pytest.mark.parametrize(("layer", "message"), REFUSED)
def test_a_mistake(layer: str, message: str) -> None:
    assert refusal(layer, "4x4x6") == message


@pytest.mark.parametrize(("value", "message"), BAD_FIELDS)
def test_a_norm_field_that_means_nothing(value: str, message: str) -> None:
    layer = f"{{type: conv, out_channels: 4, kernel_size: 1, norm: {value}}}"
    assert refusal(layer, "4x4x6") == message.format('norm of conv layer "conv_1"')


def test_only_a_batch_norm_keeps_statistics() -> None:
    assert facts("batch_norm", "4x4x6", "statistics") == 12
    assert facts("layer_norm", "4x4x6", "statistics") == 0
    assert facts("instance_norm", "4x4x6", "statistics") == 0
    assert facts("{type: group_norm, groups: 2}", "4x4x6", "statistics") == 0


def test_an_instance_norm_takes_no_vector() -> None:
    message = 'instance_norm layer "instance_norm_1" on 640: needs a map with spatial axes, not a vector'
    assert refusal("instance_norm", "640") == message


def test_the_groups_of_a_field_must_divide_the_channels() -> None:
    layer = "{type: conv, out_channels: 4, kernel_size: 1, norm: {type: group, groups: 3}}"
    assert refusal(layer, "4x4x6") == (
        'conv layer "conv_1" on 4x4x6: its group_norm on 4x4x4: in_channels (=4) must be divisible by groups (=3)'
    )
