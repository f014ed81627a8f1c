"""``If`` and ``Loop`` whose condition or count is known once sizes are: the nodes that run, in their order.

A name inside is another one in each run. A loop's results that are stacked are its last outputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.onnx_model.proto import Model, OnnxNode, Subgraph, read_graph
from costcalc.interop.importers.onnx_model.values import Tensor, known

UNKNOWN = "has graphs inside, and which of them runs, or how often, is not known before it does"
MAX_TIMES = 1000
MAX_RUN = 50_000
DEEPEST = 8
_BOOL = 9


class Runs:
    """How many nodes of graphs inside have run in one import, and how deep they are now."""

    def __init__(self) -> None:
        self._count = self.depth = 0
        self._calls = 0

    def charge(self, nodes: int) -> str:
        """Count so many nodes; what the names of this run end with. Raises RefusedError where there are too many."""
        self._count += nodes + 1
        self._calls += 1
        if self._count > MAX_RUN or self.depth >= DEEPEST:
            raise RefusedError(f"runs more than {MAX_RUN} nodes inside, or more than {DEEPEST} deep")
        return f"@{self._calls}"


def graph_of(inside: Subgraph) -> Model:
    """The nodes, tensors, inputs and outputs of a graph inside. Raises WireError."""
    model = Model(has_graph=True)
    if inside.wire is not None:
        read_graph(inside.wire, model, inside.start, inside.end)
    own = _own(model)
    around = {name: now for name, now in inside.names.items() if name not in own}
    for node in model.nodes:
        _rename(node, around)
    for at, info in enumerate(model.outputs):
        model.outputs[at] = replace(info, name=around.get(info.name, info.name))
    return model


def _own(graph: Model) -> set[str]:
    """The names that a graph gives."""
    own = {info.name for info in graph.inputs} | set(graph.initializers)
    return own | {name for node in graph.nodes for name in node.outputs if name}


def _rename(node: OnnxNode, names: Mapping[str, str]) -> None:
    """Let a node take what names stand for now, and the graphs inside it, too."""
    node.inputs = [names.get(name, name) for name in node.inputs]
    for key, value in node.attributes.items():
        if isinstance(value, Subgraph):
            node.attributes[key] = replace(value, names={**value.names, **names})


def uses_inside(nodes: Sequence[OnnxNode], depth: int = 0) -> Iterator[str]:
    """What the nodes of graphs inside take, so that it is not taken for theirs alone who take it outside."""
    for node in nodes:
        for value in node.attributes.values():
            if isinstance(value, Subgraph) and depth < DEEPEST:
                inner = graph_of(value)
                yield from (name for each in inner.nodes for name in each.inputs)
                yield from (info.name for info in inner.outputs)
                yield from uses_inside(inner.nodes, depth + 1)


def branch_of(node: OnnxNode, condition: object) -> Model:
    """The branch of an ``If`` that runs. Raises RefusedError."""
    values = condition.values() if isinstance(condition, Tensor) and condition.elements == 1 else None
    if not values:
        raise RefusedError(UNKNOWN)
    found = node.attributes.get("then_branch" if values[0] else "else_branch")
    if not isinstance(found, Subgraph):
        raise RefusedError("has no graph for what its condition is")
    return graph_of(found)


def times_of(node: OnnxNode, find: Mapping[str, object]) -> int | None:
    """How often a ``Loop`` runs at most; None where only its condition says."""
    count = find.get(node.inputs[0]) if node.inputs and node.inputs[0] else None
    if node.inputs and node.inputs[0]:
        values = count.values() if isinstance(count, Tensor) and count.elements == 1 else None
        if not values:
            raise RefusedError(UNKNOWN)
        return max(int(values[0]), 0)
    return None


def goes_on(condition: object) -> bool:
    """Whether a known condition holds. Raises RefusedError where it is not known."""
    if condition is None:
        return True
    values = condition.values() if isinstance(condition, Tensor) and condition.elements == 1 else None
    if not values:
        raise RefusedError(UNKNOWN)
    return bool(values[0])


def renamed(graph: Model, ending: str) -> Model:
    """A graph with names of its own: what it takes from around it keeps its name."""
    names = {name: name + ending for name in _own(graph)}
    nodes = [replace(node, attributes=dict(node.attributes)) for node in graph.nodes]
    for node in nodes:
        _rename(node, names)
        node.outputs = [names.get(name, name) for name in node.outputs]
    inputs = [replace(info, name=names[info.name]) for info in graph.inputs]
    outputs = [replace(info, name=names.get(info.name, info.name)) for info in graph.outputs]
    return Model(nodes=nodes, initializers=graph.initializers, inputs=inputs, outputs=outputs)


def counter(run: int) -> Tensor:
    """The number of a run, as a loop's graph takes it."""
    return known((run,), ())


def truth() -> Tensor:
    """A condition that holds."""
    return known((True,), (), _BOOL)
