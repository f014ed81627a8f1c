"""Budgets: limits on what a network may cost, metric by metric; all on exact numbers.

The fields of a budget are the metrics of the table, each with limits in its own unit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainValidator, WithJsonSchema, create_model

from costcalc.errors import Problem, Route
from costcalc.layers.fields import FEW, UNIT_SCHEMAS, AlsoWritten, Text, titled
from costcalc.layers.problems import validated
from costcalc.metrics import COUNT, METRICS, Metric, Number, Unit
from costcalc.quantity import parse_factor, parse_percent
from costcalc.spec.blocks import empty_values

_PERCENT_SCHEMA = titled(
    "percentage", "a percentage such as 90%", type="string", pattern=r"^\+?(\d+\.?\d*|\.\d+)%$"
)
_FACTOR_SCHEMA = titled("factor", "a factor such as 8x", type="string", pattern=r"^\+?(\d+\.?\d*|\.\d+)x$")

Percent = Annotated[Fraction, PlainValidator(parse_percent), WithJsonSchema(_PERCENT_SCHEMA)]
Factor = Annotated[Fraction, PlainValidator(parse_factor), WithJsonSchema(_FACTOR_SCHEMA)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Limit(_Model):
    """At most ``max``; from ``warn`` of it on there is a warning."""

    max: Number
    warn: Percent | None = None


class LayerLimit(_Model):
    """At most ``max``, or at most a share of the network's total, for each layer that a glob matches."""

    max: Number | None = None
    max_share: Percent | None = None


class Regression(_Model):
    """At most ``max_increase`` over the baseline; increases under ``and_at_least`` are let pass."""

    max_increase: Percent
    and_at_least: Number = 0


class PerMetric(_Model):
    """Something for each metric."""

    def of(self, metric: str) -> Any:
        """What is said of a metric; None where it is nothing."""
        return getattr(self, metric)


class LayerLimits(PerMetric):
    """Limits on the layers that a glob matches."""


class Reduction(PerMetric):
    """Floors under standard ÷ separable."""


class Regressions(PerMetric):
    """Limits against a baseline."""


class Budget(PerMetric):
    """What the written version of a network may cost."""

    layers: Mapping[str, LayerLimits] = {}
    reduction: Reduction | None = None
    regression: Regressions | None = None
    message: Text | None = None


def budget_model() -> type[Budget]:
    """The model of a budget: in it, and in its parts, a field for each metric of the table."""
    return _budget_model(tuple(METRICS.values()))


def parse_budget(data: object, route: Route, problems: list[Problem]) -> Budget | None:
    """The budget that plain data stands for; None with problems added where it is wrong."""
    budget, found = validated(budget_model(), data, "the budget", route)
    found += empty_values(data, route, "the budget", found)
    problems += found
    return None if found else budget


@cache
def _budget_model(metrics: tuple[Metric, ...]) -> type[Budget]:
    layers: Any = _per_metric(
        LayerLimits, metrics, lambda unit: _short(_in_unit(LayerLimit, unit), "max", unit)
    )
    reduction = _per_metric(Reduction, metrics, lambda unit: Factor)
    regression = _per_metric(
        Regressions, metrics, lambda unit: _short(_in_unit(Regression, unit), "max_increase")
    )
    return _per_metric(
        Budget,
        metrics,
        lambda unit: _short(_in_unit(Limit, unit), "max", unit),
        layers=(Annotated[dict[Text, layers], FEW], {}),
        reduction=(reduction | None, None),
        regression=(regression | None, None),
    )


ModelT = TypeVar("ModelT", bound=_Model)


def _per_metric(
    base: type[ModelT], metrics: tuple[Metric, ...], field: Callable[[Unit], Any], **more: Any
) -> type[ModelT]:
    """A model with a field of its unit for each metric."""
    fields = {metric.name: (field(metric.unit) | None, None) for metric in metrics}
    return _derived(base, base.__name__, **fields, **more)


@cache
def _in_unit(base: type[_Model], unit: Unit) -> type[_Model]:
    """A limit whose numbers are of a unit."""
    number = Annotated[Number, PlainValidator(unit.parse), WithJsonSchema(UNIT_SCHEMAS[unit.name])]
    fields = {
        name: (number if info.is_required() else number | None, info.default)
        for name, info in base.model_fields.items()
        if info.annotation in (Number, Number | None)
    }
    return _derived(base, base.__name__ if unit is COUNT else unit.name.title() + base.__name__, **fields)


def _derived(base: type[ModelT], name: str, **fields: Any) -> type[ModelT]:
    model = create_model(name, __base__=base, __module__=__name__, **fields)
    model.__doc__ = base.__doc__
    return model


def _short(model: type[_Model], field: str, unit: Unit | None = None) -> Any:
    """The model, or in short the value of one of its fields: ``600M`` for ``{max: 600M}``."""
    schema = _PERCENT_SCHEMA if unit is None else UNIT_SCHEMAS[unit.name]
    whole = BeforeValidator(lambda value: value if isinstance(value, (dict, BaseModel)) else {field: value})
    return Annotated[model, whole, AlsoWritten(schema)]
