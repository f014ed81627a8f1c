"""One node with all that its handler needs: operands, attributes, the layers so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from costcalc.interop.importers.errors import BatchError, RefusedError
from costcalc.interop.importers.flat import can_share
from costcalc.interop.importers.onnx_model.computed import NORMS
from costcalc.interop.importers.onnx_model.expressions import Deferred, attributes_of, operand_dims
from costcalc.interop.importers.onnx_model.fold import broadcast_dims
from costcalc.interop.importers.onnx_model.names import hint_of
from costcalc.interop.importers.onnx_model.proto import OnnxNode, RawTensor, Scalar, Subgraph
from costcalc.interop.importers.onnx_model.state import ImportState
from costcalc.interop.importers.onnx_model.state import Operand as Operand
from costcalc.interop.importers.onnx_model.values import Tensor
from costcalc.interop.importers.tensors.layout import Atom, Atoms, Layout, leaves, mapped
from costcalc.interop.importers.tensors.limits import check_dims
from costcalc.interop.importers.tensors.maps import Maps
from costcalc.interop.importers.tensors.values import Producer, Value


class Operation:
    """A node of the graph. Its methods raise RefusedError where the node is not as it should be."""

    def __init__(self, state: ImportState, node: OnnxNode) -> None:
        self._state = state
        self.node = node
        self.type = node.op_type
        self.opset = state.opset

    @property
    def maps(self) -> Maps:
        """The layers so far."""
        return self._state.maps

    @property
    def batch(self) -> int:
        """How many examples the model takes at once."""
        return self._state.batch

    @property
    def batch_atom(self) -> Atoms:
        """The axis of the examples; empty where there is one."""
        return self._state.batch_atom

    def defer(
        self,
        operands: Sequence[Operand],
        axes: Sequence[int] = (),
        attributes: Mapping[str, float] | None = None,
    ) -> Deferred:
        """The node as an elementwise one of these operands, to be understood when its result is needed."""
        dims = broadcast_dims(*(operand_dims(operand) for operand in operands))
        check_dims(dims)
        numbers = attributes_of(self.node) if attributes is None else attributes
        return self._state.defer(Deferred(self.node, tuple(operands), dims, 0, tuple(axes), numbers))

    @property
    def hint(self) -> str:
        """What a layer made of it could be called."""
        return hint_of(self.node)

    def used(self, index: int) -> bool:
        """Whether anything takes an output."""
        return bool(self._state.uses[self.node.outputs[index]])

    # Operands

    def has(self, index: int) -> bool:
        """Whether an input is given: optional ones may be missing or empty."""
        return index < len(self.node.inputs) and self.node.inputs[index] != ""

    def operand(self, index: int) -> Operand:
        """An input, whatever it is."""
        if not self.has(index):
            raise RefusedError(f"has no input {index + 1}")
        return self._state.find(self.node.inputs[index])

    def operands(self) -> list[Operand]:
        """All inputs that are given."""
        return [self.operand(index) for index in range(len(self.node.inputs)) if self.has(index)]

    def value(self, index: int) -> Value:
        """An input as a map."""
        return self.as_value(self.operand(index))

    def pass_over(self, *indices: int) -> None:
        """Take inputs that make no difference to what is counted, such as masks: they stay inputs of the model."""
        for index in indices:
            if self.has(index) and not isinstance(self.operand(index), Tensor):
                self.maps.layout(self.value(index))

    def as_value(self, operand: Operand) -> Value:
        """An operand as a map; a tensor of the file becomes a parameter."""
        if isinstance(operand, Deferred):
            return self._state.resolve(operand)
        if isinstance(operand, Tensor):
            if not operand.floating:
                raise RefusedError("works on a tensor of whole numbers, which is no map and no weight")
            return self.parameter(operand)
        return operand

    def parameter(self, tensor: Tensor) -> Value:
        """A tensor of the file as a layer of its own; one in a Constant is not learned."""
        hint, learned = tensor.name or self.hint, tensor.origin != "constant"
        return self.maps.parameter(tensor.key, tensor.dims, hint, trainable=learned)

    def untied(self, tensor: Tensor) -> bool:
        """Whether a weight is also the table of an embedding: then it is a parameter that both of them read."""
        first = self._state.weights.get(tensor.key)
        if first is not None and first.kind == "embedding":
            first.fields["trainable"] = False
            first.weights = {}
        return first is not None and first.kind == "embedding"

    def tensor(self, index: int) -> Tensor | None:
        """An input that is a tensor of the file, or follows from such; None where it is a map, or missing."""
        operand = self.operand(index) if self.has(index) else None
        return operand if isinstance(operand, Tensor) else None

    def weight(self, index: int, what: str = "weights") -> Tensor:
        """An input that must be a weight, or follow from stored ones alone."""
        operand = self.operand(index)
        if isinstance(operand, Tensor):
            return operand
        return self._state.computed.weight(self.as_value(operand), what)

    def numbers(self, index: int, what: str) -> tuple[Scalar, ...] | None:
        """The known numbers of an input; None where it is missing."""
        if not self.has(index):
            return None
        found = self.tensor(index)
        values = None if found is None else self.known_numbers(found)
        if values is None:
            raise RefusedError(f"its {what}: not in the file, and not known before the model runs")
        return values

    def known_numbers(self, tensor: Tensor) -> tuple[Scalar, ...] | None:
        """The numbers of a tensor, counted as looked at; None where they are not known."""
        values = tensor.values()
        self._state.computing.charge(len(values or ()))
        return values

    def ints(self, index: int, what: str) -> list[int] | None:
        """The known whole numbers of an input; None where it is missing."""
        values = self.numbers(index, what)
        return None if values is None else [int(value) for value in values]

    # Attributes

    def attribute(self, name: str, default: Any) -> Any:
        """An attribute of the type that the default has. A default of None: whatever it is."""
        found = self.node.attributes.get(name)
        if found is None:
            return default
        if isinstance(found, Subgraph):
            raise RefusedError(f"its attribute {name} is a graph, or refers to one")
        if default is not None and isinstance(default, float) and isinstance(found, int):
            return float(found)
        if default is not None and type(found) is not type(default):
            raise RefusedError(f"its attribute {name} is of the wrong type")
        return found

    def int_list(self, name: str, length: int, default: int) -> list[int]:
        """An attribute with one whole number for each of so many axes."""
        found: list[int] = self.attribute(name, [])
        if not found:
            return [default] * length
        if not all(isinstance(each, int) for each in found):
            raise RefusedError(f"its attribute {name} is of the wrong type")
        if len(found) != length:
            raise RefusedError(f"its attribute {name} should have {length} numbers, not {len(found)}")
        return found

    def axes(self, rank: int, index: int = 1) -> list[int] | None:
        """The ``axes``, an attribute of old and an input of newer opsets, from 0; None where they are not said."""
        found = self.attribute("axes", []) or self.ints(index, "axes")
        return None if found is None or found == [] else [self.axis(axis, rank) for axis in found]

    def axis(self, axis: int, rank: int) -> int:
        """An axis from 0 where negative ones count from the end."""
        if not -rank <= axis < rank:
            raise RefusedError(f"has no axis {axis}: the tensor has {rank}")
        return axis % rank

    def tensor_attribute(self, name: str) -> RawTensor:
        """An attribute that is a tensor."""
        found = self.node.attributes.get(name)
        if not isinstance(found, RawTensor):
            raise RefusedError(f"its attribute {name} is no tensor")
        return found

    # Maps

    def windowed(self, value: Value) -> tuple[Producer, tuple[int, ...]]:
        """A value as the map that a window slides over, N×C×…: its producer, and its spatial sizes."""
        if not 3 <= len(value.axes) <= 5:
            raise RefusedError(f"takes a map of one to three axes, not a tensor of shape {list(value.dims)}")
        self.check_batch(value.axes[0])
        if any(each.batch for axis in value.axes[1:] for each in leaves(axis)):
            raise BatchError("takes the batch for channels or positions")
        producer = self.maps.placed(value, Layout(value.axes[2:], value.axes[1]), self.hint)
        return producer, value.dims[2:]

    def check_batch(self, axis: Atoms) -> None:
        """Refuse what has more on its first axis than the batch."""
        if mapped(axis):
            raise RefusedError("its first axis holds more than the batch")

    def per_channel(self, value: Value, channels: Atoms) -> Producer:
        """A value as a map with these channels, whatever its spatial axes."""
        own = set(leaves(channels))
        if 3 <= len(value.axes) <= 5 and set(leaves(value.axes[1])) == own:
            rest = [leaves(axis) for axis in (*value.axes[:1], *value.axes[2:])]
            rest = rest if mapped(rest[0]) else rest[1:]
        else:
            rest = [axis for axis in (_others(axis, own) for axis in value.axes) if axis]
        return self.maps.with_channels(value, channels, rest, self.hint)

    def weighted(
        self,
        kind: str,
        producer: Producer,
        layout: Layout,
        weights: dict[str, Tensor | None],
        **fields: Any,
    ) -> Producer:
        """Add a layer with weights; the same weights again, in a layer of the same fields, are shared."""
        main = next(tensor for tensor in weights.values() if tensor is not None)
        keys = {name: tensor.key for name, tensor in weights.items() if tensor is not None}
        first = self._state.weights.get(main.key)
        if kind in NORMS and first is not None and not self._is_same_norm(first, producer, keys, fields):
            first = None
        if first is not None and not (first.kind == kind and can_share(fields, first.fields)):
            raise RefusedError(
                f"shares its weights with {first.hint}, a {first.kind} of other fields: "
                "only how it slides may be its own"
            )
        bias = keys.get("bias")
        if first is None:
            keys = {name: key for name, key in keys.items() if key is main.key or self.counts(key)}
            if kind in NORMS:
                keys, fields = self._norm_keys(kind, keys, fields)
        named = main if self._state.uses[main.name] < 2 else None
        made = self.maps.emit(kind, hint_of(self.node, named), [producer], layout, **fields)
        made.shares, made.weights = first, keys
        if "bias" not in keys:
            self.counted_elsewhere(made, bias)
        self._state.weights.setdefault(main.key, made)
        self.counts(main.key)
        return made

    def counts(self, key: object) -> bool:
        """Whether a stored tensor is yet to be counted; from now on it is. Exporters store equal ones once."""
        if key in self._state.counted and not self._state.model.merged:
            self._state.repeated.add(key)
            return False
        self._state.counted.add(key)
        return True

    def counted_elsewhere(self, layer: Producer, bias: object) -> None:
        """Note which biases a layer has that an earlier one counts, if any."""
        self._state.counted_biases[layer] = bias

    def _is_same_norm(
        self, first: Producer, producer: Producer, keys: dict[str, object], fields: dict[str, Any]
    ) -> bool:
        """Whether a norm is one of before again; where equal tensors are merged, all that are not trained are equal."""
        if self._state.model.merged:
            return _follows_shared(first, producer)
        return (first.weights, first.fields) == (keys, fields)

    def _norm_keys(
        self, kind: str, keys: dict[str, object], fields: dict[str, Any]
    ) -> tuple[dict[str, object], dict[str, Any]]:
        """What of a norm's scale and shift no layer before has counted."""
        if "scale" in keys and keys["scale"] in self._state.counted and not self._state.model.merged:
            self._state.repeated.add(keys.pop("scale"))
        whole = 1 if kind == "rms_norm" else 2
        if len(keys) == whole:
            return keys, fields
        return keys, {**fields, "affine": next(iter(keys), False)}


def _follows_shared(first: Producer, producer: Producer) -> bool:
    """Whether a norm's input is made with the weights of what made the first norm's."""
    return bool(first.inputs) and producer.shares is not None and producer.shares is first.inputs[0]


def _others(axis: Atoms, own: set[Atom]) -> Atoms:
    return tuple(each for each in mapped(axis) if each not in own)
