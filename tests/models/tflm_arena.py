"""TensorFlow Lite Micro's own arena against ours: what its planner gives to activations, file by file.

    python tests/models/tflm_arena.py MODEL.tflite ...
    python tests/models/tflm_arena.py --write FOLDER NAME ...      # networks of the zoo as int8 models, first

Needs tflite-micro; writing models needs tensorflow, which may be in another environment. Ours is what is alive at the
worst step by ``costcalc memory --planner tflm``, so that no plan can be below it. TFLM may be above: its greedy
planner leaves gaps between buffers, it gives some operations scratch memory, and what a file writes as several
operations (a swish as sigmoid and product) may be one kind of layer here. Below ours would be a bug, and the script
exits with 1. What a streaming model keeps lies in another part of the arena; what is read of it is in the head.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import costcalc
from costcalc.analysis.memory.peak import planned
from costcalc.analysis.memory.steps import steps_of
from costcalc.dtype import FLOAT32
from costcalc.errors import CostcalcError
from costcalc.planners import planner

_RUN = """
import sys
from tflite_micro.python.tflite_micro import runtime
interpreter = runtime.Interpreter.from_file(sys.argv[1], arena_size=int(sys.argv[2]))
interpreter.print_allocations()
"""
_HEAD = re.compile(r"Arena allocation head (\d+) bytes")
_ARENA = 400_000_000


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
    above = 0
    print(f"{'model':<58}{'TFLM head':>12}{'ours':>12}  difference")
    for path in paths:
        head, ours = arena_head(path), our_peak(path)
        if isinstance(head, int) and isinstance(ours, int):
            verdict = "equal" if head == ours else f"{head - ours:+,} ({(head - ours) / head:+.1%})"
            above += ours > head
        else:
            verdict = "; ".join(text for text in (head, ours) if isinstance(text, str))
        cells = (f"{number:,}" if isinstance(number, int) else "-" for number in (head, ours))
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
        network = costcalc.load(path)
    except CostcalcError as error:
        return f"ours: {str(error).splitlines()[0][-110:]}"
    said = network.spec.dtype
    return planned(steps_of(network, planner("tflm"), FLOAT32 if said is None else said.over(FLOAT32))).peak


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
