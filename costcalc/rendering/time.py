"""A network's time on a device, layer by layer: for people, as Markdown, as CSV, or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from costcalc.analysis.time.answer import LayerTime, Times
from costcalc.analysis.time.roofline import NetworkTime, Timed
from costcalc.devices.device import Device
from costcalc.quantity import exact_seconds, format_bytes, format_ratio, format_seconds, format_si
from costcalc.rendering.report.report import View
from costcalc.rendering.results import Result
from costcalc.rendering.sheet import Sheet
from costcalc.rendering.text import cells

_TEXT = frozenset(("layer", "bound"))

#: What has to be known of the figures, printed with them.
BOUND = (
    "at least: a lower bound, not a prediction; for direct algorithms whose maps and matrix products go through memory "
    "(not Winograd's, fused attention, or convolutions fused with each other)"
)
OP_BY_OP = (
    "op by op: an estimate, no bound: every operation by itself, as eager frameworks run it with norms folded"
)
_VERSIONS = (
    "at least so long; multiplies: standard ÷ separable; speed-up: at most, of separable over standard"
)
_ESTIMATED = "at most so long; multiplies and speed-up: standard ÷ separable"
ESTIMATE = (
    "estimate: multiplies at the rates that were measured, the most to the least; no bound, no prediction"
)


def time_sheet(times: Times, view: View) -> Sheet:
    """What takes how long as written, then all versions beside each other, then totals."""
    written = times.versions["written"]
    title = f"{times.analysis.name or times.path} on {times.device.name}"
    about = [f"{times.device.summary}; {written.dtype}, batch {times.batch}"]
    results = [
        Result(title, *_written(times, view), before=about, roles=_roles(times)),
        Result(
            _ESTIMATED if times.device.is_estimated else _VERSIONS,
            *_versions(times, view),
            roles=_roles(times),
        ),
    ]
    return Sheet(results, _data(times), _CSV, _csv(times), list(_sentences(times)))


def _roles(times: Times) -> list[Any]:
    return [*["row"] * len(times.layers), "total"]


def _seconds(time: Timed, exact: bool) -> str:
    text = exact_seconds if exact else format_seconds
    if time.estimate is not None:
        low, high = time.estimate
        return text(low) if low == high else f"{text(low)}–{text(high)}"
    return text(time.seconds)


def _written(times: Times, view: View) -> tuple[tuple[str, ...], list[tuple[str, ...]], frozenset[str]]:
    estimated = times.device.is_estimated
    figures = ("estimate",) if estimated else ("bound", "at least", "op by op")
    header = ("layer", "multiplies", "bytes", "per byte", *figures)
    count, size = (cells.exact, cells.exact) if view.exact else (format_si, format_bytes)
    rows = []
    for layer, versions in times.layers:
        one = versions["written"]
        rows.append((_name(layer.name, layer.repeat), *_cells(one, count, size, view.exact)))
    total = times.versions["written"].total
    whole = [versions["written"] for _, versions in times.layers]
    sums = LayerTime(
        sum(one.multiplies for one in whole),
        sum(one.maps for one in whole),
        sum(one.weights for one in whole),
        total,
    )
    rows.append(("total", *_cells(sums, count, size, view.exact)))
    return header, rows, _TEXT


def _cells(one: LayerTime, count: Any, size: Any, exact: bool) -> tuple[str, ...]:
    intensity = cells.NONE if one.intensity is None else _tenths(one.intensity)
    figures: tuple[str, ...] = (_seconds(one.time, exact),)
    if one.time.estimate is None:
        text = exact_seconds if exact else format_seconds
        figures = (one.time.bound or cells.NONE, *figures, text(one.time.op_by_op or Fraction(0)))
    return count(one.multiplies), size(one.maps + one.weights), intensity, *figures


def _versions(times: Times, view: View) -> tuple[tuple[str, ...], list[tuple[str, ...]], frozenset[str]]:
    header = ("layer", *times.versions, "multiplies", "speed-up")
    text = exact_seconds if view.exact else format_seconds
    rows = []
    for layer, versions in times.layers:
        texts = [text(one.time.seconds) for one in versions.values()]
        rows.append((_name(layer.name, layer.repeat), *texts, *_factors(versions)))
    totals = _totals(times)
    texts = [text(one.time.seconds) for one in totals.values()]
    rows.append(("total", *texts, *_factors(totals)))
    return header, rows, _TEXT


def _totals(times: Times) -> dict[str, LayerTime]:
    return {
        name: LayerTime(sum(one.multiplies for one in there.moved), 0, 0, there.total)
        for name, there in times.versions.items()
    }


def _factors(versions: Mapping[str, LayerTime]) -> tuple[str, str]:
    """How many times fewer multiplies the separable version has than the standard one, and how many times faster
    it is at most; dashes where that means nothing."""
    before, after = versions["standard"], versions["separable"]
    fewer = cells.reduction(before.multiplies, after.multiplies)
    faster = speed_up(before.time, after.time)
    return fewer, cells.NONE if faster is None else format_ratio(faster)


def speed_up(before: Timed, after: Timed) -> Fraction | None:
    """How many times faster one is than another, by the bounds; None where one of them takes no time."""
    return before.seconds / after.seconds if before.seconds and after.seconds else None


def _sentences(times: Times) -> Iterator[str]:
    written = times.versions["written"].total
    if written.estimate is not None:
        low, high = (one for one in written.estimate)
        yield f"estimate: {format_seconds(low)} to {format_seconds(high)}{_images(times, high, low)}"
    else:
        bound, eager = written.seconds, written.op_by_op or Fraction(0)
        images = _images(times, eager, bound)
        yield f"at least {format_seconds(bound)}, op by op {format_seconds(eager)}{images}"
    totals = _totals(times)
    fewer, faster = _factors(totals)
    if faster != cells.NONE:
        yield f"separable instead of standard: {fewer} fewer multiplies, at most {faster} faster here"
    yield from notes_on(times.device)


def notes_on(device: Device) -> tuple[str, ...]:
    """What has to be known of a device's figures."""
    return (ESTIMATE,) if device.is_estimated else (BOUND, OP_BY_OP)


