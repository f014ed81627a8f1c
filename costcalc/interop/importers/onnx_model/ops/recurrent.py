"""LSTM, GRU and RNN, which read a sequence step by step; states from before make no difference to what is counted.

A state that is returned is the last step of the sequence. The cell of an LSTM has the shape of its state and is taken
for it, since neither costs anything. Steps that ``sequence_lens`` would skip are counted: a padded batch has them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from costcalc.interop.importers.errors import BatchError, RefusedError
from costcalc.interop.importers.onnx_model.operation import Operation
from costcalc.interop.importers.onnx_model.values import Tensor
from costcalc.interop.importers.tensors.layout import Atoms, Layout, atom, leaves, mapped
from costcalc.interop.importers.tensors.values import Producer, Value

_DIRECTIONS = {"forward": 1, "reverse": 1, "bidirectional": 2}
_GATES = {"LSTM": 4, "DynamicQuantizeLSTM": 4, "GRU": 3, "RNN": 1}
_KINDS = {"LSTM": "lstm", "DynamicQuantizeLSTM": "lstm", "GRU": "gru", "RNN": "rnn"}
_LENGTHS = 4
_INITIAL_STATES = (5, 6)
_PEEPHOLES = 7


def recurrent(op: Operation) -> list[Value]:
    """The sequence that is returned, the last state, and (LSTM) the last cell."""
    value = op.value(0)
    if len(value.dims) != 3:
        raise RefusedError(f"reads a sequence of three axes, not a tensor of shape {list(value.dims)}")
    first = bool(op.attribute("layout", 0))
    batch, steps, channels = value.axes if first else (value.axes[1], value.axes[0], value.axes[2])
    weights, hidden, directions = _weights(op, value.dims[2])
    op.pass_over(_LENGTHS, *(_INITIAL_STATES if _GATES[op.type] == 4 else _INITIAL_STATES[:1]))
    examples = (mapped(batch),) if mapped(batch) else ()
    if any(each.batch for each in (*leaves(steps), *leaves(channels))):
        raise BatchError("reads the batch step by step")
    producer = op.maps.placed(value, Layout((*examples, steps), channels), op.hint)
    way, size = atom(directions), atom(hidden)
    whole = op.used(0) or not any(op.used(at) for at in range(1, len(op.node.outputs)))
    fields = _fields(op, hidden, weights)
    out = Layout((*examples, steps) if whole else examples, (*way, *size))
    made = op.weighted(
        _KINDS[op.type], producer, out, weights, **fields, **({} if whole else {"returns": "last"})
    )
    sequence = (batch, steps, way, size) if first else (steps, way, batch, size)
    state = (batch, way, size) if first else (way, batch, size)
    if not whole:
        return [Value(state, made)] * 3
    if not any(op.used(at) for at in range(1, len(op.node.outputs))):
        return [Value(sequence, made)]
    last = _last(op, made, examples, steps, (*way, *size))
    return [Value(sequence, made), *[Value(state, last)] * 2]


def _last(
    op: Operation, made: Producer, examples: tuple[Atoms, ...], steps: Atoms, channels: Atoms
) -> Producer:
    """The last step of what was returned."""
    count = Value((steps,), made).dims[0]
    if count == 1:
        return made
    cut: Any = [count - 1, count]
    if examples:
        cut = [[0, Value((examples[0],), made).dims[0]], cut]
    return op.maps.emit("slice", op.hint, [made], Layout((*examples, ()), channels), spatial=cut)


def _weights(op: Operation, channels: int) -> tuple[dict[str, Tensor | None], int, int]:
    """The matrices and biases, the hidden size and the number of directions. Raises RefusedError."""
    way = op.attribute("direction", "forward")
    directions, gates = _DIRECTIONS.get(way, 0), _GATES[op.type]
    weight, again = op.weight(1), op.weight(2, "recurrent weights")
    hidden = op.attribute("hidden_size", 0) or (again.dims[-1] if again.dims else 0)
    rows = gates * hidden
    expected = [(directions, rows, channels), (directions, rows, hidden)]
    if op.type == "DynamicQuantizeLSTM":
        expected = [(directions, channels, rows), (directions, hidden, rows)]
        weight, again = _as_fractions(weight), _as_fractions(again)
    if hidden < 1 or [weight.dims, again.dims] != expected:
        raise RefusedError(
            f"its weights of shape {list(weight.dims)} and {list(again.dims)} do not fit {channels} channels, "
            f"{directions} directions and a hidden_size of {hidden}"
        )
    bias = op.weight(3, "biases") if op.has(3) else None
    peepholes = op.weight(_PEEPHOLES, "peepholes") if gates == 4 and op.has(_PEEPHOLES) else None
    return {"weight": weight, "recurrent": again, "biases": bias, "peepholes": peepholes}, hidden, directions


def _as_fractions(tensor: Tensor) -> Tensor:
    return replace(tensor, data_type=1, read=lambda: None)


def _fields(op: Operation, hidden: int, weights: dict[str, Tensor | None]) -> dict[str, Any]:
    fields: dict[str, Any] = {"hidden_size": hidden}
    way = op.attribute("direction", "forward")
    if way != "forward":
        fields["direction"] = {"reverse": "backward", "bidirectional": "both"}[way]
    if weights["biases"] is None:
        fields["biases"] = 0
    if weights["peepholes"] is not None:
        fields["peepholes"] = True
    return fields


HANDLERS: dict[str, Callable[[Operation], Any]] = {
    "LSTM": recurrent,
    "GRU": recurrent,
    "RNN": recurrent,
    "com.microsoft:DynamicQuantizeLSTM": recurrent,
}
