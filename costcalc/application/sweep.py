"""A sweep of a spec: which variants there are, which are kept, and who costs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from costcalc.application.load import Loaded, load_document
from costcalc.errors import CostcalcError, did_you_mean
from costcalc.quantity import listed, parse_decimal, shown
from costcalc.spec import NetworkSpec, parse_spec
from costcalc.spec.choices import Choice

if TYPE_CHECKING:
    from costcalc.rewrite.resolution import Resolution
    from costcalc.search.sweep.answer import Sweep
    from costcalc.search.sweep.selecting import Costed, Criterion, Held
    from costcalc.search.sweep.space import Rows, Space, SweepAxis

#: So many variants at most are gone through without a sample.
MAX_VARIANTS = 10**9
#: So many values of one axis are tried one by one to find choices that are met only with them.
_TRIED = 64


@dataclass(frozen=True, slots=True)
class SweepAsked:
    """What a sweep is about; ``front`` and ``sort`` are names of columns, with a ``-`` where more is better.

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
    from costcalc.search.sweep.answer import Sweep
    from costcalc.search.sweep.compiling import compiled
    from costcalc.search.sweep.selecting import SLICE, Held, Run, here, pieces, sampled

    loaded = load_document(path, inputs=asked.inputs, settings=asked.settings)
    spec, _ = parse_spec(loaded.document.data)
    axes = _axes(spec, loaded, asked)
    _refuse_many(axes, asked)
    space = compiled(spec, axes)
    limits, sentences = _limits(loaded, asked)
    columns = _Criteria(space, spec, asked)
    held = Held(
        [columns.named(name, "--front") for name in asked.front],
        [columns.named(name, "--sort") for name in asked.sort],
        asked.top if asked.top is not None or asked.front or asked.sort else asked.holds,
    )
    sample = None if asked.sample is None else sampled(space, asked.sample, asked.seed)
    run: Run = here
    if asked.scheduler is not None:
        from costcalc.search.sweep.cluster import on_cluster

        run = on_cluster(asked.scheduler)
    count = space.pieces if sample is None else -(-len(sample[0]) // SLICE)
    keeps_invalid = not (asked.front or asked.sort or asked.within)
    variants = within = invalid = 0
    for part in follow(iter(run(space, pieces(space, sample), limits, keeps_invalid)), count):
        variants, within, invalid = variants + part.variants, within + part.within, invalid + part.invalid
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
        loaded.network.name or loaded.document.path,
        space,
        rows,
        variants,
        within,
        invalid,
        bool(limits),
        sentences,
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


# What varies


def _axes(spec: NetworkSpec, loaded: Loaded, asked: SweepAsked) -> tuple[SweepAxis, ...]:
    from costcalc.search.sweep.space import SweepAxis

    axes = []
    if asked.widths:
        axes.append(SweepAxis("width_multiplier", tuple(map(_decimal, asked.widths)), tuple(asked.widths)))
    if asked.resolutions:
        axes.append(SweepAxis("resolution", tuple(map(str, asked.resolutions)), tuple(asked.resolutions)))
    for name, choice in _all_choices(spec, loaded, asked).items():
        labels, values = choice.labels, choice.values
        if name in asked.settings:
            labels, values = (labels[choice.taken],), (values[choice.taken],)
        axes.append(SweepAxis(name, labels, values))
    if not axes:
        raise CostcalcError(
            f"{loaded.document.path}: nothing varies: give the spec choices, or say --width-multiplier or --resolution"
        )
    return tuple(axes)


def _all_choices(spec: NetworkSpec, loaded: Loaded, asked: SweepAsked) -> dict[str, Choice]:
    """The choices of a network, and those that are met with other values of these: of a copy more, say."""
    from costcalc.search.sweep.variants import variant

    found = dict(loaded.network.choices)
    if not any(block.choices for block in spec.blocks.values()):
        return found
    tried: set[str] = set()
    while waiting := [name for name in found if name not in tried]:
        for name in waiting:
            tried.add(name)
            for label in found[name].labels[1:_TRIED]:
                if name in asked.settings:
                    break
                try:
                    network = variant(spec, {**asked.settings, name: label})
                except CostcalcError:
                    continue  # it is an invalid variant, and will be told
                found |= {each: choice for each, choice in network.choices.items() if each not in found}
    return found


def _decimal(multiplier: Fraction) -> str:
    return f"{float(multiplier):g}" if Fraction(f"{float(multiplier):g}") == multiplier else str(multiplier)


def _refuse_many(axes: Sequence[SweepAxis], asked: SweepAsked) -> None:
    import math

    size = math.prod(len(axis.labels) for axis in axes)
    if size > MAX_VARIANTS and asked.sample is None:
        raise CostcalcError(
            f"there are {size:,} variants, and at most {MAX_VARIANTS:,} are gone through (limit): --sample N takes some"
        )


# What is kept


def _limits(loaded: Loaded, asked: SweepAsked) -> tuple[dict[str, int], list[str]]:
    """The limits on the whole network of the spec's budget, by metric; and what there is to say of the others."""
    from costcalc.budget import rules_of
    from costcalc.search.sweep.variants import SWEPT

    if not asked.within:
        return {}, []
    rules = rules_of(loaded.network.spec.budget, loaded.document.locate)
    limits = {rule.metric: int(rule.bound) for rule in rules if rule.kind == "total" and rule.metric in SWEPT}
    if not limits:
        raise CostcalcError(
            f"{loaded.document.path}: --within needs a budget with a limit on {' or '.join(SWEPT)}"
        )
    if len(limits) < len(rules):
        return limits, [f"--within looks at limits on {' and '.join(SWEPT)} of the whole network alone"]
    return limits, []


class _Criteria:
    """What rows can be compared by."""

    def __init__(self, space: Space, spec: NetworkSpec, asked: SweepAsked) -> None:
        self.space = space
        self.spec = spec
        self.scores: dict[str, tuple[tuple[int, ...], dict[tuple[int, ...], float]]] = {}
        if asked.scores is not None:
            from costcalc.application.scores import read_scores

            self.scores = read_scores(asked.scores, space.axes)

    def named(self, said: str, flag: str) -> Criterion:
        """A column of a name, ``-`` before it where more is better. Raises CostcalcError."""
        import numpy as np

        from costcalc.search.sweep.selecting import Criterion

        name = said.removeprefix("-")
        more = name != said
        if name in self.space.tables:
            return Criterion(name, more)
        places = {axis.name: place for place, axis in enumerate(self.space.axes)}
        if name in places:
            axis = self.space.axes[places[name]]
            values = [self._number(axis, value, flag) for value in axis.values]
            order = sorted(set(values))
            return Criterion(name, more, (places[name],), np.array([order.index(value) for value in values]))
        if name in self.scores:
            axes, known = self.scores[name]
            ranks = {score: rank for rank, score in enumerate(sorted(set(known.values())))}
            table = np.full([self.space.sizes[axis] for axis in axes], -1, dtype=np.int64)
            for indices, score in known.items():
                table[indices] = ranks[score]
            return Criterion(name, more, axes, table)
        columns = [*self.space.tables, *places, *self.scores]
        guess = did_you_mean(name, columns) or f"; columns: {listed(columns)}"
        raise CostcalcError(f"{flag}: no column {shown(name)}{guess}")

    def _number(self, axis: SweepAxis, value: object, flag: str) -> Fraction:
        from costcalc.rewrite.resolution import Resolution, at_resolution

        if isinstance(value, Resolution):
            shapes = at_resolution(self.spec, value).input_shapes.values()
            return Fraction(sum(shape.positions for shape in shapes))
        if isinstance(value, Fraction):
            return value
        try:
            return parse_decimal(value)
        except ValueError:
            raise CostcalcError(
                f"{flag}: {shown(axis.name)} is not made of numbers: {shown(value)}"
            ) from None
