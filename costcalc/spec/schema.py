"""The JSON Schema of a spec (draft 2020-12), for editors: generated from the models that read a spec.

What costcalc reads, the schema lets through; what it cannot say (shapes that fit, names that exist) is for
costcalc to check. Each definition that a layer needs stands twice: as it is, and as it is inside a block,
where a ``$word`` may stand for any value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from costcalc.called import CALLED_SCHEMA
from costcalc.layers import KINDS, kind_documentation, kind_model
from costcalc.layers.base import SLIDING_FIELDS, Layer
from costcalc.layers.fields import DTYPE_SCHEMA, LAYERS_SCHEMA, list_of, mapping_of
from costcalc.layers.schema import model_schema, plain
from costcalc.quantity import MAX_SIZE
from costcalc.spec.blocks import RESERVED, WORD
from costcalc.spec.budget import budget_model
from costcalc.spec.choices import CHOICES_SCHEMA
from costcalc.spec.frame import NetworkSpec
from costcalc.spec.published import published_model

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TOP_LEVEL = {
    "name": "what the network is called",
    "source": "where the network is described",
    "input": "the shape of its one input, such as 224x224x3 (height x width x channels)",
    "inputs": "the shapes of its inputs by name, where it has several",
    "state": "which inputs are what the network itself kept from its run before: memory apart from that of maps",
    "defaults": "what convolutions have where they do not say",
    "channel_divisor": "a width multiplier rounds channels to a multiple of this, as MobileNet V2 does",
    "dtype": "in what numbers it is kept: a word such as int8, or one each for weights, activations and biases",
    "called": "how the model calls its layers, by kind, where not as modules of the framework's own",
    "device": "the device it is for: a name that costcalc devices lists, or a YAML file beside the spec",
    "choices": "values by name, of which the network takes one: the first, unless another is asked for",
    "blocks": "pieces of network by name; a $word in one is a parameter, filled in at each use",
    "layers": "the layers in order; the last one is the output",
    "budget": "what the network may cost",
    "published": "what the source prints: one row of figures, or a list of rows",
    "variants": "other specs of the same network",
}
_NAME = {"type": "string", "minLength": 1}
_REPEAT = {
    "type": "integer",
    "minimum": 1,
    "maximum": MAX_SIZE,
    "default": 1,
    "description": "so many equal copies in a row",
}
_SHARES_SOME = "of a block's use: the layers inside it that use the weights of earlier layers, and of which"
_IN_BLOCK = "_in_block"
_IDENTIFIER = f"^({WORD.pattern})$"
_WORD = {
    "type": "string",
    "pattern": rf"^\$({WORD.pattern})$",
    "description": "a parameter of the block, such as $stride",
}


def spec_schema(version: str) -> Schema:
    """The schema; ``version`` is costcalc's, since each has its own kinds and fields."""
    properties, frame = _frame()
    layers = _layers()
    in_blocks = {name + _IN_BLOCK: _in_block(schema) for name, schema in layers.items()}
    return {
        "$schema": DIALECT,
        "$id": f"urn:costcalc:spec:{version}",
        "title": f"costcalc {version} spec",
        "description": "A convolutional network, layer by layer.",
        "type": "object",
        "properties": {
            name: {**schema, "description": _TOP_LEVEL[name]} for name, schema in properties.items()
        },
        "required": ["layers"],
        "if": {"required": ["choices"]},  # then their words may stand in layers, as a block's do in its own
        "then": {"properties": {"layers": _reference("layers" + _IN_BLOCK)}},
        "else": {"properties": {"layers": _reference("layers")}},
        "oneOf": [{"required": ["input"]}, {"required": ["inputs"]}],
        "additionalProperties": False,
        "$defs": dict(sorted({**frame, **layers, **in_blocks, "word": _WORD}.items())),
    }


def can_stand_bare(kind: str) -> bool:
    """Whether a kind can be written as a bare word: it needs no field and takes one input."""
    model = kind_model(kind)
    least, most = model.arity
    try:
        model.model_validate({"type": kind})
    except ValidationError:
        return False
    return least <= 1 and most != 0


# Everything but the layers


def _frame() -> tuple[dict[str, Schema], dict[str, Schema]]:
    """The top-level properties, and the definitions that they refer to."""
    found: dict[str, Schema] = {}
    properties = _model(NetworkSpec, found)["properties"]
    for model in (budget_model(), published_model()):
        found[model.__name__] = _model(model, found)
    row = _reference("Published")
    properties |= {
        "layers": {"type": "array", "minItems": 1},
        "blocks": _blocks(),
        "budget": _reference("Budget"),
        "published": {"anyOf": [row, list_of(row, 1)]},
    }
    del found["Block"]
    properties = _named(properties, found)
    return properties, _all_named(found)


def _blocks() -> Schema:
    parameters = {
        "type": "object",
        "description": "a default for each parameter, or: required",
        "propertyNames": {"pattern": _IDENTIFIER, "not": {"enum": list(RESERVED)}},
    }
    choices = {**CHOICES_SCHEMA, "propertyNames": parameters["propertyNames"]}
    layers = _reference("layers" + _IN_BLOCK)
    return {
        "type": "object",
        "propertyNames": {"pattern": _IDENTIFIER, "not": {"enum": list(KINDS)}},
        "additionalProperties": mapping_of(
            {"parameters": parameters, "choices": choices, "layers": layers}, "layers"
        ),
    }


# Layers


