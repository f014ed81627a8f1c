"""From a network's nodes to modules: nodes with a common path are one, where they have one output and own weights."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

from costcalc.interop.exporters.source.modules import (
    Chain,
    Copies,
    GraphStep,
    Module,
    ModuleCall,
    ModuleGraph,
)
from costcalc.network import Network, Node

#: How the paths of nodes are followed at most: what lies deeper is taken for one name.
_DEEPEST = 16
_COPY = re.compile(r"(.+)\.([0-9]{1,9})")
_COUNTED = re.compile(r"_[0-9]+$")
_PLAIN = re.compile(r"body|shortcut|path(_[0-9]+)?")

Span: TypeAlias = tuple[int, int]


class Leaf(NamedTuple):
    """A node as a framework has it: an operation (see GraphStep), its calls one after the other, a join's detail."""

    operation: str
    calls: tuple[ModuleCall, ...] = ()
    detail: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class _Made:
    """A step on its way: values are node indices, ``span`` its nodes, ``same_as`` the span that it repeats."""

    name: str
    operation: str
    module: Module | None
    inputs: tuple[int, ...]
    output: int
    span: Span
    same_as: Span | None = None
    detail: tuple[Any, ...] = ()


@dataclass(slots=True)
class _Group:
    """Nodes whose paths begin alike."""

    name: str
    start: int
    stop: int
    depth: int
    children: list[_Group] = field(default_factory=list)

    @property
    def span(self) -> Span:
        return self.start, self.stop


def program(network: Network, leaf: Callable[[Node], Leaf], *, reuse_groups: bool = True) -> ModuleGraph:
    """The whole network as one body; ``leaf`` says what each node is in the framework.

    Without ``reuse_groups`` only single layers are called again for their weights, no groups of them.
    """
    return _Program(network, leaf, reuse_groups).body()


