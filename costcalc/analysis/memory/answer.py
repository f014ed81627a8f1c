"""What a network needs of memory, under a planner, in an order, in patches; and what would need less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from costcalc.analysis.memory.activations import activations
from costcalc.analysis.memory.order import best_order
from costcalc.analysis.memory.patches import Patched, in_patches
from costcalc.analysis.memory.peak import Plan, planned
from costcalc.analysis.memory.steps import steps_of
from costcalc.analysis.memory.stored import stored_tensors
from costcalc.dtype import Dtype
from costcalc.errors import CostcalcError
from costcalc.network import Network
from costcalc.planners import planner
from costcalc.planners.planner import Planner

#: In what grid patches are tried where nobody asks for them, as in MCUNetV2.
_GRID = (4, 4)
#: Until so many layers patches are tried.
_MOST_PARTS = 24
#: Larger networks are not searched for what would need less: steps, and nodes, of which a step may have many.
_MOST_STEPS = 2_000
_MOST_NODES = 4_000


class Saving(NamedTuple):
    """What would need less: the option for it, its peak, and what it costs in multiplies done again."""

    option: str
    peak: int
    recomputed: int = 0
    multiplies: int = 0


class Memory(NamedTuple):
    """What a network needs: bytes of weights, activations, and what is alive at each step.

    ``patched`` is there where its first part is computed in patches. ``savings`` are other ways that need less.
    """

    network: Network
    path: str
    dtype: Dtype
    planner: Planner
    order: str
    plan: Plan
    patched: Patched | None
    weights: int
    activations: int
    unfolded: bool
    savings: tuple[Saving, ...]

    @property
    def peak(self) -> int:
        """The most bytes that are alive at one step."""
        return self.plan.peak if self.patched is None else self.patched.peak


def memory_of(
    network: Network,
    path: str,
    dtype: Dtype,
    table: Planner,
    *,
    best: bool = False,
    patches: Sequence[int] | None = None,
    until: str | None = None,
    unfolded: bool = False,
) -> Memory:
    """The memory of a network, which was read at a path. Raises CostcalcError."""
    steps = steps_of(network, table, dtype)
    patched = None
    if patches is not None and until is not None:
        patched = in_patches(network, table, dtype, patches, until)
    memory = Memory(
        network=network,
        path=path,
        dtype=dtype,
        planner=table,
        order="best" if best else "written",
        plan=best_order(steps) if best else planned(steps),
        patched=patched,
        weights=sum(stored_tensors(network, dtype, unfolded=unfolded).bytes),
        activations=sum(activations(network)),
        unfolded=unfolded,
        savings=(),
    )
    return memory._replace(savings=tuple(_savings(memory)))


def _savings(memory: Memory) -> Iterator[Saving]:
    """Another order, work in place, or patches, each by itself, where it needs less."""
    is_large = len(memory.plan.order) > _MOST_STEPS or len(memory.network.nodes) > _MOST_NODES
    if memory.patched is not None or is_large:
        return
    if memory.order == "written":
        best = best_order(memory.plan.steps).peak
        if best < memory.peak:
            yield Saving("--order best", best)
    if memory.planner.name == "live":
        in_place = planned(steps_of(memory.network, planner("in_place"), memory.dtype)).peak
        if in_place < memory.peak:
            yield Saving("--planner in_place", in_place)
    patched = min(_patches(memory), key=lambda one: (one.peak, one.recomputed), default=None)
    if patched is not None and patched.peak < memory.peak:
        grid = "x".join(map(str, patched.grid))
        option = f"--patches {grid} --until {patched.until}"
        yield Saving(option, patched.peak, patched.recomputed, patched.multiplies)


def _patches(memory: Memory) -> Iterator[Patched]:
    """The network in patches until each of its layers that a part can end with, from the largest step on."""
    network, plan = memory.network, memory.plan
    if not plan.alive:
        return
    first = network.nodes[plan.steps.steps[plan.order[plan.worst]].nodes[0]].row
    for row in network.rows[first : first + _MOST_PARTS]:
        if len(row.output.spatial) != len(_GRID):
            return
        try:
            yield in_patches(network, memory.planner, memory.dtype, _GRID, row.name)
        except CostcalcError:
            continue
