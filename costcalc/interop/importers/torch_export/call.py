"""One operation with all that its handler needs: operands, arguments, the layers so far."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tensors.layout import Atom, Atoms, Axes, Layout, leaves
from costcalc.interop.importers.tensors.maps import MAX_SPATIAL, Maps
from costcalc.interop.importers.tensors.values import Producer, Value
from costcalc.interop.importers.torch_export.state import ConstantTensor, Operand, TraceState
from costcalc.interop.importers.torch_export.trace import Sizes, TensorRef, TracedStep


class OperatorCall:
    """A step of the trace. Its methods raise RefusedError where it is not as it should be."""

    def __init__(self, state: TraceState, step: TracedStep) -> None:
        self._state = state
        self.step = step

    @property
    def maps(self) -> Maps:
        """The layers so far."""
        return self._state.maps

    @property
    def sizes(self) -> Sizes:
        """The sizes of its one result."""
        return self.step.sizes[0]

    def argument(self, name: str, default: Any = None) -> Any:
        """An argument that is no tensor."""
        found = self.step.arguments.get(name, default)
        return default if found is None else found

    def has(self, name: str) -> bool:
        """Whether an argument is a tensor."""
        return isinstance(self.step.arguments.get(name), TensorRef)

    def operand(self, name: str) -> Operand:
        """A tensor argument, whatever it is. A map that is only repeated along an axis has size 1 there."""
        return self.found(self.step.arguments.get(name))

    def found(self, reference: Any) -> Operand:
        """What a TensorRef stands for."""
        if not isinstance(reference, TensorRef):
            raise RefusedError("an argument that should be a tensor is none")
        found = self._state.values[reference.name]
        if not isinstance(found, Value | ConstantTensor):
            raise RefusedError("takes several tensors as one")
        return found

    def results(self, reference: TensorRef) -> Any:
        """What an operation with several results has made."""
        return self._state.values[reference.name]

    def is_used(self, index: int) -> bool:
        """Whether an operation, or who runs the module, takes one of its several results."""
        return self._state.is_used(self.step, index)

    def sizes_of(self, reference: TensorRef) -> Sizes:
        """The sizes of the tensor that a TensorRef stands for."""
        return self._state.sizes[reference.name]

    def value(self, name: str) -> Value:
        """A tensor argument as a map."""
        return self.whole(self.step.arguments.get(name))

    def unrepeated(self, name: str) -> Value:
        """A tensor argument as a map that has size 1 still along axes that it is only repeated along."""
        return self.as_value(self.operand(name))

    def whole(self, reference: Any) -> Value:
        """What a TensorRef stands for, as a map of all its sizes."""
        value = self.as_value(self.found(reference))
        sizes = self.sizes_of(reference)
        return value if value.dims == sizes else self._state.repeated(value, sizes, self.hint())

    def as_value(self, operand: Operand) -> Value:
        """An operand as a map: a constant becomes a parameter that is not trained."""
        if isinstance(operand, ConstantTensor):
            return self._state.constant(operand)
        return operand

    def weight_name(self, name: str) -> str | None:
        """The parameter that an argument is as a whole; None where it is missing. What is computed is refused."""
        found = self.plain_name(name)
        if found is not None or not self.has(name):
            return found
        if isinstance(self.operand(name), ConstantTensor):
            raise RefusedError(f"its {name} is a constant, not a parameter: there is no kind for that")
        raise RefusedError(
            f"its {name} is computed, not a parameter as it is",
            "undo a reparametrisation first (torch.nn.utils.parametrize.remove_parametrizations)",
        )

    def plain_name(self, name: str) -> str | None:
        """The parameter that an argument is as a whole, every element once; None where it is anything else."""
        if not self.has(name):
            return None
        operand = self.operand(name)
        whole = isinstance(operand, Value) and math.prod(operand.dims) == math.prod(self.weight_sizes(name))
        return self._state.parameter_name(operand) if whole else None

    def shifted(self, value: Value, axis: int) -> Value:
        """The value plus the bias, along an axis: one that its layer cannot hold. A constant costs nothing."""
        if not self.has("bias") or not isinstance(self.operand("bias"), Value):
            return value
        bias = self.value("bias")
        axes: Axes = (*bias.axes, *((),) * (len(value.axes) - 1 - axis))
        return self.maps.joined("add", [value, Value(axes, bias.producer, bias.via)], self.hint("bias"))

    def weight_sizes(self, name: str) -> Sizes:
        """The sizes of a tensor argument."""
        return self.sizes_of(self.step.arguments[name])

    def parameter_name(self, operand: Operand) -> str | None:
        """The parameter that an operand is as a whole, if it is one."""
        return self._state.parameter_name(operand)

    def operands(self, name: str) -> list[Any]:
        """A list of tensors, as TensorRefs."""
        references: list[Any] = self.step.arguments[name]
        return references

    def hint(self, word: str = "") -> str:
        """What a layer made of it could be called: the module's path, and a word where the module does more."""
        return self._state.hint(self.step, word)

    def unfollowed(self, operand: ConstantTensor) -> Any:
        """A constant at the sizes of the result, or of each of several results."""
        results = [ConstantTensor(operand.name, sizes) for sizes in self.step.sizes]
        return results[0] if len(results) == 1 else results

    # Layers

    def emit(self, kind: str, inputs: Sequence[Producer], layout: Layout, **fields: Any) -> Producer:
        """Add a layer without weights."""
        return self.maps.emit(kind, self.hint(kind), inputs, layout, **fields)

    def like(self, kind: str, value: Value, **fields: Any) -> Value:
        """Add a layer that changes no shape."""
        layout = self.maps.layout(value)
        producer = self.emit(kind, [value.producer], layout, **fields)
        return Value(value.axes, producer)

    def weighted(
        self,
        kind: str,
        producer: Producer,
        layout: Layout,
        weights: dict[str, str | None],
        **fields: Any,
    ) -> Producer:
        """Add a layer with weights; the same weights again, in an equal layer, are shared."""
        return self._state.weighted(self.step, kind, producer, layout, weights, fields)

    def axis(self, axis: int, rank: int) -> int:
        """An axis from 0, where negative ones count from the end."""
        return axis % rank

    def windowed(self, value: Value, rank: int) -> Value:
        """The value as N×C×… with its map arranged so that a window can slide over it.

        Where N is more than the batch (frames, heads), it is a further spatial axis, which windows do not span.
        """
        axes = value.axes if len(value.axes) == rank + 2 else ((), *value.axes)
        if len(axes) != rank + 2 or len(lead(axes[0])) + rank > MAX_SPATIAL:
            raise RefusedError(
                f"takes a map of {rank} axes for each example, not a tensor of {list(value.dims)}"
            )
        layout = Layout((*lead(axes[0]), *axes[2:]), axes[1])
        producer = self.maps.placed(value, layout, self.hint("arrange"))
        return Value(axes, producer)

    def unbatched(self, value: Value) -> Value:
        """N×C×… in the rank of the result."""
        return Value(value.axes[len(value.axes) - len(self.sizes) :], value.producer)

    def per_channel(self, value: Value, channels: Atoms) -> Producer:
        """A value as a map with these channels, whatever its spatial axes."""
        own = set(leaves(channels))
        rest = [tuple(a for a in leaves(axis) if a not in own) for axis in value.axes]
        return self.maps.with_channels(value, channels, [axis for axis in rest if axis], self.hint("arrange"))


def lead(axis: Atoms) -> Axes:
    """The spatial axes that the first axis of a tensor is besides the batch: one or none."""
    return (leaves(axis),) if leaves(axis) else ()


def fresh(atoms: Sequence[Atom]) -> Atoms:
    """New atoms of the same sizes."""
    return tuple(Atom(each.size) for each in leaves(atoms))


Handler = Callable[[OperatorCall], Any]


def of_maps(handlers: Mapping[str, Handler]) -> dict[str, Handler]:
    """Handlers by operation, made to take maps alone: of a constant only the sizes change."""
    return {operation: _of_map(handler) for operation, handler in handlers.items()}


def _of_map(handler: Handler) -> Handler:
    def handle(call: OperatorCall) -> Any:
        operand = call.operand("self" if call.has("self") else "input")
        return handler(call) if isinstance(operand, Value) else call.unfollowed(operand)

    return handle
