"""The best choice at every place: keep what stands there, or take one of its options.

Best is, one after the other: the fewest places changed; the least multiplies (or the most of another metric kept);
earlier places kept, and earlier options taken. A limit on multiplies alone is met greedily; anything else is an
integer program (HiGHS, by scipy). The program works in floating point: so every answer is checked in exact numbers,
one that does not hold is excluded, and each optimum is asked to be improved on by 1 until that is impossible.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from costcalc.errors import CostcalcError
from costcalc.metrics import Number

#: What taking an option adds to each metric; negative where it saves.
Change: TypeAlias = Mapping[str, Number]

#: For each place the index of the option taken, None where it is kept.
Choice: TypeAlias = tuple[int | None, ...]

MISSING = "a plan for more than a limit on multiplies needs scipy: pip install 'costcalc[plan]'"

#: What to do about a plan that is too large.
FEWER = "leave layers alone by --keep GLOB, or offer fewer forms by --with"

#: So many options at most go into an integer program: what HiGHS takes at its root grows with their square.
MAX_OPTIONS = 800

#: So many nodes times options HiGHS may branch on, for one choice: the same answer, or none, on any machine.
_WORK = 200_000

#: So long one program may take, whatever it does.
_SECONDS = 60.0

#: Weights of a tie-break stay below this, so that the program can tell them apart.
_LARGEST_WEIGHT = 2**20


def best_choice(
    places: Sequence[Sequence[Change]],
    room: Mapping[str, Number],
    keep_most: str | None = None,
    must: Collection[int] = (),
) -> Choice | None:
    """The best choice whose changes stay within ``room``, by metric; None where there is none.

    ``room`` is the limit less what the network has now. ``keep_most`` names a metric of which as much as possible is
    to be kept, in the place of the least multiplies. What stands at the places ``must`` cannot stay. Raises
    CostcalcError where scipy is needed and not there, or the programs take too much work.
    """
    if not must and all(value >= 0 for value in room.values()):
        return (None,) * len(places)
    if any(_least(places, name) > value for name, value in room.items()):
        return None
    if _is_simple(room, keep_most, must):
        return _greedy([_most_saving(options) for options in places], room["multiplies"])
    return _IntegerProgram(places, room, must).solve(keep_most)


def next_best_choice(
    places: Sequence[Sequence[Change]],
    room: Mapping[str, Number],
    best: Choice,
    keep_most: str | None = None,
    must: Collection[int] = (),
) -> Choice | None:
    """The best choice but for ``best``; None where there is no other. Raises as :func:`best_choice` does."""
    if _is_simple(room, keep_most, must):
        return _next_greedy(places, room["multiplies"], best)
    program = _IntegerProgram(places, room, must)
    program.exclude(best)
    return program.solve(keep_most)


def _least(places: Sequence[Sequence[Change]], metric: str) -> Number:
    """What no choice's change of a metric is below: that of the best option everywhere, the other limits left aside."""
    return sum(
        min((option[metric] for option in options if option[metric] < 0), default=0) for options in places
    )


def _is_simple(room: Mapping[str, Number], keep_most: str | None, must: Collection[int]) -> bool:
    return set(room) == {"multiplies"} and keep_most is None and not must


def _greedy(best: Sequence[tuple[Number, int | None]], room: Number) -> Choice | None:
    """Fewest places, then least multiplies, then later places changed, under a limit on multiplies alone.

    Take each place's ``best`` option, the first of equals, and change places in the order of what they save, the later
    of equals first, until the limit holds. With k places no choice saves more than these k do: so k is the fewest,
    and among choices of k places this one leaves the least. Another choice that saves as much has the same savings
    at its places, and differs in which of equals it takes: of those the later ones were taken.
    """
    order = sorted(range(len(best)), key=lambda place: (best[place][0], -place))
    choice: list[int | None] = [None] * len(best)
    for place in order:
        change, option = best[place]
        if room >= 0 or change >= 0:
            break
        room -= change
        choice[place] = option
    return tuple(choice) if room >= 0 else None


