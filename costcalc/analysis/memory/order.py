"""The order of a network's steps with the least peak.

Where one tensor alone is alive, the network falls into two parts: every order does the first one first. Each part is
searched by its sets of done steps, best first: what is alive after a set does not depend on how it came about, so the
peak of a way to it is all that has to be known. Two sorts of steps are no choice: one that takes nothing is best done
just before the first step that takes what it makes; one that leaves no more alive than before, and needs no more than
the search has granted already, is best done at once. A part that has too many sets to be searched gets the better of
the order written and a greedy one, and a bound that no order is below.

Source: Ahn et al., "Ordering Chaos" (SERENITY), arXiv:2003.02369, section 3 (dynamic programming over the sets of
done nodes, cut where one tensor is alive).
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from costcalc.analysis.memory.liveness import alive_at_each, spared
from costcalc.analysis.memory.peak import Plan
from costcalc.analysis.memory.steps import Step, Steps
from costcalc.planners.planner import OWN

#: A part is searched as long as the sets of done steps that were looked at, times its steps, are no more than this.
MOST_WORK = 200_000
#: A part of more steps than this stays in the order written.
MOST_STEPS = 1_000


def best_order(steps: Steps, most_work: int = MOST_WORK) -> Plan:
    """The order with the least peak; the plan has a bound ``at_least`` where not all of a part could be searched."""
    if steps.state:
        return _with_state(steps, most_work)
    written = _sources_last(steps)
    alive = dict(zip(written, alive_at_each(steps, written), strict=True))
    floor = max(_least(steps), default=0)  # no order is below the largest step by itself
    order: list[int] = []
    bound = floor
    search = _Search(steps, most_work)
    for part in _parts(steps, written):
        worst = max([alive[index] for index in part])
        if worst <= floor:
            order += part
            continue
        found, least = search.best(part, floor, worst)
        order += found
        bound = max(bound, least)
    plan = Plan(steps, tuple(order), tuple(alive_at_each(steps, order)))
    return plan if bound >= plan.peak else Plan(plan.steps, plan.order, plan.alive, bound)


def _with_state(steps: Steps, most_work: int) -> Plan:
    """The same with state: each copy of it is a step by itself, that takes nothing."""
    taken = {buffer for step in steps.steps for buffer in step.inputs}
    copies = {buffer: len(steps.steps) + place for place, buffer in enumerate(sorted(steps.state & taken))}
    made = [Step((), (), steps.size(buffer), OWN) for buffer in copies]
    reading = [
        step._replace(inputs=tuple([copies.get(buffer, buffer) for buffer in step.inputs]))
        for step in steps.steps
    ]
    found = best_order(steps._replace(steps=(*reading, *made), state=frozenset()), most_work)
    order = [index for index in found.order if index < len(steps.steps)]
    return Plan(steps, tuple(order), tuple(alive_at_each(steps, order)), found.at_least)


def _least(steps: Steps) -> list[int]:
    """What each step needs by itself: what it takes and makes, as if all that it takes died there."""
    found = []
    for step in steps.steps:
        sizes = [steps.size(buffer) for buffer in step.inputs]
        found.append(sum(sizes) + step.output - spared(step, sizes))
    return found


def _sources_last(steps: Steps) -> list[int]:
    """The order written, each step that takes nothing put before the first step that takes what it makes."""
    order: dict[int, None] = {}
    for index, step in enumerate(steps.steps):
        if step.inputs:
            order.update((source, None) for source in step.inputs if _is_source(steps, source))
            order[index] = None
    order.update((index, None) for index in range(len(steps.steps)))  # outputs that take nothing
    return list(order)


def _is_source(steps: Steps, buffer: int) -> bool:
    return buffer >= 0 and not steps.steps[buffer].inputs


def _parts(steps: Steps, order: Sequence[int]) -> list[list[int]]:
    """The steps in parts, cut where what was just made is alive alone and all later steps depend on it."""
    last = dict.fromkeys(steps.outputs, len(order))
    for position, index in enumerate(order):
        last.setdefault(index, position)
        for buffer in steps.steps[index].inputs:
            last[buffer] = max(last.get(buffer, 0), position)
    ending = [0] * (len(order) + 1)
    for end in last.values():
        ending[end] += 1
    free = _last_free(steps, order)
    alive = sum(1 for buffer in last if buffer < 0)
    parts: list[list[int]] = []
    start = 0
    for position in range(len(order)):
        alive += 1 - ending[position]
        is_alone = alive == 1 and last[order[position]] > position
        if (is_alone and position >= free) or position == len(order) - 1:
            parts.append(list(order[start : position + 1]))
            start = position + 1
    return parts


def _last_free(steps: Steps, order: Sequence[int]) -> int:
    """The position of the last step that does not depend on the network's inputs, sources apart; else -1."""
    free: set[int] = set()
    taken = {buffer for step in steps.steps for buffer in step.inputs}
    found = -1
    for position, index in enumerate(order):
        if all(buffer in free for buffer in steps.steps[index].inputs):
            free.add(index)
            if steps.steps[index].inputs or index in steps.outputs or index not in taken:
                found = position
    return found


