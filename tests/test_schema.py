"""The JSON Schema says what the reader says: field by field, spec by spec."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError

from costcalc import __version__
from costcalc.cli import run
from costcalc.errors import SpecError
from costcalc.layers import KINDS, kind_documentation, kind_model
from costcalc.network import resolve
from costcalc.quantity import Numeral
from costcalc.reading.document import parse
from costcalc.spec import NetworkSpec, parse_spec
from costcalc.spec.budget import budget_model
from costcalc.spec.frame import Defaults
from costcalc.spec.published import published_model
from costcalc.spec.schema import can_stand_bare, spec_schema

SCHEMA = spec_schema(__version__)
VALIDATOR = Draft202012Validator(SCHEMA)
SPECS = sorted((Path(__file__).parent.parent / "specs").glob("*.yaml"))


def as_json(data: Any) -> Any:
    """A document's data as an editor has it: numbers are numbers."""
    if isinstance(data, dict):
        return {key: as_json(value) for key, value in data.items()}
    if isinstance(data, list):
        return list(map(as_json, data))
    return float(data) if isinstance(data, Numeral) else data


def faults(text: str) -> list[str]:
    """Where the schema finds fault with a spec, as paths such as ``layers/0/kernal_size``."""
    return sorted(
        {
            "/".join(map(str, error.absolute_path))
            for error in VALIDATOR.iter_errors(as_json(parse(text, "x").data))
        }
    )


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert SCHEMA["$id"].endswith(f":{__version__}")
    assert __version__ in SCHEMA["title"]


