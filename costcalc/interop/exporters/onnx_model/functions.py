"""Functions of elements, reductions, block shuffles and moved axes as ONNX operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from costcalc.errors import CostcalcError
from costcalc.interop.exporters.kinds import AXIS_NAMES, of, permutation_of, reduced_axes, window_of
from costcalc.interop.exporters.onnx_model.graph import BOOL, FLOAT, NodeWriter
from costcalc.layers.block_shuffle import BlockShuffle
from costcalc.layers.fields import per_axis, resolved_padding
from costcalc.layers.function import ElementFunction
from costcalc.layers.reduce import Reduce
from costcalc.layers.rms_norm import RmsNorm
from costcalc.layers.top_k import TopK
from costcalc.layers.transpose import Transpose
from costcalc.layers.unfold import Fold

#: Function -> operation.
FUNCTIONS: Mapping[str, str] = {
    "abs": "Abs",
    "acos": "Acos",
    "asin": "Asin",
    "atan": "Atan",
    "ceil": "Ceil",
    "cos": "Cos",
    "cosh": "Cosh",
    "erf": "Erf",
    "exp": "Exp",
    "floor": "Floor",
    "log": "Log",
    "negate": "Neg",
    "reciprocal": "Reciprocal",
    "round": "Round",
    "sign": "Sign",
    "sin": "Sin",
    "sinh": "Sinh",
    "sqrt": "Sqrt",
    "tan": "Tan",
}
#: Function -> exponent; what ``pow`` raises to, the spec does not say.
_EXPONENTS = {"pow": 1.5, "square": 2.0, "rsqrt": -0.5}
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
_EXTREMES: Mapping[str, str] = {"argmax": "ArgMax", "argmin": "ArgMin"}


def _number(step: NodeWriter, value: float) -> str:
    return step.make("Constant", [], value_float=value)


def _cast(step: NodeWriter, name: str, to: int) -> str:
    return step.make("Cast", [name], to=to)


def _function(step: NodeWriter, layer: ElementFunction) -> str:
    (name,), function = step.inputs, layer.function
    if function in _EXPONENTS:
        return step.make("Pow", [name, _number(step, _EXPONENTS[function])])
    if function == "clip":
        return step.make("Clip", [name, _number(step, 0.0), _number(step, 1.0)])
    if function == "cumsum":
        return step.make("CumSum", [name, step.writer.ints(step.rank + 1 if step.rank else 1)])
    if function == "not":
        return _cast(step, step.make("Not", [_cast(step, name, BOOL)]), FLOAT)
    return step.make(FUNCTIONS[function], [name])


def _reduce(step: NodeWriter, layer: Reduce) -> str:
    axes = sorted(1 if axis == step.rank else axis + 2 for axis in reduced_axes(step.node, layer))
    if layer.function in _EXTREMES and len(axes) == 1:
        found = step.make(_EXTREMES[layer.function], step.inputs, axis=axes[0], keepdims=1)
        made = _cast(step, found, FLOAT)
    elif layer.function in REDUCTIONS:
        made = step.make(REDUCTIONS[layer.function], [*step.inputs, step.writer.ints(*axes)], keepdims=1)
    else:
        many = " of several axes" if layer.function in _EXTREMES else ""
        raise CostcalcError(
            f"{step.node.path}: no ONNX operations are written for reduce {layer.function}{many}"
        )
    return made if layer.keep else step.reshaped(made, *step.writer.dims(step.output))


def _top_k(step: NodeWriter, layer: TopK) -> str:
    axis = 1 if layer.axis == "channels" else 2 + AXIS_NAMES[3 - step.rank :].index(layer.axis)
    return step.make("TopK", [*step.inputs, step.writer.ints(layer.k)], 2, axis=axis)


def _transpose(step: NodeWriter, layer: Transpose) -> str:
    *spatial, channels = (1 if axis == step.rank else axis + 2 for axis in permutation_of(step.node, layer))
    return step.transposed(step.inputs[0], 0, channels, *spatial)


def _rms_norm(step: NodeWriter, layer: RmsNorm) -> str:
    """x/√(mean of x² + ε) along the channels, and the scale."""
    (name,) = step.inputs
    square = step.make("Pow", [name, _number(step, 2.0)])
    mean = step.make("ReduceMean", [square, step.writer.ints(1)], keepdims=1)
    root = step.make("Sqrt", [step.make("Add", [mean, _number(step, 1e-6)])])
    normed = step.make("Div", [name, root])
    if not layer.affine:
        return normed
    return step.make("Mul", [normed, step.weight("weight", step.source.channels, *(1,) * step.rank)])


def _shuffle(kind: str) -> Callable[[NodeWriter, BlockShuffle], str]:
    def write(step: NodeWriter, layer: BlockShuffle) -> str:
        blocks = set(per_axis(layer.block_size, step.rank, "block_size"))
        if step.rank != 2 or len(blocks) > 1:
            raise CostcalcError(
                f"{step.node.path}: ONNX has no {layer.type} but of square blocks of two axes"
            )
        return step.make(kind, step.inputs, blocksize=blocks.pop())

    return write


def _fold(step: NodeWriter, layer: Fold) -> str:
    size = per_axis(layer.size, step.rank, "size")
    window = window_of(layer, step.rank)
    pads = resolved_padding(size, *window, layer.padding)
    columns = step.reshaped(step.inputs[0], 1, step.source.channels, step.source.positions)
    inputs = [columns, step.writer.ints(*size), step.writer.ints(*window.kernel)]
    sides = [before for before, _ in pads] + [after for _, after in pads]
    strides, dilations = list(window.stride), list(window.dilation)
    return step.make("Col2Im", inputs, pads=sides, strides=strides, dilations=dilations)


def joined(kind: str, **attributes: Any) -> Callable[[NodeWriter], str]:
    """A function of several maps, two at a time; a vector counts as a map of one position."""

    def write(step: NodeWriter) -> str:
        total, *rest = aligned(step)
        for more in rest:
            total = step.make(kind, [total, more], **attributes)
        return total

    return write


def aligned(step: NodeWriter) -> list[str]:
    """What comes in, with as many axes as what goes out."""
    rank = len(step.output.spatial)
    return [
        name if len(shape.spatial) == rank else step.reshaped(name, 1, shape.channels, *(1,) * rank)
        for name, shape in zip(step.inputs, step.node.input_shapes, strict=True)
    ]


def _compare(step: NodeWriter) -> str:
    return _cast(step, step.make("Equal", aligned(step)), FLOAT)


def _where(step: NodeWriter) -> str:
    condition, *values = aligned(step)
    return step.make("Where", [_cast(step, condition, BOOL), *values])


WRITERS: Mapping[str, Callable[[NodeWriter], str]] = {
    "elementwise": of(ElementFunction, _function),
    "reduce": of(Reduce, _reduce),
    "top_k": of(TopK, _top_k),
    "transpose": of(Transpose, _transpose),
    "rms_norm": of(RmsNorm, _rms_norm),
    "fold": of(Fold, _fold),
    "depth_to_space": of(BlockShuffle, _shuffle("DepthToSpace")),
    "space_to_depth": of(BlockShuffle, _shuffle("SpaceToDepth")),
    "add": joined("Add"),
    "multiply": joined("Mul"),
    "subtract": joined("Sub"),
    "divide": joined("Div"),
    "maximum": joined("Max"),
    "minimum": joined("Min"),
    "compare": _compare,
    "where": _where,
}
