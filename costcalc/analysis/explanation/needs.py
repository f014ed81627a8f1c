"""What a layer needs of memory and time, as formulas with its numbers in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from costcalc.analysis.costs import Analysis
from costcalc.analysis.memory.activations import activations
from costcalc.analysis.memory.measures import dtype_of, run_by
from costcalc.analysis.memory.peak import Plan, planned
from costcalc.analysis.memory.steps import steps_of
from costcalc.analysis.memory.stored import TensorBytes, stored_tensors
from costcalc.analysis.time.roofline import COMPUTE, ZERO, NetworkTime, time_on
from costcalc.dtype import BITS, Dtype
from costcalc.network import Network
from costcalc.planners import DEFAULT, planner
from costcalc.quantity import exact_seconds

#: Sums of more terms than this are not written out.
_MOST_TERMS = 6


class Need(NamedTuple):
    """One metric of a layer: its formula with numbers, and what it comes to."""

    metric: str
    text: str


class Resources:
    """What the nodes of an analysis need, each worked out once, when it is asked for."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.dtype = dtype_of(analysis.network, analysis.arguments.get("dtype"))

    @cached_property
    def activations(self) -> Sequence[int]:
        """The activations of each node."""
        return activations(self.analysis.network)

    @cached_property
    def stored(self) -> Sequence[Sequence[TensorBytes]]:
        """The tensors that each node stores."""
        return stored_tensors(self.analysis.network, self.dtype).tensors

    @cached_property
    def runs(self) -> tuple[Network, Sequence[tuple[int, ...]]]:
        """The network in the order in which it runs, and the nodes of it that each node stands for."""
        return run_by(self.analysis.network)

    @cached_property
    def plan(self) -> Plan:
        """The steps in that order, under the planner given."""
        table = self.analysis.arguments.get("planner") or planner(DEFAULT)
        return planned(steps_of(self.runs[0], table, self.dtype))

    @cached_property
    def time(self) -> NetworkTime | None:
        """The time on the device given, if one is."""
        given = self.analysis.arguments
        if "device" not in given:
            return None
        said = given.get("dtype") or self.analysis.spec.dtype
        return time_on(self.analysis.network, given["device"], said, given.get("batch", 1))


def explain_needs(resources: Resources, nodes: Sequence[int]) -> list[Need]:
    """The activations, weights and peak of some nodes as written, and their time where a device is given."""
    counts = [count for index in nodes if (count := resources.activations[index])]
    tensors = [tensor for index in nodes for tensor in resources.stored[index]]
    found = []
    if counts:
        found.append(Need("activations", _sum([f"{count:,}" for count in counts], f"{sum(counts):,}")))
    if tensors:
        total = sum(tensor.bytes for tensor in tensors)
        found.append(Need("weight_memory", _sum([*map(_bytes_of, tensors)], f"{total:,} bytes")))
    network, places = resources.runs
    found += _peak(
        network, [place for index in nodes for place in places[index]], resources.plan, resources.dtype
    )
    if resources.time is not None:
        found += _time(resources.time, nodes)
    return found


def _sum(terms: Sequence[str], total: str) -> str:
    if len(terms) > _MOST_TERMS:
        return f"{len(terms)} terms = {total}"
    return total if terms == [total] else f"{' + '.join(terms)} = {total}"


def _bytes_of(tensor: TensorBytes) -> str:
    bits = BITS[tensor.dtype]
    return f"{tensor.numbers:,}·{bits // 8}" if bits >= 8 else f"⌈{tensor.numbers:,}·{bits}/8⌉"


def _peak(network: Network, nodes: Sequence[int], plan: Plan, dtype: Dtype) -> Iterator[Need]:
    """The largest of the nodes' steps: what it takes and makes, and what waits beside it."""
    steps = {step for index in nodes if (step := plan.steps.step_of[index]) is not None}
    if not steps:
        return
    place = max(sorted(steps), key=lambda step: plan.alive[step])
    held = plan.held(place)
    taken = len(plan.steps.steps[place].inputs)
    sizes = [f"{plan.steps.size(buffer):,}" for buffer in held]
    spared = f" - {plan.saved(place):,}" if plan.saved(place) else ""
    words = [f"{taken} in" if taken != 1 else "in", "out"]
    waiting = len(held) - taken - 1
    words += [f"{waiting} waiting"] if waiting else []
    path = network.nodes[plan.steps.steps[place].nodes[0]].path
    sums = " + ".join(sizes) if len(sizes) <= _MOST_TERMS else f"{len(sizes)} tensors"
    yield Need(
        "peak_memory",
        f"{' + '.join(words)} = {sums}{spared} = {plan.alive[place]:,} bytes at {path} ({dtype})",
    )


def _time(there: NetworkTime, nodes: Sequence[int]) -> Iterator[Need]:
    device = there.device
    timed = [(there.moved[index], there.nodes[index]) for index in nodes if there.nodes[index].seconds]
    total = sum((time.seconds for _, time in timed), ZERO)
    if not timed:
        return
    if len(timed) > 1 or device.is_estimated:
        text = _sum([exact_seconds(time.seconds) for _, time in timed], exact_seconds(total))
        yield Need("time", f"{text} on {device.name}")
        return
    (moved, time), rate = timed[0], device.rate(timed[0][0].dtype)
    computing, moving = moved.multiplies / rate, device.moving(moved.maps, moved.weights)
    larger = "multiplies / rate" if time.bound == COMPUTE else "bytes / bandwidth"
    yield Need(
        "time",
        f"max({moved.multiplies:,} / {int(rate):,}, {moved.bytes:,} bytes: {exact_seconds(moving)}) = "
        f"max({exact_seconds(computing)}, {exact_seconds(moving)}) = {exact_seconds(time.seconds)} "
        f"on {device.name} ({larger})",
    )
