"""A kind's fields as JSON Schema, generated from its model."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

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
        part["description"] = re.sub("``(.+?)``", r"\1", part["description"])
    return schema


def written_default(model: type[BaseModel], field: str) -> Any:
    """A field's default as a user would write it; None where it has none, or none that can be written."""
    default = model.model_fields[field].get_default()
    return "none" if default is None and field in _NONE_FIELDS else _written(default)


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
