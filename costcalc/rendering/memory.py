"""A network's memory step by step: for people, as Markdown, as CSV, or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from costcalc.analysis.memory.answer import Memory
from costcalc.analysis.memory.peak import Plan
from costcalc.network import Network
from costcalc.quantity import format_bytes, format_percent
from costcalc.rendering.report.report import View
from costcalc.rendering.results import Result
from costcalc.rendering.sheet import Sheet
from costcalc.rendering.text import cells

_TEXT = frozenset(("step", "bar"))
#: So many tensors are named where a step has very many alive.
_NAMED = 6


class StepRow(NamedTuple):
    """One step: what it makes, and the tensors that are alive at it, the step's own ones first."""

    name: str
    kind: str
    output: str
    made: int
    alive: int
    tensors: tuple[tuple[str, int], ...]


def memory_sheet(memory: Memory, view: View) -> Sheet:
    """The steps of a network, then totals, then what would need less."""
    title = f"{memory.network.name or memory.path}: what is alive at each step"
    about = [
        f"{memory.dtype}, planner {memory.planner.stamp}: {memory.planner.summary}",
        *_about_order(memory),
    ]
    rows = list(_rows(memory))
    result = Result(title, *_table(rows, memory.peak, view), before=about)
    sentences, savings = list(_totals(memory, rows)), list(_savings(memory))
    sentences += ["", *savings] if savings else []
    return Sheet([result], _data(memory, rows), _CSV, _csv(rows, memory.peak), sentences)


def _rows(memory: Memory) -> Iterator[StepRow]:
    patched = memory.patched
    if patched is None:
        yield from step_rows(memory.network, memory.plan)
        return
    for row in step_rows(patched.tile, patched.tile_plan):
        beside = ("the whole output", patched.held)
        yield row._replace(
            name=f"tile: {row.name}", alive=row.alive + patched.held, tensors=(*row.tensors, beside)
        )
    yield from list(step_rows(memory.network, patched.plan))[patched.end + 1 :]


def step_rows(network: Network, plan: Plan) -> Iterator[StepRow]:
    """The steps of a plan as rows of a table."""
    inputs = list(network.inputs)

    def name(buffer: int) -> str:
        return inputs[~buffer] if buffer < 0 else network.nodes[plan.steps.steps[buffer].nodes[0]].path

    for index, alive, held in zip(plan.order, plan.alive, plan.held_at_each(), strict=True):
        step = plan.steps.steps[index]
        nodes = [network.nodes[place] for place in step.nodes]
        yield StepRow(
            nodes[0].path,
            " ".join(node.layer.type for node in nodes),
            str(nodes[-1].output),
            step.output,
            alive,
            tuple([(name(buffer), plan.steps.size(buffer)) for buffer in held]),
        )


def _table(
    rows: list[StepRow], peak: int, view: View
) -> tuple[tuple[str, ...], list[tuple[str, ...]], frozenset[str]]:
    header = ("step", "output", "makes", "tensors", "alive", "bar")
    text = cells.exact if view.exact else format_bytes
    found: list[tuple[str, ...]] = []
    for row in rows:
        mark = " peak" if row.alive == peak else ""
        bar = cells.bar(row.alive, peak) + mark
        found.append((row.name, row.output, text(row.made), str(len(row.tensors)), text(row.alive), bar))
    return header, found, _TEXT


def _about_order(memory: Memory) -> Iterator[str]:
    if memory.order == "best":
        yield "in the order with the least peak, not the one written"
        if memory.plan.at_least is not None:
            yield f"not all orders could be searched: none needs less than {memory.plan.at_least:,} bytes"
    if memory.patched is not None:
        part = memory.patched
        grid = "x".join(map(str, part.grid))
        yield (
            f"in {grid} patches until {part.until}, whose output {part.output} is held whole beside each tile; "
            "these are the steps of the largest tile, then the rest of the network"
        )