def _layers() -> dict[str, Schema]:
    """The definitions that a list of layers needs."""
    found: dict[str, Schema] = {}
    kinds_of: dict[type[Layer], list[str]] = {}
    for kind in KINDS:
        kinds_of.setdefault(kind_model(kind), []).append(kind)
    for model, kinds in kinds_of.items():
        found[_definition(model)] = _kind(model, kinds, found)
    rules = [_rule(model, kinds) for model, kinds in kinds_of.items()]
    found |= {
        "layers": {"type": "array", "items": _reference("layer")},
        "layer": _LAYER,
        "bare_word": _bare_word(),
        "sharing_layer": _sharing_layer(found["conv_transpose"]["properties"]),
        "typed_layer": {
            "type": "object",
            "properties": {
                "type": {"anyOf": [{"enum": list(KINDS)}, {"type": "string"}]},
                "shares": {"type": "object", "additionalProperties": _NAME, "description": _SHARES_SOME},
            },
            "required": ["type"],
            "allOf": rules,
        },
    }
    return _all_named(found)


_LAYER: Schema = {
    "description": "a bare word, a mapping with a type, or one that shares another layer's weights",
    "type": ["string", "object"],
    "if": {"type": "string"},
    "then": {"$ref": "#/$defs/bare_word"},
    "else": {
        "if": {
            "type": "object",
            "required": ["shares"],
            "properties": {"shares": {"not": {"type": "object"}}},
        },
        "then": {"$ref": "#/$defs/sharing_layer"},
        "else": {"$ref": "#/$defs/typed_layer"},
    },
}


def _bare_word() -> Schema:
    """A kind that can stand bare, or any word that is no kind: blocks are named by the document."""
    return {
        "description": "a kind with nothing to say, or a block",
        "anyOf": [
            {"enum": [kind for kind in KINDS if can_stand_bare(kind)]},
            {"type": "string", "not": {"enum": list(KINDS)}},
        ],
    }


def _sharing_layer(fields: Mapping[str, Schema]) -> Schema:
    """One that names another layer; how it slides it may say itself, as a transposed convolution has ``fields`` for."""
    shares = {**_NAME, "description": "the earlier layer whose weights it uses again"}
    own = {name: fields[name] for name in SLIDING_FIELDS}
    return mapping_of({"shares": shares, **own, **_common((1, None))}, "shares")


def _kind(model: type[Layer], kinds: list[str], found: dict[str, Schema]) -> Schema:
    """The fields of the kinds of one model, and those that every layer has."""
    schema = _model(model, found)
    kind = {"enum": kinds, "description": plain(kind_documentation(kinds[0]))}
    required = [name for name in schema.get("required", ()) if name != "type"]
    return {
        **schema,
        "properties": {**schema["properties"], **_common(model.arity), "type": kind},
        "required": ["type", *required, *(["inputs"] if model.arity[0] > 1 else [])],
    }


def _rule(model: type[Layer], kinds: list[str]) -> Schema:
    """Which definition holds for which types; a pattern, since editors that complete take ``conv`` for the
    beginning of every word that begins so, in an enum but not in a pattern."""
    is_kind = {
        "properties": {"type": {"type": "string", "pattern": f"^({'|'.join(kinds)})$"}},
        "required": ["type"],
    }
    return {"if": {"type": "object", **is_kind}, "then": _reference(_definition(model))}


def _common(arity: tuple[int, int | None]) -> Schema:
    """``name``, ``inputs`` (where it takes any), ``repeat``, ``dtype`` and ``called``."""
    least, most = arity
    description = "the layers it takes, if not the one before it"
    inputs = {**list_of(_NAME, max(least, 1), most), "description": description}
    name = {**_NAME, "description": "its name, unique in its scope"}
    return {
        "name": name,
        **({} if most == 0 else {"inputs": inputs}),
        "repeat": _REPEAT,
        "dtype": DTYPE_SCHEMA,
        "called": CALLED_SCHEMA,
    }


def _definition(model: type[Layer]) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", model.__name__).lower()


# Definitions


def _model(model: type[Any], found: dict[str, Schema]) -> Schema:
    """A model's schema; those that it refers to join the definitions found."""
    schema = model_schema(model)
    found |= schema.pop("$defs", {})
    return schema


def _reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _all_named(found: dict[str, Schema]) -> dict[str, Schema]:
    for name, schema in list(found.items()):
        found[name] = _named(schema, found)
    return found


def _named(schema: Any, found: dict[str, Schema]) -> Any:
    """The same with every titled schema among the definitions found, and a reference in its place."""
    if isinstance(schema, list):
        return [_named(item, found) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == LAYERS_SCHEMA["format"]:
        return _reference("layers")
    inner = {key: _named(item, found) for key, item in schema.items()}
    title = inner.pop("title", None)
    if title is None:
        return inner
    default = {"default": inner.pop("default")} if "default" in inner else {}
    found[title] = inner
    return {**_reference(title), **default}


def _in_block(schema: Any, *, is_value: bool = False) -> Any:
    """The same inside a block: a ``$word`` may stand for every value."""
    if isinstance(schema, list):
        return [_in_block(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _keyword_in_block(key, item) for key, item in schema.items()}
    return {"anyOf": [_reference("word"), inner]} if is_value else inner


def _keyword_in_block(keyword: str, item: Any) -> Any:
    if keyword == "properties":
        return {name: _in_block(schema, is_value=True) for name, schema in item.items()}
    if keyword == "$ref":
        return item + _IN_BLOCK
    if keyword in ("if", "not", "const", "enum", "required", "dependentRequired"):
        return item
    is_value = keyword in ("items", "additionalProperties") and item != _reference("layer")
    return _in_block(item, is_value=is_value)  # a layer may be any word already