class _State(NamedTuple):
    """A set of done steps: the peak on the way to it, what is alive after it, and how it came about."""

    peak: int
    rank: int  # more done steps first
    done: int  # a bit for each step of the part
    alive: int
    order: tuple[int, ...]


class _Part:
    """A part that is searched: its steps, a bit for each, and what has to be done before and after each."""

    def __init__(self, steps: Steps, indices: Sequence[int], consumers: dict[int, list[int]]) -> None:
        self.steps = steps
        self.indices = indices
        self.whole = (1 << len(indices)) - 1
        self._bits = {index: 1 << place for place, index in enumerate(indices)}
        self._before = {
            index: [buffer for buffer in steps.steps[index].inputs if buffer in self._bits]
            for index in indices
        }
        self._users = {
            buffer: sum(self._bits[user] for user in consumers[buffer])
            for index in indices
            for buffer in steps.steps[index].inputs
            if buffer not in steps.outputs
        }
        self._lost = {index for index in indices if not consumers[index] and index not in steps.outputs}
        self._sources = {index for index in indices if not steps.steps[index].inputs and consumers[index]}

    def start(self) -> _State:
        """Nothing is done; what comes into the part is alive."""
        steps = self.steps
        incoming = {
            buffer
            for index in self.indices
            for buffer in steps.steps[index].inputs
            if buffer not in self._bits
        }
        return _State(0, 0, 0, sum(map(steps.size, incoming)), ())

    def ready(self, done: int) -> list[int]:
        """The steps that can be done next, sources that they take along with them."""
        bits, sources = self._bits, self._sources
        return [
            index
            for index in self.indices
            if not done & bits[index]
            and index not in sources
            and all(done & bits[buffer] or buffer in sources for buffer in self._before[index])
        ]

    def after(self, state: _State, index: int) -> _State:
        """The state after one step more, and the sources that it takes."""
        for buffer in self._before[index]:
            if not state.done & self._bits[buffer]:
                state = self._done(state, buffer)
        return self._done(state, index)

    def _done(self, state: _State, index: int) -> _State:
        step = self.steps.steps[index]
        done = state.done | self._bits[index]
        users = self._users
        dying = [
            self.steps.size(buffer)
            for buffer in step.inputs
            if buffer in users and users[buffer] & ~done == 0
        ]
        alive = state.alive + step.output
        peak = max(state.peak, alive - spared(step, dying))
        alive -= sum(dying) + (step.output if index in self._lost else 0)
        return _State(peak, state.rank - 1, done, alive, (*state.order, index))

    def settled(self, state: _State) -> _State:
        """The state after all steps that cost nothing to do at once."""
        moved = True
        while moved:
            moved = False
            for index in self.ready(state.done):
                after = self.after(state, index)
                if after.peak <= state.peak and after.alive <= state.alive:
                    state, moved = after, True
                    break
        return state

    def greedy(self, state: _State) -> _State:
        """An order that takes, time and again, the step with the least peak, and of these that which frees most."""
        while state.done != self.whole:
            after = [self.after(state, index) for index in self.ready(state.done)]
            state = min(after, key=lambda one: (one.peak, one.alive, one.order[-1]))
        return state


class _Search:
    def __init__(self, steps: Steps, most_work: int) -> None:
        self.steps = steps
        self.most_work = most_work
        self.consumers = steps.consumers()

    def best(self, indices: Sequence[int], floor: int, worst: int) -> tuple[Sequence[int], int]:
        """The best order of a part, and a bound that none is below: its peak, if all of it could be searched.

        No order is below ``floor``, and the order given has ``worst``.
        """
        if len(indices) > MOST_STEPS:
            return indices, floor
        part = _Part(self.steps, indices, self.consumers)
        start = part.start()
        greedy = part.greedy(start)
        order: Sequence[int] = greedy.order if greedy.peak < worst else indices
        best = min(greedy.peak, worst)
        seen: set[int] = set()
        waiting = [start]
        while waiting and waiting[0].peak < best and best > floor:
            if len(seen) * len(indices) > self.most_work:
                return order, max(waiting[0].peak, floor)
            state = part.settled(heappop(waiting))
            if state.done == part.whole:
                return state.order, state.peak
            if state.done in seen:
                continue
            seen.add(state.done)
            for index in part.ready(state.done):
                heappush(waiting, part.after(state, index))
        return order, best
