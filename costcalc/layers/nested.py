"""A layer written as the value of a field: ``norm: {type: group, groups: 32}``."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from costcalc.layers.base import Layer
from costcalc.layers.problems import NestedError, without_floods

LayerT = TypeVar("LayerT", bound=Layer)


def nested_layer(model: type[LayerT], values: dict[str, object]) -> LayerT:
    """The layer of these fields; raises NestedError with all that is wrong."""
    try:
        return model.model_validate(without_floods(values, model))
    except ValidationError as error:
        raise NestedError(error, model) from None
