"""Time on a device: for each operation the larger of multiplies ÷ rate and bytes ÷ bandwidth, and their sum.

Two figures, neither a prediction:

- ``at_least``: over the operations that multiply, each reading its inputs and weights and writing its output once, all
  else taken as fused into them. A bound for direct algorithms whose maps and matrix products go through memory: not for
  Winograd's, fused attention, or convolutions fused with each other.
- ``op_by_op``: an estimate, no bound: every operation by itself, as eager frameworks run a network with norms folded.

Weights beyond what stays on the chip are streamed in, once for the network: that is told at the operations whose
weights come after the chip is full. A device with a clock has an ``estimate`` in the place of both: multiplies ÷
(clock · multiplies per cycle), from the most multiplies per cycle that were measured to the least.

Source: Williams et al., "Roofline", Communications of the ACM 52 (2009), section 3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from costcalc.analysis.time.traffic import MULTIPLIES, Moved, traffic
from costcalc.devices.device import Device
from costcalc.devices.operations import operation
from costcalc.dtype import FLOAT32, Dtype, SaidDtype, biases_beside, resolver
from costcalc.network import Network

ZERO = Fraction(0)

COMPUTE = "compute"
MEMORY = "memory"
STREAMING = "streaming"


class Timed(NamedTuple):
    """The seconds of one operation, or of several: two figures, or the ends of an estimate; the others are None.

    ``bound`` says what takes the time of ``at_least``: compute, memory or streaming; nothing where it takes none.
    """

    at_least: Fraction | None
    op_by_op: Fraction | None
    estimate: tuple[Fraction, Fraction] | None = None
    bound: str = ""

    @property
    def seconds(self) -> Fraction:
        """What budgets and plans go by: at least so long, or the high end of the estimate."""
        if self.estimate is not None:
            return self.estimate[1]
        assert self.at_least is not None
        return self.at_least


class NetworkTime(NamedTuple):
    """The time of each node of a network, what each moves, and the time of all: for the batch."""

    device: Device
    dtype: Dtype
    batch: int
    moved: Sequence[Moved]
    nodes: Sequence[Timed]
    total: Timed


def dtype_on(device: Device, said: SaidDtype | None) -> Dtype:
    """The dtypes of a network on a device: what is said, else the only one that the device has a rate for."""
    if said is not None:
        return said.over(FLOAT32)
    if len(device.dtypes) == 1:
        (only,) = device.dtypes
        return Dtype(only, only, biases_beside(only))
    return FLOAT32


def check_rates(network: Network, device: Device, said: SaidDtype | None = None) -> None:
    """Raise CostcalcError where the device has no rate for a dtype of weights of the network."""
    dtypes = resolver(dtype_on(device, said))
    for own in {node.dtype for node in network.nodes if operation(node.kind) == MULTIPLIES}:
        device.check_rate(dtypes(own).weights)


def time_on(network: Network, device: Device, said: SaidDtype | None = None, batch: int = 1) -> NetworkTime:
    """The time of a network. Raises CostcalcError where the device has no rate for a dtype of its weights."""
    dtype = dtype_on(device, said)
    moved = traffic(network, dtype, batch)
    nodes = _estimated(moved, device) if device.is_estimated else _bounded(moved, device)
    return NetworkTime(device, dtype, batch, moved, nodes, together(nodes))


def together(times: Sequence[Timed]) -> Timed:
    """The sum of times that are all of one device; its bound is that of the most time."""
    if len(times) == 1:
        return times[0] if times[0].estimate is None else times[0]._replace(bound="")
    often = Counter(map(id, times))  # fractions add slowly, and equal operations have one and the same time
    each = [(time, often[key]) for key, time in {id(time): time for time in times}.items()]
    if any(time.estimate is not None for time, _ in each):
        ranges = [(time.estimate, count) for time, count in each if time.estimate and time.estimate[1]]
        low = sum((least * count for (least, _), count in ranges), ZERO)
        return Timed(None, None, (low, sum((most * count for (_, most), count in ranges), ZERO)))
    by_bound: dict[str, Fraction] = {}
    for time, count in each:
        if time.bound:
            by_bound[time.bound] = by_bound.get(time.bound, ZERO) + (time.at_least or ZERO) * count
    return Timed(
        sum(((time.at_least or ZERO) * count for time, count in each), ZERO),
        sum(((time.op_by_op or ZERO) * count for time, count in each), ZERO),
        None,
        max(by_bound, key=lambda bound: by_bound[bound], default=""),
    )


def _estimated(moved: Sequence[Moved], device: Device) -> list[Timed]:
    @cache
    def timed(multiplies: int, dtype: str) -> Timed:
        if not multiplies:
            return Timed(None, None, (ZERO, ZERO))
        least, most = device.rate_range(dtype)
        return Timed(None, None, (multiplies / most, multiplies / least), COMPUTE)

    return [timed(one.multiplies, one.dtype) for one in moved]


def _bounded(moved: Sequence[Moved], device: Device) -> list[Timed]:
    @cache
    def timed(multiplying: bool, multiplies: int, maps: int, weights: int, dtype: str, beyond: int) -> Timed:
        streamed = beyond / device.streaming if beyond and device.streaming is not None else ZERO
        moving = device.moving(maps, weights)
        if not multiplying:
            return Timed(streamed, moving + streamed, None, STREAMING if streamed else "")
        computing = multiplies / device.rate(dtype)
        seconds = max(computing, moving)
        bound = COMPUTE if computing >= moving else MEMORY
        bound = STREAMING if streamed > seconds else bound
        return Timed(seconds + streamed, seconds + streamed, None, bound)

    found = []
    held = 0  # bytes of weights so far
    for one in moved:
        beyond = 0
        if device.streaming is not None and device.on_chip is not None:
            beyond = max(held + one.stored - device.on_chip, 0) - max(held - device.on_chip, 0)
        held += one.stored
        multiplying = one.operation == MULTIPLIES
        found.append(timed(multiplying, one.multiplies, one.maps, one.weights, one.dtype, beyond))
    return found
