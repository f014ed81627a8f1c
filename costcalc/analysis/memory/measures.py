"""Memory as metrics: a value for each node of a network."""

from __future__ import annotations

from collections.abc import Sequence

from costcalc.analysis.memory.liveness import alive_at_each
from costcalc.analysis.memory.steps import steps_of
from costcalc.analysis.memory.stored import stored_tensors
from costcalc.dtype import FLOAT32, Dtype, SaidDtype
from costcalc.network import Network
from costcalc.network.counterparts import counterparts
from costcalc.planners import DEFAULT
from costcalc.planners import planner as planner_named
from costcalc.planners.planner import Planner


def dtype_of(network: Network, dtype: SaidDtype | None) -> Dtype:
    """What is said, or what the spec says, over float32."""
    said = dtype or network.spec.dtype
    return FLOAT32 if said is None else said.over(FLOAT32)


def weight_memory(network: Network, dtype: SaidDtype | None) -> tuple[int, ...]:
    """The bytes that each node stores."""
    return stored_tensors(network, dtype_of(network, dtype)).bytes


def peak_memory(network: Network, dtype: SaidDtype | None, planner: Planner | None) -> list[int]:
    """The bytes that are alive at the step that each node is a part of; 0 of what is a weight."""
    as_it_runs, places = run_by(network)
    steps = steps_of(as_it_runs, planner or planner_named(DEFAULT), dtype_of(network, dtype))
    alive = alive_at_each(steps, range(len(steps.steps)))
    values = [0 if step is None else alive[step] for step in steps.step_of]
    return [max([values[place] for place in each], default=0) for each in places]


def run_by(network: Network) -> tuple[Network, Sequence[tuple[int, ...]]]:
    """The network in the order in which it runs, a model's own, and the nodes of it that each node stands for."""
    places = None if network.flat is None else counterparts(network, network.flat)
    if network.flat is None or places is None:
        return network, [(index,) for index in range(len(network.nodes))]
    return network.flat, places