class _Program:
    def __init__(self, network: Network, leaf: Callable[[Node], Leaf], reuse_groups: bool) -> None:
        self.network = network
        self.reuse_groups = reuse_groups
        self.leaf = leaf
        nodes = network.nodes
        self.last_use = list(range(len(nodes)))
        for index, node in enumerate(nodes):
            for source in node.inputs:
                if source >= 0:
                    self.last_use[source] = index
        if network.output >= 0:
            self.last_use[network.output] = len(nodes)
        self.sharers: dict[int, list[int]] = {}
        for index, node in enumerate(nodes):
            if node.shares is not None:
                self.sharers.setdefault(node.shares, []).append(index)
        self.tied = sorted({*self.sharers, *(index for each in self.sharers.values() for index in each)})
        self.paths = [_components(node.path) for node in nodes]
        self.groups: dict[Span, _Group] = {}
        self.root = self._grouped(_Group("", 0, len(nodes), 0))

    def body(self) -> ModuleGraph:
        """The steps of the root."""
        inputs = tuple(~index for index in range(len(self.network.inputs)))
        return _localised(self._steps(self.root), inputs, self.network.output, "")

    def _grouped(self, group: _Group) -> _Group:
        """The group with its children, down to single nodes."""
        depth, start = group.depth, group.start
        while start < group.stop:
            path = self.paths[start]
            name = path[depth] if depth < len(path) else ""
            stop = start + 1
            while stop < group.stop and self._component(stop, depth) == name and name:
                stop += 1
            child = _Group(name, start, stop, depth + 1)
            if stop - start > 1:
                self._grouped(child)
                self.groups[child.span] = child
            group.children.append(child)
            start = stop
        return group

    def _component(self, index: int, depth: int) -> str:
        path = self.paths[index]
        return path[depth] if depth < len(path) else ""

    def _steps(self, group: _Group) -> list[_Made]:
        """A group as steps: one, where it can be a module, else those of its children."""
        if not group.children:
            return [self._leaf(group)]
        steps = _runs_joined([step for child in group.children for step in self._steps(child)], self._is_tied)
        if group is self.root:
            return steps
        label = self._label(group)
        if len(steps) == 1:
            module = steps[0].module
            named = (
                module._replace(label=label) if isinstance(module, Chain | ModuleGraph) and label else module
            )
            return [replace(steps[0], name=group.name, module=named)]
        if not self._is_module(group):
            return [replace(step, name=f"{group.name}_{step.name}") for step in steps]
        span, same_as = group.span, self._mirrored(group.span)
        module = None if same_as else self._module(steps, span, label)
        return [_Made(group.name, "call", module, self._inputs(span), self._outputs(span)[0], span, same_as)]

    def _leaf(self, group: _Group) -> _Made:
        index = group.start
        node = self.network.nodes[index]
        made = self.leaf(node)
        module: Module | None = None
        shares = node.shares
        if shares is not None and not _has_weights(self.network.nodes[shares]):
            again = self.reuse_groups and node.layer == self.network.nodes[shares].layer
            shares = shares if again else None
        if made.calls and shares is None:
            module = made.calls[0] if len(made.calls) == 1 else Chain(made.calls)
        same_as = None if shares is None else (shares, shares + 1)
        name = group.name or node.layer.type
        return _Made(
            name, made.operation, module, node.inputs, index, (index, index + 1), same_as, made.detail
        )

    def _module(self, steps: list[_Made], span: Span, label: str) -> Module:
        inputs, output = self._inputs(span), self._outputs(span)[0]
        if not _is_chain(steps, inputs, output) or any(step.same_as for step in steps):
            return _localised(steps, inputs, output, label or self._inner_label(span))
        parts: list[Module] = []
        for step in steps:
            assert step.module is not None
            flat = isinstance(step.module, Chain) and not step.module.label
            parts += step.module.parts if flat and isinstance(step.module, Chain) else [step.module]
        return Chain(tuple(parts), label)

    def _label(self, group: _Group) -> str:
        """What nodes of the same kind of group have in common: a block's name, a kind, or their kinds in order."""
        nodes = self.network.nodes[group.start : group.stop]
        if len(self.paths[group.start]) == group.depth:  # a layer, with its norm and activation
            padded = "padded_" if len(self.leaf(nodes[0]).calls) > 1 else ""
            return padded + "_".join(node.layer.type for node in nodes)
        if group.depth == 1:
            return self.network.rows[nodes[0].row].type
        name = _stem(group.name)
        return "" if _PLAIN.fullmatch(name) else _COUNTED.sub("", name)

    def _inner_label(self, span: Span) -> str:
        """A body or path is named after the layer that it is in."""
        group = self.groups[span]
        return "_".join(_COUNTED.sub("", _stem(name)) for name in self.paths[span[0]][: group.depth][-2:])

    # What may be a module

    def _inputs(self, span: Span) -> tuple[int, ...]:
        start, stop = span
        sources = (source for node in self.network.nodes[start:stop] for source in node.inputs)
        return tuple(dict.fromkeys(source for source in sources if not start <= source < stop))

    def _outputs(self, span: Span) -> list[int]:
        return [index for index in range(*span) if self.last_use[index] >= span[1]]

    def _is_whole(self, span: Span) -> bool:
        """Whether nodes have inputs, and one output."""
        return len(self._outputs(span)) == 1 and bool(self._inputs(span))

    def _is_module(self, group: _Group) -> bool:
        span = group.span
        if not self._is_whole(span):
            return False
        mirrored = self._mirrored(span) if self.reuse_groups else None
        return self._owns(mirrored or span)

    def _ties(self, span: Span) -> list[int]:
        return self.tied[bisect_left(self.tied, span[0]) : bisect_left(self.tied, span[1])]

    def _is_tied(self, span: Span) -> bool:
        return bool(self._ties(span))

    def _mirrored(self, span: Span) -> Span | None:
        """The earlier nodes that these repeat with the same weights, one for one."""
        ties = self._ties(span)
        shares = None if not ties else self.network.nodes[ties[0]].shares
        if shares is None or span[0] <= shares:
            return None
        offset = ties[0] - shares
        first = (span[0] - offset, span[1] - offset)
        if first not in self.groups or first[1] > span[0]:
            return None
        pairs = ((self.network.nodes[index], index) for index in range(*span))
        same = all(_repeats(self.network.nodes[at - offset], node, offset, span) for node, at in pairs)
        return first if same else None

    def _owns(self, span: Span) -> bool:
        """Whether no other nodes share these ones' weights, but in whole copies of them."""
        if not self._is_whole(span):
            return False
        for index in self._ties(span):
            shares = self.network.nodes[index].shares
            if shares is not None and not span[0] <= shares < span[1]:
                return False
            for sharer in self.sharers.get(index, ()):
                if span[0] <= sharer < span[1]:
                    continue
                if not self.reuse_groups:
                    return False
                offset = sharer - index
                copy = (span[0] + offset, span[1] + offset)
                if copy not in self.groups or self._mirrored(copy) != span or not self._is_whole(copy):
                    return False
        return True


