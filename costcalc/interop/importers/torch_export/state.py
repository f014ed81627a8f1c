"""What is known so far while a trace is read: what its values are, and which layers hold its parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.flat import can_share
from costcalc.interop.importers.tensors.layout import Layout, atom
from costcalc.interop.importers.tensors.maps import Maps
from costcalc.interop.importers.tensors.values import Producer, Value
from costcalc.interop.importers.torch_export.calling import LEAF
from costcalc.interop.importers.torch_export.parts import parted
from costcalc.interop.importers.torch_export.repetition import repeated
from costcalc.interop.importers.torch_export.trace import Sizes, Trace, TracedStep

_WEIGHT = re.compile(r"(.*?)[._]?(?:weight|bias)(?:_[a-z0-9]+)?(?:\[\d+\])?", re.ASCII)
_WITH_BIAS = ("conv", "depthwise_conv", "conv_transpose", "linear")


@dataclass(frozen=True, slots=True)
class ConstantTensor:
    """A tensor that follows neither from the model's input nor from a parameter."""

    name: str
    sizes: Sizes


Operand = Value | ConstantTensor


class ApartError(Exception):
    """Parameters that no one layer can hold: the trace is read again, with these as tensors of their own."""

    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self.names = names


class TraceState:
    """What is known so far while a trace is read.

    ``apart`` are parameters that are read as tensors, not as the weights of layers.
    """

    def __init__(
        self, trace: Trace, layouts: Mapping[str, bool | None], apart: frozenset[str] = frozenset()
    ) -> None:
        self.trace = trace
        self.apart = apart
        self.parted = parted(trace)
        self.maps = Maps()
        self.values: dict[str, Any] = {}
        self.sizes: dict[str, Sizes] = {}
        self.inputs: dict[str, Value] = {}
        self.holders: dict[str, Producer] = {}
        self.fixed: dict[str, int] = {}  # multiplies of constants alone, by the module
        self.holds: dict[int, tuple[str | None, ...]] = {}
        self.parameters: dict[str, Value] = {}
        self._names: dict[int, str] = {}
        self._taken = {
            (each.arguments["0"].name, each.arguments["1"])
            for each in trace.steps
            if each.operation == "getitem"
        }
        for name, sizes in trace.inputs.items():
            axes = tuple(atom(size) for size in sizes)
            second = layouts.get(name)
            channels_first = sizes[0] == 1 and len(sizes) in (4, 5) if second is None else second
            layout = Layout(axes[2:], axes[1]) if channels_first and len(axes) > 2 else None
            self.inputs[name] = self.values[name] = Value(axes, Producer(name, "input", layout=layout))
            self.sizes[name] = sizes
        for name, (full, sizes) in trace.parameters.items():
            self.values[name] = self.parameter(full, sizes)
            self.sizes[name] = sizes
        for name, (full, sizes) in trace.constants.items():
            self.values[name] = ConstantTensor(full, sizes)
            self.sizes[name] = sizes

    # Parameters and constants

    def parameter(self, full: str, sizes: Sizes) -> Value:
        """A parameter as a value: the same one each time."""
        if full not in self.parameters:
            producer = Producer(full, "parameter")
            self._names[id(producer)] = full
            self.parameters[full] = Value(tuple(atom(size) for size in sizes), producer)
        return self.parameters[full]

    def constant(self, constant: ConstantTensor) -> Value:
        """A constant as a map."""
        axes = tuple(atom(size) for size in constant.sizes)
        return Value(axes, Producer(constant.name, "parameter", fields={"trainable": False}))

    def parameter_name(self, operand: Operand) -> str | None:
        """The parameter that an operand is as a whole, if it is one that a layer can hold."""
        name = self._names.get(id(operand.producer)) if isinstance(operand, Value) else None
        return None if name in self.apart else name

    def is_used(self, step: TracedStep, index: int) -> bool:
        """Whether one of several results of a step is taken."""
        return (step.name, index) in self._taken

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
        first = next((self.holders[name] for name in held if name in self.holders), None)
        if first is not None and not (
            (first.kind, self.holds[id(first)]) == (kind, names) and can_share(fields, first.fields)
        ):
            self._part(first, kind, fields, names)
            raise RefusedError(
                f"shares its weights with {first.hint}, a {first.kind} of other fields: "
                "only how it slides may be its own"
            )
        for name in held:
            if self.parameters[name].producer.layout is not None:
                if may_part(kind, name == main):
                    raise ApartError({name})
                raise RefusedError(
                    f"its parameter {name} is also used as a tensor by itself, which would count it twice"
                )
        made = self.maps.emit(kind, self._weighted_hint(step, main, kind), [producer], layout, **fields)
        made.shares = first
        self.holds[id(made)] = names
        if first is None:
            self.holders |= dict.fromkeys(held, made)
        return made

    def _part(
        self, first: Producer, kind: str, fields: dict[str, Any], names: tuple[str | None, ...]
    ) -> None:
        """Have the biases, or else the weights, of two layers that are not equal read as tensors, if that helps."""
        others = self.holds[id(first)]
        if "embedding" in (kind, first.kind) and kind != first.kind and names[0] == others[0]:
            raise ApartError({name for name in names[:1] if name is not None})
        if first.kind in _WITH_BIAS and kind in _WITH_BIAS and names[0] != others[0]:
            common = {name for name in names[1:] if name is not None and name in others[1:]}
            if common:
                raise ApartError(common)
        unlike = {name for name in (*names[1:], *others[1:]) if name is not None}
        plain = {name: value for name, value in fields.items() if name != "bias"}
        same = can_share(plain, {name: value for name, value in first.fields.items() if name != "bias"})
        if first.kind == kind and kind in _WITH_BIAS and same and names[0] == others[0] and unlike:
            raise ApartError(unlike)
        if first.kind == kind == "linear":
            raise ApartError({name for name in (*names, *others) if name is not None})

    # Names

    def hint(self, step: TracedStep, word: str = "") -> str:
        """The module's path, and a word where it is not one layer of torch.nn."""
        path = step.module
        if not path or not LEAF.match(step.module_type):
            return f"{path}.{word or step.operation}".strip(".")
        return path

    def _weighted_hint(self, step: TracedStep, main: str | None, kind: str) -> str:
        if LEAF.match(step.module_type) and step.module:
            return step.module
        found = _WEIGHT.fullmatch(main or "")
        return (found[1] if found else "") or self.hint(step, kind)


def may_part(kind: str, is_main: bool) -> bool:
    """Whether a layer of a kind can do without a parameter: it is multiplied with, or added, by itself."""
    return kind in ("linear", "embedding") or (kind in _WITH_BIAS and not is_main)
