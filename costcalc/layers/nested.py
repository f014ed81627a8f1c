"""A layer written as the value of a field: ``norm: {type: group, groups: 32}``."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from costcalc.layers.base import Layer

LayerT = TypeVar("LayerT", bound=Layer)


def nested_layer(model: type[LayerT], values: dict[str, object]) -> LayerT:
    """The layer of these fields; raises ValueError with the first thing that is wrong."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = first["loc"][0] if first["loc"] else ""
        if first["type"] == "missing":
            raise ValueError(f"needs {name}") from None
        if first["type"] == "extra_forbidden":
            fields = ", ".join(sorted(model.model_fields))
            raise ValueError(f'has an unknown field "{name}" (fields: {fields})') from None
        raise ValueError(f"has a {name} that {first['msg'].removeprefix('Value error, ')}") from None
