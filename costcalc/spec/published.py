"""Published figures: what a source prints for a network, to the digits that it prints."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainValidator, WithJsonSchema

from costcalc.conventions import CONVENTIONS
from costcalc.errors import MAX_PROBLEMS, Problem, Route
from costcalc.layers.fields import QUANTITY_SCHEMA, AlsoWritten, Decimal, OneOf, Size, Text, list_of, titled
from costcalc.layers.problems import validated
from costcalc.quantity import last_digit, parse_percent, parse_quantity, shown
from costcalc.spec.blocks import empty_values

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


def parse_printed(value: object) -> Printed:
    """A printed number such as ``4.2M``; raises ValueError."""
    if isinstance(value, Printed):
        return value
    return Printed(parse_quantity(value), last_digit(value), str(value))


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


PrintedField = Annotated[Printed, PlainValidator(parse_printed), WithJsonSchema(QUANTITY_SCHEMA)]
PrintedShare = Annotated[Printed, PlainValidator(parse_printed_share), WithJsonSchema(_PERCENT_SCHEMA)]
LeftOut = Annotated[
    tuple[str, ...],
    PlainValidator(_left_out),
    WithJsonSchema({"anyOf": [{"enum": [*LEFT_OUT]}, list_of({"enum": [*LEFT_OUT]}, 1)]}),
]


class Figure(BaseModel):
    """A printed number, and why it differs from the exact one where it does.

    A ``note`` explains it; a ``misprint`` says that it is wrong, and what is right.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    value: PrintedField
    note: Text | None = None
    misprint: Text | None = None


class Share(BaseModel):
    """A printed share, and why it differs from the exact one where it does."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    value: PrintedShare
    note: Text | None = None
    misprint: Text | None = None


def _bare(value: object) -> object:
    """``4.2M`` for ``{value: 4.2M}``."""
    return value if isinstance(value, (dict, BaseModel)) else {"value": value}


FigureField = Annotated[Figure, BeforeValidator(_bare), AlsoWritten(QUANTITY_SCHEMA)]
ShareField = Annotated[Share, BeforeValidator(_bare), AlsoWritten(_PERCENT_SCHEMA)]


class Shares(BaseModel):
    """The shares of one kind of operation, such as ``conv 1x1``, in the network's total."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    multiplies: ShareField | None = None
    params: ShareField | None = None
    operations: ShareField | None = None
    parameters: ShareField | None = None


class Published(BaseModel):
    """One row of a source's table: figures, and under which circumstances it gives them.

    ``operations`` and ``parameters`` are under its ``convention``; ``without`` says what it left out.
    ``shares`` are by kind, as ``analyze --by kind`` names them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    multiplies: FigureField | None = None
    params: FigureField | None = None
    operations: FigureField | None = None
    parameters: FigureField | None = None
    convention: Annotated[str, OneOf(*CONVENTIONS)] | None = None
    source: Text | None = None
    width_multiplier: Decimal = Fraction(1)
    resolution: Size | None = None
    without: LeftOut = ()
    shares: dict[Text, Shares] = {}


def parse_published(data: object, route: Route, problems: list[Problem]) -> list[Published]:
    """The rows that plain data stands for (one mapping, or a list of them); problems are added."""
    many = isinstance(data, list)
    rows = []
    for index, values in enumerate(data if isinstance(data, list) else [data]):
        place = (*route, index) if many else route
        row, found = validated(Published, values, "the published figures", place)
        found += empty_values(values, place, "the published figures", found)
        problems += found
        if row is not None and not found:
            rows.append(row)
        elif len(problems) > MAX_PROBLEMS:
            break
    return rows
