"""Layer norms as Keras' are converted: ``x·a + (b − m·a)`` with ``a = g / √(v + ε)``, a batch norm's formula.

That is ``((x − m) / √(v + ε))·g + b``, which is how it is written anew, since so it is recognised: what is learned, the
scale g and the shift b, stands at the end. m and v are the mean and the variance of x along some axes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from costcalc.interop.importers.tflite_model.model import TfliteModel, TfliteOperator

_SAME = ("DEQUANTIZE", "QUANTIZE")


def with_centring(source: TfliteModel) -> TfliteModel:
    """The model with each such norm in another order."""
    if all(operator.type != "RSQRT" for operator in source.operators):
        return source
    graph = _Operators(source)
    anew = dict(chain.from_iterable(graph.norms()))
    if not anew:
        return source
    operators = [each for operator in source.operators for each in anew.get(operator.index, [operator])]
    return replace(source, operators=tuple(operators))


class _Operators:
    """A model's operators by what they take and what they make."""

    def __init__(self, source: TfliteModel) -> None:
        self.source = source
        self.makers = {index: each for each in source.operators for index in each.outputs}
        self.takers: dict[int, list[TfliteOperator]] = {index: [] for index in range(len(source.tensors))}
        for operator in source.operators:
            for index in {*operator.inputs} - {-1}:
                self.takers[index].append(operator)

    def norms(self) -> Iterator[list[tuple[int, list[TfliteOperator]]]]:
        """For each norm: its operators, by number, and what stands in their place."""
        for operator in self.source.operators:
            found = self._norm(operator) if operator.type == "RSQRT" else None
            if found is not None:
                yield found

    def _norm(self, root: TfliteOperator) -> list[tuple[int, list[TfliteOperator]]] | None:
        inverse = root.outputs[0]
        scaled = self._only(inverse, "MUL")
        scale = None if scaled is None else _other(scaled, inverse)
        if scaled is None or scale is None or self.source.tensors[scale].data is None:
            return None
        products = self.takers[scaled.outputs[0]]
        if len(products) != 2 or any(each.type != "MUL" for each in products):
            return None
        for of_map, of_mean in (products, products[::-1]):
            shifted = self._only(of_mean.outputs[0], "ADD") or self._only(of_mean.outputs[0], "SUB")
            whole = self._only(of_map.outputs[0], "ADD")
            if shifted is None or whole is None or _other(whole, of_map.outputs[0]) != shifted.outputs[0]:
                continue
            map_, mean = _other(of_map, scaled.outputs[0]), _other(of_mean, scaled.outputs[0])
            shift = _other(shifted, of_mean.outputs[0])
            if map_ is None or mean is None or shift is None or self.source.tensors[shift].data is None:
                continue
            mean = self._mean(mean)
            if mean is None or self.makers[mean].inputs[0] != map_:
                continue
            return _in_order((scaled, of_mean, shifted, of_map, whole), (map_, mean, inverse, scale, shift))
        return None

    def _only(self, index: int, kind: str) -> TfliteOperator | None:
        """The only operator that takes a tensor, if it is of a kind."""
        found = self.takers[index]
        return (
            found[0]
            if len(found) == 1 and found[0].type == kind and index not in self.source.outputs
            else None
        )

    def _mean(self, index: int) -> int | None:
        """The mean that a tensor is, or is the opposite of."""
        for _ in range(4):
            maker = self.makers.get(index)
            if maker is None or maker.type not in ("MEAN", "NEG", *_SAME):
                return None
            if maker.type == "MEAN":
                return index
            index = maker.inputs[0]
        return None


def _other(operator: TfliteOperator, index: int) -> int | None:
    """The other of two operands."""
    rest = [each for each in operator.inputs if each != index]
    return rest[0] if len(operator.inputs) == 2 and len(rest) == 1 and rest[0] >= 0 else None


def _in_order(
    operators: tuple[TfliteOperator, ...], operands: tuple[int, ...]
) -> list[tuple[int, list[TfliteOperator]]]:
    """The five operators of a norm, in the order of the second formula: four, in the place of the last."""
    scaled, _, shifted, of_map, whole = operators
    map_, mean, inverse, scale, shift = operands
    centred, normal, ready = of_map.outputs[0], scaled.outputs[0], shifted.outputs[0]
    steps = [
        replace(of_map, type="SUB", inputs=(map_, mean)),
        replace(scaled, inputs=(centred, inverse)),
        replace(shifted, type="MUL", inputs=(normal, scale)),
        replace(whole, inputs=(ready, shift)),
    ]
    return [*((each.index, []) for each in operators[:-1]), (whole.index, steps)]