def _next_greedy(places: Sequence[Sequence[Change]], room: Number, best: Choice) -> Choice | None:
    """The best of the choices that are as ``best`` before some place, and differ from it there (Lawler 1972)."""
    found = []
    most = [_most_saving(options) for options in places]
    for place, taken in enumerate(best):
        for other in {None, *range(len(places[place]))} - {taken}:
            left = room - (places[place][other]["multiplies"] if other is not None else 0)
            rest = _greedy(most[place + 1 :], left)
            if rest is not None:
                found.append((*best[:place], other, *rest))
        room -= places[place][taken]["multiplies"] if taken is not None else 0
    return min(found, key=lambda choice: _rank(places, choice), default=None)


def _rank(places: Sequence[Sequence[Change]], choice: Choice) -> tuple[int, Number, list[int]]:
    taken = [places[place][option] for place, option in enumerate(choice) if option is not None]
    order = [0 if option is None else 1 + option for option in choice]
    return len(taken), sum(change["multiplies"] for change in taken), order


def _most_saving(options: Sequence[Change]) -> tuple[Number, int | None]:
    """The least change of multiplies, and the first option that has it; keeping is none at all."""
    changes = [option["multiplies"] for option in options]
    least = min(changes, default=0)
    return (least, changes.index(least)) if least < 0 else (0, None)


@dataclass
class _Inequality:
    """Σ coefficient·x ≤ bound, exactly."""

    coefficients: list[Number]
    bound: Number

    def holds(self, x: Sequence[int]) -> bool:
        return self.value(x) <= self.bound

    def value(self, x: Sequence[int]) -> Number:
        return sum(coefficient for coefficient, taken in zip(self.coefficients, x, strict=True) if taken)


