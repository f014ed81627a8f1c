"""Layer names from what the model calls its weights, nodes and tensors: readable, dotted, unique."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from costcalc.interop.importers.onnx_model.proto import OnnxNode
from costcalc.interop.importers.onnx_model.values import Tensor

MAX_LENGTH = 80
_WEIGHT = re.compile(
    r"(?P<layer>.+?)[._/]"
    r"(?:weight|weights|kernel|filter|in_proj_weight|scale|gamma|w|s|W)(?:_quantized)?(?:_0|:0)?",
    re.ASCII,
)
_MADE_UP = re.compile(r".*::.*|(?:val_|t)?\d+|.*ReadVariableOp.*", re.ASCII)
_NUMBERED = re.compile(r"(?:node_)?(?P<word>[A-Za-z0-9_]*?)_?\d*", re.ASCII)
_LEAF = re.compile(r"torch\.nn\.modules\.(?!container|activation\.Multihead|transformer|module)", re.ASCII)
_NUMBER = re.compile(r"_\d+$", re.ASCII)
_FOREIGN = {
    "Conv": {"conv2d", "conv1d", "conv3d", "depthwise", "convolution", "biasadd"},
    "Gemm": {"matmul", "biasadd", "linear", "dense"},
    "MatMul": {"matmul", "linear", "dense"},
}


def own_name(node: OnnxNode) -> str:
    """What its model calls a node; by what it makes, where it has no name."""
    return node.origin or node.name or next(filter(None, node.outputs), "")


def hint_of(node: OnnxNode, weight: Tensor | None = None) -> str:
    """What a node's layer could be called, slashed or dotted as the model has it."""
    if node.namespace:
        return _in_namespace(node)
    if weight is not None and not _MADE_UP.fullmatch(weight.name):
        found = _WEIGHT.fullmatch(weight.name)
        if found:
            return found["layer"]
    if node.name and not _MADE_UP.fullmatch(node.name):
        return _without_op(node.name, node.op_type)
    output = node.outputs[0] if node.outputs else ""
    if output and not _MADE_UP.fullmatch(output):
        return _without_op(output, node.op_type)
    return _words(node.op_type)


def _in_namespace(node: OnnxNode) -> str:
    """The path of the module that is one layer; or the path of the one around, and the operation."""
    modules = [part.split(": ", 1) for part in node.namespace.split("/")]
    *around, last = modules
    path, name = (around[-1][0], around[-1][-1]) if around else ("", "")
    if _LEAF.match(name) and path:
        return path
    return f"{path}.{_NUMBER.sub('', last[0]) or _words(node.op_type)}".strip(".")


def _without_op(name: str, op_type: str) -> str:
    """``/layer1/layer1.0/conv1/Conv`` without what only says the operation again."""
    if name.strip("/").lower() == op_type.lower():
        return _words(op_type)
    path, _, last = name.rpartition("/")
    found = _NUMBERED.fullmatch(last)
    word = found["word"].lower().replace("_", "") if found else ""
    if path.strip("/") and word in {op_type.lower(), *_FOREIGN.get(op_type, ())}:
        return path
    return name.removeprefix("node_")


def _words(op_type: str) -> str:
    """``GlobalAveragePool`` as ``global_average_pool``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", op_type).lower()


def unique_names(hints: Sequence[tuple[str, str]], taken: Iterable[str]) -> list[str]:
    """A name for each (hint, kind): readable, without what all of them begin with, no two alike."""
    paths = [_path(hint) for hint, _ in hints]
    for _ in range(8):
        if len({path[0] for path in paths if path}) != 1 or any(len(path) < 2 for path in paths):
            break
        paths = [path[1:] for path in paths]
    used = {*taken, "input"}
    counts: Counter[str] = Counter()
    names = []
    for path, (_, kind) in zip(paths, hints, strict=True):
        name = ".".join(path)[-MAX_LENGTH:].strip("._-") or kind
        unique = name
        while unique in used:
            counts[name] += 1
            unique = f"{name}_{counts[name] + 1}"
        used.add(unique)
        names.append(unique)
    return names


def _path(hint: str) -> list[str]:
    """The parts of a name. The scopes of PyTorch repeat what is around them: layer1, then layer1.0."""
    steps: list[str] = []
    for step in re.split(r"[/:;]+", hint):
        clean = re.sub(r"[^A-Za-z0-9_.-]+", "_", step).strip("._-")
        if not clean:
            continue
        own = clean.split(".")
        around = [part for part in steps if part]
        overlap = next((n for n in range(min(len(own), len(around)), 0, -1) if around[-n:] == own[:n]), 0)
        steps += own[overlap:]
    return steps
