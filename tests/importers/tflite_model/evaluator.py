"""Multiplies and params of a TFLite file by the package ``tflite`` alone: the shapes are in the file."""

from __future__ import annotations

import math
from typing import Any

import tflite

_OPERATORS = {
    number: name for name, number in vars(tflite.BuiltinOperator).items() if isinstance(number, int)
}


def counted(data: bytes) -> tuple[int, int]:
    """The multiplies of a file's main graph, and the elements of its weights, biases and slopes, each once."""
    model = tflite.Model.GetRootAs(data, 0)
    graph = model.Subgraphs(0)
    dense = {  # what is only stored in another way -> the weight
        operator.Outputs(0): operator.Inputs(0)
        for operator in map(graph.Operators, range(graph.OperatorsLength()))
        if _name(model, operator) in ("DEQUANTIZE", "DENSIFY")
    }

    def shape(index: int) -> list[int]:
        return [int(size) for size in graph.Tensors(index).ShapeAsNumpy()]

    multiplies, weights = 0, dict[Any, int]()
    for operator in map(graph.Operators, range(graph.OperatorsLength())):
        name, given = _name(model, operator), [int(each) for each in operator.InputsAsNumpy()]
        at, weight, bias = _PLACES.get(name, (0, None, None))
        if weight is None:
            continue
        out, kernel = shape(operator.Outputs(0)), shape(given[weight])
        own = graph.Tensors(_stored(dense, given[weight])).Buffer()
        weights[own] = math.prod(kernel)
        if (
            bias and bias < len(given) and given[bias] >= 0
        ):  # equal biases may be stored once: each layer has its own
            weights[own, "bias"] = math.prod(shape(given[bias]))
        multiplies += _multiplies(name, shape(given[at]), kernel, out)
    return multiplies, sum(weights.values())


def _stored(dense: dict[int, int], index: int) -> int:
    while index in dense:
        index = dense[index]
    return index


def _name(model: Any, operator: Any) -> str:
    code = model.OperatorCodes(operator.OpcodeIndex())
    name = _OPERATORS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
    return str(code.CustomCode().decode()) if name == "CUSTOM" else name


#: Operator -> which operand is the map, which the weights, which the biases.
_PLACES: dict[str, tuple[int, int | None, int | None]] = {
    "CONV_2D": (0, 1, 2),
    "DEPTHWISE_CONV_2D": (0, 1, 2),
    "TRANSPOSE_CONV": (2, 1, 3),
    "Convolution2DTransposeBias": (0, 1, 2),
    "FULLY_CONNECTED": (0, 1, 2),
    "BATCH_MATMUL": (0, 1, None),
    "PRELU": (0, 1, None),
}


def _multiplies(name: str, given: list[int], kernel: list[int], out: list[int]) -> int:
    if name == "CONV_2D":
        return math.prod(out) * math.prod(kernel[1:])
    if name == "DEPTHWISE_CONV_2D":
        return math.prod(out) * math.prod(kernel[1:3])
    if name == "FULLY_CONNECTED":
        return math.prod(given) // kernel[1] * math.prod(kernel)
    if name == "BATCH_MATMUL":
        return math.prod(given) * out[-1]
    return 0 if name == "PRELU" else math.prod(given[:3]) * math.prod(kernel)
