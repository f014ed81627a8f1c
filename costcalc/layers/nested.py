"""A layer written as the value of a field: ``norm: {type: group, groups: 32}``."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from costcalc.layers.base import Layer
from costcalc.layers.problems import NestedError, fewer

LayerT = TypeVar("LayerT", bound=Layer)


def nested_layer(model: type[LayerT], values: dict[str, object]) -> LayerT:
    """The layer of these fields; raises NestedError with all that is wrong."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise NestedError(fewer(error, model, values), model) from None
