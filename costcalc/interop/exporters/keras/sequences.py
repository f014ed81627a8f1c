"""Recurrent layers and embeddings in Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from costcalc.errors import CostcalcError
from costcalc.interop.exporters.kinds import of, rank_of
from costcalc.interop.exporters.source.modules import Argument, ModuleCall
from costcalc.layers.embedding import Embedding
from costcalc.layers.recurrent import Lstm, Rnn
from costcalc.network import Node

_LAYERS: Mapping[str, str] = {"rnn": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}


def _recurrent(node: Node, layer: Rnn) -> list[ModuleCall]:
    """A call a layer; raises CostcalcError for what Keras has not."""
    lack = _lack(node, layer)
    if lack:
        raise CostcalcError(f"{node.path}: Keras has no {layer.type} {lack}")
    both = layer.direction == "both"
    name = f"layers.{_LAYERS[layer.type]}"
    calls = []
    for number in range(layer.layers):
        arguments = [
            Argument("units", layer.hidden_size),
            Argument("return_sequences", number < layer.layers - 1 or layer.returns == "sequence", False),
            Argument("use_bias", layer.biases > 0, True),
            Argument("go_backwards", layer.direction == "backward", False),
        ]
        if layer.type == "gru":
            arguments.append(Argument("reset_after", layer.biases != 1, True))
        callee, close = (f"layers.Bidirectional({name}", "))") if both else (name, ")")
        calls.append(ModuleCall(callee, tuple(arguments), close))
    return calls


def _lack(node: Node, layer: Rnn) -> str:
    if rank_of(node) != 1:
        return f"along a map of {rank_of(node)} axes"
    if isinstance(layer, Lstm) and layer.projection is not None:
        return "with a projection"
    if isinstance(layer, Lstm) and layer.peepholes:
        return "with peepholes"
    if layer.biases == 2 and layer.type != "gru":
        return "with two biases a gate"
    if layer.direction == "backward" and (layer.returns == "sequence" or layer.layers > 1):
        return "that returns what it reads backward in the order of the steps"
    return ""


def _embedding(node: Node, layer: Embedding) -> list[ModuleCall]:
    arguments = (
        Argument("input_dim", layer.num_embeddings),
        Argument("output_dim", layer.embedding_dim),
        Argument("trainable", layer.trainable, True),
    )
    table = ModuleCall("layers.Embedding", arguments)
    if not rank_of(node):
        return [table]
    shape = (*node.output.spatial, node.output.channels)
    return [table, ModuleCall("layers.Reshape", (Argument("target_shape", shape),))]


CALLS: Mapping[str, Callable[[Node], list[ModuleCall]]] = {
    **dict.fromkeys(_LAYERS, of(Rnn, _recurrent)),
    "embedding": of(Embedding, _embedding),
}
