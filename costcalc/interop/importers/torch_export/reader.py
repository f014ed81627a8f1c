"""From a trace to a flat network: the operations in turn, each by its handler."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from costcalc.interop.importers.errors import ModelError, RefusedError
from costcalc.interop.importers.flat import FlatLayer, FlatNetwork
from costcalc.interop.importers.tensors.maps import natural
from costcalc.interop.importers.tensors.values import Producer, Value
from costcalc.interop.importers.torch_export.call import OperatorCall
from costcalc.interop.importers.torch_export.calling import call_to_say
from costcalc.interop.importers.torch_export.mutation import FACTORIES
from costcalc.interop.importers.torch_export.operations import HANDLERS, REFUSED, REPARAMETRISED
from costcalc.interop.importers.torch_export.parts import part_name
from costcalc.interop.importers.torch_export.state import (
    ApartError,
    ConstantTensor,
    TraceState,
    may_part,
)
from costcalc.interop.importers.torch_export.trace import TensorRef, Trace, TracedStep, elements
from costcalc.layers import KINDS
from costcalc.quantity import listed
from costcalc.shape import Shape

#: Products of matrices, each element of which sums along the last axis of the first one.
_PRODUCTS = frozenset(("matmul", "__matmul__", "mm", "bmm", "mv", "dot", "linear"))
_REARRANGING = ("reshape", "flatten", "channel_shuffle")
#: What the handlers call a rearrangement that they ask for, or the layer that they ask for it.
_WORDS = frozenset(("arrange", "split", "half", "gate", "stack", "weight", "bias", "view"))


def read_trace(trace: Trace, name: str, source: str, layouts: Mapping[str, bool | None]) -> FlatNetwork:
    """The flat network of a trace.

    ``layouts`` says of inputs whether their second axis is the channels. Raises ModelError, with the operation and
    its module, where something is not known.
    """
    apart: set[str] = set()
    while True:
        try:
            return Reader(trace, layouts, frozenset(apart)).network(name, source)
        except ApartError as error:
            apart |= error.names
        except RefusedError as error:  # an input or a parameter that is too large
            raise ModelError(f"{name}: {error}") from None


class Reader(TraceState):
    """Reads a trace: the steps in turn, and then the names of the layers."""

    def network(self, name: str, source: str) -> FlatNetwork:
        """Read all steps, and name the layers."""
        for step in self.trace.steps:
            self._read(step)
        return self._flat(name, source)

    def _read(self, step: TracedStep) -> None:
        self.maps.origin, self.maps.called = step.name, self._call(step)
        if step.sizes:
            self.sizes[step.name] = step.sizes[0]
        try:
            result = self._result(step)
        except RefusedError as error:
            where = f" in {step.module} ({step.module_type})" if step.module else ""
            reason = f"{error}; {error.hint}" if error.hint else str(error)
            if "parametrizations" in step.module.split("."):
                reason = REPARAMETRISED
            raise ModelError(f"{step.target}{where}: {reason}") from None
        self.values[step.name] = result

    def _result(self, step: TracedStep) -> Any:
        call = OperatorCall(self, step)
        if step.operation in REFUSED:
            raise RefusedError(REFUSED[step.operation])
        if step.operation == "get_attr":
            return None  # a graph that an operation runs, which no handler knows
        followed = [self.values[name] for name in _references(step.arguments)]
        if step.operation in FACTORIES:
            return ConstantTensor(self.hint(step, "constant"), self.sizes[step.name])
        if step.operation != "getitem" and not any(_is_map(value) for value in followed):
            return self._apart(step)
        if step.name in self.parted:
            full = self.parted[step.name]
            return [self.parameter(part_name(full, index), sizes) for index, sizes in enumerate(step.sizes)]
        handler = HANDLERS.get(step.operation)
        if handler is None:
            raise RefusedError(
                "costcalc does not know this operation, and counts nothing as zero that it does not know",
                "say it by known operations (torch.nn.functional), or report it",
            )
        return handler(call)

    def _call(self, step: TracedStep) -> str:
        """How a step is called; by a module with modules inside as by none."""
        return step.called.partition(" in ")[0] if step.module in self._around else step.called

    @cached_property
    def _around(self) -> set[str]:
        """The paths of modules that have others inside, if only an identity, as others of their class tell."""
        names = [full for held in (self.trace.parameters, self.trace.constants) for full, _ in held.values()]
        inside = {*(name.rpartition(".")[0] for name in names), *(step.module for step in self.trace.steps)}
        around = {path[:end] for path in inside for end, letter in enumerate(path) if letter == "."}
        classes = {step.module_type for step in self.trace.steps if step.module in around}
        return around | {step.module for step in self.trace.steps if step.module_type in classes}

    def _apart(self, step: TracedStep) -> Any:
        """The result of an operation on nothing that follows from the input or a parameter."""
        if step.operation in _PRODUCTS:
            first = next(each for each in step.arguments.values() if isinstance(each, TensorRef))
            count = elements(step.sizes[0]) * self.sizes[first.name][-1]
            owner = step.module or self.trace.name
            self.fixed[owner] = self.fixed.get(owner, 0) + count
        results = [ConstantTensor(self.hint(step, "constant"), sizes) for sizes in step.sizes]
        return results[0] if len(results) == 1 else results

    def _flat(self, name: str, source: str) -> FlatNetwork:
        outputs = [self._output(output) for output in self.trace.outputs]
        if not self.maps.layers:
            raise ModelError(f"{name} has no layer: it returns what it is given")
        self._check_holders()
        single = len(self.inputs) == 1
        names = {id(value.producer): "input" if single else key for key, value in self.inputs.items()}
        used = {"input", *names.values()}
        hints = {layer.hint for layer in self.maps.layers if layer.kind not in _REARRANGING}
        for layer in self.maps.layers:
            names[id(layer)] = _unique(_called(layer, hints), used)
        layers = tuple(self._layer(layer, names) for layer in self.maps.layers)
        shapes = {names[id(value.producer)]: self._input_shape(value) for value in self.inputs.values()}
        order = dict.fromkeys(reversed([names[id(_unaliased(output))] for output in outputs]))
        notes = tuple(_notes(self.trace, self.fixed))
        return FlatNetwork(name, source, shapes, layers, tuple(order), notes)

    def _layer(self, layer: Producer, names: Mapping[int, str]) -> FlatLayer:
        assert layer.layout is not None
        shares = None if layer.shares is None else names[id(layer.shares)]
        inputs = tuple(names[id(_unaliased(each))] for each in layer.inputs)
        shape = layer.layout.shape
        held = any(name is not None for name in self.holds.get(id(layer), ()))
        called = call_to_say(layer.kind, layer.called, held=held)
        return FlatLayer(
            names[id(layer)], layer.kind, inputs, shape, layer.fields, shares, layer.origin, called
        )

    def _input_shape(self, value: Value) -> Shape:
        layout = value.producer.layout or natural(value.axes)
        return layout.shape

    def _output(self, name: str) -> Producer:
        value = self.values[name]
        if not isinstance(value, Value):
            raise ModelError("the module returns what does not follow from its input")
        self.maps.layout(value)
        return value.producer

    def _check_holders(self) -> None:
        for name, value in self.parameters.items():
            if name not in self.holders or value.producer.layout is None:
                continue
            holder = self.holders[name]
            if may_part(holder.kind, name == self.holds[id(holder)][0]):
                raise ApartError({name})
            raise ModelError(
                f"parameter {name} is a weight of {holder.hint} and is also used as a tensor by "
                "itself, which would count it twice"
            )


def _unaliased(producer: Producer) -> Producer:
    """The layer behind other names for its axes."""
    while producer.kind == "alias":
        (producer,) = producer.inputs
    return producer


def _references(arguments: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    waiting = list(arguments.values())
    while waiting:
        each = waiting.pop()
        if isinstance(each, TensorRef):
            found.append(each.name)
        elif isinstance(each, list):
            waiting += each
    return found


def _is_map(value: Any) -> bool:
    return isinstance(value, Value) or (isinstance(value, list) and any(map(_is_map, value)))


def _called(layer: Producer, hints: Container[str]) -> str:
    """A layer's name: one that only rearranges a map for another is not called as that one is."""
    if layer.kind not in _REARRANGING:
        return layer.hint or layer.kind
    path, _, last = layer.hint.rpartition(".")
    if last in KINDS or last in _WORDS:
        return f"{path}.{layer.kind}".strip(".")
    return layer.hint if layer.hint and layer.hint not in hints else f"{layer.hint}.{layer.kind}".strip(".")


def _unique(name: str, used: set[str]) -> str:
    unique, count = name, 2
    while unique in used:
        unique, count = f"{name}_{count}", count + 1
    used.add(unique)
    return unique


def _notes(trace: Trace, fixed: Mapping[str, int]) -> Iterator[str]:
    """What is not counted: params that no output needs, and products that are the same for each input.

    And what is counted though it is frozen.
    """
    if trace.unused:
        yield f"not counted: {sum(trace.unused.values())} params that no output needs, in {_owners(trace.unused)}"
    if fixed:
        count = sum(fixed.values())
        yield f"not counted: {count} multiplies of constants alone, the same for each input, in {_owners(fixed)}"
    if trace.frozen:
        count = sum(trace.frozen.values())
        yield f"counted as params: {count} that are frozen (requires_grad=False), in {_owners(trace.frozen)}"


def _owners(names: Iterable[str]) -> str:
    return listed(dict.fromkeys(name.split(".")[0] for name in names))
