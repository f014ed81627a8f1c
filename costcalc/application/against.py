"""A device held against a CSV file of measurements: network, resolution, batch, images_per_second."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from costcalc.errors import CostcalcError, did_you_mean
from costcalc.quantity import Numeral, parse_decimal, parse_size, shown

if TYPE_CHECKING:
    from costcalc.analysis.time.against import Measurement
    from costcalc.devices.device import Device
    from costcalc.dtype import SaidDtype

_Text = TypeVar("_Text", str, "str | None")
_Read = TypeVar("_Read")
COLUMNS = ("network", "resolution", "batch", "images_per_second")
#: What a column may be called as well: ``zoo`` has names of the zoo.
_ALSO = {"zoo": "network"}


def measurements(path: str, device: Device, dtype: SaidDtype | None = None) -> list[Measurement]:
    """The measurements of a file, each with the device's figures for the same network.

    Lines that begin with ``#`` are comments; an empty resolution is the one written, an empty batch 1. Raises
    CostcalcError, SpecError where a line or its network is wrong.
    """
    from costcalc.reading.files import read_text

    found = [_measurement(row, line, path, device, dtype) for line, row in _rows(read_text(path), path)]
    if not found:
        raise CostcalcError(f"{path}: has no measurements")
    return found


def _rows(text: str, path: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if _says_something(line)]
    if not lines:
        return
    try:
        header, *rows = csv.reader(line for _, line in lines)
    except csv.Error as error:
        raise CostcalcError(f"{path}: is no CSV file: {error}") from None
    names = [_ALSO.get(name.strip(), name.strip()) for name in header]
    for wanted in ("network", "images_per_second"):
        if wanted not in names:
            raise CostcalcError(
                f"{path}:{lines[0][0]}: has no column {wanted}{did_you_mean(wanted, names)} "
                f"(columns: {', '.join(COLUMNS)})"
            )
    is_zoo = "zoo" in (name.strip() for name in header)
    for (number, _), row in zip(lines[1:], rows, strict=False):
        if len(row) != len(names):
            raise CostcalcError(f"{path}:{number}: has {len(row)} cells, where the header has {len(names)}")
        cells = dict(zip(names, (cell.strip() for cell in row), strict=True))
        if is_zoo:
            cells["network"] = "zoo:" + cells["network"]
        yield number, cells


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _measurement(
    row: Mapping[str, str], line: int, path: str, device: Device, dtype: SaidDtype | None
) -> Measurement:
    from costcalc.analysis.time.against import Measurement
    from costcalc.analysis.time.roofline import time_on
    from costcalc.application.load import load

    where = f"{path}:{line}"
    batch = _read(where, "batch", row.get("batch") or "1", lambda text: parse_size(Numeral(text)))
    rate = _read(where, "images_per_second", row["images_per_second"], _rate)
    size = row.get("resolution") or None
    network = _read(where, "resolution", size, lambda text: load(_spec(row["network"]), resolution=text))
    total = time_on(network, device, dtype or network.spec.dtype, batch)
    time = total.total
    figures: dict[str, Fraction] = {}
    if time.estimate is not None:
        figures |= {"estimate, low": time.estimate[0], "estimate, high": time.estimate[1]}
    else:
        figures |= {"at least": time.at_least or Fraction(0), "op by op": time.op_by_op or Fraction(0)}
    figures["multiplies"] = Fraction(sum(one.multiplies for one in total.moved))
    return Measurement(row["network"], row.get("resolution") or "", batch, batch / rate, figures)


def _read(where: str, column: str, text: _Text, parse: Callable[[_Text], _Read]) -> _Read:
    """What a cell says; raises CostcalcError with its place and its column."""
    try:
        return parse(text)
    except ValueError as error:
        raise CostcalcError(f"{where}: {column} {error}") from None


def _rate(text: str) -> Fraction:
    rate = parse_decimal(text)
    if rate <= 0:
        raise ValueError(f"must be above 0, not {shown(text)}")
    return rate


def _spec(name: str) -> str:
    """A network by its path, or by its bare name in the zoo."""
    from costcalc.reading.zoo import zoo_names

    return f"zoo:{name}" if name in zoo_names() else name
