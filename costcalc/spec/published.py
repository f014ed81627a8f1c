"""Published figures: what a source prints for a network, to the digits that it prints."""

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, BeforeValidator

from costcalc.conventions import CONVENTIONS
from costcalc.errors import MAX_PROBLEMS, Problem, Route
from costcalc.layers.fields import (
    UNIT_SCHEMAS,
    AlsoWritten,
    Decimal,
    DtypeField,
    OneOf,
    Parsed,
    Size,
    Text,
    list_of,
    titled,
)
from costcalc.layers.problems import validated
from costcalc.metrics import BY_CONVENTION, COUNT, METRICS, Metric, Unit
from costcalc.planners import PLANNERS
from costcalc.quantity import parse_grid, parse_percent, shown
from costcalc.spec.blocks import empty_values
from costcalc.spec.per_metric import PerMetric, SpecModel, derived, metrics_said, per_metric

#: What a source may have left out of its count.
LEFT_OUT = ("stem", "classifier")

_PERCENT_SCHEMA = titled("share", "a share such as 1.19%", type="string", pattern=r"^[\d._]+%$")


class Printed(NamedTuple):
    """A number as it was printed: its value, and what one unit in its last digit is worth.

    A share has fractions for both.
    """

    value: int | Fraction
    step: int | Fraction
    text: str


def parse_printed(value: object, unit: Unit = COUNT) -> Printed:
    """A printed number such as ``4.2M``; raises ValueError."""
    if isinstance(value, Printed):
        return value
    return Printed(unit.parse(value), unit.last_digit(value), str(value))


def parse_printed_share(value: object) -> Printed:
    """A printed share such as ``1.19%``; raises ValueError."""
    share = parse_percent(value)
    digits = str(value)[:-1].partition(".")[2].replace("_", "")
    if not digits.isdecimal() and digits:
        raise ValueError(f"must be a percentage such as 1.19%, not {shown(value)}")
    return Printed(share, Fraction(1, 100 * 10 ** len(digits)), str(value))


def _left_out(value: object) -> tuple[str, ...]:
    words = value if isinstance(value, list) and value else [value]
    for word in words:
        if word not in LEFT_OUT:
            raise ValueError(f"must be {' or '.join(LEFT_OUT)}, or a list of them, not {shown(word)}")
    return tuple(dict.fromkeys(words))


PrintedCount = Annotated[Printed, Parsed(parse_printed, UNIT_SCHEMAS["count"])]
PrintedShare = Annotated[Printed, Parsed(parse_printed_share, _PERCENT_SCHEMA)]
LeftOut = Annotated[
    tuple[str, ...],
    Parsed(_left_out, {"anyOf": [{"enum": [*LEFT_OUT]}, list_of({"enum": [*LEFT_OUT]}, 1)]}),
]


def _grid(value: object) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else parse_grid(value)


Grid = Annotated[
    tuple[int, ...],
    Parsed(
        _grid,
        titled("grid", "a grid such as 4x4", type="string", pattern=r"^[1-9]\d*([x×][1-9]\d*){0,2}$"),
    ),
]


class Figure(SpecModel):
    """A printed number, and why it differs from the exact one where it does.

    A ``note`` explains it; a ``misprint`` says that it is wrong, and what is right.
    """

    value: PrintedCount
    note: Text | None = None
    misprint: Text | None = None


class PublishedShare(SpecModel):
    """A printed share, and why it differs from the exact one where it does."""

    value: PrintedShare
    note: Text | None = None
    misprint: Text | None = None


def _bare(value: object) -> object:
    """``4.2M`` for ``{value: 4.2M}``."""
    return value if isinstance(value, (dict, BaseModel)) else {"value": value}


ShareField = Annotated[PublishedShare, BeforeValidator(_bare), AlsoWritten(_PERCENT_SCHEMA)]


class Shares(PerMetric):
    """The shares of one kind of operation, such as ``conv 1x1``, in the network's total."""


class Published(PerMetric):
    """One row of a source's table: figures, and under which circumstances it gives them.

    ``operations`` and ``parameters`` are under its ``convention``; ``without`` says what it left out.
    ``shares`` are by kind, as ``analyze --by kind`` names them. ``dtype`` and ``planner`` are those of memory; a
    peak may be that of the network in ``patches`` of a grid ``until`` a layer.
    """

    convention: Annotated[str, OneOf(*CONVENTIONS)] | None = None
    source: Text | None = None
    width_multiplier: Decimal = Fraction(1)
    resolution: Size | None = None
    without: LeftOut = ()
    dtype: DtypeField | None = None
    planner: Annotated[str, OneOf(*PLANNERS)] | None = None
    patches: Grid | None = None
    until: Text | None = None
    shares: Mapping[str, Shares] = {}


def published_model() -> type[Published]:
    """The model of a row: in it, and in its shares, a field for each metric, ours and those of conventions."""
    return _published_model(_printable(), shares=True)


def _printable() -> tuple[Metric, ...]:
    """The metrics of which a source's figure can be verified: a row says no device."""
    ours = (metric for metric in METRICS.values() if not metric.missing({}))
    return (*ours, *BY_CONVENTION.values())


@cache
def _published_model(metrics: tuple[Metric, ...], shares: bool) -> type[Published]:
    summed = tuple(metric for metric in metrics if shares and metric.aggregation == "sum")
    share: Any = per_metric(Shares, summed, lambda metric: ShareField)
    return per_metric(Published, metrics, _figure, shares=(dict[Text, share], {}))


def _figure(metric: Metric) -> Any:
    schema = UNIT_SCHEMAS[metric.unit.name]
    return Annotated[_figure_in(metric.unit), BeforeValidator(_bare), AlsoWritten(schema)]


@cache
def _figure_in(unit: Unit) -> type[Figure]:
    """A figure that is printed in a unit."""
    if unit is COUNT:
        return Figure
    field = Annotated[Printed, Parsed(lambda value: parse_printed(value, unit), UNIT_SCHEMAS[unit.name])]
    return derived(Figure, f"{unit.name.title()}Figure", value=(field, ...))


def parse_published(data: object, route: Route, problems: list[Problem]) -> list[Published]:
    """The rows that plain data stands for (one mapping, or a list of them); problems are added."""
    many = isinstance(data, list)
    written = data if isinstance(data, list) else [data]
    shares = any(isinstance(values, dict) and "shares" in values for values in written)
    model = _published_model(
        metrics_said(_printable(), data), shares
    )  # the fewer fields, the sooner it is built
    rows = []
    for index, values in enumerate(written):
        place = (*route, index) if many else route
        row, found = validated(model, values, "the published figures", place)
        if found:
            found = validated(published_model(), values, "the published figures", place)[1]
        found += empty_values(values, place, "the published figures", found)
        problems += found
        if row is not None and not found:
            rows.append(row)
        elif len(problems) > MAX_PROBLEMS:
            break
    return rows
