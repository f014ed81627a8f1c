"""A spec as YAML: what is read back is what was written, whatever the names; each thing where a person looks for it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costcalc.reading.document import parse
from costcalc.rendering.spec_yaml import render_spec

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def written(**entry: Any) -> str:
    return render_spec({"layers": [{"type": "conv", **entry}]}).removeprefix("layers:\n")


@given(TEXTS)
@pytest.mark.parametrize("place", ["name", "network", "comment"])
def test_any_text_reads_back(place: str, text: str) -> None:
    spec = {
        "name": text if place == "network" else "x",
        "layers": [{"type": "relu", "name": text if place == "name" else "y"}],
    }
    rendered = render_spec(spec, comment=text if place == "comment" else "")
    assert parse(rendered, "x").data == spec
    assert all(char.isprintable() or char == "\n" for char in rendered)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("features.0.conv", "features.0.conv"),
        ("7x7", "7x7"),
        ("$width", "$width"),
        ("10", '"10"'),
        ("1e6", '"1e6"'),
        ("no", '"no"'),
        ("null", '"null"'),
        ("~", '"~"'),
        ("", '""'),
        ("a: b", '"a: b"'),
        ("- a", '"- a"'),
        ("a #b", '"a #b"'),
        ("=cmd()", '"=cmd()"'),
        ('say "it"', '"say \\"it\\""'),
        ("größe", '"größe"'),
        ("\U0001f600", '"\U0001f600"'),
        ("\u202eevil", '"\\u202eevil"'),
        ("\U000e0041", '"\\U000e0041"'),
        ("a\nb", '"a\\nb"'),
    ],
)
def test_a_text_is_plain_where_that_is_safe(text: str, shown: str) -> None:
    assert written(name=text) == f"  - {{type: conv, name: {shown}}}\n"


def test_a_layer_is_a_line_until_that_is_too_long() -> None:
    fields = {"kernel_size": [1, 7], "out_channels": 64, "padding": [0, 3]}
    assert written(**fields) == "  - {type: conv, out_channels: 64, kernel_size: [1, 7], padding: [0, 3]}\n"
    assert written(**fields, name="n" * 100) == (
        f"  - type: conv\n    name: {'n' * 100}\n    out_channels: 64\n    kernel_size: [1, 7]\n    padding: [0, 3]\n"
    )


def test_how_a_layer_is_called_may_stand_on_a_line_below() -> None:
    layer = {
        "type": "conv",
        "name": "a" * 60,
        "out_channels": 8,
        "kernel_size": 3,
        "called": {"layer_norm": "F.layer_norm"},
    }
    text = render_spec({"layers": [layer, {**layer, "name": "b" * 100}]})
    lines = text.splitlines()
    assert lines[1:3] == [
        f"  - {{type: conv, name: {'a' * 60}, out_channels: 8, kernel_size: 3,",
        "     called: {layer_norm: F.layer_norm}}",
    ]
    assert lines[3] == "  - type: conv"  # a line that is too long even so
    assert parse(text, "a.yaml").data == {"layers": [layer, {**layer, "name": "b" * 100}]}


def test_layers_inside_layers_and_blocks() -> None:
    body = [{"type": "relu"}, {"type": "conv", "out_channels": "$w", "kernel_size": 3}]
    blocks = {
        "piece": {"parameters": {"w": "required"}, "layers": [{"type": "residual", "body": body}]},
        "long": {
            "parameters": {f"parameter_{n}": "required" for n in range(9)},
            "layers": [{"type": "relu"}],
        },
    }
    layers = [
        {"type": "piece", "name": "p", "w": 8, "stride": 1},
        {"type": "branches", "merge": "add", "paths": [[], [{"type": "tanh"}, {"type": "relu"}]]},
        {"type": "residual", "shortcut": "projection", "body": [{"type": "relu"}]},
    ]
    text = render_spec({"input": "8x8x3", "blocks": blocks, "layers": layers})
    assert parse(text, "x").data == {
        "input": "8x8x3",
        "blocks": {**blocks, "piece": blocks["piece"] | {"layers": [{"type": "residual", "body": ["relu", body[1]]}]}}
        | {"long": blocks["long"] | {"layers": ["relu"]}},
        "layers": [
            layers[0],
            {"type": "branches", "merge": "add", "paths": [[], ["tanh", "relu"]]},
            {"type": "residual", "shortcut": "projection", "body": ["relu"]},
        ],
    }  # fmt: skip
    assert "      parameter_0: required\n" in text
    assert text.endswith(
        "layers:\n"
        "  - {type: piece, name: p, w: 8, stride: 1}\n"
        "  - type: branches\n"
        "    merge: add\n"
        "    paths:\n"
        "      - []\n"
        "      - - tanh\n"
        "        - relu\n"
        "  - type: residual\n"
        "    shortcut: projection\n"
        "    body:\n"
        "      - relu\n"
    )
