"""All that a page says of one network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from costcalc.analysis.costs import VERSIONS, Analysis, LayerCost, reduction
from costcalc.analysis.explanation import Explainer
from costcalc.analysis.memory.measures import dtype_of, run_by
from costcalc.analysis.memory.peak import Plan, planned
from costcalc.analysis.memory.steps import steps_of
from costcalc.analysis.time.answer import Times
from costcalc.errors import CostcalcError
from costcalc.metrics import in_columns
from costcalc.planners import DEFAULT, planner
from costcalc.quantity import format_bytes, format_percent
from costcalc.rendering.explain import explanation_lines
from costcalc.rendering.html.parts import Cell, PageTable, Picture, exact, figure, number, ratio
from costcalc.rendering.memory import step_rows
from costcalc.rendering.plot.architecture import architecture_chart
from costcalc.rendering.plot.cost import cost_chart
from costcalc.rendering.plot.gathering import about_groups
from costcalc.rendering.plot.look import PAGE
from costcalc.rendering.plot.memory import memory_chart
from costcalc.rendering.plot.roofline import has_roofline, roofline_chart
from costcalc.rendering.report.report import Report
from costcalc.rendering.report.words import counting, inputs, verdict_lines
from costcalc.rendering.text import cells
from costcalc.rendering.time import notes_on

#: Of so many layers, those with the most multiplies, a page has the formulas; explain has all.
MOST_EXPLAINED = 400
#: A page is for people: of a network with more layers it is none.
MAX_LAYERS = 5_000
#: And explains layers of so many operations together, copies counted.
MAX_OPERATIONS = 50_000
#: So many steps of memory a page lists, the largest ones.
_MOST_STEPS = 400
_NAMED = 8


class Formulas(NamedTuple):
    """The formulas of one layer, line by line."""

    id: str
    name: str
    lines: Sequence[str]


class Section(NamedTuple):
    """One network: facts, tables, figures, formulas, and sentences at the end."""

    id: str
    title: str
    facts: Sequence[tuple[str, str]]
    verdicts: Sequence[tuple[str, str]]
    totals: PageTable
    figures: Sequence[Picture]
    layers: PageTable
    formulas: Sequence[Formulas]
    unexplained: int
    notes: Sequence[str]


def section(report: Report, id: str) -> Section:
    """What there is to say of a network; ``id`` begins the ids of its parts. Raises CostcalcError."""
    analysis = report.analysis
    counts = (
        ("lists", len(analysis.layers), MAX_LAYERS, "layers"),
        ("explains", len(analysis.network.nodes), MAX_OPERATIONS, "operations"),
    )
    for does, count, most, what in counts:
        if count > most:
            raise CostcalcError(
                f"{report.path}: a page {does} at most {most:,} {what} (limit), and there are {count:,}"
            )
    explained = _explained(analysis)
    formulas = list(_formulas(report, explained, id))
    links = {row: f"#{id}-formula-{row}" for row in explained}
    return Section(
        id,
        report.title,
        list(_facts(report)),
        [(line.role, line.text) for line in verdict_lines(report) if line.text],
        _totals(analysis, id),
        list(_figures(report, id)),
        _layers(analysis, id, links),
        formulas,
        len(analysis.layers) - len(formulas),
        [line.text for line in counting(analysis)],
    )


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    analysis = report.analysis
    yield "file", report.path
    if analysis.spec.source:
        yield "source", analysis.spec.source
    yield "input", inputs(analysis)
    yield "output", str(analysis.output)
    yield "layers", f"{len(analysis.layers):,}"
    yield "numbers", str(dtype_of(analysis.network, analysis.arguments.get("dtype")))
    if (device := analysis.arguments.get("device")) is not None:
        yield "device", f"{device.name}: {device.summary}"


def _totals(analysis: Analysis, id: str) -> PageTable:
    rows = []
    for metric in analysis.metrics:
        values = [analysis.total(version)[metric] for version in VERSIONS]
        rows.append([Cell(metric), *(exact(metric, value) for value in values)])
    return PageTable("Totals in each version", ("metric", *VERSIONS), rows, ("metric",), id=f"{id}-totals")


# Layers


def _layers(analysis: Analysis, id: str, links: dict[int, str]) -> PageTable:
    metrics = in_columns(analysis.metrics)
    header = ["#", "layer", "type", "output"]
    header += [f"{metric}, {version}" for metric in metrics for version in VERSIONS]
    header += ["reduction", "theory", "share", "note"]
    whole = analysis.written["multiplies"]
    rows = [
        _layer(layer, metrics, whole, links.get(place, "")) for place, layer in enumerate(analysis.layers)
    ]
    total = [Cell(""), Cell("total"), Cell(""), Cell("")]
    total += [number(metric, analysis.total(version)[metric]) for metric in metrics for version in VERSIONS]
    total += [_reduction(analysis.standard["multiplies"], analysis.separable["multiplies"])]
    total += [Cell("")] * 3
    left = ("layer", "type", "output", "note")
    ids = [f"{id}-row-{place}" for place in range(len(rows))]
    return PageTable("Layers", header, rows, left, total, sortable=True, id=f"{id}-layers", ids=ids)


def _layer(layer: LayerCost, metrics: Sequence[str], whole: int, link: str) -> list[Cell]:
    name = layer.name if layer.repeat == 1 else f"{layer.name} ×{layer.repeat}"
    found = [
        Cell(str(layer.index + 1), layer.index + 1, kind="number"),
        Cell(name, layer.name, link),
        Cell(layer.type),
        Cell(str(layer.output)),
    ]
    found += [number(metric, layer.versions[version][metric]) for metric in metrics for version in VERSIONS]
    own = layer.written["multiplies"]
    return [
        *found,
        _reduction(layer.standard["multiplies"], layer.separable["multiplies"]),
        ratio(cells.theory(layer.theory), layer.theory),
        Cell(cells.percent(own, whole), own, kind="number"),
        Cell("; ".join(layer.notes)),
    ]


def _reduction(standard: int, separable: int) -> Cell:
    return ratio(cells.reduction(standard, separable), reduction(standard, separable))


# Formulas


def _explained(analysis: Analysis) -> list[int]:
    """The rows that are explained, in order."""
    rows = range(len(analysis.layers))
    if len(rows) <= MOST_EXPLAINED:
        return list(rows)
    dearest = sorted(rows, key=lambda row: -analysis.rows[row]["multiplies"])
    return sorted(dearest[:MOST_EXPLAINED])


def _formulas(report: Report, rows: Sequence[int], id: str) -> Iterator[Formulas]:
    explainer = Explainer(report.analysis)
    for row in rows:
        lines = explanation_lines(explainer.layer(row), report.title)
        yield Formulas(f"{id}-formula-{row}", report.analysis.layers[row].name, lines)


# Figures


def _figures(report: Report, id: str) -> Iterator[Picture]:
    analysis = report.analysis
    beside = "its numbers stand in the table of layers"
    marks = about_groups(len(analysis.layers))
    sizes = "Height: the map's size; width: channels; both logarithmic. Arcs: skips and branches."
    yield figure(
        f"{id}-architecture",
        "Architecture",
        architecture_chart(analysis.network, PAGE, f"{id}-row-"),
        notes=_said(sizes, marks),
        beside=beside,
    )
    yield figure(
        f"{id}-cost",
        "Cost by layer",
        cost_chart(analysis, PAGE, f"{id}-row-"),
        notes=_said(marks),
        beside=beside,
    )
    yield _memory(analysis, id)
    if "device" in analysis.arguments:
        yield from _roofline(report, id)


def _said(*notes: str) -> list[str]:
    return [note for note in notes if note]


def plan_of(analysis: Analysis) -> Plan:
    """The memory of a network in the order in which it runs, under the planner that is given."""
    given = analysis.arguments
    table = given.get("planner") or planner(DEFAULT)
    network, _ = run_by(analysis.network)
    return planned(steps_of(network, table, dtype_of(network, given.get("dtype"))))


def _memory(analysis: Analysis, id: str) -> Picture:
    plan = plan_of(analysis)
    rows = list(step_rows(run_by(analysis.network)[0], plan))
    shown = sorted(sorted(range(len(rows)), key=lambda place: -rows[place].alive)[:_MOST_STEPS])
    body = [
        [
            Cell(str(place + 1), place + 1, kind="number"),
            Cell(rows[place].name),
            Cell(rows[place].output),
            Cell(format_bytes(rows[place].alive), rows[place].alive, kind="number"),
            Cell(_tensors(rows[place].tensors)),
        ]
        for place in shown
    ]
    notes = []
    if rows:
        worst = rows[plan.worst]
        spared = plan.saved(plan.worst)
        less = f" - {spared:,} in place" if spared else ""
        notes.append(f"Peak: {plan.peak:,} bytes at {worst.name}: {_tensors(worst.tensors)}{less}")
    if len(shown) < len(rows):
        notes.append(f"The table has the {len(shown)} largest of {len(rows):,} steps.")
    header = ("#", "step", "output", "alive", "tensors, bytes")
    table = PageTable(
        "Memory by step",
        header,
        body,
        header[1:3] + header[4:],
        sortable=True,
        id=f"{id}-steps",
        ids=[f"{id}-step-{place}" for place in shown],
    )
    return figure(
        f"{id}-memory",
        "Memory over the steps",
        memory_chart(plan, PAGE, f"{id}-step-"),
        notes=notes,
        table=table,
    )


def _tensors(tensors: Sequence[tuple[str, int]]) -> str:
    some = [f"{name} {size:,}" for name, size in tensors[:_NAMED]]
    if len(tensors) > _NAMED:
        some.append(f"{len(tensors) - _NAMED} more {sum(size for _, size in tensors[_NAMED:]):,}")
    return " + ".join(some)


def times_of(report: Report) -> Times:
    """The time of a network on the device that is given."""
    given = report.analysis.arguments
    said = given.get("dtype") or report.analysis.spec.dtype
    return Times(report.analysis, report.path, given["device"], said, given.get("batch", 1))


def _roofline(report: Report, id: str) -> Iterator[Picture]:
    times = times_of(report)
    if not has_roofline(times):
        return
    body, ids = [], []
    for place, (layer, versions) in enumerate(times.layers):
        one = versions["written"]
        if not one.multiplies:
            continue
        total = times.versions["written"].total.seconds
        share = format_percent(one.time.seconds / total) if total else cells.NONE
        ids.append(f"{id}-time-{place}")
        intensity: Any = None if one.intensity is None else float(one.intensity)
        body.append(
            [
                Cell(layer.name),
                Cell(cells.NONE if intensity is None else f"{intensity:.3g}", intensity, kind="number"),
                number("time", one.time.seconds),
                Cell(one.time.bound),
                Cell(share, float(one.time.seconds), kind="number"),
            ]
        )
    header = ("layer", "multiplies per byte", "at least", "bound by", "share of time")
    table = PageTable(
        "Time by layer", header, body, ("layer", "bound by"), sortable=True, id=f"{id}-times", ids=ids
    )
    yield figure(
        f"{id}-roofline",
        f"Roofline of {times.device.name}",
        roofline_chart(times, PAGE, f"{id}-time-"),
        notes=notes_on(times.device),
        table=table,
    )
