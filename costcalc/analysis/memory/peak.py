"""Peak memory: the most bytes that are alive at one step, weights apart.

A step has alive its inputs, its output, and all that is made before and needed after; network inputs until their
last use, outputs to the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from costcalc.analysis.memory.steps import Step, Steps
from costcalc.planners.planner import BY_CHANNEL, OVERWRITES


@dataclass(frozen=True)
class Plan:
    """Steps in an order, and the bytes that are alive at each of them.

    ``at_least`` is a bound that no order is below, where it is known that this one may not be the best.
    """

    steps: Steps
    order: tuple[int, ...]
    alive: tuple[int, ...]
    at_least: int | None = None

    @property
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

    def saved(self, position: int) -> int:
        """The bytes that the step spares by working in place."""
        sizes = map(self.steps.size, self.held(position))
        return sum(sizes) - self.alive[position]

    @cached_property
    def _lives(self) -> dict[int, tuple[int, int]]:
        """Of each buffer, the position at which it is made and the last one at which it is needed."""
        last = last_uses(self.steps, self.order)
        made = {step: position for position, step in enumerate(self.order)}
        return {buffer: (made.get(buffer, -1), end) for buffer, end in last.items()}


def planned(steps: Steps, order: Sequence[int] | None = None) -> Plan:
    """The steps in an order, that in which they are written if none is given."""
    sequence = tuple(range(len(steps.steps))) if order is None else tuple(order)
    return Plan(steps, sequence, tuple(alive_at_each(steps, sequence)))


def alive_at_each(steps: Steps, order: Sequence[int]) -> list[int]:
    """The bytes that are alive at each step of an order."""
    last = last_uses(steps, order)
    alive = sum([size for index, size in enumerate(steps.inputs) if ~index in last])
    found = []
    for position, index in enumerate(order):
        step = steps.steps[index]
        alive += step.output
        dying = [buffer for buffer in step.inputs if last[buffer] == position]
        found.append(alive - spared(step, [steps.size(buffer) for buffer in dying]))
        for buffer in dying:
            alive -= steps.size(buffer)
    return found


def last_uses(steps: Steps, order: Sequence[int]) -> dict[int, int]:
    """The position of the last step that needs each buffer; the end for outputs. Inputs that none takes have none."""
    last: dict[int, int] = {}
    for position, index in enumerate(order):
        for buffer in steps.steps[index].inputs:
            last[buffer] = position
    last.update(dict.fromkeys(steps.outputs, len(order)))
    return last


def spared(step: Step, dying: Sequence[int]) -> int:
    """The bytes that a step needs less, where inputs of these sizes are needed no more after it."""
    if not dying:
        return 0
    if step.rule == OVERWRITES:
        return step.output if step.output in dying else 0
    if step.rule == BY_CHANNEL:
        apart = dying[0] + step.output
        return max(apart - max(dying[0], step.output) - step.channel, 0)
    return 0
