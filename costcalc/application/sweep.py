"""A sweep of a spec: which variants there are, which are kept, and who costs them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from costcalc.application.load import Loaded, spec_text
from costcalc.application.sweep_space import axes_of, refuse_many, swept_spec
from costcalc.errors import CostcalcError
from costcalc.metrics import METRICS, Number

if TYPE_CHECKING:
    from costcalc.rewrite.resolution import Resolution
    from costcalc.search.sweep.answer import Sweep
    from costcalc.search.sweep.selecting import Costed, Held
    from costcalc.search.sweep.space import Rows, Space


@dataclass(frozen=True, slots=True)
class SweepAsked:
    """What a sweep is about; ``front`` and ``sort`` are names of columns, with a ``-`` where more is better.

    ``metrics`` are further columns, ``arguments`` what metrics depend on: a device, a planner, a dtype.
    ``holds`` says how many rows the answer needs where nothing chooses among them; None: all.
    """

    widths: Sequence[Fraction] = ()
    resolutions: Sequence[Resolution] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    inputs: Sequence[str] = ()
    sample: int | None = None
    seed: int = 0
    within: bool = False
    front: Sequence[str] = ()
    sort: Sequence[str] = ()
    top: int | None = None
    scores: str | None = None
    metrics: Sequence[str] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    scheduler: str | None = None
    holds: int | None = None


def find_sweep(
    path: str,
    asked: SweepAsked,
    follow: Callable[[Iterator[Costed], int], Iterator[Costed]] = lambda parts, count: parts,
    sink: Callable[[Space, Rows], None] | None = None,
) -> Sweep:
    """Cost the variants of a spec, which is read once.

    ``follow`` goes through the parts as they come, of so many; ``sink`` gets all rows that are kept, a part at a time.
    Raises SpecError, CostcalcError.
    """
    _need_numpy()
    from costcalc.application.sweep_columns import Criteria, columns_of, refuse_unmeasurable
    from costcalc.search.sweep.answer import Sweep
    from costcalc.search.sweep.compiling import compiled
    from costcalc.search.sweep.measuring import Measuring
    from costcalc.search.sweep.selecting import Held, Run, Wanted, here, pieces, sampled

    text, name = spec_text(path, asked.inputs)
    swept = swept_spec(text, name, asked.settings)
    axes = axes_of(swept, asked.widths, asked.resolutions, asked.settings)
    if asked.sample is None:
        refuse_many(axes)
    limits, arguments, sentences = _limits(path, swept.loaded, asked)
    compared = [*asked.front, *asked.sort]
    columns = columns_of(asked.metrics, compared, limits)
    refuse_unmeasurable(columns, arguments)
    if not limits.keys() & set(columns.tabled):
        size = math.prod(len(axis.labels) for axis in axes)
        _refuse_measured(columns.measured, size if asked.sample is None else min(size, asked.sample))
    criteria = Criteria(swept.spec, axes, [*columns.tabled, *columns.measured], asked.scores)
    held = Held(
        [criteria.named(name, "--front") for name in asked.front],
        [criteria.named(name, "--sort") for name in asked.sort],
        asked.top if asked.top is not None or compared else asked.holds,
    )
    space = compiled(swept.spec, axes, columns.tabled)
    sample = None if asked.sample is None else sampled(space, asked.sample, asked.seed)
    measuring = Measuring(swept.spec, axes, columns.measured, arguments) if columns.measured else None
    wanted = Wanted(limits, not (compared or asked.within), measuring)
    run: Run = here
    if asked.scheduler is not None:
        from costcalc.search.sweep.cluster import on_cluster

        run = on_cluster(asked.scheduler)
    todo = pieces(space, sample, measuring is not None)
    variants = within = invalid = measured = 0
    for part in follow(iter(run(space, todo, wanted)), len(todo)):
        variants, within, invalid = variants + part.variants, within + part.within, invalid + part.invalid
        measured += part.measured
        _refuse_measured(columns.measured, measured)
        if sink is not None and held.is_open and asked.top is None:
            sink(space, part.rows)
        if not held.is_full:
            _take(held, part.rows)
    rows = None if held.rows is None else held.ordered(held.rows)
    if sink is not None and rows is not None and not (held.is_open and asked.top is None):
        sink(space, rows)
    if held.unknown:
        sentences.append(f"{held.unknown:,} variants have no score: they are left out")
    return Sweep(
        swept.loaded.network.name or name,
        space,
        rows,
        variants,
        within,
        invalid,
        bool(limits),
        columns.measured,
        sentences,
    )


def _limits(
    path: str, loaded: Loaded, asked: SweepAsked
) -> tuple[Mapping[str, Number], Mapping[str, Any], list[str]]:
    """The limits on the whole network of the spec's budget, the arguments of metrics, and what there is to say."""
    from costcalc.application.limits import budget_limits, on_device

    arguments: Mapping[str, Any] = on_device(path, loaded, asked.arguments)
    if not asked.within:
        return {}, arguments, []
    found, arguments, others = budget_limits(path, loaded, arguments)
    if not found:
        raise CostcalcError(
            f"{loaded.document.path}: --within needs a budget with a limit on {' or '.join(METRICS)}"
        )
    said = ["--within looks at limits on the whole network alone"] if others else []
    return {name: METRICS[name].unit.floor(limit) for name, limit in found.items()}, arguments, said


def _refuse_measured(metrics: Sequence[str], count: int) -> None:
    """Raise CostcalcError where more variants are to be measured one by one than in a few minutes."""
    from costcalc.search.sweep.measuring import MAX_MEASURED

    if metrics and count > MAX_MEASURED:
        raise CostcalcError(
            f"variants are measured one by one for {' and '.join(metrics)}, at most {MAX_MEASURED:,} of them (limit), "
            f"and here would be {count:,} or more: --sample N draws some, --set NAME=VALUE leaves fewer"
        )


def _take(held: Held, rows: Rows) -> None:
    try:
        held.take(rows)
    except OverflowError:
        from costcalc.search.sweep.selecting import MAX_HELD

        raise CostcalcError(
            f"more than {MAX_HELD:,} rows are no document (limit): choose by --within, --front, --top or --sample, "
            "or write -o parquet=PATH alone, which is streamed"
        ) from None


def _need_numpy() -> None:
    try:
        import numpy  # noqa: F401
    except ImportError:
        raise CostcalcError(
            "sweep needs numpy, which is not installed: pip install 'costcalc[sweep]'"
        ) from None
