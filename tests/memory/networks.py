"""Networks and random steps for the tests of memory and time."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st

import costcalc
from costcalc.analysis.memory.peak import Plan, planned
from costcalc.analysis.memory.steps import Step, Steps, steps_of
from costcalc.dtype import FLOAT32, Dtype, parse_dtype
from costcalc.network import Network
from costcalc.planners import planner
from costcalc.planners.planner import BY_CHANNEL, OVERWRITES, OWN

INT8 = parse_dtype("int8").over(FLOAT32)


def layers(text: str, input: str = "8x8x4", **more: str) -> Network:
    """The network of layers, each on a line of its own."""
    head = "".join(f"{key}: {value}\n" for key, value in {"input": input, **more}.items())
    return costcalc.loads(
        head + "layers:\n" + "".join(f"  - {line.strip()}\n" for line in text.strip().splitlines())
    )


def plan(network: Network, name: str = "live", dtype: Dtype = INT8) -> Plan:
    """The network's steps in the order written."""
    return planned(steps_of(network, planner(name), dtype))


@st.composite
def random_steps(draw: st.DrawFn, most: int = 7) -> Steps:
    """Steps of any graph: with steps that take nothing, several inputs and outputs, and all rules."""
    inputs = draw(st.lists(st.integers(1, 9), min_size=1, max_size=2))
    steps: list[Step] = []
    for index in range(draw(st.integers(1, most))):
        pool = st.sampled_from(range(-len(inputs), index))
        taken = tuple(dict.fromkeys(draw(st.lists(pool, max_size=3))))
        rule = draw(st.sampled_from([OWN, OVERWRITES, BY_CHANNEL] if len(taken) == 1 else [OWN, OVERWRITES]))
        steps.append(Step((index,), taken, draw(st.integers(1, 9)), rule, draw(st.integers(1, 3))))
    used = {buffer for step in steps for buffer in step.inputs}
    outputs = {index for index in range(len(steps)) if index not in used} | {len(steps) - 1}
    if draw(st.booleans()):
        outputs.add(draw(st.integers(0, len(steps) - 1)))
    return Steps(tuple(steps), tuple(inputs), frozenset(outputs), tuple(range(len(steps))))


@st.composite
def steps_with_state(draw: st.DrawFn) -> Steps:
    """The same where some inputs are state: then what nothing takes is its next value, or lost."""
    steps = draw(random_steps(most=6))
    buffers = range(-len(steps.inputs), 0)
    state = draw(st.sets(st.sampled_from(buffers), min_size=1))
    return steps._replace(state=frozenset(state), outputs=frozenset({len(steps.steps) - 1}))


def all_orders(steps: Steps) -> Iterator[tuple[int, ...]]:
    """Every order in which each step comes after those whose outputs it takes."""
    count = len(steps.steps)

    def after(order: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(order) == count:
            yield order
        for index in range(count):
            if index not in order and all(
                buffer < 0 or buffer in order for buffer in steps.steps[index].inputs
            ):
                yield from after((*order, index))

    return after(())


def alive_by_hand(steps: Steps, order: tuple[int, ...]) -> list[int]:
    """What is alive at each step, from the rule's own words, looking at everything anew each time."""
    found = []
    for position, index in enumerate(order):
        before, after = set(order[:position]), set(order[position + 1 :])
        step = steps.steps[index]

        def needed(buffer: int, by: set[int]) -> bool:
            return any(buffer in steps.steps[user].inputs for user in by)

        copied = {buffer for buffer in steps.state if needed(buffer, before)}
        made = before | (set(range(-len(steps.inputs), 0)) - steps.state) | copied
        waiting = {
            buffer
            for buffer in made
            if needed(buffer, after) or (buffer in steps.outputs and buffer in before)
        }
        alive = waiting | set(step.inputs) | {index}
        dying = [
            steps.size(buffer)
            for buffer in step.inputs
            if not needed(buffer, after) and buffer not in steps.outputs
        ]
        total = sum(map(steps.size, alive))
        if step.rule == OVERWRITES and step.output in dying:
            total -= step.output
        if step.rule == BY_CHANNEL and dying:
            apart = dying[0] + step.output
            total -= apart - min(apart, max(dying[0], step.output) + step.channel)
        found.append(total)
    return found
