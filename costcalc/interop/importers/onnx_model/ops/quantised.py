"""Quantised graphs: their products cost as many multiplies as before, their scales are not counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from costcalc.interop.importers.onnx_model.operation import Operand, Operation
from costcalc.interop.importers.onnx_model.ops.convolution import conv, convolution
from costcalc.interop.importers.onnx_model.ops.pools import global_average_pool
from costcalc.interop.importers.onnx_model.ops.products import contracted, matmul
from costcalc.interop.importers.onnx_model.proto import FLOATING
from costcalc.interop.importers.onnx_model.values import FLOAT, UINT8, Tensor, run_time
from costcalc.interop.importers.tensors.values import Value


def scaled(op: Operation) -> Operand:
    """QuantizeLinear and DequantizeLinear: a weight that is stored in few bits is the same weight."""
    operand = op.operand(0)
    if isinstance(operand, Tensor) and operand.data_type not in FLOATING:
        return replace(operand, data_type=FLOAT, read=lambda: None)
    return operand


def dynamically(op: Operation) -> list[Operand]:
    """DynamicQuantizeLinear: the map, its scale and its zero point."""
    return [op.operand(0), run_time(()), run_time((), UINT8)]


def qlinear_conv(op: Operation) -> Value:
    """QLinearConv: each of x, w and y with a scale and a zero point, then the bias."""
    return conv(op, 0, 3, 8)


def conv_integer(op: Operation) -> Value:
    """ConvInteger: no bias; the zero points follow."""
    return convolution(op, op.value(0), op.weight(1), None)


def qlinear_matmul(op: Operation) -> Value:
    """QLinearMatMul."""
    return matmul(op, 0, 3)


def qgemm(op: Operation) -> Value:
    """QGemm of onnxruntime."""
    left, right = op.operand(0), op.operand(3)
    one = ["k", "p"] if op.attribute("transA", 0) else ["p", "k"]
    other = ["q", "k"] if op.attribute("transB", 0) else ["k", "q"]
    return contracted(op, left, one, right, other, ["p", "q"], op.tensor(6))


def _binary(kind: str) -> Callable[[Operation], Value]:
    def handler(op: Operation) -> Value:
        return op.maps.joined(kind, [op.value(0), op.value(3)], op.hint)

    return handler


def _activation(kind: str) -> Callable[[Operation], Value]:
    def handler(op: Operation) -> Value:
        value = op.value(0)
        layout = op.maps.layout(value)
        return Value(value.axes, op.maps.emit(kind, op.hint, [value.producer], layout))

    return handler


def concatenated(op: Operation) -> Value:
    """QLinearConcat: a scale and a zero point, then each map with its own."""
    values = [op.value(at) for at in range(2, len(op.node.inputs), 3)]
    return op.maps.concatenated(values, op.axis(op.attribute("axis", 1), len(values[0].dims)), op.hint)


HANDLERS: dict[str, Callable[[Operation], Any]] = {
    "QuantizeLinear": scaled,
    "DequantizeLinear": scaled,
    "DynamicQuantizeLinear": dynamically,
    "QLinearConv": qlinear_conv,
    "ConvInteger": conv_integer,
    "QLinearMatMul": qlinear_matmul,
    "MatMulInteger": matmul,
    "com.microsoft:QuantizeLinear": scaled,
    "com.microsoft:DequantizeLinear": scaled,
    "com.microsoft:QLinearAdd": _binary("add"),
    "com.microsoft:QLinearMul": _binary("multiply"),
    "com.microsoft:QLinearSigmoid": _activation("sigmoid"),
    "com.microsoft:QLinearLeakyRelu": _activation("leaky_relu"),
    "com.microsoft:QGemm": qgemm,
    "com.microsoft:QLinearSoftmax": _activation("softmax"),
    "com.microsoft:QLinearGlobalAveragePool": global_average_pool,
    "com.microsoft:QLinearConcat": concatenated,
}
