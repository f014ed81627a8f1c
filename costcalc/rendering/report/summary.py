"""What a network needs on its device, a line each: the bytes of its weights and its peak, and the time."""

from __future__ import annotations

from collections.abc import Iterator

from costcalc.analysis.costs import Analysis
from costcalc.rendering.escape import terminal
from costcalc.rendering.text import cells

#: The metrics that these lines tell.
TOLD = frozenset(("activations", "peak_memory", "weight_memory", "time"))


def summary(analysis: Analysis, exact: bool) -> Iterator[str]:
    """The lines, not marked up yet."""
    from costcalc.analysis.memory.measures import dtype_of

    written = analysis.written
    weights = cells.printer("weight_memory", exact)(written["weight_memory"])
    peak = cells.printer("peak_memory", exact)(written["peak_memory"])
    dtype = dtype_of(analysis.network, analysis.arguments.get("dtype"))
    yield terminal(f"memory: weights {weights}, peak of activations {peak} ({dtype}): costcalc memory")
    if "time" in analysis.metrics:
        yield _time(analysis, exact)


def _time(analysis: Analysis, exact: bool) -> str:
    from costcalc.analysis.time.roofline import time_on

    device, number = analysis.arguments["device"], cells.printer("time", exact)
    said = analysis.arguments.get("dtype") or analysis.spec.dtype
    found = time_on(analysis.network, device, said, analysis.arguments.get("batch", 1))
    total = found.total
    if total.estimate is not None:
        low, high = map(number, total.estimate)
        return terminal(f"time on {device.name} ({found.dtype}): {low} to {high}, an estimate")
    return terminal(
        f"time on {device.name} ({found.dtype}): at least {number(total.at_least)}, op by op {number(total.op_by_op)}"
    )
