"""Devices: all of them, one with its sources, one held against measurements."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from costcalc.analysis.time.against import Fit, Measurement
from costcalc.devices.device import Device
from costcalc.quantity import format_ratio, format_seconds, format_si
from costcalc.rendering.results import Result
from costcalc.rendering.sheet import Sheet
from costcalc.rendering.text import cells
from costcalc.rendering.time import notes_on

_HEADER = ("name", "dtype", "multiplies/s", "bytes/s", "what it is")
_TEXT = frozenset(("name", "dtype", "what it is", "field", "value", "network", "figure"))


def devices_sheet(devices: Sequence[Device]) -> Sheet:
    """All devices, a row each."""
    rows = [(one.name, ", ".join(one.dtypes), _rate(one), _bandwidth(one), one.summary) for one in devices]
    sentences = [
        "multiplies are multiply-adds: never TOPS or FLOPS, which count each as two",
        "costcalc devices NAME prints one with its sources; a YAML file of your own does as well",
    ]
    return Sheet(
        [Result("devices", _HEADER, rows, _TEXT)],
        {"devices": [_object(one) for one in devices]},
        _HEADER,
        rows,
        sentences,
    )


def device_sheet(device: Device) -> Sheet:
    """One device in full."""
    rows = [(name, value) for name, value in _fields(device) if value]
    result = Result(f"device {device.name}", ("field", "value"), rows, _TEXT)
    return Sheet([result], {"device": _object(device)}, ("field", "value"), rows, notes_on(device))


def _fields(device: Device) -> list[tuple[str, str]]:
    return [
        ("what it is", device.summary),
        ("source", device.source),
        *((f"multiplies per second, {dtype}", f"{int(rate):,}") for dtype, rate in device.rates.items()),
        ("bytes per second", _whole(device.bandwidth)),
        ("bytes per second, maps", _whole(device.maps)),
        ("bytes per second, weights", _whole(device.weights)),
        ("bytes on the chip", "" if device.on_chip is None else f"{device.on_chip:,}"),
        ("bytes per second, weights beyond these", _whole(device.streaming)),
        ("cycles per second", "" if device.clock is None else f"{device.clock:,}"),
        *(
            (f"multiplies per cycle, {dtype}", f"{float(low):g} to {float(high):g}, as measured")
            for dtype, (low, high) in (device.cycles or {}).items()
        ),
    ]


def _whole(rate: Fraction | None) -> str:
    return "" if rate is None else f"{int(rate):,}"


def _rate(device: Device) -> str:
    if device.is_estimated:
        low, high = device.rate_range(device.dtypes[0])
        return f"{format_si(int(low))}–{format_si(int(high))}"
    return ", ".join(format_si(int(rate)) for rate in device.rates.values())


def _bandwidth(device: Device) -> str:
    if device.bandwidth is not None:
        return format_si(int(device.bandwidth))
    apart = (device.maps, device.weights)
    return (
        "/".join(cells.NONE if one is None else format_si(int(one)) for one in apart)
        if any(apart)
        else cells.NONE
    )


def _object(device: Device) -> dict[str, Any]:
    numbers = {
        "bytes_per_second": device.bandwidth
        or _present({"maps": device.maps, "weights": device.weights})
        or None,
        "on_chip": device.on_chip,
        "streaming": device.streaming,
        "clock": device.clock,
    }
    return {
        "name": device.name,
        "summary": device.summary,
        "source": device.source,
        "multiplies_per_second": {dtype: int(rate) for dtype, rate in device.rates.items()} or None,
        **{name: int(value) if isinstance(value, Fraction) else value for name, value in numbers.items()},
        "multiplies_per_cycle": None
        if device.cycles is None
        else {dtype: [float(low), float(high)] for dtype, (low, high) in device.cycles.items()},
    }


def _present(rates: dict[str, Fraction | None]) -> dict[str, int]:
    return {name: int(rate) for name, rate in rates.items() if rate is not None}


def against_sheet(device: Device, measured: Sequence[Measurement], fits: Sequence[Fit]) -> Sheet:
    """Each measurement beside the device's figures, and how each figure follows them."""
    figures = [name for name in measured[0].figures if name != "multiplies"]
    header = (
        "network",
        "at",
        "batch",
        "measured",
        *(part for name in figures for part in (name, "ratio")),
    )
    rows = [
        (
            one.network,
            one.resolution or cells.NONE,
            str(one.batch),
            format_seconds(one.seconds),
            *(text for name in figures for text in _compared(one, one.figures[name])),
        )
        for one in measured
    ]
    fitted = [
        (fit.figure, _ratio(fit.least), _ratio(fit.median), _ratio(fit.spread), _thousandths(fit.rank))
        for fit in fits
    ]
    results = [
        Result(f"{device.name} against measurements; ratio: measured ÷ figure", header, rows, _TEXT),
        Result(
            "how the figures follow what was measured",
            ("figure", "least", "median", "spread", "rank correlation"),
            fitted,
            _TEXT,
            after=(
                "least, median: of measured ÷ figure; a bound that holds has a least of 1 or more",
                "spread: the 90th percentile of measured ÷ figure over the 10th; rank correlation: Spearman's",
            ),
        ),
    ]
    machine = [_key(part) for name in figures for part in (name, f"measured over {name}")]
    rows = [_csv(one, figures) for one in measured]
    return Sheet(results, _against_data(device, measured, fits), ("network", *_COLUMNS, *machine), rows)


_COLUMNS = ("resolution", "batch", "measured")


def _key(name: str) -> str:
    """``estimate_low`` for ``estimate, low``: what machines read."""
    return name.replace(", ", "_").replace(" ", "_")


def _csv(one: Measurement, figures: Sequence[str]) -> tuple[str, ...]:
    numbers = [number for name in figures for number in _numbers(one, name)]
    texts = ("" if number is None else repr(number) for number in numbers)
    return one.network, one.resolution, str(one.batch), repr(float(one.seconds)), *texts


def _numbers(one: Measurement, name: str) -> tuple[float, float | None]:
    figure = one.figures[name]
    return float(figure), float(one.seconds / figure) if figure else None


def _compared(one: Measurement, figure: Fraction) -> tuple[str, str]:
    return format_seconds(figure), _ratio(one.seconds / figure if figure else None)


def _ratio(ratio: Fraction | None) -> str:
    return cells.NONE if ratio is None else format_ratio(ratio)


def _thousandths(number: Fraction | None) -> str:
    return cells.NONE if number is None else f"{float(number):.3f}"


def _against_data(device: Device, measured: Sequence[Measurement], fits: Sequence[Fit]) -> dict[str, Any]:
    return {
        "device": _object(device),
        "measurements": [
            {
                "network": one.network,
                "resolution": one.resolution or None,
                "batch": one.batch,
                "seconds": float(one.seconds),
                "figures": {_key(name): float(value) for name, value in one.figures.items()},
            }
            for one in measured
        ],
        "fits": [
            {
                name: None if value is None else float(value) if isinstance(value, Fraction) else value
                for name, value in fit._asdict().items()
            }
            for fit in fits
        ],
    }
