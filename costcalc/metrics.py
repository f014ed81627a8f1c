"""Metrics: what can be said of a network in one number, one row of a table each.

Whoever limits, compares, prints or reads back a number takes its name, unit and aggregation from here; the function
that computes it stands in ``costcalc.analysis.measures`` under the same name.
"""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

from costcalc import quantity

#: A value of a metric, always exact: an int, or of seconds a Fraction.
Number: TypeAlias = int | Fraction

#: The default of an argument that has none: without it the metric has no value.
NEEDED: Any = object()


class Unit(NamedTuple):
    """What a metric's numbers are: how they are read and printed.

    ``parse`` reads what people write, ``last_digit`` tells what one unit in its last digit is worth. ``short`` prints
    three digits, ``exact`` all of them. ``too_many`` and ``too_few`` are what people say of the difference to a limit.
    """

    name: quantity.Unit
    parse: Callable[[object], Number]
    last_digit: Callable[[object], Number]
    short: Callable[[Any], str]
    exact: Callable[[Any], str]
    too_many: str = "too many"
    too_few: str = "too few"
    is_whole: bool = True

    def floor(self, value: Number) -> Number:
        """The largest value of this unit that is not above a number."""
        return value // 1 if self.is_whole else value

    def ceiling(self, value: Number) -> Number:
        """The least value of this unit that is not below a number."""
        return -(-value // 1) if self.is_whole else value


COUNT = Unit(
    "count",
    lambda value: quantity.parse_quantity(value, "count"),
    lambda value: quantity.last_digit(value, "count"),
    quantity.format_si,
    "{:,}".format,
)
BYTES = Unit(
    "bytes",
    lambda value: quantity.parse_quantity(value, "bytes"),
    lambda value: quantity.last_digit(value, "bytes"),
    quantity.format_bytes,
    "{:,} B".format,
)
SECONDS = Unit(
    "seconds",
    quantity.parse_seconds,
    lambda value: quantity.last_digit(value, "seconds"),
    quantity.format_seconds,
    quantity.exact_seconds,
    "too long",
    "too short",
    is_whole=False,
)


class Metric(NamedTuple):
    """One row of the table.

    ``aggregation`` makes one value of those of a network's primitives: that of a layer, and that of the whole.
    ``meaning`` says what is counted. ``has_columns`` says whether tables of layers for people have room for it;
    totals, and what machines read, have all metrics. ``arguments`` are what the value depends on beside the network,
    each with its default; ``NEEDED`` stands for none. ``weighed_as`` says which of a convention's two tables weighs
    it, where one does: that of the convention among its arguments, or else of our own. ``is_local`` says whether a
    layer's value is the same whatever stands around it.
    """

    name: str
    unit: Unit
    aggregation: Literal["sum", "maximum"]
    meaning: str
    has_columns: bool = True
    arguments: Mapping[str, Any] = MappingProxyType({})
    weighed_as: Literal["operations", "parameters"] | None = None
    is_local: bool = False

    def __hash__(self) -> int:
        return hash(self.name)

    def aggregate(self, values: Iterable[Number]) -> Number:
        """One value of several; nothing is 0."""
        return sum(values) if self.aggregation == "sum" else max(values, default=0)

    def text(self, value: Number, exact: bool = False) -> str:
        """A value as it is printed: ``569M``, or exactly ``568,740,352``."""
        return self.unit.exact(value) if exact else self.unit.short(value)

    def missing(self, given: Mapping[str, Any]) -> list[str]:
        """The arguments that it needs and that are not among these."""
        return [name for name, default in self.arguments.items() if default is NEEDED and name not in given]


_Table: TypeAlias = dict[str, Metric]

#: Ours, in the order in which they are printed: what budgets limit and baselines hold.
METRICS: _Table = {
    metric.name: metric
    for metric in (
        Metric(
            "multiplies",
            COUNT,
            "sum",
            "Multiplications of conv, linear and matmul layers",
            weighed_as="operations",
            is_local=True,
        ),
        Metric("params", COUNT, "sum", "Trainable parameters", weighed_as="parameters", is_local=True),
        Metric(
            "activations",
            COUNT,
            "sum",
            "Outputs of convolutions, linear layers and matrix products",
            has_columns=False,
            is_local=True,
        ),
        Metric(
            "peak_memory",
            BYTES,
            "maximum",
            "Most bytes of activations that are alive at one step",
            has_columns=False,
            arguments={"dtype": None, "planner": None},
        ),
        Metric(
            "weight_memory",
            BYTES,
            "sum",
            "Bytes of stored weights, batch norms folded",
            has_columns=False,
            arguments={"dtype": None},
        ),
        Metric(
            "time",
            SECONDS,
            "sum",
            "Seconds on a device, at least, or the high end of an estimate",
            has_columns=False,
            arguments={"device": NEEDED, "dtype": None, "batch": 1},
        ),
    )
}

#: What another convention makes of the same network, beside ours.
BY_CONVENTION: _Table = {
    metric.name: metric
    for metric in (
        Metric(
            "operations",
            COUNT,
            "sum",
            "Operations by another convention",
            arguments={"convention": NEEDED},
            weighed_as="operations",
        ),
        Metric(
            "parameters",
            COUNT,
            "sum",
            "Parameters by another convention",
            arguments={"convention": NEEDED},
            weighed_as="parameters",
        ),
    )
}


def leading() -> str:
    """The metric that networks are compared by first."""
    return next(iter(METRICS))


def in_columns(names: Iterable[str]) -> tuple[str, ...]:
    """Those of the metrics that tables of layers have columns for."""
    return tuple(name for name in names if metric_named(name).has_columns)


def plain_number(value: Number | None) -> int | float | None:
    """A number for machines: ints stay ints, a Fraction is a float."""
    return value if value is None or isinstance(value, int) else float(value)


def metric_named(name: str) -> Metric:
    """The row of a name; raises KeyError where there is none."""
    return METRICS.get(name) or BY_CONVENTION[name]


def available(given: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the metrics that have a value with these arguments, ours first."""
    return tuple(
        metric.name
        for table in (METRICS, BY_CONVENTION)
        for metric in table.values()
        if not metric.missing(given)
    )
