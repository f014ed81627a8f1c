"""A device as its file says it, validated as specs are.

    name: mine
    source: its data sheet
    multiplies_per_second: {int8: 2T}                  # multiply-adds: never TOPS, which count each twice
    bytes_per_second: {maps: 4.0GB, weights: 0.5GB}    # or one number; what is absent takes no time
    on_chip: 8MB                                       # with streaming: weights beyond these come anew each time
    streaming: 0.4GB

or, in place of the rates, what was measured: ``clock: 480M`` and ``multiplies_per_cycle: {int8: [0.2, 0.3]}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from costcalc.devices.device import Device
from costcalc.dtype import BITS
from costcalc.errors import Problem, did_you_mean, either
from costcalc.layers.fields import Parsed, Text
from costcalc.layers.problems import NestedError, validated
from costcalc.quantity import Numeral, parse_decimal, parse_quantity, shown

NOUN = "the device"

#: TOPS and FLOPS: an operation is a multiplication or an addition.
_TWICE = re.compile(
    r"(?P<number>\d{1,9}(\.\d{1,9})?(e\d{1,2})?) ?(?P<prefix>[kKMGT]?)(fl)?ops?(/s)?",
    re.ASCII | re.IGNORECASE,
)

_Value = TypeVar("_Value")


def _positive(value: object, parse: Callable[[object], int]) -> int:
    number = parse(value)
    if not number:
        raise ValueError(f"must be above 0, not {shown(value)}")
    return number


def _rate(value: object) -> Fraction:
    twice = _TWICE.fullmatch(value) if isinstance(value, str) else None
    if twice is not None:
        half = format(float(parse_decimal(Numeral(twice["number"])) / 2), ".12g") + twice["prefix"].upper()
        raise ValueError(f"counts multiply-adds, and {shown(value)} counts each as two: say {half}")
    return Fraction(_positive(value, parse_quantity))


def _bytes(value: object) -> int:
    return _positive(value, lambda text: parse_quantity(text, "bytes"))


def _bandwidth(value: object) -> Fraction:
    return Fraction(_bytes(value))


def _range(value: object) -> tuple[Fraction, Fraction]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"must be [least, most] multiplies per cycle, as measured, not {shown(value)}")
    least, most = map(parse_decimal, value)
    if not 0 < least <= most:
        raise ValueError("must be [least, most], above 0 and in this order")
    return least, most


def _by_dtype(parse: Callable[[object], _Value]) -> Parsed:
    def table(value: object) -> Mapping[str, _Value]:
        if not isinstance(value, Mapping) or not value:
            raise ValueError(f"must have a number for each dtype, such as {{int8: 2T}}, not {shown(value)}")
        found, wrong = {}, []
        for dtype, item in value.items():
            if dtype not in BITS:
                guess = did_you_mean(dtype, BITS) or f" (there are {either(BITS)})"
                wrong.append(f"has no dtype {shown(dtype)}{guess}")
                continue
            try:
                found[dtype] = parse(item)
            except ValueError as error:
                wrong.append(f"of {dtype} {error}")
        if wrong:
            raise ValueError(", and ".join(wrong))
        return found

    return Parsed(table)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Apart(_Model):
    """Bytes per second of maps and of weights, each over a bus of its own."""

    maps: Annotated[Fraction | None, Parsed(_bandwidth)] = None
    weights: Annotated[Fraction | None, Parsed(_bandwidth)] = None


def _bus(value: object) -> Fraction | _Apart:
    """One number for a common bus, or a mapping."""
    if not isinstance(value, dict):
        return _bandwidth(value)
    try:
        return _Apart.model_validate(value)
    except ValidationError as error:
        raise NestedError(error, _Apart) from None


class _WrittenDevice(_Model):
    """The fields of a device."""

    name: Text
    source: Text
    summary: Text = "the user's own"
    multiplies_per_second: Annotated[Mapping[str, Fraction] | None, _by_dtype(_rate)] = None
    bytes_per_second: Annotated[Fraction | _Apart | None, Parsed(_bus)] = None
    on_chip: Annotated[int | None, Parsed(_bytes)] = None
    streaming: Annotated[Fraction | None, Parsed(_bandwidth)] = None
    clock: Annotated[int | None, Parsed(_rate)] = None
    multiplies_per_cycle: Annotated[Mapping[str, tuple[Fraction, Fraction]] | None, _by_dtype(_range)] = None


def parse_device(data: object) -> tuple[Device | None, list[Problem]]:
    """The device that plain data stands for; None, and all that is wrong with it, where something is."""
    if not isinstance(data, dict):
        what = (
            "is empty"
            if data is None
            else f"must be a mapping with name, source and rates, not {shown(data)}"
        )
        return None, [Problem(f"{NOUN} {what}")]
    written, problems = validated(_WrittenDevice, data, NOUN, ())
    problems += _contradictions(data)
    if written is None or problems:
        return None, problems
    return _device(written), []


def _contradictions(data: Mapping[str, Any]) -> list[Problem]:
    found = []
    if "multiplies_per_second" not in data and not {"clock", "multiplies_per_cycle"} <= data.keys():
        message = f"{NOUN} needs multiplies_per_second, or both clock and multiplies_per_cycle"
        found.append(Problem(message))
    if "multiplies_per_second" in data:
        found += [
            Problem(f"{NOUN} has both multiplies_per_second and {key}: keep one of them", (key,), at="key")
            for key in ("clock", "multiplies_per_cycle")
            if key in data
        ]
    elif "multiplies_per_cycle" in data:
        found += [
            Problem(
                f"{key} has no meaning beside multiplies per cycle: these were measured as a whole",
                (key,),
                at="key",
            )
            for key in ("bytes_per_second", "on_chip", "streaming")
            if key in data
        ]
    if "streaming" in data and "on_chip" not in data:
        found.append(
            Problem(
                f"{NOUN} with streaming needs on_chip: what is beyond it streams", ("streaming",), at="key"
            )
        )
    return found


def _device(written: _WrittenDevice) -> Device:
    bus = written.bytes_per_second
    apart = bus if isinstance(bus, _Apart) else _Apart()
    return Device(
        name=written.name,
        source=written.source,
        rates=written.multiplies_per_second or {},
        bandwidth=bus if isinstance(bus, Fraction) else None,
        maps=apart.maps,
        weights=apart.weights,
        on_chip=written.on_chip,
        streaming=written.streaming,
        clock=None if written.clock is None else int(written.clock),
        cycles=written.multiplies_per_cycle,
        summary=written.summary,
    )
