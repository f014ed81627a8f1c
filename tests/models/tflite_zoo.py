"""The zoo's networks as int8 .tflite files, made with TensorFlow, and read again: a table, and what differs.

    python tests/models/tflite_zoo.py [NAME ...]

Needs tensorflow (which brings keras). Multiplies must be the zoo's. So must params, as the converter leaves them: it
folds each batch norm behind a convolution into it, and gives every convolution a bias.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import costcalc
from costcalc.interop.exporters.keras import export
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.dispatch import read_model
from costcalc.network import Network

SMALL = [
    "autoencoder",
    "ds_cnn",
    "mobilenet_v1_025_vww",
    "resnet8",
    "lenet5",
    "mobilenet_v1",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "mobilenet_v3_large",
    "mnasnet1_0",
    "squeezenet1_1",
    "shufflenet_v2_x0_5",
    "efficientnet_b0",
    "resnet18",
    "fsrcnn",
    "eegnet",
]
_BIASED = ("conv", "depthwise_conv", "conv_transpose", "linear")


def main(names: list[str]) -> int:
    """Print the table; 0 where everything agrees."""
    wrong = 0
    for name in names or SMALL:
        network = costcalc.load(f"zoo:{name}")
        try:
            problem = _compared(network)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"[:300]
        wrong += bool(problem)
        multiplies = costcalc.analyze(network).written.multiplies
        print(f"{name:<24}{multiplies:>16,}{_folded(network):>14,}  {problem or 'equal'}", flush=True)
    return int(wrong > 0)


def _compared(network: Network) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.tflite"
        path.write_bytes(_converted(network))
        found = costcalc.analyze(convert(read_model(str(path))).network).written
    wanted = costcalc.analyze(network).written.multiplies, _folded(network)
    if (found.multiplies, found.params) == wanted:
        return ""
    return f"{found.multiplies:,} multiplies and {found.params:,} params in the file"


def _folded(network: Network) -> int:
    """The params as the converter leaves them: norms folded, and a bias, be it of zeros, on every convolution."""
    total = costcalc.analyze(network).written.params
    for node in network.nodes:
        kind, channels = node.layer.type, node.output.channels
        before = network.nodes[node.inputs[0]].layer.type if node.inputs and node.inputs[0] >= 0 else ""
        if kind == "batch_norm" and before in _BIASED:
            total -= 2 * channels
        elif kind in _BIASED[:3] and not node.tally.facts.get((kind, "biases"), 0) and node.shares is None:
            total += channels
    return total


def _converted(network: Network) -> bytes:
    """The network as TensorFlow writes it in eight bits, with weights as Keras starts them."""
    import tensorflow as tf

    scope: dict[str, Any] = {}
    exec(compile(export(network), network.name, "exec"), scope)
    model = scope["build"]()
    for weight in model.weights:  # all different: equal ones would be stored once
        if weight.shape.num_elements() == weight.shape[-1]:
            weight.assign(tf.random.uniform(weight.shape, 0.5, 1.5))
    shapes = [tuple(each.shape[1:]) for each in model.inputs]

    def samples() -> Iterator[list[Any]]:
        yield [tf.random.normal((1, *shape)) for shape in shapes]

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = samples
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    data: bytes = converter.convert()
    return data


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
