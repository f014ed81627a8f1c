"""What is alive at each step: the peak is the most of it, weights apart.

A step has alive its inputs, its output, and all that is made before and needed after; network inputs until their
last use, outputs to the end. State is kept elsewhere: what a step takes of it is alive from the first use to the last,
and its next value is gone, copied there, behind the step that makes it.
"""

from __future__ import annotations

from collections.abc import Sequence

from costcalc.analysis.memory.steps import Step, Steps
from costcalc.planners.planner import BY_CHANNEL, OVERWRITES


def alive_at_each(steps: Steps, order: Sequence[int]) -> list[int]:
    """The bytes that are alive at each step of an order."""
    last = last_uses(steps, order)
    waiting = set(steps.state)
    alive = sum([size for index, size in enumerate(steps.inputs) if ~index in last and ~index not in waiting])
    found = []
    for position, index in enumerate(order):
        step = steps.steps[index]
        alive += step.output
        if waiting:
            read = waiting.intersection(step.inputs)
            alive += sum(map(steps.size, read))
            waiting -= read
        dying = [buffer for buffer in step.inputs if last[buffer] == position]
        found.append(alive - spared(step, [steps.size(buffer) for buffer in dying]))
        for buffer in dying:
            alive -= steps.size(buffer)
        if last[index] == position:
            alive -= step.output
    return found


def last_uses(steps: Steps, order: Sequence[int]) -> dict[int, int]:
    """The position of the last step that needs each buffer; the end for outputs. Inputs that none takes have none."""
    last: dict[int, int] = {}
    for position, index in enumerate(order):
        last[index] = position
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