def test_every_reference_leads_somewhere_and_every_definition_is_used() -> None:
    text = json.dumps(SCHEMA)
    names = {part.partition('"')[0] for part in text.split('"$ref": "#/$defs/')[1:]}
    assert names == set(SCHEMA["$defs"])


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_shipped_spec_validates(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_an_unknown_field_in_any_layer_of_a_shipped_spec_does_not(path: Path) -> None:
    data = parse(path.read_text(encoding="utf-8"), path.name).data
    blocks = data.get("blocks", {})
    for entries in (data["layers"], *(block["layers"] for block in blocks.values())):
        for index, entry in enumerate(entries):
            if isinstance(entry, dict) and entry.get("type") not in blocks:
                entries[index] = {**entry, "kernal_size": 3}
                assert not VALIDATOR.is_valid(as_json(data)), entries[index]
                entries[index] = entry
    assert VALIDATOR.is_valid(as_json(data))


LAYER = "input: 8x8x4\nlayers:\n  - "
BLOCK = "input: 8x8x4\nlayers: [b]\nblocks:\n  b:\n    parameters: {n: 1}\n    layers:\n      - "

GOOD = [
    LAYER + "flatten",
    LAYER + "my_block",
    LAYER + "{type: my_block, anything: [at, {all: 1}], name: x, repeat: 2}",
    LAYER + "{type: conv, out_channels: 1e3, kernel_size: [3, 1.0], padding: [0, 1, 2, 3]}",
    LAYER + "{type: conv, out_channels: 8, kernel_size: 3, norm: {type: group, groups: 2}, activation: none}",
    LAYER + "{type: conv, out_channels: 8, kernel_size: 3, activation: {type: prelu, shared: true}}",
    LAYER + "{shares: other, name: again, inputs: [left], repeat: 2}",
    LAYER + "{shares: other, stride: 2, padding: same, dilation: [1, 2]}",
    LAYER + "{type: my_block, shares: {conv_1: other/conv_1, conv_2: stem}}",
    BLOCK + "{type: my_block, shares: {conv_1: $n}}",
    LAYER + "{type: separable_conv, out_channels: 8, between: none}",
    LAYER + "{type: separable_conv, out_channels: 8, between: {norm: batch}}",
    LAYER + "{type: inverted_residual, out_channels: 8, expansion: 1.5, squeeze_excite: {reduction: 4}}",
    LAYER + "{type: residual, body: [], shortcut: [flatten, {type: linear, out_features: 3}]}",
    LAYER + "{type: branches, merge: add, paths: [[], [relu]]}",
    LAYER + "{type: add, inputs: [a, b, c]}",
    LAYER + "{type: parameter, shape: 1x768}",
    LAYER + "{type: upsample, scale: [2, 1.5]}",
    BLOCK + "$n",
    BLOCK + "{type: $n, all: $n}",
    BLOCK
    + "{type: conv, out_channels: $n, kernel_size: [$n, 3], repeat: $n, norm: $n, bias: $n, inputs: [$n]}",
    BLOCK + "{type: conv, out_channels: 8, kernel_size: 3, norm: {type: $n, affine: $n}, name: $n}",
    BLOCK + "{type: residual, body: $n, shortcut: [$n]}",
    BLOCK
    + "{type: branches, merge: $n, paths: [$n, [relu, {type: conv, out_channels: $n, kernel_size: 1}]]}",
    BLOCK + "{type: inverted_residual, out_channels: $n, expansion: $n, squeeze_excite: $n}",
    BLOCK + "{type: inverted_residual, out_channels: $n, expansion: $n, squeeze_excite: {gate: $n}}",
    "inputs: {left: 8x8x4, right: 16}\nlayers: [flatten]",
    "input: 640\nchannel_divisor: 8\ndefaults: {norm: batch, bias: true, padding: 1, activation: relu}\nlayers: [relu]",
    LAYER + "relu\nbudget: {multiplies: 600M, params: {max: 600_000_000, warn: 90%}}",
    LAYER
    + "relu\nbudget: {multiplies: 600e6, layers: {'conv*': {params: 4 M, multiplies: {max_share: 12.5%}}}}",
    LAYER + "relu\nbudget: {reduction: {multiplies: 8x}, regression: {params: 1%}, message: why}",
    LAYER
    + "relu\npublished: {multiplies: 569M, params: {value: 4.2M, note: rounded}, width_multiplier: 0.75}",
    LAYER
    + "relu\npublished: [{params: 4M, source: x}, {operations: 1G, convention: thop, resolution: 192, without: stem}]",
]


@pytest.mark.parametrize("text", GOOD)
def test_what_people_write_validates(text: str) -> None:
    assert faults(text) == []


BAD = [
    ("layers: [relu]", ""),
    ("input: 8x8x4", ""),
    ("input: 8x8x4\ninputs: {a: 8}\nlayers: [relu]", ""),
    ("input: 8x8x4\nlayers: []", "layers"),
    ("input: 8 by 8\nlayers: [relu]", "input"),
    ("input: 8x8x4\nlayers: [relu]\nlayer: []", ""),
    (LAYER + "conv", "layers/0"),
    (LAYER + "add", "layers/0"),
    (LAYER + "parameter", "layers/0"),
    (LAYER + "slice", "layers/0"),
    (LAYER + "upsample", "layers/0"),
    (LAYER + "inverted_residual", "layers/0"),
    (LAYER + "[relu]", "layers/0"),
    (LAYER + "3", "layers/0"),
    (LAYER + "{name: x}", "layers/0"),
    (LAYER + "{type: 3}", "layers/0/type"),
    (LAYER + "{type: conv, out_channels: 8}", "layers/0"),
    (LAYER + "{type: conv, out_channels: 8, kernel_size: 3, kernal_size: 3}", "layers/0"),
    (LAYER + "{type: conv, out_channels: $n, kernel_size: 3}", "layers/0/out_channels"),
    (LAYER + "{type: conv, out_channels: 8, kernel_size: 3, norm: group}", "layers/0/norm"),
    (
        LAYER + "{type: conv, out_channels: 8, kernel_size: 3, norm: {type: batch, groups: 2}}",
        "layers/0/norm",
    ),
    (LAYER + "{type: conv, out_channels: 8, kernel_size: 3, inputs: [a, b]}", "layers/0/inputs"),
    (LAYER + "{type: conv, out_channels: 8, kernel_size: 3, repeat: 0}", "layers/0/repeat"),
    (LAYER + "{type: conv, out_channels: 8, kernel_size: 3, padding: [1, 2, 3, 4, 5]}", "layers/0/padding"),
    (LAYER + "{type: add, inputs: [a]}", "layers/0/inputs"),
    (LAYER + "{type: add}", "layers/0"),
    (LAYER + "{type: parameter, shape: 8, inputs: [a]}", "layers/0"),
    (LAYER + "{type: slice, part: 1}", "layers/0"),
    (LAYER + "{type: slice, part: 1, of: 2, channels: [0, 2]}", "layers/0"),
    (LAYER + "{type: upsample, scale: 2, size: 8}", "layers/0"),
    (LAYER + "{type: pad}", "layers/0"),
    (LAYER + "{shares: a, kernel_size: 3}", "layers/0"),
    (LAYER + "{shares: a, type: conv}", "layers/0"),
    (LAYER + "{type: conv, out_channels: 8, kernel_size: 3, shares: {a: b}}", "layers/0"),
    (LAYER + "{type: my_block, shares: {a: 3}}", "layers/0/shares/a"),
    (LAYER + "{type: residual, body: [{type: relu, slope: 1}]}", "layers/0/body/0"),
    (LAYER + "{type: branches, merge: add, paths: [[relu]]}", "layers/0/paths"),
    (BLOCK + "{type: conv, out_channels: $n, kernel_size: 3, kernal_size: $n}", "blocks/b/layers/0"),
    (BLOCK + "{type: conv, out_channels: wide, kernel_size: 3}", "blocks/b/layers/0/out_channels"),
    (BLOCK + "{type: conv, out_channels: $n n, kernel_size: 3}", "blocks/b/layers/0/out_channels"),
    ("input: 8\nlayers: [b]\nblocks: {b: {layers: [relu], parameters: {name: 1}}}", "blocks/b/parameters"),
    ("input: 8\nlayers: [conv]\nblocks: {conv: {layers: [relu]}}", "blocks"),
    ("input: 8\nlayers: [b]\nblocks: {b: {parameters: {}}}", "blocks/b"),
    ("input: 8\ndefaults: {groups: 2}\nlayers: [relu]", "defaults"),
    (LAYER + "relu\nbudget: {multiplies: 600m}", "budget/multiplies"),
    (LAYER + "relu\nbudget: {multiplies: {warn: 90%}}", "budget/multiplies"),
    (LAYER + "relu\nbudget: {reduction: {multiplies: 8}}", "budget/reduction/multiplies"),
    (LAYER + "relu\npublished: {macs: 1}", "published"),
]


@pytest.mark.parametrize(("text", "place"), BAD)
def test_what_the_reader_refuses_does_not_validate(text: str, place: str) -> None:
    assert place in faults(text)
    spec, problems = parse_spec(parse(text, "x").data)
    with pytest.raises(SpecError):
        resolve(spec, problems)


# Field by field

#: What might stand in a field; None stands for nothing there, and is for the reader alone.
VALUES: list[Any] = [
    *(0, 1, 2, 5, -1, 2**31 - 1, 2**31, 10**19),
    *map(Numeral, ("1e3", "1.5", "0.25", "-0.5", "2.0", "1e40")),
    *(
        True,
        False,
        "",
        "3",
        "same",
        "valid",
        "none",
        "auto",
        "never",
        "scale",
        "fixed",
        "grow",
        "channels",
        "width",
    ),
    *(
        "relu",
        "prelu",
        "silu",
        "batch",
        "layer",
        "group",
        "identity",
        "projection",
        "nearest",
        "cubic",
        "concat",
    ),
    *(
        "8x8x3",
        "8x8x8x8x8",
        "8xx3",
        "600M",
        "600 M",
        "600m",
        "600_000",
        "90%",
        "8x",
        ".5%",
        "%",
        "x",
        "$n",
        "text",
    ),
    *(
        [],
        [1],
        [1, 2],
        [0, 1],
        [1, 1, 1],
        [0, 0, 1, 1],
        [1] * 5,
        [1] * 6,
        [1] * 7,
        ["same"],
        [[0, 1]],
        [[0, 1], [1, 2]],
    ),
    *([Numeral("1e2"), 2], [True], ["relu"], [[], []], [["relu"], []], [[]], [{"type": "relu"}]),
    *(
        {},
        {"type": "prelu"},
        {"type": "prelu", "shared": True},
        {"type": "relu"},
        {"type": "batch"},
        {"type": "group"},
    ),
    *({"type": "batch", "affine": False}, {"type": "group", "groups": 2}, {"type": "layer", "groups": 2}),
    *(
        {"norm": "batch"},
        {"reduction": 4},
        {"squeeze_channels": 8, "gate": "none"},
        {"max": "5M"},
        {"max": 1, "warn": "9%"},
    ),
    *(
        {"max_increase": "5%"},
        {"value": "4.2M", "note": "x"},
        {"value": 3},
        {"multiplies": "8x"},
        {"conv*": {"params": 5}},
    ),
    *({"multiplies": {"max": "1k", "max_share": "9%"}}, {"unknown": 1}),
]

#: Where no field by itself must be written, but one of several; and a list whose items the model leaves unread.
GIVEN: dict[str, dict[str, Any]] = {
    "inverted_residual": {"expansion": 2},
    "pad": {"padding": 1},
    "upsample": {"scale": 2},
    "slice": {"part": 1, "of": 2},
    "branches": {"paths": [[], []]},
    "transpose": {"order": ["channels", "width"]},
    "elementwise": {"function": "sqrt"},
    "reduce": {"function": "mean"},
}


@cache
def needs(kind: str) -> dict[str, Any]:
    """Fields that make a layer of the kind right, as few as can be."""
    model, fields = kind_model(kind), dict(GIVEN.get(kind, {}))
    for name, field in model.model_fields.items():
        if field.is_required() and name not in ("type", *fields):
            fields[name] = next(v for v in VALUES if name not in wrong(model, {**fields, name: v}))
    return fields


def wrong(model: type[BaseModel], values: dict[str, Any]) -> set[str]:
    try:
        model.model_validate({"type": "any", **values})
    except ValidationError as error:
        return {str(item["loc"][0]) for item in error.errors() if item["loc"]}
    return set()


#: Where the two differ, and by which values. The schema takes no number in quotes, no padding of a pad that is
#: none, no more scales than axes can be; and it cannot compare two numbers, nor tell 1000.0 from 1000.
DIFFERENT: dict[tuple[str, str], list[Any]] = {
    ("Published", "width_multiplier"): ["3", "600_000"],
    ("inverted_residual", "expansion"): ["3", "600_000"],
    ("pad", "padding"): ["valid"],
    ("parameter", "shape"): ["1e3", "2.0"],
    ("reshape", "to"): ["1e3", "2.0"],
    ("slice", "part"): [5, 2**31 - 1, "1e3"],
    ("slice", "spatial"): [["1e2", 2]],
    ("upsample", "scale"): ["3", "600_000", [], [1] * 5, [1] * 6, [1] * 7],
}
#: What a list of layers holds, the reader sees later: as good or bad specs above.
LISTS_OF_LAYERS = {("residual", "body"), ("residual", "shortcut"), ("branches", "paths")}


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


def reads(model: type[BaseModel], values: dict[str, Any]) -> bool:
    try:
        model.model_validate(values)
    except ValidationError:
        return False
    return True


FIELDS = [(kind, field) for kind in KINDS for field in kind_model(kind).model_fields if field != "type"]
PARTS: dict[str, type[BaseModel]] = {
    "Defaults": Defaults,
    "Budget": budget_model(),
    "Published": published_model(),
}
PART_FIELDS = [(part, field) for part, model in PARTS.items() for field in model.model_fields]


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_a_field_of_a_kind_takes_what_the_reader_takes(kind: str, field: str) -> None:
    model = kind_model(kind)
    named = {"inputs": ["a", "b", "c"][: model.arity[0]]} if model.arity[0] > 1 else {}
    different = []
    for value in VALUES:
        if isinstance(value, list) and (kind, field) in LISTS_OF_LAYERS:
            continue
        layer = {"type": kind, **needs(kind), field: value}
        written = as_json({**layer, **named})
        if validator("layer").is_valid(written) != reads(model, layer):
            different.append(value)
        assert validator("layer_in_block").is_valid(written) or not validator("layer").is_valid(written)
    assert different == DIFFERENT.get((kind, field), [])


@pytest.mark.parametrize(("part", "field"), PART_FIELDS)
def test_a_field_of_the_frame_takes_what_the_reader_takes(part: str, field: str) -> None:
    schema = validator(part)
    different = [v for v in VALUES if schema.is_valid(as_json({field: v})) != reads(PARTS[part], {field: v})]
    assert different == DIFFERENT.get((part, field), [])


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_its_fields_its_documentation_and_no_others(kind: str) -> None:
    model = kind_model(kind)
    layer = {
        "type": kind,
        **needs(kind),
        **({"inputs": ["a", "b", "c"][: model.arity[0]]} if model.arity[0] > 1 else {}),
    }
    bare = not needs(kind) and model.arity[0] <= 1 and model.arity[1] != 0
    for definition in ("layer", "layer_in_block"):
        own = validator(definition)
        assert own.is_valid(layer)
        assert own.is_valid(
            {**layer, "name": "x", "repeat": 2, "dtype": "int8", "called": {"relu": "F.relu"}}
        )
        assert not own.is_valid({**layer, "kernal_size": 3})
        assert own.is_valid({**layer, "type": "no_kind", "kernal_size": 3})
        assert own.is_valid(kind) == can_stand_bare(kind) == bare
    defined = next(
        schema
        for schema in SCHEMA["$defs"].values()
        if kind in schema.get("properties", {}).get("type", {}).get("enum", ())
        and "anyOf" not in schema["properties"]["type"]
    )
    common = {"name", "repeat", "dtype", "called", *(() if model.arity[1] == 0 else ("inputs",))}
    assert set(defined["properties"]) == {*model.model_fields, *common}
    assert defined["properties"]["type"]["description"] == kind_documentation(kind).strip().replace("``", "")


def test_the_top_level_has_the_reader_s_keys() -> None:
    assert set(SCHEMA["properties"]) == set(NetworkSpec.model_fields)
    assert all(schema["description"] for schema in SCHEMA["properties"].values())


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == (SCHEMA, "")
    assert out.isascii()
