"""From a trace to a flat network: the operations in turn, each by its handler."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

from costcalc.interop.importers.errors import ModelError, RefusedError
from costcalc.interop.importers.flat import FlatLayer, FlatNetwork
from costcalc.interop.importers.tensors.layout import Layout, atom
from costcalc.interop.importers.tensors.maps import Maps, natural
from costcalc.interop.importers.tensors.values import Producer, Value
from costcalc.interop.importers.torch_export.call import ConstantTensor, Operand, OperatorCall, Statistic
from costcalc.interop.importers.torch_export.mutation import FACTORIES
from costcalc.interop.importers.torch_export.operations import HANDLERS, REFUSED, REPARAMETRISED
from costcalc.interop.importers.torch_export.parts import part_name, parted
from costcalc.interop.importers.torch_export.repetition import repeated
from costcalc.interop.importers.torch_export.trace import Sizes, Trace, TracedStep
from costcalc.layers import KINDS
from costcalc.quantity import listed
from costcalc.shape import Shape

_WEIGHT = re.compile(r"(.*?)[._]?(?:weight|bias)(?:_[a-z0-9]+)?(?:\[\d+\])?", re.ASCII)
#: A module of torch.nn that is one layer is called by its path; others by their path and what they do.
_LEAF = re.compile(r"torch\.nn\.modules\.(?!container|activation\.Multihead|transformer|module)", re.ASCII)

_WITH_BIAS = ("conv", "depthwise_conv", "conv_transpose", "linear")
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
        except _ApartError as error:
            apart |= error.names
        except RefusedError as error:  # an input or a parameter that is too large
            raise ModelError(f"{name}: {error}") from None


class _ApartError(Exception):
    """Parameters that no one layer can hold: the trace is read again, with these as tensors of their own."""

    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self.names = names


class Reader:
    """What is known so far while a trace is read.

    ``apart`` are parameters that are read as tensors, not as the weights of layers.
    """

    def __init__(
        self, trace: Trace, layouts: Mapping[str, bool | None], apart: frozenset[str] = frozenset()
    ) -> None:
        self.trace = trace
        self.apart = apart
        self._parted = parted(trace)
        self.maps = Maps()
        self.values: dict[str, Any] = {}
        self.sizes: dict[str, Sizes] = {}
        self.inputs: dict[str, Value] = {}
        self._holders: dict[str, Producer] = {}
        self._holds: dict[int, tuple[str | None, ...]] = {}
        self._parameters: dict[str, Value] = {}
        self._names: dict[int, str] = {}
        for name, sizes in trace.inputs.items():
            axes = tuple(atom(size) for size in sizes)
            second = layouts.get(name)
            channels_first = sizes[0] == 1 and len(sizes) in (4, 5) if second is None else second
            layout = Layout(axes[2:], axes[1]) if channels_first and len(axes) > 2 else None
            self.inputs[name] = self.values[name] = Value(axes, Producer(name, "input", layout=layout))
            self.sizes[name] = sizes
        for name, (full, sizes) in trace.parameters.items():
            self.values[name] = self._parameter(full, sizes)
            self.sizes[name] = sizes
        for name, (full, sizes) in trace.constants.items():
            self.values[name] = ConstantTensor(full, sizes)
            self.sizes[name] = sizes

    def network(self, name: str, source: str) -> FlatNetwork:
        """Read all steps, and name the layers."""
        for step in self.trace.steps:
            self._read(step)
        return self._flat(name, source)

    def _read(self, step: TracedStep) -> None:
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
            return self._apart(step, followed)
        if step.name in self._parted:
            full = self._parted[step.name]
            return [self._parameter(part_name(full, index), sizes) for index, sizes in enumerate(step.sizes)]
        handler = HANDLERS.get(step.operation)
        if handler is None:
            raise RefusedError(
                "costcalc does not know this operation, and counts nothing as zero that it does not know",
                "say it by known operations (torch.nn.functional), or report it",
            )
        return handler(call)

    def _apart(self, step: TracedStep, followed: list[Any]) -> Any:
        """The result of an operation on nothing that follows from the input or a parameter."""
        origin = next((value.origin for value in followed if isinstance(value, Statistic)), None)
        results = [
            ConstantTensor(self.hint(step, "constant"), sizes) if origin is None else Statistic(origin, sizes)
            for sizes in step.sizes
        ]
        return results[0] if len(results) == 1 else results

    # Parameters and constants

    def _parameter(self, full: str, sizes: Sizes) -> Value:
        if full not in self._parameters:
            producer = Producer(full, "parameter")
            self._names[id(producer)] = full
            self._parameters[full] = Value(tuple(atom(size) for size in sizes), producer)
        return self._parameters[full]

    def constant(self, constant: ConstantTensor) -> Value:
        """A constant as a map."""
        axes = tuple(atom(size) for size in constant.sizes)
        return Value(axes, Producer(constant.name, "parameter", fields={"trainable": False}))

    def parameter_name(self, operand: Operand) -> str | None:
        """The parameter that an operand is as a whole, if it is one that a layer can hold."""
        name = self._names.get(id(operand.producer)) if isinstance(operand, Value) else None
        return None if name in self.apart else name

    def repeated(self, value: Value, sizes: Sizes, hint: str) -> Value:
        """A map repeated along the axes where it has size 1, to these sizes."""
        return repeated(self.maps, value, sizes, hint)

    def weighted(
        self,
        step: TracedStep,
        kind: str,
        producer: Producer,
        layout: Layout,
        weights: dict[str, str | None],
        fields: dict[str, Any],
    ) -> Producer:
        """Add a layer that holds these parameters, or shares those of an equal layer."""
        names = tuple(weights.values())
        held = [name for name in names if name is not None]
        main = held[0] if held else None
        first = next((self._holders[name] for name in held if name in self._holders), None)
        if first is not None and (first.kind, first.fields, self._holds[id(first)]) != (kind, fields, names):
            self._part(first, kind, fields, names)
            raise RefusedError(
                f"shares its weights with {first.hint}, a {first.kind} of other fields: "
                "a spec can share only equal layers"
            )
        for name in held:
            if self._parameters[name].producer.layout is not None:
                if _may_part(kind, name == main):
                    raise _ApartError({name})
                raise RefusedError(
                    f"its parameter {name} is also used as a tensor by itself, which would count it twice"
                )
        made = self.maps.emit(kind, self._weighted_hint(step, main, kind), [producer], layout, **fields)
        made.shares = first
        self._holds[id(made)] = names
        if first is None:
            self._holders |= dict.fromkeys(held, made)
        return made

    def _part(
        self, first: Producer, kind: str, fields: dict[str, Any], names: tuple[str | None, ...]
    ) -> None:
        """Have the biases, or else the weights, of two layers that are not equal read as tensors, if that helps."""
        others = self._holds[id(first)]
        if first.kind in _WITH_BIAS and kind in _WITH_BIAS and names[0] != others[0]:
            common = {name for name in names[1:] if name is not None and name in others[1:]}
            if common:
                raise _ApartError(common)
        unlike = {name for name in (*names[1:], *others[1:]) if name is not None}
        plain = {name: value for name, value in fields.items() if name != "bias"}
        same = plain == {name: value for name, value in first.fields.items() if name != "bias"}
        if first.kind == kind and kind in _WITH_BIAS and same and names[0] == others[0] and unlike:
            raise _ApartError(unlike)
        if first.kind == kind == "linear":
            raise _ApartError({name for name in (*names, *others) if name is not None})

    # Names

    def hint(self, step: TracedStep, word: str = "") -> str:
        """The module's path, and a word where the module does more than one thing."""
        path = step.module
        if not path or not _LEAF.match(step.module_type):
            return f"{path}.{word or step.operation}".strip(".")
        return path

    def _weighted_hint(self, step: TracedStep, main: str | None, kind: str) -> str:
        if _LEAF.match(step.module_type) and step.module:
            return step.module
        found = _WEIGHT.fullmatch(main or "")
        return (found[1] if found else "") or self.hint(step, kind)

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
        return FlatNetwork(name, source, shapes, layers, tuple(order), tuple(_notes(self.trace)))

    def _layer(self, layer: Producer, names: Mapping[int, str]) -> FlatLayer:
        assert layer.layout is not None
        shares = None if layer.shares is None else names[id(layer.shares)]
        inputs = tuple(names[id(_unaliased(each))] for each in layer.inputs)
        return FlatLayer(names[id(layer)], layer.kind, inputs, layer.layout.shape, layer.fields, shares)

    def _input_shape(self, value: Value) -> Shape:
        layout = value.producer.layout or natural(value.axes)
        return layout.shape

    def _output(self, name: str) -> Producer:
        value = self.values[name]
        if not isinstance(value, Value):
            raise ModelError("the module returns what does not follow from its input, or a statistic of it")
        self.maps.layout(value)
        return value.producer

    def _check_holders(self) -> None:
        for name, value in self._parameters.items():
            if name not in self._holders or value.producer.layout is None:
                continue
            holder = self._holders[name]
            if _may_part(holder.kind, name == self._holds[id(holder)][0]):
                raise _ApartError({name})
            raise ModelError(
                f"parameter {name} is a weight of {holder.hint} and is also used as a tensor by "
                "itself, which would count it twice"
            )


def _may_part(kind: str, is_main: bool) -> bool:
    """Whether a layer of a kind can do without a parameter: it is multiplied with, or added, by itself."""
    return kind == "linear" or (kind in _WITH_BIAS and not is_main)


def _unaliased(producer: Producer) -> Producer:
    """The layer behind other names for its axes."""
    while producer.kind == "alias":
        (producer,) = producer.inputs
    return producer


def _references(arguments: Mapping[str, Any]) -> list[str]:
    from costcalc.interop.importers.torch_export.trace import TensorRef

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


def _notes(trace: Trace) -> Iterator[str]:
    """What the module holds and its outputs do not need, which is not counted; and what is frozen, which is."""
    if trace.unused:
        yield f"not counted: {sum(trace.unused.values())} params that no output needs, in {_owners(trace.unused)}"
    if trace.frozen:
        count = sum(trace.frozen.values())
        yield f"counted as params: {count} that are frozen (requires_grad=False), in {_owners(trace.frozen)}"


def _owners(names: Iterable[str]) -> str:
    return listed(dict.fromkeys(name.split(".")[0] for name in names))
