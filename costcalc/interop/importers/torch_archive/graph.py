"""The graph in an archive's JSON, as the nodes of ``torch.fx`` that it was written from.

``ArchiveNode`` has what :mod:`costcalc.interop.importers.torch_export` asks of a node, so that both are followed alike.
A graph inside (``with torch.no_grad():``) is put in the place where it is run; one that is chosen, or repeated, is
not.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.tensors.limits import excess
from costcalc.interop.importers.torch_archive.expressions import evaluated
from costcalc.quantity import MAX_SIZE, shown

MAX_NODES = 200_000
_REGIONS = tuple(
    f"torch.ops.higher_order.{name}" for name in ("wrap_with_autocast", "wrap_with_set_grad_enabled")
)
_DEEPEST = 16
_PREFIX = "torch.ops."

Sizes = tuple[int, ...]


@dataclass(eq=False, slots=True)
class ArchiveNode:
    """One operation, or an input (``op`` is ``placeholder``), or the end (``output``).

    ``arguments`` are by name, in order; ``sizes`` has an entry for each tensor that it makes.
    """

    name: str
    op: str
    target: str | Callable[..., Any] = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    sizes: tuple[Sizes, ...] = ()
    stack: str = ""
    function: str = ""
    users: list[ArchiveNode] = field(default_factory=list)

    @property
    def args(self) -> list[Any]:
        """The arguments in order."""
        return list(self.arguments.values())

    @property
    def all_input_nodes(self) -> list[ArchiveNode]:
        """The nodes whose results it takes."""
        return list(_nodes_in(self.args))

    @property
    def meta(self) -> Mapping[str, Any]:
        """The modules around, outermost first: key -> (path, class); and the function of torch that was called."""
        return {"nn_module_stack": dict(_modules(self.stack)), "torch_fn": ("", self.function)}


def _nodes_in(value: Any) -> Iterator[ArchiveNode]:
    if isinstance(value, ArchiveNode):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _nodes_in(item)


def _modules(stack: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """``key,path,class`` for each module, with semicolons between."""
    for entry in stack.split(";"):
        key, _, rest = entry.partition(",")
        path, _, kind = rest.rpartition(",")
        if kind:
            yield key, (path, kind)


@dataclass(eq=False, slots=True)
class _GraphScope:
    """One graph of the JSON: what its names stand for, and the sizes that it says."""

    tensors: Mapping[str, Any]
    numbers: Mapping[str, Any]
    nodes: dict[str, Any] = field(default_factory=dict)


class ArchivedGraph:
    """Reads a graph. ``symbols`` are the sizes that it leaves open."""

    def __init__(self, symbols: Mapping[str, int]) -> None:
        self.nodes: list[ArchiveNode] = []
        self._symbols = symbols
        self._names: set[str] = set()

    def read(self, graph: Any, outputs: Sequence[str]) -> list[ArchiveNode]:
        """The nodes of the whole graph, the output last, which takes these names alone."""
        scope = _scope(graph)
        for argument in graph["inputs"]:
            kind, value = _tagged(argument)
            if kind == "as_tensor":
                self._add(scope, value["name"], ArchiveNode(value["name"], "placeholder"), [value])
        self._read_nodes(scope, graph, 0)
        ends = [scope.nodes[name] for name in outputs]
        self._append(ArchiveNode("output", "output", arguments={"0": ends}))
        return self.nodes

    def _read_nodes(self, scope: _GraphScope, graph: Any, depth: int) -> None:
        for each in graph["nodes"]:
            if each["target"] in _REGIONS:
                self._inline(scope, each, depth)
            elif any(_tagged(output)[0] in ("as_tensor", "as_tensors") for output in each["outputs"]):
                self._read_node(scope, each)

    def _read_node(self, scope: _GraphScope, each: Any) -> None:
        target = each["target"].removeprefix(_PREFIX)
        arguments = {
            str(item.get("name") or place): self._argument(scope, item["arg"])
            for place, item in enumerate(each["inputs"])
        }
        made = [value for output in each["outputs"] for value in _tensors(output)]
        single = len(each["outputs"]) == 1 and _tagged(each["outputs"][0])[0] == "as_tensor"
        name = each.get("name") or made[0]["name"]
        node = ArchiveNode(
            name, "call_function", target, arguments, stack=_stack(each), function=_function(each)
        )
        self._add(scope, made[0]["name"] if single else "", node, made)
        for index, value in enumerate(() if single else made):
            item = ArchiveNode(value["name"], "call_function", operator.getitem, {"0": node, "1": index})
            item.stack, item.function = node.stack, node.function
            self._add(scope, value["name"], item, [value])

    def _inline(self, scope: _GraphScope, each: Any, depth: int) -> None:
        """A region, in the place where it is run."""
        if depth > _DEEPEST:
            raise ModelError(f"has regions nested more than {_DEEPEST} deep")
        arguments = [item["arg"] for item in each["inputs"]]
        at = next(i for i, item in enumerate(arguments) if _tagged(item)[0] == "as_graph")
        graph = arguments[at]["as_graph"]["graph"]
        inner = _scope(graph)
        for place, given in zip(graph["inputs"], arguments[at + 1 :], strict=True):
            kind, value = _tagged(place)
            if kind == "as_tensor":
                inner.nodes[value["name"]] = self._argument(scope, given)
        self._read_nodes(inner, graph, depth + 1)
        results = [value["name"] for output in graph["outputs"] for value in _tensors(output)]
        names = [value["name"] for output in each["outputs"] for value in _tensors(output)]
        for name, result in zip(names, results, strict=True):
            scope.nodes[name] = inner.nodes[result]

    def _add(self, scope: _GraphScope, name: str, node: ArchiveNode, values: Sequence[Any]) -> None:
        node.sizes = tuple(self._sizes(scope, value) for value in values)
        if name:
            scope.nodes[name] = node
        self._append(node)

    def _append(self, node: ArchiveNode) -> None:
        base, count = node.name, 2
        while node.name in self._names:
            node.name, count = f"{base}_{count}", count + 1
        self._names.add(node.name)
        for source in dict.fromkeys(node.all_input_nodes):
            source.users.append(node)
        self.nodes.append(node)
        if len(self.nodes) > MAX_NODES:
            raise ModelError(f"has more than {MAX_NODES} operations")

    def _sizes(self, scope: _GraphScope, value: Any) -> Sizes:
        sizes = tuple(self._number(size) for size in scope.tensors[value["name"]]["sizes"])
        if not all(0 <= size <= MAX_SIZE for size in sizes) or excess(sizes):
            raise ModelError(f"the tensor {shown(value['name'])} has the impossible sizes {list(sizes)[:8]}")
        return sizes

    def _number(self, value: Any) -> int:
        kind, found = _tagged(value)
        if kind == "as_int":
            return whole(found)
        if kind == "as_expr":
            return evaluated(found["expr_str"], self._symbols)
        raise ValueError(f"a size that is {kind}")

    def _argument(self, scope: _GraphScope, argument: Any) -> Any:
        """An argument as plain data: nodes for tensors, numbers for sizes."""
        kind, value = _tagged(argument)
        if kind in ("as_tensor", "as_nested_tensor"):
            return scope.nodes[value["name"]]
        if kind == "as_tensors":
            return [scope.nodes[each["name"]] for each in value]
        if kind == "as_none":
            return None
        if kind == "as_optional_tensor":
            return self._argument(scope, value)
        if kind in ("as_optional_tensors", "as_sym_ints", "as_sym_floats", "as_sym_bools"):
            return [self._argument(scope, each) for each in value]
        if kind in ("as_sym_int", "as_sym_float", "as_sym_bool"):
            return self._argument(scope, value)
        if kind == "as_name":
            return self._number(scope.numbers[value])
        return value if kind in _PLAIN else f"{kind.removeprefix('as_')} {value}"


_PLAIN = frozenset(
    f"as_{word}{plural}" for word in ("int", "float", "bool", "string") for plural in ("", "s")
) | {"as_int_lists"}


def whole(value: Any) -> int:
    """A whole number of the JSON. Raises TypeError."""
    if type(value) is not int:
        raise TypeError("a number that is none")
    return value


def _scope(graph: Any) -> _GraphScope:
    return _GraphScope(graph["tensor_values"], graph.get("sym_int_values") or {})


def _tagged(value: Any) -> tuple[str, Any]:
    """What a value is, and the value: JSON has ``{"as_int": 2}``; what was written before has nulls beside."""
    ((kind, found), *_) = [item for item in value.items() if item[1] is not None] or value.items()
    return kind, found


def _tensors(output: Any) -> list[Any]:
    kind, value = _tagged(output)
    if kind == "as_tensor":
        return [value]
    return list(value) if kind == "as_tensors" else []


def _stack(each: Any) -> str:
    return str((each.get("metadata") or {}).get("nn_module_stack") or "")


def _function(each: Any) -> str:
    """``function.relu`` of ``relu_1;function.relu``."""
    return str((each.get("metadata") or {}).get("torch_fn") or "").rpartition(";")[2]
