"""Recurrent layers and embeddings as ONNX operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from costcalc.errors import CostcalcError
from costcalc.interop.exporters.kinds import of
from costcalc.interop.exporters.onnx_model.graph import INT64, WEIGHT, NodeWriter
from costcalc.layers.embedding import Embedding
from costcalc.layers.recurrent import Lstm, Rnn

_OPERATIONS: Mapping[str, str] = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}
_DIRECTIONS: Mapping[str, str] = {"forward": "forward", "backward": "reverse", "both": "bidirectional"}


def _recurrent(step: NodeWriter, layer: Rnn) -> str:
    """A node a layer; each row of a map is an example: T×rows×C. Raises CostcalcError for what ONNX has not."""
    if layer.biases == 1:
        raise CostcalcError(f"{step.node.path}: ONNX has no {layer.type} with one bias a gate")
    if isinstance(layer, Lstm) and layer.projection is not None:
        raise CostcalcError(f"{step.node.path}: ONNX has no lstm with a projection")
    steps = step.source.spatial[-1]
    count = step.source.positions // steps
    flat = step.reshaped(step.inputs[0], step.source.channels, count, steps)
    name = step.transposed(flat, 2, 1, 0)
    channels = step.source.channels
    made, ways = name, layer.directions
    for number in range(layer.layers):
        made = step.make(
            _OPERATIONS[layer.type],
            [name, *_weights(step, layer, number, channels)],
            2,
            hidden_size=layer.hidden_size,
            direction=_DIRECTIONS[layer.direction],
            **({"linear_before_reset": 1} if layer.type == "gru" else {}),
        )
        channels = ways * layer.hidden_size
        if number < layer.layers - 1:  # T×D×rows×N
            name = step.reshaped(step.transposed(made, 0, 2, 1, 3), steps, count, channels)
    dims = step.writer.dims(step.output)
    if layer.returns == "last":
        last = step.transposed(step.second(made), 0, 2, 1)  # D×rows×N
        return step.reshaped(last, *dims)
    return step.reshaped(step.transposed(made, 1, 3, 2, 0), *dims)


def _weights(step: NodeWriter, layer: Rnn, number: int, channels: int) -> list[str]:
    """What a layer takes beside the sequence: its matrices, its biases, and, where it has some, its peepholes."""
    gates, ways = layer.gates * layer.hidden_size, layer.directions
    names = [
        step.weight(f"weight_ih_{number}", ways, gates, channels),
        step.weight(f"weight_hh_{number}", ways, gates, layer.hidden_size),
    ]
    peepholes = isinstance(layer, Lstm) and layer.peepholes
    if layer.biases or peepholes:
        names.append(step.weight(f"bias_{number}", ways, 2 * gates) if layer.biases else "")
    if peepholes:  # behind the lengths of sequences, the first state, and the first cells
        names += ["", "", "", step.weight(f"peepholes_{number}", ways, 3 * layer.hidden_size)]
    return names


def _embedding(step: NodeWriter, layer: Embedding) -> str:
    """Indices are whole numbers: what comes in is cut to some."""
    rows = layer.num_embeddings, layer.embedding_dim
    if layer.trainable:
        table = step.weight("weight", *rows)
    else:
        number = step.make("Constant", [], value_float=WEIGHT)
        table = step.make("Expand", [number, step.writer.ints(*rows)])
    indices = step.make("Cast", [step.channels_last(step.inputs[0])], to=INT64)
    found = step.make("Gather", [table, step.reshaped(indices, 1, *step.output.spatial)], axis=0)
    rank = len(step.output.spatial)
    return step.transposed(found, 0, rank + 1, *range(1, rank + 1))


WRITERS: Mapping[str, Callable[[NodeWriter], str]] = {
    **dict.fromkeys(_OPERATIONS, of(Rnn, _recurrent)),
    "embedding": of(Embedding, _embedding),
}
