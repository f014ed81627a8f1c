"""In what numbers a TFLite file keeps its weights, activations and biases, as a spec's ``dtype`` says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TypeAlias

from costcalc.dtype import biases_beside
from costcalc.interop.importers.tensors.values import Producer
from costcalc.interop.importers.tflite_model.model import TfliteModel, TfliteTensor

Said: TypeAlias = "str | dict[str, str]"

#: Type of a file -> dtype of a spec.
_WORDS: Mapping[str, str] = {
    "FLOAT32": "float32",
    "FLOAT16": "float16",
    "BFLOAT16": "bfloat16",
    "INT32": "int32",
    "INT16": "int16",
    "INT8": "int8",
    "UINT8": "int8",
    "INT4": "int4",
}
#: Operator -> which operand is the map, which the weights, which the biases.
_PLACES: Mapping[str, tuple[int, int, int]] = {
    "CONV_2D": (0, 1, 2),
    "CONV_3D": (0, 1, 2),
    "DEPTHWISE_CONV_2D": (0, 1, 2),
    "TRANSPOSE_CONV": (2, 1, 3),
    "custom:Convolution2DTransposeBias": (0, 1, 2),
    "FULLY_CONNECTED": (0, 1, 2),
}
_STORED_OTHERWISE = ("DEQUANTIZE", "DENSIFY", "QUANTIZE")


def dtype_of(source: TfliteModel) -> Said | None:
    """The dtype that most of the numbers have; None where that is float32, or not known."""
    counts: tuple[Counter[str], Counter[str], Counter[str]] = (Counter(), Counter(), Counter())
    stored = _stored(source)
    for operator in source.operators:
        for count, place in zip(counts, _PLACES.get(operator.type, ()), strict=False):
            index = operator.inputs[place] if place < len(operator.inputs) else -1
            if index >= 0:
                tensor = source.tensors[stored.get(index, index) if place else index]
                count[_WORDS.get(tensor.type, "")] += max(tensor.elements, 1)
    activations, weights, biases = (count.most_common(1)[0][0] if count else "" for count in counts)
    if not weights or not activations or {weights, activations, biases or weights} == {"float32"}:
        return None
    beside = biases in ("", biases_beside(weights))
    if weights == activations and beside:
        return weights
    return {"weights": weights, "activations": activations, **({} if beside else {"biases": biases})}


def mark_others(producers: list[Producer], tensors: Mapping[str, TfliteTensor], said: Said | None) -> None:
    """Give the layers whose weights are of another dtype than the network's theirs."""
    usual = said if isinstance(said, str) else (said or {}).get("weights", "float32")
    for producer in producers:
        key = producer.weights.get("weight")
        tensor = tensors.get(key) if isinstance(key, str) else None
        word = _WORDS.get(tensor.type, usual) if tensor is not None else usual
        if word != usual and producer.shares is None:
            producer.fields["dtype"] = {"weights": word}


def _stored(source: TfliteModel) -> dict[int, int]:
    """Tensors that are a stored one in other numbers -> that one."""
    found: dict[int, int] = {}
    for operator in source.operators:
        if operator.type in _STORED_OTHERWISE and operator.inputs and operator.outputs:
            given = found.get(operator.inputs[0], operator.inputs[0])
            if given >= 0 and source.tensors[given].data is not None:
                found[operator.outputs[0]] = given
    return found
