"""What varies in a sweep: the widths and resolutions asked for, and the choices of a spec.

The choices of a network are known once it is resolved: those inside blocks have the names of their places. Where the
first value of each makes no network, others are tried, since a spec with an invalid variant has valid ones, too.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from costcalc.application.load import Loaded, Settings, parse_document
from costcalc.errors import CostcalcError, SpecError
from costcalc.spec import NetworkSpec, parse_spec
from costcalc.spec.choices import Choice, readable

if TYPE_CHECKING:
    from costcalc.rewrite.resolution import Resolution
    from costcalc.search.sweep.space import SweepAxis

#: So many variants at most are gone through without a sample.
MAX_VARIANTS = 10**9
#: So many values of one axis are tried one by one to find choices that are met only with them.
_TRIED = 64
#: So many variants are drawn to find one that makes a network, where no single change does.
_DRAWN = 256
#: So many at least; and so many characters of spec are resolved at most for that.
_FEWEST, _CHARACTERS = 16, 2_000_000

#: For each choice by its own name, how many of its values are moved from the front to the end.
_Turn: TypeAlias = Mapping[str, int]


class SweptSpec(NamedTuple):
    """A spec whose choices are not made, all its choices by place, and a variant of it that makes a network."""

    spec: NetworkSpec
    choices: Mapping[str, Choice]
    loaded: Loaded


def swept_spec(text: str, path: str, settings: Settings) -> SweptSpec:
    """The spec of a text with all its choices. Raises SpecError where no variant that was tried makes a network."""
    try:
        loaded = parse_document(text, path, settings=settings)
    except SpecError as error:
        found = _other(text, path, settings)
        if found is None:
            raise error from None
        return found
    spec, _ = parse_spec(loaded.document.data)
    return SweptSpec(spec, _all_choices(spec, loaded.network.choices, settings), loaded)


def _other(text: str, path: str, settings: Settings) -> SweptSpec | None:
    """The spec where its first variant makes no network; None where none does."""
    from costcalc.network import resolve
    from costcalc.reading.document import parse
    from costcalc.rewrite.choices import at_choices

    document = parse(text, path)
    spec, problems = parse_spec(document.data)
    if problems:
        return None
    sizes: dict[str, int] = {}
    for written in (spec.choices, *(block.choices for block in spec.blocks.values())):
        for name, values in readable(written).items():
            sizes[name] = max(sizes.get(name, 0), len(values))
    for turn in islice(_turns(sizes), max(_FEWEST, _CHARACTERS // len(text))):
        chosen, problems = at_choices(_turned(spec, turn), settings)
        try:
            network = resolve(chosen, problems)
        except CostcalcError:
            continue
        choices = {name: _back(name, choice, turn) for name, choice in network.choices.items()}
        if settings.keys() - choices.keys():
            return None
        return SweptSpec(spec, _all_choices(spec, choices, settings), Loaded(document, network))
    return None


def _turns(sizes: Mapping[str, int]) -> Iterator[_Turn]:
    """Each choice by itself takes other values; then all do at random, the same in each run."""
    for name, size in sizes.items():
        for amount in range(1, min(size, _TRIED)):
            yield {name: amount}
    generator = random.Random(0)
    for _ in range(_DRAWN if len(sizes) > 1 else 0):
        yield {name: generator.randrange(size) for name, size in sizes.items()}


def _turned(spec: NetworkSpec, turn: _Turn) -> NetworkSpec:
    """The spec with other values first."""

    def turned(written: Mapping[str, object]) -> dict[str, object]:
        values = readable(written)
        return {name: _rotated(list(values[name]), turn.get(name, 0)) for name in values}

    blocks = {
        name: block.model_copy(update={"choices": turned(block.choices)})
        for name, block in spec.blocks.items()
    }
    return spec.model_copy(update={"choices": turned(spec.choices), "blocks": blocks})


def _rotated(values: list[object], amount: int) -> list[object]:
    amount %= max(1, len(values))
    return values[amount:] + values[:amount]


def _back(place: str, choice: Choice, turn: _Turn) -> Choice:
    """A choice as it is written; ``place`` ends with its own name."""
    amount = turn.get(place.rpartition("/")[2], 0) % len(choice.values)
    values = _rotated(list(choice.values), len(choice.values) - amount)
    return Choice(tuple(values), (choice.taken + amount) % len(values))


def _all_choices(spec: NetworkSpec, known: Mapping[str, Choice], settings: Settings) -> dict[str, Choice]:
    """The choices of a network, and those that are met with other values of these: of a copy more, say."""
    from costcalc.search.sweep.variants import variant

    found = dict(known)
    if not any(block.choices for block in spec.blocks.values()):
        return found
    valid = {name: choice.labels[choice.taken] for name, choice in known.items()}
    tried: set[str] = set()
    while waiting := [name for name in found if name not in tried]:
        for name in waiting:
            tried.add(name)
            for label in found[name].labels[:_TRIED]:
                if name in settings:
                    break
                try:
                    network = variant(spec, {**valid, name: label})
                except CostcalcError:
                    continue  # it is an invalid variant, and will be told
                found |= {each: choice for each, choice in network.choices.items() if each not in found}
    return found


def axes_of(
    swept: SweptSpec, widths: Sequence[Fraction], resolutions: Sequence[Resolution], settings: Settings
) -> tuple[SweepAxis, ...]:
    """The axes of a sweep. Raises CostcalcError where there are none."""
    from costcalc.search.sweep.space import SweepAxis

    axes = []
    if widths:
        axes.append(SweepAxis("width_multiplier", tuple(map(_decimal, widths)), tuple(widths)))
    if resolutions:
        axes.append(SweepAxis("resolution", tuple(map(str, resolutions)), tuple(resolutions)))
    for name, choice in swept.choices.items():
        labels, values = choice.labels, choice.values
        if name in settings:
            labels, values = (labels[choice.taken],), (values[choice.taken],)
        axes.append(SweepAxis(name, labels, values))
    if not axes:
        raise CostcalcError(
            f"{swept.loaded.document.path}: nothing varies: give the spec choices, "
            "or say --width-multiplier or --resolution"
        )
    return tuple(axes)


def refuse_many(axes: Sequence[SweepAxis]) -> None:
    """Raise CostcalcError where there are more variants than can be gone through one by one."""
    size = math.prod(len(axis.labels) for axis in axes)
    if size > MAX_VARIANTS:
        raise CostcalcError(
            f"there are {size:,} variants, and at most {MAX_VARIANTS:,} are gone through (limit): "
            "--sample N draws some, --set NAME=VALUE leaves fewer"
        )


def _decimal(multiplier: Fraction) -> str:
    return f"{float(multiplier):g}" if Fraction(f"{float(multiplier):g}") == multiplier else str(multiplier)
