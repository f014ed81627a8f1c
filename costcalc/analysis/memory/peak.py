"""A plan of memory: steps in an order, what is alive at each, and the peak."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from costcalc.analysis.memory.liveness import alive_at_each, last_uses
from costcalc.analysis.memory.steps import Steps
from costcalc.errors import CostcalcError

#: So many tensors at most are listed as alive, over all steps.
MOST_HELD = 1_000_000


@dataclass(frozen=True)
class Plan:
    """Steps in an order, and the bytes that are alive at each of them.

    ``at_least`` is a bound that no order is below, where it is known that this one may not be the best.
    """

    steps: Steps
    order: tuple[int, ...]
    alive: tuple[int, ...]
    at_least: int | None = None

    @cached_property
    def peak(self) -> int:
        """The most that is alive at one step; 0 of no steps."""
        return max(self.alive, default=0)

    @property
    def worst(self) -> int:
        """The position in the order of the first step with the peak."""
        return self.alive.index(self.peak)

    def held(self, position: int) -> tuple[int, ...]:
        """The buffers that are alive at a step: what it takes, what it makes, then what waits, oldest first."""
        step = self.order[position]
        taken = self.steps.steps[step].inputs
        waiting = [
            buffer
            for buffer, (made, last) in self._lives.items()
            if made < position <= last and buffer not in taken and buffer != step
        ]
        return (*taken, step, *waiting)

    def held_at_each(self) -> Iterator[tuple[int, ...]]:
        """The buffers that are alive at each step, as :meth:`held` tells of one.

        Raises CostcalcError where there are too many to list, since each waits for a step that is far off.
        """
        age = {buffer: place for place, buffer in enumerate(self._lives)}
        begins: defaultdict[int, list[int]] = defaultdict(list)
        ends: defaultdict[int, list[int]] = defaultdict(list)
        for buffer, (made, last) in self._lives.items():
            begins[made + 1].append(buffer)
            ends[last + 1].append(buffer)
        alive: set[int] = set()
        listed = 0
        for position, step in enumerate(self.order):
            alive.update(begins[position])
            alive.difference_update(ends[position])
            listed += len(alive)
            if listed > MOST_HELD:
                raise CostcalcError(
                    f"at most {MOST_HELD:,} tensors are listed over all steps (limit), and more are alive"
                )
            taken = self.steps.steps[step].inputs
            yield (*taken, step, *sorted(alive.difference(taken, (step,)), key=age.__getitem__))

    def saved(self, position: int) -> int:
        """The bytes that the step spares by working in place."""
        sizes = map(self.steps.size, self.held(position))
        return sum(sizes) - self.alive[position]

    @cached_property
    def _lives(self) -> dict[int, tuple[int, int]]:
        """Of each buffer, the position at which it is made and the last one at which it is needed."""
        last = last_uses(self.steps, self.order)
        made = {step: position for position, step in enumerate(self.order)}
        for position, step in reversed(list(enumerate(self.order))):
            made |= {
                buffer: position for buffer in self.steps.steps[step].inputs if buffer in self.steps.state
            }
        return {buffer: (made.get(buffer, -1), end) for buffer, end in last.items()}


def planned(steps: Steps, order: Sequence[int] | None = None) -> Plan:
    """The steps in an order, that in which they are written if none is given."""
    sequence = tuple(range(len(steps.steps))) if order is None else tuple(order)
    return Plan(steps, sequence, tuple(alive_at_each(steps, sequence)))
