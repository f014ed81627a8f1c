"""Recurrent layers, whole sequences and single steps; states from before cost nothing."""

from __future__ import annotations

from functools import cache
from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tensors.layout import Layout, atom, leaves
from costcalc.interop.importers.tensors.values import Producer, Value
from costcalc.interop.importers.torch_export.call import OperatorCall
from costcalc.interop.importers.torch_export.operations.slicing import gathered
from costcalc.interop.importers.torch_export.state import ConstantTensor
from costcalc.interop.importers.torch_export.trace import TensorRef

_KINDS = {"lstm": "lstm", "gru": "gru", "rnn_tanh": "rnn", "rnn_relu": "rnn"}


def recurrent(call: OperatorCall) -> list[Any]:
    """The sequence that is returned, the last state, and the last cell of an ``lstm``."""
    if "batch_sizes" in call.step.arguments:
        raise RefusedError("reads packed sequences, each of its own length: give it a padded tensor")
    value = call.value("input")
    first = bool(call.argument("batch_first", False))
    steps, batch = (value.axes[1], value.axes[0]) if first else (value.axes[0], value.axes[1])
    examples = (leaves(batch),) if leaves(batch) else ()
    layout = Layout((*examples, leaves(steps)), leaves(value.axes[2]))
    producer = call.maps.placed(value, layout, call.hint("arrange"))
    layers, both = call.argument("num_layers"), bool(call.argument("bidirectional"))
    references = call.argument("params")
    count = len(references) // (layers * (2 if both else 1))
    weights = _names(call, references, count)
    hidden = _sizes(call, 1)[1] if count in (2, 4) else _projected(call, count)[0]
    out = call.sizes[-1] // (2 if both else 1)
    way, size = atom(2 if both else 1), atom(out)
    fields: dict[str, Any] = {"hidden_size": hidden, "layers": layers}
    fields |= {"direction": "both"} if both else {}
    biases = len(weights) // (layers * (2 if both else 1)) - count + 2 if call.argument("has_biases") else 0
    fields |= {} if biases == 2 else {"biases": biases}
    fields |= {} if count in (2, 4) else {"projection": out}
    sequence = call.is_used(0)
    fields |= {} if sequence else {"returns": "last"}
    kept = layout.spatial if sequence else layout.spatial[:-1]
    made = call.weighted(
        _KINDS[call.step.operation], producer, Layout(kept, (*way, *size)), weights, **fields
    )
    whole = (batch, steps, (*way, *size)) if first else (steps, batch, (*way, *size))

    @cache
    def state() -> Value:
        last = _last(call, made, layout) if sequence else made
        ways = Value((way, batch, size), last)
        return ways if layers == 1 else _of_layers(call, ways, layers)

    return [Value(whole, made), state, state]


def _last(call: OperatorCall, made: Producer, layout: Layout) -> Producer:
    """The last step of what was returned."""
    assert made.layout is not None
    count = made.layout.shape.spatial[-1]
    if count == 1:
        return made
    cut: Any = [count - 1, count]
    if len(layout.spatial) > 1:
        cut = [[0, made.layout.shape.spatial[0]], cut]
    out = Layout((*layout.spatial[:-1], ()), made.layout.channels)
    return call.maps.emit("slice", call.hint("slice"), [made], out, spatial=cut)


def _of_layers(call: OperatorCall, value: Value, layers: int) -> Value:
    """The states of all layers, of which the last one's alone is known: each as large as it."""
    made = gathered(call, Value(((), *value.axes), value.producer), 0, (atom(layers),))
    return Value(((*made.axes[0], *made.axes[1]), *made.axes[2:]), made.producer)


def cell(call: OperatorCall) -> Any:
    """One step: ``lstm_cell``, ``gru_cell``, ``rnn_tanh_cell``."""
    value = call.value("input")
    kind = _KINDS[call.step.operation.removesuffix("_cell")]
    batch = (leaves(value.axes[0]),) if len(value.axes) > 1 and leaves(value.axes[0]) else ()
    producer = call.maps.placed(value, Layout((*batch, ()), leaves(value.axes[-1])), call.hint("arrange"))
    out = atom(call.sizes[-1])
    weights = {name: call.weight_name(name) for name in ("w_ih", "w_hh", "b_ih", "b_hh")}
    fields: dict[str, Any] = {"hidden_size": call.sizes[-1], "returns": "last"}
    fields |= {} if weights["b_ih"] is not None else {"biases": 0}
    made = Value(
        (*value.axes[:-1], out), call.weighted(kind, producer, Layout(batch, out), weights, **fields)
    )
    return [made] * len(call.step.sizes) if len(call.step.sizes) > 1 else made


#: Where, of the parameters of a layer, the second bias stands.
_SECOND = 3


def _names(call: OperatorCall, references: list[TensorRef], count: int) -> dict[str, str | None]:
    """The parameters, ``count`` a layer and direction; without the second biases where none of these is trained."""
    constant = {
        place for place, each in enumerate(references) if isinstance(call.found(each), ConstantTensor)
    }
    if count < _SECOND + 1 or constant != {*range(_SECOND, len(references), count)}:
        constant = set()
    names: dict[str, str | None] = {}
    for place, reference in enumerate(references):
        if place in constant:
            continue
        name = call.parameter_name(call.found(reference))
        if name is None:
            raise RefusedError("its weights are computed, not parameters as they are")
        names[f"weight_{place}"] = name
    return names


def _sizes(call: OperatorCall, place: int) -> tuple[int, ...]:
    return call.sizes_of(call.argument("params")[place])


def _projected(call: OperatorCall, count: int) -> tuple[int, int]:
    """Of an lstm with a projection: its hidden size, and the projection's."""
    projection = _sizes(call, count - 1)
    return projection[1], projection[0]


HANDLERS = {
    **dict.fromkeys(_KINDS, recurrent),
    **dict.fromkeys((f"{each}_cell" for each in _KINDS), cell),
}
