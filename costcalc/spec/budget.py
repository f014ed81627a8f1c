"""Budgets: limits on what a network may cost. All in our own counting, all on exact ints."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainValidator, WithJsonSchema

from costcalc.errors import Problem, Route
from costcalc.layers.fields import FEW, QUANTITY_SCHEMA, AlsoWritten, Text, titled
from costcalc.layers.problems import validated
from costcalc.quantity import parse_factor, parse_percent, parse_quantity
from costcalc.spec.blocks import empty_values

_PERCENT_SCHEMA = titled(
    "percentage", "a percentage such as 90%", type="string", pattern=r"^\+?(\d+\.?\d*|\.\d+)%$"
)
_FACTOR_SCHEMA = titled("factor", "a factor such as 8x", type="string", pattern=r"^\+?(\d+\.?\d*|\.\d+)x$")

Quantity = Annotated[int, PlainValidator(parse_quantity), WithJsonSchema(QUANTITY_SCHEMA)]
Percent = Annotated[Fraction, PlainValidator(parse_percent), WithJsonSchema(_PERCENT_SCHEMA)]
Factor = Annotated[Fraction, PlainValidator(parse_factor), WithJsonSchema(_FACTOR_SCHEMA)]


def _shorthand(field: str) -> Any:
    """``600M`` for ``{max: 600M}``."""
    return BeforeValidator(lambda value: value if isinstance(value, (dict, BaseModel)) else {field: value})


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Limit(_Model):
    """At most ``max``; from ``warn`` of it on there is a warning."""

    max: Quantity
    warn: Percent | None = None


class LayerLimit(_Model):
    """At most ``max``, or at most a share of the network's total, for each layer that a glob matches."""

    max: Quantity | None = None
    max_share: Percent | None = None


class Regression(_Model):
    """At most ``max_increase`` over the baseline; increases under ``and_at_least`` are let pass."""

    max_increase: Percent
    and_at_least: Quantity = 0


class LayerLimits(_Model):
    """Limits on the layers that a glob matches."""

    multiplies: Annotated[LayerLimit, _shorthand("max"), AlsoWritten(QUANTITY_SCHEMA)] | None = None
    params: Annotated[LayerLimit, _shorthand("max"), AlsoWritten(QUANTITY_SCHEMA)] | None = None


class Reduction(_Model):
    """Floors under standard ÷ separable."""

    multiplies: Factor | None = None
    params: Factor | None = None


class Regressions(_Model):
    """Limits against a baseline."""

    multiplies: Annotated[Regression, _shorthand("max_increase"), AlsoWritten(_PERCENT_SCHEMA)] | None = None
    params: Annotated[Regression, _shorthand("max_increase"), AlsoWritten(_PERCENT_SCHEMA)] | None = None


class Budget(_Model):
    """What the written version of a network may cost."""

    multiplies: Annotated[Limit, _shorthand("max"), AlsoWritten(QUANTITY_SCHEMA)] | None = None
    params: Annotated[Limit, _shorthand("max"), AlsoWritten(QUANTITY_SCHEMA)] | None = None
    layers: Annotated[dict[Text, LayerLimits], FEW] = {}
    reduction: Reduction | None = None
    regression: Regressions | None = None
    message: Text | None = None


def parse_budget(data: object, route: Route, problems: list[Problem]) -> Budget | None:
    """The budget that plain data stands for; None with problems added where it is wrong."""
    budget, found = validated(Budget, data, "the budget", route)
    found += empty_values(data, route, "the budget", found)
    problems += found
    return None if found else budget