def _images(times: Times, slow: Fraction, fast: Fraction) -> str:
    """``: 1,234 to 2,345 images per second``, of a batch."""
    if not slow or not fast:
        return ""
    low, high = (_tenths(times.batch / seconds) for seconds in (slow, fast))
    return f": {low} images per second" if low == high else f": {low} to {high} images per second"


def _tenths(number: Fraction) -> str:
    """A number with a digit behind the point below 100, else whole."""
    if number >= 100:
        return f"{(number * 2 + 1) // 2:,}"
    tenths = (number * 20 + 1) // 2
    return f"{tenths // 10}.{tenths % 10}"


def _name(name: str, repeat: int) -> str:
    return name if repeat == 1 else f"{name} ×{repeat}"


# For machines


def _timed(time: Timed) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "at_least": None if time.at_least is None else float(time.at_least),
        "op_by_op": None if time.op_by_op is None else float(time.op_by_op),
    }
    return (
        figures if time.estimate is None else {**figures, "estimate": [float(one) for one in time.estimate]}
    )


def _data(times: Times) -> dict[str, Any]:
    analysis, written = times.analysis, times.versions["written"]
    shapes = {name: str(shape) for name, shape in analysis.inputs.items()}
    totals = _totals(times)
    return {
        "network": {
            "name": analysis.name,
            "path": times.path,
            "input": shapes["input"] if list(shapes) == ["input"] else shapes,
        },
        "device": {"name": times.device.name, "source": times.device.source},
        "dtype": written.dtype._asdict(),
        "batch": times.batch,
        "totals": {
            name: {"multiplies": sum(one.multiplies for one in there.moved), "time": _timed(there.total)}
            for name, there in times.versions.items()
        },
        "images_per_second": _per_second(written, times.batch),
        **_comparison(totals),
        "layers": [
            {
                "name": layer.name,
                "type": layer.type,
                "output": str(layer.output),
                "repeat": layer.repeat,
                **{name: _layer(one) for name, one in versions.items()},
                **_comparison(versions),
            }
            for layer, versions in times.layers
        ],
        "notes": list(notes_on(times.device)),
    }


def _comparison(versions: Mapping[str, LayerTime]) -> dict[str, float | None]:
    before, after = versions["standard"], versions["separable"]
    faster = speed_up(before.time, after.time)
    fewer = Fraction(before.multiplies, after.multiplies) if before.multiplies and after.multiplies else None
    return {
        "reduction": None if fewer is None else float(fewer),
        "speed_up": None if faster is None else float(faster),
    }


def _per_second(there: NetworkTime, batch: int) -> dict[str, Any]:
    total = there.total

    def rate(seconds: Fraction | None) -> float | None:
        return float(batch / seconds) if seconds else None

    figures: dict[str, Any] = {"at_most": rate(total.at_least), "op_by_op": rate(total.op_by_op)}
    return (
        figures
        if total.estimate is None
        else {**figures, "estimate": [rate(one) for one in total.estimate[::-1]]}
    )


def _layer(one: LayerTime) -> dict[str, Any]:
    return {
        "multiplies": one.multiplies,
        "bytes": one.maps + one.weights,
        "maps": one.maps,
        "weights": one.weights,
        "intensity": None if one.intensity is None else float(one.intensity),
        "bound": one.time.bound or None,
        "time": _timed(one.time),
    }


_CSV = (
    "layer",
    "type",
    "repeat",
    "version",
    "multiplies",
    "bytes",
    "intensity",
    "bound",
    "at_least",
    "op_by_op",
    "estimate_low",
    "estimate_high",
)


def _csv(times: Times) -> Iterator[tuple[str, ...]]:
    for layer, versions in times.layers:
        for name, one in versions.items():
            low, high = one.time.estimate or (None, None)
            numbers = (one.intensity, None, one.time.at_least, one.time.op_by_op, low, high)
            texts = ["" if number is None else repr(float(number)) for number in numbers]
            texts[1] = one.time.bound
            yield (
                layer.name,
                layer.type,
                str(layer.repeat),
                name,
                str(one.multiplies),
                str(one.maps + one.weights),
                *texts,
            )
