"""What onnxruntime fuses: a product or sum, and what follows it, as one operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.onnx_model.expressions import ACTIVATIONS
from costcalc.interop.importers.onnx_model.operation import Operation
from costcalc.interop.importers.onnx_model.ops.convolution import conv
from costcalc.interop.importers.onnx_model.ops.elementwise import plain, with_bias
from costcalc.interop.importers.onnx_model.ops.lookups import looked_up
from costcalc.interop.importers.onnx_model.ops.norms import normalised
from costcalc.interop.importers.onnx_model.ops.products import contracted, gemm, matmul
from costcalc.interop.importers.onnx_model.values import FLOAT, Tensor
from costcalc.interop.importers.tensors.values import Value


def fused_conv(op: Operation) -> Value:
    """FusedConv: a convolution, perhaps a sum with another map, and an activation."""
    value = conv(op)
    if op.has(3):
        value = op.maps.joined("add", [value, op.value(3)], op.hint)
    return _activated(op, value, "activation")


def fused_gemm(op: Operation) -> Value:
    """FusedGemm: a product and an activation."""
    return _activated(op, gemm(op), "activation")


def _activated(op: Operation, value: Value, name: str) -> Value:
    activation = op.attribute(name, "")
    if not activation:
        return value
    kind = "relu6" if activation == "Clip" else ACTIVATIONS.get(activation)
    if kind is None:
        raise RefusedError(f"its activation {activation} is none that costcalc knows")
    return plain(op, value, kind)


def bias_gelu(op: Operation) -> Value:
    """BiasGelu, FastGelu: a sum with a bias, if there is one, and a GELU."""
    value = op.value(0)
    if op.has(1):
        value = with_bias(op, value, op.weight(1, "bias"))
    return plain(op, value, "gelu")


def bias_add(op: Operation) -> Value:
    """BiasAdd: a map, a bias and a skip."""
    return op.maps.joined("add", [with_bias(op, op.value(0), op.weight(1, "bias")), op.value(2)], op.hint)


def embedded(op: Operation) -> list[Value]:
    """EmbedLayerNormalization: words, positions and segments looked up, added and normalised."""
    places = op.value(0)
    total = looked_up(op, op.weight(2, "word table"), 0, places)
    positions = op.value(3)
    total = op.maps.joined("add", [total, op.maps.sliced(positions, 0, 0, places.dims[1], op.hint)], op.hint)
    if op.has(1) and op.has(4):
        total = op.maps.joined("add", [total, looked_up(op, op.weight(4, "table"), 0, op.value(1))], op.hint)
    out = normalised(op, total, [2], op.tensor(5), op.tensor(6))
    return [out, places, total]


def few_bits(op: Operation) -> Value:
    """MatMulNBits, MatMulBnb4: weights of N×K in blocks of a few bits, and a bias."""
    rows, columns = op.attribute("K", 0), op.attribute("N", 0)
    value, stored = op.value(0), op.weight(1)
    if min(rows, columns) < 1 or value.dims[-1] != rows:
        raise RefusedError(f"multiplies {list(value.dims)} by {rows} x {columns} weights")
    weight = Tensor(stored.key, (columns, rows), FLOAT, "weight", stored.name)
    bias = op.tensor(5) if op.type == "MatMulNBits" else None
    labels = [f"p{axis}" for axis in range(len(value.dims) - 1)]
    return contracted(op, value, [*labels, "k"], weight, ["q", "k"], [*labels, "q"], bias)


def integer_matmul(op: Operation) -> Value:
    """DynamicQuantizeMatMul, MatMulIntegerToFloat: a product of whole numbers, and a bias."""
    at = 4 if op.type == "DynamicQuantizeMatMul" else 6
    value = matmul(op)
    bias = op.tensor(at)
    return value if bias is None else with_bias(op, value, replace(bias, read=lambda: None))


HANDLERS: dict[str, Callable[[Operation], Any]] = {
    "com.microsoft:FusedConv": fused_conv,
    "com.microsoft:FusedGemm": fused_gemm,
    "com.microsoft:BiasGelu": bias_gelu,
    "com.microsoft:FastGelu": bias_gelu,
    "com.microsoft:BiasAdd": bias_add,
    "com.microsoft:EmbedLayerNormalization": embedded,
    "com.microsoft:MatMulNBits": few_bits,
    "com.microsoft:MatMulBnb4": few_bits,
    "com.microsoft:DynamicQuantizeMatMul": integer_matmul,
    "com.microsoft:MatMulIntegerToFloat": integer_matmul,
}
