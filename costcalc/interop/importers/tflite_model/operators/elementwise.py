"""Number by number: activations, sums and products, comparisons; and reductions along axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from costcalc.interop.importers.tflite_model.translation import FUSED, OperatorWriter

#: Operators that are one node of all their operands.
_SAME: Mapping[str, str] = {
    "RELU": "Relu",
    "LOGISTIC": "Sigmoid",
    "TANH": "Tanh",
    "HARD_SWISH": "HardSwish",
    "ELU": "Elu",
    "GELU": "Gelu",
    "EXP": "Exp",
    "LOG": "Log",
    "SQRT": "Sqrt",
    "ABS": "Abs",
    "NEG": "Neg",
    "FLOOR": "Floor",
    "CEIL": "Ceil",
    "ROUND": "Round",
    "SOFTMAX": "Softmax",
    "LOG_SOFTMAX": "LogSoftmax",
    "PRELU": "PRelu",
    "MAXIMUM": "Max",
    "MINIMUM": "Min",
    "POW": "Pow",
    "ADD_N": "Sum",
    "LESS": "Less",
    "LESS_EQUAL": "LessOrEqual",
    "GREATER": "Greater",
    "GREATER_EQUAL": "GreaterOrEqual",
    "EQUAL": "Equal",
    "LOGICAL_AND": "And",
    "LOGICAL_OR": "Or",
    "LOGICAL_NOT": "Not",
    "FLOOR_MOD": "Mod",
    "SELECT": "Where",
    "SELECT_V2": "Where",
    "QUANTIZE": "QuantizeLinear",
    "DEQUANTIZE": "DequantizeLinear",
}
_FUSED: Mapping[str, str] = {"ADD": "Add", "SUB": "Sub", "MUL": "Mul", "DIV": "Div"}
_CLIPPED: Mapping[str, Mapping[str, float]] = {
    "RELU6": FUSED[3][1],
    "RELU_N1_TO_1": FUSED[2][1],
    "RELU_0_TO_1": {"min": 0.0, "max": 1.0},
}
_REDUCED: Mapping[str, str] = {
    "MEAN": "ReduceMean",
    "SUM": "ReduceSum",
    "REDUCE_MAX": "ReduceMax",
    "REDUCE_MIN": "ReduceMin",
    "REDUCE_PROD": "ReduceProd",
}


def same(op: OperatorWriter) -> None:
    """One node of the same operands."""
    op.end(_SAME[op.type], op.inputs())


def fused(op: OperatorWriter) -> None:
    """A sum or product, with an activation behind it."""
    op.finish(op.add(_FUSED[op.type], op.inputs()))


def clipped(op: OperatorWriter) -> None:
    """An activation that is a range."""
    op.end("Clip", [op.input(0)], **_CLIPPED[op.type])


def leaky(op: OperatorWriter) -> None:
    """LEAKY_RELU."""
    op.end("LeakyRelu", [op.input(0)], alpha=float(op.options["alpha"]))


def rsqrt(op: OperatorWriter) -> None:
    """RSQRT: one divided by the root."""
    op.end("Reciprocal", [op.add("Sqrt", [op.input(0)])])


def square(op: OperatorWriter) -> None:
    """SQUARE."""
    op.end("Mul", [op.input(0), op.input(0)])


def squared_difference(op: OperatorWriter) -> None:
    """SQUARED_DIFFERENCE."""
    difference = op.add("Sub", op.inputs())
    op.end("Mul", [difference, difference])


def not_equal(op: OperatorWriter) -> None:
    """NOT_EQUAL."""
    op.end("Not", [op.add("Equal", op.inputs())])


def floor_div(op: OperatorWriter) -> None:
    """FLOOR_DIV."""
    op.end("Floor", [op.add("Div", op.inputs())])


def reduced(op: OperatorWriter) -> None:
    """A mean, sum, maximum, minimum or product along axes."""
    rank = len(op.shape(0))
    axes = [axis + rank if axis < 0 else axis for axis in op.numbers(1, "axes")]
    keep = int(op.options["keep_dims"])
    op.end(_REDUCED[op.type], [op.input(0)], axes=axes or list(range(rank)), keepdims=keep)


def l2_norm(op: OperatorWriter) -> None:
    """L2_NORMALIZATION along the last axis."""
    axis = len(op.shape(0)) - 1
    norm = op.add("ReduceL2", [op.input(0)], axes=[axis], keepdims=1)
    op.finish(op.add("Div", [op.input(0), norm]))


def index_of_extreme(op: OperatorWriter) -> None:
    """ARG_MAX and ARG_MIN along one axis, which goes."""
    (axis,) = op.numbers(1, "axis") or [0]
    op.end(_EXTREMES[op.type], [op.input(0)], axis=axis, keepdims=0)


_EXTREMES = {"ARG_MAX": "ArgMax", "ARG_MIN": "ArgMin"}


def top_k(op: OperatorWriter) -> None:
    """TOPK_V2, along the last axis: the largest, and where they were."""
    op.end("TopK", [op.input(0), op.input(1)], axis=-1)


def cumulative(op: OperatorWriter) -> None:
    """CUMSUM."""
    op.end("CumSum", op.inputs())


HANDLERS: dict[str, Callable[[OperatorWriter], Any]] = {
    **dict.fromkeys(_SAME, same),
    **dict.fromkeys(_FUSED, fused),
    **dict.fromkeys(_CLIPPED, clipped),
    **dict.fromkeys(_REDUCED, reduced),
    **dict.fromkeys(_EXTREMES, index_of_extreme),
    "TOPK_V2": top_k,
    "CUMSUM": cumulative,
    "LEAKY_RELU": leaky,
    "RSQRT": rsqrt,
    "SQUARE": square,
    "SQUARED_DIFFERENCE": squared_difference,
    "NOT_EQUAL": not_equal,
    "FLOOR_DIV": floor_div,
    "L2_NORMALIZATION": l2_norm,
}
