"""The functions that compute metrics: for each a value per node of a network, worked out when it is asked for.

The table says how the values of nodes make that of a layer, and that of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from typing import Any, TypeAlias

from costcalc.conventions.convention import MULTIPLIES, Convention
from costcalc.errors import CostcalcError
from costcalc.metrics import Metric, Number, metric_named
from costcalc.network import Network
from costcalc.tally import Tally

#: The value of each node of a network; beside it come the metric's arguments, by name.
Measure: TypeAlias = Callable[..., Sequence[Number]]


def _multiplies(network: Network) -> list[int]:
    return _weighed(network, MULTIPLIES.count_operations)


def _params(network: Network) -> list[int]:
    return _weighed(network, MULTIPLIES.count_parameters)


def _operations(network: Network, convention: Convention) -> list[int]:
    return _weighed(network, convention.count_operations)


def _parameters(network: Network, convention: Convention) -> list[int]:
    return _weighed(network, convention.count_parameters)


def _weighed(network: Network, weigh: Callable[[Tally], int]) -> list[int]:
    """What each node weighs. Equal nodes mostly have their tally in common, which is weighed once."""
    weights: dict[int, int] = {}
    for node in network.nodes:
        key = id(node.tally)
        if key not in weights:
            weights[key] = weigh(node.tally)
    return [weights[id(node.tally)] for node in network.nodes]


#: By the metric's name: the function, or ``module:function`` for one that is imported when it is asked for.
MEASURES: dict[str, Measure | str] = {
    "multiplies": _multiplies,
    "params": _params,
    "activations": "costcalc.analysis.memory.activations:activations",
    "peak_memory": "costcalc.analysis.memory.measures:peak_memory",
    "weight_memory": "costcalc.analysis.memory.measures:weight_memory",
    "time": "costcalc.analysis.time.measures:time",
    "operations": _operations,
    "parameters": _parameters,
}


class Measured:
    """One network with the values of all its metrics, each worked out once, when it is asked for."""

    def __init__(self, network: Network, arguments: Mapping[str, Any]) -> None:
        self.network = network
        self.arguments = arguments
        self._nodes: dict[str, Sequence[Number]] = {}
        self._rows: dict[str, Sequence[Number]] = {}
        self._whole: dict[str, Number] = {}

    def nodes(self, name: str) -> Sequence[Number]:
        """The value of each node."""
        if name not in self._nodes:
            metric = metric_named(name)
            self._nodes[name] = _measure(name)(self.network, **self._arguments(metric))
        return self._nodes[name]

    def rows(self, name: str) -> Sequence[Number]:
        """The value of each row."""
        if name not in self._rows:
            metric, values = metric_named(name), self.nodes(name)
            rows: list[Number] = [0] * len(self.network.rows)
            if metric.aggregation == "sum":
                for node, value in zip(self.network.nodes, values, strict=True):
                    rows[node.row] += value
            else:
                for node, value in zip(self.network.nodes, values, strict=True):
                    rows[node.row] = max(rows[node.row], value)
            self._rows[name] = rows
        return self._rows[name]

    def whole(self, name: str) -> Number:
        """The value of the network."""
        if name not in self._whole:
            self._whole[name] = metric_named(name).aggregate(self.nodes(name))
        return self._whole[name]

    @cached_property
    def places(self) -> list[list[int]]:
        """The indices of each row's nodes, in order."""
        found: list[list[int]] = [[] for _ in self.network.rows]
        for index, node in enumerate(self.network.nodes):
            found[node.row].append(index)
        return found

    def of_node(self, index: int, name: str) -> Number:
        """The value of one node."""
        return self.nodes(name)[index]

    def of_row(self, index: int, name: str) -> Number:
        """The value of one row."""
        return (self._rows.get(name) or self.rows(name))[index]

    def _arguments(self, metric: Metric) -> dict[str, Any]:
        for name in metric.missing(self.arguments):
            raise CostcalcError(f"{metric.name} needs a {name}, and none is given")
        return {name: self.arguments.get(name, default) for name, default in metric.arguments.items()}


def _measure(name: str) -> Measure:
    found = MEASURES[name]
    if isinstance(found, str):
        module, _, function = found.partition(":")
        measure: Measure = getattr(import_module(module), function)
        return measure
    return found