@dataclass
class _IntegerProgram:
    """0/1 variables, one for each option of each place, in order."""

    places: Sequence[Sequence[Change]]
    room: Mapping[str, Number]
    must: Collection[int] = ()
    rows: list[_Inequality] = field(default_factory=list)
    excluded: list[_Inequality] = field(default_factory=list)
    work: int = 0  # nodes branched on so far, times options

    def __post_init__(self) -> None:
        self.variables = [(p, o) for p, options in enumerate(self.places) for o in range(len(options))]
        if len(self.variables) > MAX_OPTIONS:
            raise CostcalcError(
                f"a plan for more than a limit on multiplies chooses from at most {MAX_OPTIONS:,} options (limit), "
                f"and there are {len(self.variables):,}: {FEWER}"
            )
        for metric, bound in self.room.items():
            self.rows.append(_Inequality(self._changes(metric), bound))
        for forced in self.must:
            self.rows.append(_Inequality([-1 if place == forced else 0 for place, _ in self.variables], -1))
        self.rows += self._alike()

    def exclude(self, choice: Choice) -> None:
        """Let the answer be another one."""
        self.rows.append(_no_good([int(choice[place] == option) for place, option in self.variables]))

    def solve(self, keep_most: str | None) -> Choice | None:
        """The best choice; None where there is none."""
        if not self.variables:
            return None  # something is over its limit, and there is nothing to change
        goals: list[list[Number]] = [[1] * len(self.variables)]
        if keep_most is None:
            goals.append(self._changes("multiplies"))
        else:
            goals.append([-change for change in self._changes(keep_most)])
        found: list[int] | None = None
        for goal in goals:
            found = self._settle(goal, found)
            if found is None:
                return None
        assert found is not None
        if self._feasible([_no_good(found)]) is not None:
            for goal in self._tie_breaks():
                found = self._settle(goal, found)
                assert found is not None
        choice: list[int | None] = [None] * len(self.places)
        for (place, option), taken in zip(self.variables, found, strict=True):
            if taken:
                choice[place] = option
        return tuple(choice)

    def _changes(self, metric: str) -> list[Number]:
        return [self.places[place][option][metric] for place, option in self.variables]

    def _tie_breaks(self) -> list[list[Number]]:
        """Goals that keep earlier places, and take earlier options, a few places at a time."""
        base = 1 + max(len(options) for options in self.places)
        digits = 1
        while base ** (digits + 1) <= _LARGEST_WEIGHT:
            digits += 1
        goals = []
        for start in range(0, len(self.places), digits):
            weights = {start + digit: base ** (digits - 1 - digit) for digit in range(digits)}
            goals.append([weights.get(place, 0) * (option + 1) for place, option in self.variables])
        return goals

    def _alike(self) -> list[_Inequality]:
        """Of places with the same options an earlier one is changed only if the next one is."""
        rows = []
        last: dict[object, int] = {}
        for place, options in enumerate(self.places):
            key = tuple(tuple(sorted(option.items())) for option in options)
            if key in last:
                signs: dict[int, Number] = {last[key]: 1, place: -1}
                rows.append(_Inequality([signs.get(other, 0) for other, _ in self.variables], 0))
            last[key] = place
        return rows

    def _settle(self, goal: list[Number], known: list[int] | None) -> list[int] | None:
        """The 0/1 values with the least of a goal, which all further ones must have, too; None where none fit.

        ``known`` are values that fit.
        """
        best = known
        while True:
            more = [] if best is None else [_Inequality(goal, _Inequality(goal, 0).value(best) - 1)]
            found = self._feasible(more, goal)
            if found is None:
                break
            best = found
        if best is not None:
            self.rows.append(_Inequality(goal, _Inequality(goal, 0).value(best)))
        return best

    def _feasible(self, more: list[_Inequality], goal: list[Number] | None = None) -> list[int] | None:
        """0/1 values that fit exactly, those with about the least of a goal; None where there are none."""
        while (found := self._once(goal or [0] * len(self.variables), more)) is not None:
            if all(row.holds(found) for row in (*self.rows, *more)) and self._one_each(found):
                return found
            self.excluded.append(_no_good(found))
        return None

    def _one_each(self, x: Sequence[int]) -> bool:
        places = [place for (place, _), taken in zip(self.variables, x, strict=True) if taken]
        return len(places) == len(set(places))

    def _once(self, goal: list[Number], more: list[_Inequality]) -> list[int] | None:
        """What HiGHS takes for the optimum, rounded; None where it finds the program infeasible."""
        numpy, optimize = _scipy()
        rows = [*self.rows, *self.excluded, *more]
        matrix = numpy.array([[float(value) for value in row.coefficients] for row in rows])
        limits = optimize.LinearConstraint(matrix, ub=[float(row.bound) for row in rows])
        answer = optimize.milp(
            [float(value) for value in goal],
            constraints=[limits, optimize.LinearConstraint(self._per_place(numpy), ub=1)],
            integrality=numpy.ones(len(self.variables)),
            bounds=optimize.Bounds(0, 1),
            options={
                "mip_rel_gap": 0,
                "time_limit": _SECONDS,
                "node_limit": max(1, (_WORK - self.work) // len(self.variables)),
            },
        )
        if answer.status == 2:
            return None
        self.work += (answer.mip_node_count or 0) * len(self.variables)
        if answer.x is None or answer.status != 0 or self.work > _WORK:
            raise CostcalcError(f"the exact answer takes too much work: {FEWER}")
        return [round(value) for value in answer.x]

    def _per_place(self, numpy: Any) -> Any:
        matrix = numpy.zeros((len(self.places), len(self.variables)))
        for variable, (place, _) in enumerate(self.variables):
            matrix[place, variable] = 1
        return matrix


def _no_good(x: Sequence[int]) -> _Inequality:
    """A row that excludes exactly these 0/1 values."""
    return _Inequality([1 if taken else -1 for taken in x], sum(x) - 1)


def _scipy() -> tuple[Any, Any]:
    try:
        import numpy
        from scipy import optimize
    except ImportError:
        raise CostcalcError(MISSING) from None
    return numpy, optimize
