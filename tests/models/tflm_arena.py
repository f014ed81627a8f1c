"""TensorFlow Lite Micro's own arena against ours: what its planner gives to activations, file by file.

    python tests/models/tflm_arena.py MODEL.tflite ...
    python tests/models/tflm_arena.py --write FOLDER NAME ...      # networks of the zoo as int8 models, first

    python tests/models/tflm_arena.py --fold FOLDER MODEL.tflite ...      # weights in float16 as float32, first

Between the two stands what is alive at the worst operator by the file's own tensors: what it is above ours is in how
the file writes the network, what TFLM is above it are gaps and scratch memory.

Needs tflite-micro and tflite; writing models needs tensorflow, which may be in another environment. Ours is what is
alive at the worst step by ``costcalc memory --planner tflm``, so that no plan can be below it. TFLM may be above: its
greedy planner leaves gaps between buffers, it gives some operations scratch memory, and what a file writes as several
operations (a swish as sigmoid and product) may be one kind of layer here. Below ours would be a bug, and the script
exits with 1. What a streaming model keeps lies in another part of the arena; what is read of it is in the head.
"""

from __future__ import annotations

import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import costcalc
from costcalc.analysis.memory.peak import planned
from costcalc.analysis.memory.steps import steps_of
from costcalc.dtype import FLOAT32
from costcalc.errors import CostcalcError
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.dispatch import read_model
from costcalc.planners import planner

_RUN = """
import sys
from tflite_micro.python.tflite_micro import runtime
interpreter = runtime.Interpreter.from_file(sys.argv[1], arena_size=int(sys.argv[2]))
interpreter.print_allocations()
"""
_HEAD = re.compile(r"Arena allocation head (\d+) bytes")
_ARENA = 400_000_000
_DEQUANTIZE = 6


def write(folder: str, names: list[str]) -> int:
    """Write networks of the zoo as TensorFlow converts them, int8 from input to output."""
    import tensorflow as tf
    from tflite_zoo import _converted

    plain = tf.lite.TFLiteConverter.from_keras_model

    def in_eight_bits(model: object) -> object:
        converter = plain(model)
        converter.inference_input_type = converter.inference_output_type = tf.int8
        return converter

    tf.lite.TFLiteConverter.from_keras_model = in_eight_bits
    for name in names:
        Path(folder, f"{name}.tflite").write_bytes(_converted(costcalc.load(f"zoo:{name}")))
    return 0


def main(paths: list[str]) -> int:
    """Print a row for each file; 0 where ours is nowhere above."""
    if paths[:1] == ["--write"]:
        return write(paths[1], paths[2:])
    if paths[:1] == ["--fold"]:
        for path in paths[2:]:
            Path(paths[1], Path(path).name).write_bytes(folded(path))
        return 0
    above = 0
    print(f"{'model':<58}{'TFLM head':>12}{'file':>12}{'ours':>12}  difference")
    for path in paths:
        head, ours = arena_head(path), our_peak(path)
        own, at = own_peak(path)
        if isinstance(head, int) and isinstance(ours, int):
            verdict = "equal" if head == ours else f"{head - ours:+,} ({(head - ours) / head:+.1%})"
            above += ours > head
            verdict += f"; +{own - ours:,} at the file's {at}" if own > ours else ""
            verdict += f"; +{head - own:,} gaps or scratch memory" if head > own else ""
        else:
            verdict = "; ".join(text for text in (head, ours) if isinstance(text, str))
        cells = (f"{number:,}" if isinstance(number, int) else "-" for number in (head, own, ours))
        print(
            f"{Path(path).stem[-56:]:<58}{''.join(cell.rjust(12) for cell in cells)}  {verdict}", flush=True
        )
    return int(above > 0)


def arena_head(path: str) -> int | str:
    """What TFLM's planner gave to activations, in bytes; or why it cannot run the model."""
    command = [sys.executable, "-c", _RUN, path, str(_ARENA)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    found = _HEAD.search(done.stdout + done.stderr)
    if found:
        return int(found[1])
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return f"TFLM: {lines[0][:90]}" if lines else f"TFLM: exit code {done.returncode}"


def our_peak(path: str) -> int | str:
    """The peak under planner tflm, in bytes; or why the model cannot be read."""
    try:
        network = convert(read_model(path, ()), structured=False).network  # in the file's own order
    except CostcalcError as error:
        return f"ours: {str(error).splitlines()[0][-110:]}"
    said = network.spec.dtype
    return planned(steps_of(network, planner("tflm"), FLOAT32 if said is None else said.over(FLOAT32))).peak


def own_peak(path: str) -> tuple[int, str]:
    """The most bytes that the file's own tensors have alive at one operator, and which one that is."""
    from tflite.BuiltinOperator import BuiltinOperator
    from tflite.Model import Model

    model = Model.GetRootAs(Path(path).read_bytes(), 0)
    graph = model.Subgraphs(0)
    operators = [graph.Operators(place) for place in range(graph.OperatorsLength())]
    lives: dict[int, list[int]] = {graph.Inputs(place): [0, 0] for place in range(graph.InputsLength())}
    for place, operator in enumerate(operators):
        for index in range(operator.OutputsLength()):
            lives.setdefault(operator.Outputs(index), [place, place])
        for index in range(operator.InputsLength()):
            if operator.Inputs(index) in lives:  # else it is stored
                lives[operator.Inputs(index)][1] = place
    for index in range(graph.OutputsLength()):
        lives[graph.Outputs(index)][1] = len(operators) - 1
    sizes = {tensor: _bytes(graph.Tensors(tensor)) for tensor in lives}
    alive = [
        sum(sizes[tensor] for tensor, (made, last) in lives.items() if made <= place <= last)
        for place in range(len(operators))
    ]
    code = model.OperatorCodes(operators[alive.index(max(alive))].OpcodeIndex())
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    return max(alive), next(name for name, value in vars(BuiltinOperator).items() if value == number)


#: Bytes of a number by the schema's code of its type; of others four.
_BYTES = {1: 2, 3: 1, 4: 8, 6: 1, 7: 2, 9: 1}


def _bytes(tensor: Any) -> int:
    count = math.prod(max(tensor.Shape(axis), 1) for axis in range(tensor.ShapeLength()))
    return -(-count * _BYTES.get(tensor.Type(), 4) // 16) * 16


def folded(path: str) -> bytes:
    """A model whose weights are stored in float16 with them in float32: TFLM's DEQUANTIZE takes no float16."""
    import flatbuffers
    import numpy as np
    from tflite_micro.tensorflow.lite.micro.python.schema_py_generated import Model, ModelT

    model = ModelT.InitFromObj(Model.GetRootAs(Path(path).read_bytes(), 0))
    graph = model.subgraphs[0]
    for operator in list(graph.operators):
        source, made = graph.tensors[operator.inputs[0]], graph.tensors[operator.outputs[0]]
        stored = model.buffers[source.buffer].data
        if (
            model.operatorCodes[operator.opcodeIndex].deprecatedBuiltinCode == _DEQUANTIZE
            and stored is not None
        ):
            weights = np.frombuffer(bytes(bytearray(stored)), np.float16).astype(np.float32)
            model.buffers.append(type(model.buffers[0])())
            model.buffers[-1].data = weights.view(np.uint8)
            made.buffer = len(model.buffers) - 1
            graph.operators.remove(operator)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