def _totals(memory: Memory, rows: list[StepRow]) -> Iterator[str]:
    worst = next((row for row in rows if row.alive == memory.peak), None)
    if worst is not None:
        made_of = _made_of(worst)
        yield f"peak_memory: {memory.peak:,} bytes ({format_bytes(memory.peak)}) at {worst.name}: {made_of}"
    how = "as trained, statistics included" if memory.unfolded else "batch norms folded where they can be"
    yield f"weight_memory: {memory.weights:,} bytes ({format_bytes(memory.weights)}), {how}"
    yield f"activations: {memory.activations:,} outputs of convolutions, linear layers and matrix products"
    if memory.patched is not None:
        share = format_percent(memory.patched.share, 2)
        yield f"computed again where tiles overlap: {memory.patched.recomputed:,} multiplies, {share} of the network's"
        whole = memory.plan.peak
        if memory.peak >= whole:
            yield f"these patches need no less memory: without them the peak is {whole:,} bytes ({format_bytes(whole)})"


def _made_of(row: StepRow) -> str:
    some = [f"{name} {size:,}" for name, size in row.tensors[:_NAMED]]
    more = len(row.tensors) - len(some)
    if more:
        rest = sum(size for _, size in row.tensors[_NAMED:])
        some.append(f"{more} more {rest:,}")
    spared = sum(size for _, size in row.tensors) - row.alive
    return " + ".join(some) + (f" - {spared:,} in place" if spared else "")


def _savings(memory: Memory) -> Iterator[str]:
    for saving in memory.savings:
        less = format_percent(1 - Fraction(saving.peak, memory.peak))
        again = ""
        if saving.multiplies:
            share = format_percent(Fraction(saving.recomputed, saving.multiplies))
            again = f", for {share} more multiplies"
        yield f"{saving.option}: {saving.peak:,} bytes ({format_bytes(saving.peak)}), {less} less{again}"


_CSV = ("step", "kind", "output", "made", "alive", "peak", "tensors")


def _csv(rows: list[StepRow], peak: int) -> list[tuple[str, ...]]:
    return [
        (
            row.name,
            row.kind,
            row.output,
            str(row.made),
            str(row.alive),
            str(row.alive == peak).lower(),
            "; ".join(f"{name}={size}" for name, size in row.tensors),
        )
        for row in rows
    ]


def _data(memory: Memory, rows: list[StepRow]) -> dict[str, Any]:
    patched = memory.patched
    totals = {
        "peak_memory": memory.peak,
        "weight_memory": memory.weights,
        "activations": memory.activations,
    }
    shapes = {name: str(shape) for name, shape in memory.network.inputs.items()}
    return {
        "network": {
            "name": memory.network.name,
            "path": memory.path,
            "input": shapes["input"] if list(shapes) == ["input"] else shapes,
        },
        "dtype": memory.dtype._asdict(),
        "planner": {"name": memory.planner.name, "version": memory.planner.version},
        "order": memory.order,
        "unfolded": memory.unfolded,
        "totals": {"written": totals},
        "no_order_below": memory.plan.at_least,
        "patches": None
        if patched is None
        else {
            "grid": list(patched.grid),
            "until": patched.until,
            "output": str(patched.output),
            "tile_peak": patched.tile_peak,
            "held": patched.held,
            "rest_peak": patched.rest_peak,
            "recomputed": patched.recomputed,
            "share": float(patched.share),
        },
        "steps": [
            {
                "name": row.name,
                "kind": row.kind,
                "output": row.output,
                "made": row.made,
                "alive": row.alive,
                "peak": row.alive == memory.peak,
                "tensors": [{"name": name, "bytes": size} for name, size in row.tensors],
            }
            for row in rows
        ],
        "savings": [
            {"option": saving.option, "peak_memory": saving.peak, "recomputed": saving.recomputed}
            for saving in memory.savings
        ],
    }
