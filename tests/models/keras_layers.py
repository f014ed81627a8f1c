"""Layers of Keras in models of one layer: params against Keras' own count_params, sizes against Keras' own.

    python tests/models/keras_layers.py

Needs keras with a backend (KERAS_BACKEND says which). Also checks that the list of classes in
tests/importers/keras_archive/layers.txt is that of keras.layers. The exit code says whether all agree.
"""

from __future__ import annotations

import importlib
import inspect
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from costcalc.conventions.convention import MULTIPLIES
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.dispatch import read_model
from costcalc.tally import Tally

NAMES = Path(__file__).parents[1] / "importers" / "keras_archive" / "layers.txt"


def main() -> int:
    """Print the table; 0 where everything agrees."""
    keras = importlib.import_module("keras")
    wrong = 0
    for name, sizes, made in layers(keras.layers):
        try:
            problem = difference(keras, sizes, made)
        except Exception as error:
            problem = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        wrong += bool(problem)
        print(f"{name:<44}{problem or 'equal'}", flush=True)
    known, there = set(NAMES.read_text().split()), classes(keras.layers)
    print(f"not in layers.txt: {' '.join(sorted(there - known)) or 'none'}")
    return 1 if wrong or there - known else 0


def classes(layers: Any) -> set[str]:
    """The names of all layer classes, as a file has them."""
    base = layers.Layer
    return {
        each.__name__ for each in vars(layers).values() if inspect.isclass(each) and issubclass(each, base)
    }


def layers(of: Any) -> list[tuple[str, list[tuple[int, ...]], Any]]:
    """Name, sizes of the inputs, layer."""
    found: list[tuple[str, list[tuple[int, ...]], Any]] = []
    for kind in ("LSTM", "GRU", "SimpleRNN"):
        each = getattr(of, kind)
        found += [
            (kind, [(7, 5)], each(3)),
            (f"{kind}, sequence", [(7, 5)], each(3, return_sequences=True)),
            (f"{kind}, no bias, backwards", [(7, 5)], each(3, use_bias=False, go_backwards=True)),
            (f"Bidirectional {kind}", [(7, 5)], of.Bidirectional(each(3, return_sequences=True))),
            (f"Bidirectional {kind}, sum", [(7, 5)], of.Bidirectional(each(3), merge_mode="sum")),
        ]
    cells = [of.LSTMCell(3), of.GRUCell(4)]
    return [
        *found,
        ("GRU, one bias", [(7, 5)], of.GRU(3, reset_after=False)),
        ("RNN of a cell", [(7, 5)], of.RNN(of.LSTMCell(3))),
        ("RNN of two cells", [(7, 5)], of.RNN(cells, return_sequences=True)),
        ("Embedding", [(7,)], of.Embedding(20, 6)),
        ("TimeDistributed Dense", [(7, 5)], of.TimeDistributed(of.Dense(4))),
        ("TimeDistributed Conv2D", [(4, 9, 8, 3)], of.TimeDistributed(of.Conv2D(6, 3, strides=2))),
        ("TimeDistributed MaxPooling2D", [(4, 9, 8, 3)], of.TimeDistributed(of.MaxPooling2D(2))),
        ("TimeDistributed Flatten", [(4, 9, 3)], of.TimeDistributed(of.Flatten())),
        ("MultiHeadAttention", [(7, 12), (9, 10)], of.MultiHeadAttention(4, 5)),
        (
            "MultiHeadAttention, values",
            [(7, 12), (9, 10)],
            of.MultiHeadAttention(4, 5, value_dim=3, output_shape=8),
        ),
        ("MultiHeadAttention, no bias", [(7, 12), (7, 12)], of.MultiHeadAttention(3, 4, use_bias=False)),
        ("GroupQueryAttention", [(7, 12), (7, 12)], of.GroupQueryAttention(4, 6, 2)),
        ("Attention", [(7, 12), (9, 12)], of.Attention()),
        ("Attention with a scale", [(7, 12), (9, 12)], of.Attention(use_scale=True)),
        ("EinsumDense", [(7, 5)], of.EinsumDense("abc,cd->abd", output_shape=(None, 6), bias_axes="d")),
        (
            "EinsumDense in heads",
            [(7, 5)],
            of.EinsumDense("abc,cde->abde", output_shape=(None, 2, 6), bias_axes="de"),
        ),
        ("EinsumDense, ...", [(7, 5)], of.EinsumDense("...x,xy->...y", output_shape=6)),
        ("Dot", [(7,), (7,)], of.Dot(1)),
        ("Dot of tables", [(7, 5), (7, 6)], of.Dot(1)),
        ("Maximum", [(7, 5), (7, 5)], of.Maximum()),
        ("Subtract", [(7, 5), (7, 5)], of.Subtract()),
        ("RMSNormalization", [(7, 5)], of.RMSNormalization()),
        ("Conv1DTranspose", [(9, 5)], of.Conv1DTranspose(4, 3, strides=2)),
    ]


def difference(keras: Any, sizes: list[tuple[int, ...]], layer: Any) -> str:
    """What costcalc reads otherwise than Keras; empty where nothing is."""
    inputs = [keras.Input(each) for each in sizes]
    several = layer.__class__.__name__ in (
        "MultiHeadAttention",
        "GroupQueryAttention",
        "GroupedQueryAttention",
    )
    made = layer(*inputs) if several or len(inputs) == 1 else layer(inputs)
    model = keras.Model(inputs, made)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "one.keras")
        model.save(path)
        flat = read_model(path)
        network = convert(flat).network
    tally = Tally.total(node.tally for node in network.nodes)
    params = MULTIPLIES.count_parameters(tally)
    shape = network.rows[-1].output
    dims = (*shape.spatial, shape.channels)
    if params != model.count_params():
        return f"{params} params, {model.count_params()} in Keras"
    expected = tuple(made.shape[1:])
    alike = len(expected) != len(dims) or all(a in (b, None) for a, b in zip(expected, dims, strict=True))
    return "" if alike else f"{dims}, {expected} in Keras"


if __name__ == "__main__":
    raise SystemExit(main())