def _components(path: str) -> list[str]:
    parts = path.split("/", _DEEPEST)
    return [part for part in parts if part] or [path]


def _stem(name: str) -> str:
    found = _COPY.fullmatch(name)
    return found[1] if found else name


def _repeats(first: Node, again: Node, offset: int, span: Span) -> bool:
    if first.layer != again.layer or len(first.inputs) != len(again.inputs):
        return False
    if again.shares is None and _has_weights(again):
        return False
    inside = [source - offset if span[0] <= source < span[1] else None for source in again.inputs]
    start, stop = span[0] - offset, span[1] - offset
    return inside == [source if start <= source < stop else None for source in first.inputs]


def _has_weights(node: Node) -> bool:
    return any(node.tally.tensors().facts.values())


def _is_chain(steps: Sequence[_Made], inputs: tuple[int, ...], output: int) -> bool:
    if len(inputs) != 1:
        return False
    (value,) = inputs
    for step in steps:
        if step.operation != "call" or step.inputs != (value,):
            return False
        value = step.output
    return value == output


def _runs_joined(steps: list[_Made], tied: Callable[[Span], bool]) -> list[_Made]:
    """Copies in a row (``name.1``, ``name.2``, …) as one step."""
    joined: list[_Made] = []
    uses: dict[int, int] = {}
    for step in steps:
        for source in step.inputs:
            uses[source] = uses.get(source, 0) + 1
    at = 0
    while at < len(steps):
        run = [steps[at]]
        found = None if tied(steps[at].span) else _COPY.fullmatch(steps[at].name)
        while found is not None and found[2] == "1" and at + len(run) < len(steps):
            last, step = run[-1], steps[at + len(run)]
            follows = step.name == f"{found[1]}.{len(run) + 1}" and uses.get(last.output) == 1
            if not follows or tied(step.span) or not _is_chain([last, step], last.inputs, step.output):
                break
            run.append(step)
        at += len(run)
        joined.append(_run(run, found[1]) if found and len(run) > 1 else run[0])
    return joined


def _run(run: list[_Made], name: str) -> _Made:
    parts: list[Module] = []
    for step in run:
        assert step.module is not None
        last = parts[-1] if parts else None
        if isinstance(last, Copies) and last.module == step.module:
            parts[-1] = Copies(last.module, last.times + 1)
        elif last == step.module:
            parts[-1] = Copies(step.module, 2)
        else:
            parts.append(step.module)
    span = (run[0].span[0], run[-1].span[1])
    return _Made(name, "call", Chain(tuple(parts)), run[0].inputs, run[-1].output, span)


def _localised(steps: Sequence[_Made], inputs: tuple[int, ...], output: int, label: str) -> ModuleGraph:
    """A body, with values numbered by its own steps."""
    places = {value: ~index for index, value in enumerate(inputs)}
    places |= {step.output: index for index, step in enumerate(steps)}
    spans = {step.span: index for index, step in enumerate(steps)}
    local = tuple(
        GraphStep(
            step.name,
            step.operation,
            step.module,
            tuple(places[value] for value in step.inputs),
            None if step.same_as is None else spans[step.same_as],
            step.detail,
        )
        for step in steps
    )
    return ModuleGraph(len(inputs), local, places[output], label)
