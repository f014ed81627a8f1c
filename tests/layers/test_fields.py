"""The values that fields take, and what is said of others."""

from __future__ import annotations

import pytest

from layers.table import network, refusal

CONV = {"out_channels": "8", "kernel_size": "3"}

TAKEN = [
    # YAML 1.2: 010 is ten, and a whole number may be written in any way
    ("out_channels", "010", 10),
    ("out_channels", "1e1", 10),
    ("out_channels", "8.0", 8),
    ("out_channels", "0x10", 16),
    ("kernel_size", "[3, 5]", (3, 5)),
    ("stride", "[1]", (1,)),
    ("padding", "0", 0),
    ("padding", "[0, 1]", (0, 1)),
    ("padding", "valid", "valid"),
    ("bias", "True", True),
    ("separable", "never", "never"),
]

SIZE = "must be between 1 and 2147483647, not"
COUNT = "must be between 0 and 2147483647, not"
PADDING = "must be same, valid, a number or a list of numbers, not"

REFUSED = [
    ("out_channels", "0", f"{SIZE} 0"),
    ("out_channels", "-8", f"{SIZE} -8"),
    ("out_channels", "2147483648", f"{SIZE} 2147483648"),
    ("out_channels", "1e10", f"{SIZE} 1e10"),
    ("out_channels", "1.5", "must be a whole number, not 1.5"),
    ("out_channels", ".nan", "must be a number, not .nan"),
    ("out_channels", ".inf", "must be a number, not .inf"),
    ("out_channels", "1e3000000", "has an exponent out of range: 1e3000000"),
    ("out_channels", "9" * 50, "has too many digits (50)"),
    ("out_channels", "9" * 6000, "has too many digits (6000 characters)"),
    ("out_channels", "'8'", 'must be a whole number, not "8"; did you mean 8, without quotes?'),
    ("out_channels", "8k", 'must be a whole number, not "8k"'),
    ("out_channels", "many", 'must be a whole number, not "many"'),
    ("out_channels", "true", "must be a whole number, not true"),
    ("out_channels", "null", "must be a whole number, not nothing"),
    ("out_channels", "[8]", "must be a whole number, not a list"),
    ("out_channels", "{a: 8}", "must be a whole number, not a mapping"),
    ("kernel_size", "[]", "must be one number or one per axis, not a list of 0"),
    ("kernel_size", "[3, 3, 3, 3]", "must be one number or one per axis, not a list of 4"),
    ("kernel_size", "[3, 0]", f"{SIZE} 0"),
    ("kernel_size", "3x3", 'must be a number, or a list, not "3x3"; did you mean [3, 3]?'),
    ("stride", "0", f"{SIZE} 0"),
    ("dilation", "[1, [2]]", "must be a whole number, not a list"),
    ("padding", "full", f'{PADDING} "full"'),
    ("padding", "Same", f'{PADDING} "Same"; did you mean "same"?'),
    ("padding", "-1", f"{COUNT} -1"),
    ("padding", "[1, 2, 3, 4, 5]", "must have one number per axis or two (before, after), not 5"),
    ("padding", "[]", "must have one number per axis or two (before, after), not 0"),
    ("padding", "true", f"{PADDING} true"),
    ("padding", "1.5", "must be a whole number, not 1.5"),
    ("padding", "none", f'{PADDING} "none"; did you mean "valid"?'),
    ("groups", "0", f"{SIZE} 0"),
    ("bias", "yes", 'must be true or false, not "yes"; did you mean true?'),
    ("bias", "off", 'must be true or false, not "off"; did you mean false?'),
    ("bias", "1", "must be true or false, not 1"),
    ("separable", "maybe", 'must be auto or never, not "maybe"'),
    ("separable", "false", "must be auto or never, not false"),
    ("width", "fix", 'must be scale, fixed or grow, not "fix"; did you mean "fixed"?'),
]


def conv(field: str, value: str) -> str:
    fields = {**CONV, field: value}
    return f"{{type: conv, {', '.join(f'{name}: {text}' for name, text in fields.items())}}}"


@pytest.mark.parametrize(("field", "value", "meant"), TAKEN)
def test_a_value(field: str, value: str, meant: object) -> None:
    inputs = "9x3" if field == "stride" else "9x9x4"
    (node,) = network(conv(field, value), inputs).nodes
    assert getattr(node.layer, field) == meant


@pytest.mark.parametrize(("field", "value", "message"), REFUSED, ids=lambda text: str(text)[:40])
def test_a_value_that_means_nothing(field: str, value: str, message: str) -> None:
    assert refusal(conv(field, value), "9x9x4") == f'{field} of conv layer "conv_1" {message}'


@pytest.mark.parametrize(
    ("shape", "meant"),
    [
        ("224x224x3", "224x224x3"),
        ("16000x1", "16000x1"),
        ("16x112x112x3", "16x112x112x3"),
        ("640", "640"),
        ("8×8×3", "8x8x3"),
    ],
)
def test_a_shape(shape: str, meant: str) -> None:
    assert str(network(f"{{type: parameter, shape: {shape}}}", "").nodes[0].output) == meant


WANTED = "must be a shape such as 224x224x3 (height x width x channels), not"


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ("224x", f'{WANTED} "224x"'),
        ("x", f'{WANTED} "x"'),
        ("'224,224,3'", f'{WANTED} "224,224,3"; did you mean 224x224x3?'),
        ("(224; 224)", f'{WANTED} "(224; 224)"'),
        ("224 x 224 x 3", f'{WANTED} "224 x 224 x 3"; did you mean 224x224x3?'),
        ("224X224X3", f'{WANTED} "224X224X3"; did you mean 224x224x3?'),
        ("224x224x3.5", f'{WANTED} "224x224x3.5"'),
        ("-1x3", f'{WANTED} "-1x3"'),
        ("1x1x1x1x1", 'must have at most three spatial axes, not 4: "1x1x1x1x1"'),
        ("0x3x3", "has a size that must be between 1 and 2147483647, not 0"),
        ("9999999999x3", "has a size that must be between 1 and 2147483647, not 9999999999"),
        ("1e3x3", f'{WANTED} "1e3x3"'),
        ("2.5", f"{WANTED} 2.5"),
        ("true", f"{WANTED} true"),
        ("[224, 224, 3]", f"{WANTED} a list; did you mean 224x224x3?"),
        ("0", "must be between 1 and 2147483647, not 0"),
        ("null", f"{WANTED} nothing"),
    ],
)
def test_a_shape_that_means_nothing(shape: str, message: str) -> None:
    said = refusal(f"{{type: parameter, shape: {shape}}}", "")
    assert said == f'shape of parameter layer "parameter_1" {message}'
