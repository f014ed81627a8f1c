"""A kind's fields as JSON Schema, generated from its model."""

import re
from fractions import Fraction
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from costcalc.layers.base import Layer
from costcalc.shape import Shape

#: Fields whose None is written ``none``.
_NONE_FIELDS = ("norm", "activation")


def model_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a model as a user writes it: no nulls, defaults in the spec's own words.

    What a title names is to be a definition of its own; a list of layers has the format ``layers``.
    """
    schema = model.model_json_schema(schema_generator=_AsWritten)
    for part in (schema, *schema.get("$defs", {}).values()):
        del part["title"]
        part["description"] = plain(part["description"])
    return schema


def plain(docstring: str) -> str:
    """A docstring's text without its marks for code."""
    return re.sub("``(.+?)``", r"\1", docstring.strip())


def written_default(model: type[BaseModel], field: str) -> Any:
    """A field's default as a user would write it; None where it has none, or none that can be written."""
    default = model.model_fields[field].get_default()
    return "none" if default is None and field in _NONE_FIELDS else _written(default)


class FieldHelp(NamedTuple):
    """What a user may write for a field, in words, and what holds where it is not written."""

    name: str
    meaning: str
    default: str


def field_help(model: type[BaseModel]) -> list[FieldHelp]:
    """A model's fields but ``type``: those that must be written, then the others."""
    schema = model_schema(model)
    definitions, required = schema.get("$defs", {}), schema.get("required", ())
    found = []
    for name, field in schema["properties"].items():
        if name != "type":
            default = written_default(model, name)
            absent = getattr(model, "absent", {}).get(name, "") if default is None else _in_words(default)
            text = "required" if name in required else absent
            found.append(FieldHelp(name, _meaning(field, definitions), text))
    return sorted(found, key=lambda item: item.default != "required")


def _meaning(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    if "description" in schema:
        return str(schema["description"])
    if "$ref" in schema:
        inner = definitions[schema["$ref"].removeprefix("#/$defs/")]
        return "a mapping of " + ", ".join(name for name in inner["properties"] if name != "type")
    if "const" in schema:
        return str(schema["const"])
    return ", or ".join(_meaning(way, definitions) for way in schema["anyOf"])


def _in_words(default: Any) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


class _AsWritten(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def nullable_schema(self, schema: Any) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: Any) -> dict[str, Any]:
        inner = self.generate_inner(schema["schema"])
        default = _written(schema.get("default"))
        return inner if default is None else {**inner, "default": default}


def _written(value: object) -> Any:
    if isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    if isinstance(value, Layer):
        return value.type
    if isinstance(value, Shape):
        return str(value)
    return list(value) if isinstance(value, tuple) and value else None
