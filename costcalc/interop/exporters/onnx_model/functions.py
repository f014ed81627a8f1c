"""Functions of elements, reductions and block shuffles as ONNX operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from costcalc.errors import CostcalcError
from costcalc.interop.exporters.kinds import of, reduced_axes
from costcalc.interop.exporters.onnx_model.graph import NodeWriter
from costcalc.layers.block_shuffle import BlockShuffle
from costcalc.layers.fields import per_axis
from costcalc.layers.function import ElementFunction
from costcalc.layers.reduce import Reduce

#: Function -> operation; others would be several.
FUNCTIONS: Mapping[str, str] = {
    "abs": "Abs",
    "ceil": "Ceil",
    "cos": "Cos",
    "erf": "Erf",
    "exp": "Exp",
    "floor": "Floor",
    "log": "Log",
    "reciprocal": "Reciprocal",
    "round": "Round",
    "sign": "Sign",
    "sin": "Sin",
    "sqrt": "Sqrt",
    "tan": "Tan",
}
REDUCTIONS: Mapping[str, str] = {
    "sum": "ReduceSum",
    "mean": "ReduceMean",
    "max": "ReduceMax",
    "min": "ReduceMin",
    "product": "ReduceProd",
    "l1": "ReduceL1",
    "l2": "ReduceL2",
    "logsumexp": "ReduceLogSumExp",
}


def _function(step: NodeWriter, layer: ElementFunction) -> str:
    if layer.function not in FUNCTIONS:
        raise CostcalcError(
            f"{step.node.path}: no ONNX operations are written for elementwise {layer.function}"
        )
    return step.make(FUNCTIONS[layer.function], step.inputs)


def _reduce(step: NodeWriter, layer: Reduce) -> str:
    if layer.function not in REDUCTIONS or not layer.keep:
        lost = f"reduce {layer.function}" if layer.keep else "reduce with keep: false"
        raise CostcalcError(f"{step.node.path}: no ONNX operations are written for {lost}")
    axes = sorted(1 if axis == step.rank else axis + 2 for axis in reduced_axes(step.node, layer))
    return step.make(REDUCTIONS[layer.function], [*step.inputs, step.writer.ints(*axes)], keepdims=1)


def _shuffle(kind: str) -> Callable[[NodeWriter, BlockShuffle], str]:
    def write(step: NodeWriter, layer: BlockShuffle) -> str:
        blocks = set(per_axis(layer.block_size, step.rank, "block_size"))
        if step.rank != 2 or len(blocks) > 1:
            raise CostcalcError(
                f"{step.node.path}: ONNX has no {layer.type} but of square blocks of two axes"
            )
        return step.make(kind, step.inputs, blocksize=blocks.pop())

    return write


WRITERS: Mapping[str, Callable[[NodeWriter], str]] = {
    "elementwise": of(ElementFunction, _function),
    "reduce": of(Reduce, _reduce),
    "depth_to_space": of(BlockShuffle, _shuffle("DepthToSpace")),
    "space_to_depth": of(BlockShuffle, _shuffle("SpaceToDepth")),
}
