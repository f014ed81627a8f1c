"""Budgets: limits on what a network may cost, metric by metric; all on exact numbers.

The fields of a budget are the metrics of the table, each with limits in its own unit.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, WithJsonSchema

from costcalc.errors import Problem, Route
from costcalc.layers.fields import FEW, UNIT_SCHEMAS, AlsoWritten, DtypeField, Parsed, Size, Text, titled
from costcalc.layers.problems import validated
from costcalc.metrics import COUNT, METRICS, Metric, Number, Unit
from costcalc.quantity import parse_factor, parse_percent
from costcalc.spec.blocks import empty_values
from costcalc.spec.per_metric import PerMetric, SpecModel, derived, metrics_said, per_metric

_PERCENT_SCHEMA = titled(
    "percentage", "a percentage such as 90%", type="string", pattern=r"^\+?(\d+\.?\d*|\.\d+)%$"
)
_FACTOR_SCHEMA = titled("factor", "a factor such as 8x", type="string", pattern=r"^\+?(\d+\.?\d*|\.\d+)x$")

Percent = Annotated[Fraction, Parsed(parse_percent, _PERCENT_SCHEMA)]
Factor = Annotated[Fraction, Parsed(parse_factor, _FACTOR_SCHEMA)]


def in_unit(unit: Unit) -> Any:
    """A number in a unit, as a field."""
    return Annotated[Number, Parsed(unit.parse, UNIT_SCHEMAS[unit.name])]


Quantity = Annotated[Number, Parsed(COUNT.parse, UNIT_SCHEMAS["count"])]


#: The arguments of metrics that a limit may give, as fields.
ARGUMENTS: Mapping[str, Any] = {
    "device": Annotated[Text, WithJsonSchema({"type": "string", "description": "a name, or a YAML file"})],
    "planner": Annotated[Text, WithJsonSchema({"type": "string", "description": "a name, or a YAML file"})],
    "dtype": DtypeField,
    "batch": Size,
}


class Limit(SpecModel):
    """At most ``max``; from ``warn`` of it on there is a warning."""

    max: Quantity
    warn: Percent | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """What is said of the metric's arguments: a device, say."""
        return {name: value for name in ARGUMENTS if (value := getattr(self, name, None)) is not None}


class LayerLimit(SpecModel):
    """At most ``max``, or at most a share of the network's total, for each layer that a glob matches."""

    max: Quantity | None = None
    max_share: Percent | None = None


class Regression(SpecModel):
    """At most ``max_increase`` over the baseline; increases under ``and_at_least`` are let pass."""

    max_increase: Percent
    and_at_least: Quantity = 0


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


#: The parts of a budget that have a field for each metric themselves.
_PARTS = ("layers", "reduction", "regression")


def budget_model() -> type[Budget]:
    """The model of a budget: in it, and in its parts, a field for each metric of the table."""
    return _budget_model(tuple(METRICS.values()), _PARTS)


def parse_budget(data: object, route: Route, problems: list[Problem]) -> Budget | None:
    """The budget that plain data stands for; None with problems added where it is wrong."""
    parts = tuple(part for part in _PARTS if isinstance(data, dict) and part in data)
    model = _budget_model(
        metrics_said(METRICS.values(), data), parts
    )  # the fewer fields, the sooner it is built
    budget, found = validated(model, data, "the budget", route)
    if found:
        found = validated(budget_model(), data, "the budget", route)[1]
    found += empty_values(data, route, "the budget", found)
    problems += found
    return None if found else budget


@cache
def _budget_model(metrics: tuple[Metric, ...], parts: tuple[str, ...]) -> type[Budget]:
    def within(part: str) -> tuple[Metric, ...]:
        return metrics if part in parts else ()

    layers: Any = per_metric(
        LayerLimits,
        within("layers"),
        lambda metric: _short(_in_unit(LayerLimit, metric.unit, "max"), "max", metric.unit),
    )
    reduction = per_metric(Reduction, within("reduction"), lambda metric: Factor)
    regression = per_metric(
        Regressions,
        within("regression"),
        lambda metric: _short(_in_unit(Regression, metric.unit, "and_at_least"), "max_increase"),
    )
    return per_metric(
        Budget,
        metrics,
        lambda metric: _short(_limit(metric), "max", metric.unit),
        layers=(Annotated[dict[Text, layers], FEW], {}),
        reduction=(reduction | None, None),
        regression=(regression | None, None),
    )


@cache
def _limit(metric: Metric) -> type[SpecModel]:
    """A limit on a metric, with a field for each of its arguments."""
    limit = _in_unit(Limit, metric.unit, "max")
    fields = {name: (ARGUMENTS[name] | None, None) for name in metric.arguments if name in ARGUMENTS}
    return derived(limit, f"{metric.name.title().replace('_', '')}Limit", **fields) if fields else limit


@cache
def _in_unit(base: type[SpecModel], unit: Unit, field: str) -> type[SpecModel]:
    """A limit with one of its fields in another unit."""
    if unit is COUNT:
        return base
    info = base.model_fields[field]
    number = in_unit(unit)
    if info.is_required():
        return derived(base, unit.name.title() + base.__name__, **{field: (number, ...)})
    type_ = number if info.default is not None else number | None
    return derived(base, unit.name.title() + base.__name__, **{field: (type_, info.default)})


def _short(model: type[SpecModel], field: str, unit: Unit | None = None) -> Any:
    """The model, or in short the value of one of its fields: ``600M`` for ``{max: 600M}``."""
    schema = _PERCENT_SCHEMA if unit is None else UNIT_SCHEMAS[unit.name]
    whole = BeforeValidator(lambda value: value if isinstance(value, (dict, BaseModel)) else {field: value})
    return Annotated[model, whole, AlsoWritten(schema)]
