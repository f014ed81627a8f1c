"""Published figures: what a source prints for a network, to the digits that it prints."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainValidator, WithJsonSchema

from costcalc.errors import MAX_PROBLEMS, Problem, Route
from costcalc.layers.fields import QUANTITY_SCHEMA, AlsoWritten, Decimal, Size, Text
from costcalc.layers.problems import validated
from costcalc.quantity import last_digit, parse_quantity


@dataclass(frozen=True, slots=True)
class Printed:
    """A number as it was printed: its value, and what one unit in its last digit is worth."""

    value: int
    step: int
    text: str


def parse_printed(value: object) -> Printed:
    """A printed number such as ``4.2M``; raises ValueError."""
    if isinstance(value, Printed):
        return value
    return Printed(parse_quantity(value), last_digit(value), str(value))


PrintedField = Annotated[Printed, PlainValidator(parse_printed), WithJsonSchema(QUANTITY_SCHEMA)]


class Figure(BaseModel):
    """A printed number, and why it differs from the exact one where it does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: PrintedField
    note: Text | None = None


FigureField = Annotated[
    Figure,
    BeforeValidator(lambda value: value if isinstance(value, (dict, Figure)) else {"value": value}),
    AlsoWritten(QUANTITY_SCHEMA),
]


class Published(BaseModel):
    """One row of a source's table: figures, and under which circumstances it gives them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    multiplies: FigureField | None = None
    params: FigureField | None = None
    operations: FigureField | None = None
    parameters: FigureField | None = None
    convention: Text | None = None
    source: Text | None = None
    width_multiplier: Decimal = Fraction(1)
    resolution: Size | None = None


def parse_published(data: object, route: Route, problems: list[Problem]) -> list[Published]:
    """The rows that plain data stands for (one mapping, or a list of them); problems are added."""
    many = isinstance(data, list)
    rows = []
    for index, values in enumerate(data if isinstance(data, list) else [data]):
        place = (*route, index) if many else route
        row, found = validated(Published, values, "the published figures", place)
        problems += found
        if row is not None:
            rows.append(row)
        elif len(problems) > MAX_PROBLEMS:
            break
    return rows
