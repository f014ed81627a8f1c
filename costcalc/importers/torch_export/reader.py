"""From a trace to a flat network: the operations in turn, each by its handler."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import Any

from costcalc.importers.arrangement.layout import Arrangement, atom
from costcalc.importers.arrangement.maps import Maps, natural
from costcalc.importers.arrangement.source import Source, Value
from costcalc.importers.errors import ModelError, RefusedError
from costcalc.importers.flat import FlatLayer, FlatNetwork
from costcalc.importers.torch_export.call import Call, Constant, Operand, Statistic
from costcalc.importers.torch_export.mutation import FACTORIES
from costcalc.importers.torch_export.operations import HANDLERS, REFUSED
from costcalc.importers.torch_export.repetition import repeated
from costcalc.importers.torch_export.trace import Sizes, Step, Trace
from costcalc.layers import KINDS
from costcalc.shape import Shape

_WEIGHT = re.compile(r"(.*?)[._]?(?:weight|bias)(?:_[a-z0-9]+)?", re.ASCII)
#: A module of torch.nn that is one layer is called by its path; others by their path and what they do.
_LEAF = re.compile(r"torch\.nn\.modules\.(?!container|activation\.Multihead|transformer|module)", re.ASCII)

_REARRANGING = ("reshape", "flatten", "channel_shuffle")
#: What the handlers call a rearrangement that they ask for, or the layer that they ask for it.
_WORDS = frozenset(("arrange", "split", "half", "gate", "stack", "weight", "bias", "view"))


def read_trace(trace: Trace, name: str, source: str, layouts: Mapping[str, bool | None]) -> FlatNetwork:
    """The flat network of a trace.

    ``layouts`` says of inputs whether their second axis is the channels. Raises ModelError, with the operation and
    its module, where something is not known.
    """
    return Reader(trace, layouts).network(name, source)


class Reader:
    """What is known so far while a trace is read."""

    def __init__(self, trace: Trace, layouts: Mapping[str, bool | None]) -> None:
        self.trace = trace
        self.maps = Maps()
        self.values: dict[str, Any] = {}
        self.sizes: dict[str, Sizes] = {}
        self.inputs: dict[str, Value] = {}
        self._holders: dict[str, Source] = {}
        self._holds: dict[int, tuple[str | None, ...]] = {}
        self._parameters: dict[str, Value] = {}
        self._names: dict[int, str] = {}
        for name, sizes in trace.inputs.items():
            axes = tuple(atom(size) for size in sizes)
            layout = layouts.get(name)
            channels_first = len(sizes) in (4, 5) if layout is None else layout
            arrangement = Arrangement(axes[2:], axes[1]) if channels_first and len(axes) > 2 else None
            self.inputs[name] = self.values[name] = Value(
                axes, Source(name, "input", arrangement=arrangement)
            )
            self.sizes[name] = sizes
        for name, (full, sizes) in trace.parameters.items():
            self.values[name] = self._parameter(full, sizes)
            self.sizes[name] = sizes
        for name, (full, sizes) in trace.constants.items():
            self.values[name] = Constant(full, sizes)
            self.sizes[name] = sizes

    def network(self, name: str, source: str) -> FlatNetwork:
        """Read all steps, and name the layers."""
        for step in self.trace.steps:
            self._read(step)
        return self._flat(name, source)

    def _read(self, step: Step) -> None:
        if step.sizes:
            self.sizes[step.name] = step.sizes[0]
        try:
            result = self._result(step)
        except RefusedError as error:
            where = f" in {step.module} ({step.module_type})" if step.module else ""
            hint = f"; {error.hint}" if error.hint else ""
            raise ModelError(f"{step.target}{where}: {error}{hint}") from None
        self.values[step.name] = result

    def _result(self, step: Step) -> Any:
        call = Call(self, step)
        if step.operation in REFUSED:
            raise RefusedError(REFUSED[step.operation])
        followed = [self.values[name] for name in _references(step.arguments)]
        if step.operation in FACTORIES:
            return Constant(self.hint(step, "constant"), self.sizes[step.name])
        if step.operation != "getitem" and not any(_is_map(value) for value in followed):
            return self._apart(step, followed)
        handler = HANDLERS.get(step.operation)
        if handler is None:
            raise RefusedError(
                "costcalc does not know this operation, and counts nothing as zero that it does not know",
                "say it by known operations (torch.nn.functional), or report it",
            )
        return handler(call)

    def _apart(self, step: Step, followed: list[Any]) -> Any:
        """The result of an operation on nothing that follows from the input or a parameter."""
        origin = next((value.origin for value in followed if isinstance(value, Statistic)), None)
        results = [
            Constant(self.hint(step, "constant"), sizes) if origin is None else Statistic(origin, sizes)
            for sizes in step.sizes
        ]
        return results[0] if len(results) == 1 else results

    # Parameters and constants

    def _parameter(self, full: str, sizes: Sizes) -> Value:
        if full not in self._parameters:
            source = Source(full, "parameter")
            self._names[id(source)] = full
            self._parameters[full] = Value(tuple(atom(size) for size in sizes), source)
        return self._parameters[full]

    def constant(self, constant: Constant) -> Value:
        """A constant as a map."""
        axes = tuple(atom(size) for size in constant.sizes)
        return Value(axes, Source(constant.name, "parameter", fields={"trainable": False}))

    def parameter_name(self, operand: Operand) -> str | None:
        """The parameter that an operand is as a whole, if it is one."""
        return self._names.get(id(operand.source)) if isinstance(operand, Value) else None

    def repeated(self, value: Value, sizes: Sizes, hint: str) -> Value:
        """A map repeated along the axes where it has size 1, to these sizes."""
        return repeated(self.maps, value, sizes, hint)

    def weighted(
        self,
        step: Step,
        kind: str,
        source: Source,
        arrangement: Arrangement,
        weights: dict[str, str | None],
        fields: dict[str, Any],
    ) -> Source:
        """Add a layer that holds these parameters, or shares those of an equal layer."""
        names = tuple(weights.values())
        main = next((name for name in names if name is not None), None)
        first = None if main is None else self._holders.get(main)
        if first is not None and (first.kind, first.fields, self._holds[id(first)]) != (kind, fields, names):
            raise RefusedError(
                f"shares its weights with {first.hint}, a {first.kind} of other fields: "
                "a spec can share only equal layers"
            )
        if any(
            self._parameters[name].source.arrangement is not None
            for name in names
            if name in self._parameters
        ):
            raise RefusedError(
                f"its parameter {main} is also used as a tensor by itself, which would count it twice"
            )
        made = self.maps.emit(kind, self._weighted_hint(step, main, kind), [source], arrangement, **fields)
        made.shares = first
        self._holds[id(made)] = names
        if first is None:
            for name in names:
                if name is not None:
                    self._holders.setdefault(name, made)
        return made

    # Names

    def hint(self, step: Step, word: str = "") -> str:
        """The module's path, and a word where the module does more than one thing."""
        path = step.module
        if not path or not _LEAF.match(step.module_type):
            return f"{path}.{word or step.operation}".strip(".")
        return path

    def _weighted_hint(self, step: Step, main: str | None, kind: str) -> str:
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
        names = {id(value.source): "input" if single else key for key, value in self.inputs.items()}
        used = {"input", *names.values()}
        hints = {layer.hint for layer in self.maps.layers if layer.kind not in _REARRANGING}
        for layer in self.maps.layers:
            names[id(layer)] = _unique(_called(layer, hints), used)
        layers = tuple(self._layer(layer, names) for layer in self.maps.layers)
        shapes = {names[id(value.source)]: self._input_shape(value) for value in self.inputs.values()}
        order = dict.fromkeys(reversed([names[id(_unaliased(output))] for output in outputs]))
        return FlatNetwork(name, source, shapes, layers, tuple(order), _notes(self.trace.unused))

    def _layer(self, layer: Source, names: Mapping[int, str]) -> FlatLayer:
        assert layer.arrangement is not None
        shares = None if layer.shares is None else names[id(layer.shares)]
        inputs = tuple(names[id(_unaliased(each))] for each in layer.inputs)
        return FlatLayer(names[id(layer)], layer.kind, inputs, layer.arrangement.shape, layer.fields, shares)

    def _input_shape(self, value: Value) -> Shape:
        arrangement = value.source.arrangement or natural(value.axes)
        return arrangement.shape

    def _output(self, name: str) -> Source:
        value = self.values[name]
        if not isinstance(value, Value):
            raise ModelError("the module returns what does not follow from its input, or a statistic of it")
        self.maps.arrangement(value)
        return value.source

    def _check_holders(self) -> None:
        for name, value in self._parameters.items():
            if name in self._holders and value.source.arrangement is not None:
                raise ModelError(
                    f"parameter {name} is a weight of {self._holders[name].hint} and is also used as a tensor by "
                    "itself, which would count it twice"
                )


def _unaliased(source: Source) -> Source:
    """The layer behind other names for its axes."""
    while source.kind == "alias":
        (source,) = source.inputs
    return source


def _references(arguments: Mapping[str, Any]) -> list[str]:
    from costcalc.importers.torch_export.trace import Ref

    found: list[str] = []
    waiting = list(arguments.values())
    while waiting:
        each = waiting.pop()
        if isinstance(each, Ref):
            found.append(each.name)
        elif isinstance(each, list):
            waiting += each
    return found


def _is_map(value: Any) -> bool:
    return isinstance(value, Value) or (isinstance(value, list) and any(map(_is_map, value)))


def _called(layer: Source, hints: Container[str]) -> str:
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


def _notes(unused: Mapping[str, int]) -> tuple[str, ...]:
    """What the module holds and its outputs do not need: it is not counted, and that is said."""
    if not unused:
        return ()
    owners = dict.fromkeys(name.split(".")[0] for name in unused)
    return (f"not counted: {sum(unused.values())} params that no output needs, in {', '.join(owners)}",)
