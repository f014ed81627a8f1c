"""Every keras.applications model, read by costcalc from its .keras file and counted by Keras itself: a table.

    python tests/models/keras_sweep.py [--save] [NAME ...]

Needs keras with a backend (KERAS_BACKEND says which). The file holds the config that Keras writes; with --save it is
saved whole, weights and all. Weights are zeros, since only their number counts. Keras' trainable count must be the
params; its count_params the params with running statistics (and with the constants of Normalization layers, which are
no statistics of a norm). The exit code says whether all agree.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

from costcalc.conventions.convention import MULTIPLIES
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.dispatch import read_model
from costcalc.rendering.spec_yaml import render_spec
from costcalc.tally import Tally

os.environ.setdefault("KERAS_BACKEND", "jax")


def main(arguments: list[str]) -> int:
    """Print the table; 0 where everything agrees."""
    keras = importlib.import_module("keras")
    start_with_zeros()
    known = [
        name for name, each in inspect.getmembers(keras.applications, inspect.isfunction) if name[0].isupper()
    ]
    names = [each for each in arguments if not each.startswith("-")] or known
    wrong = 0
    print(f"keras {keras.__version__}: {len(names)} models", flush=True)
    for name in names:
        start = time.perf_counter()
        try:
            model = getattr(keras.applications, name)(weights=None)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"{name}.keras"
                save(model, path, "--save" in arguments)
                line, problem = compared(model, path)
        except Exception as error:
            line, problem = "", f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        wrong += bool(problem)
        print(f"{name:<20}{line}{time.perf_counter() - start:>7.1f} s  {problem or 'equal'}", flush=True)
        keras.backend.clear_session()
    print(f"{len(names) - wrong} of {len(names)} agree with Keras, with and without norm statistics")
    return 1 if wrong else 0


def start_with_zeros() -> None:
    """Let no time go into random numbers."""
    numpy = importlib.import_module("numpy")
    random = importlib.import_module("keras.src.initializers.random_initializers")
    for each in (random.VarianceScaling, random.RandomNormal, random.TruncatedNormal, random.RandomUniform):
        each.__call__ = lambda self, shape, dtype=None, **more: numpy.zeros(shape, "float32")


def save(model: Any, path: Path, whole: bool) -> None:
    """The model's file; with no more than its config, as Keras writes it, unless ``whole``."""
    if whole:
        model.save(path)
        return
    saving = importlib.import_module("keras.src.saving.saving_lib")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", saving._serialize_model_as_json(model)[0])


def compared(model: Any, path: Path) -> tuple[str, str]:
    """The line of the table, and what differs."""
    shape = tuple(size or 224 for size in model.input_shape[1:])
    flat = read_model(str(path), ["x".join(map(str, shape))])
    conversion = convert(flat)
    tally = Tally.total(node.tally for node in conversion.network.nodes)
    params, statistics = MULTIPLIES.count_parameters(tally), tally.sum("statistics")
    constants = sum(
        weight.value.size
        for layer in model._flatten_layers()
        if type(layer).__name__ == "Normalization"
        for weight in layer.weights
    )
    trained = sum(int(weight.value.size) for weight in model.trainable_weights)
    pairs = (
        ("trainable params", params, trained),
        ("params and statistics", params + statistics + constants, model.count_params()),
    )
    problem = "; ".join(f"{what} {ours}, Keras {theirs}" for what, ours, theirs in pairs if ours != theirs)
    lines = render_spec(conversion.spec).count("\n")
    multiplies = MULTIPLIES.count_operations(tally)
    line = f"{multiplies:>16,}{params:>14,}{params + statistics:>14,}{len(flat.layers):>6}{lines:>6}"
    return line, problem


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
