"""Dilated convolutions as older converters write them: positions moved to the batch, a convolution, and back.

``SPACE_TO_BATCH_ND`` makes of every d-th position an example of its own, so that the convolution between needs no
dilation. The three are one convolution with a dilation of d, whose padding is what the first adds, less what the last
takes away. Source: TensorFlow, ``space_to_batch_nd`` and its use by ``tf.nn.with_space_to_batch``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from costcalc.interop.importers.tflite_model.model import TfliteModel, TfliteOperator, TfliteTensor

_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
_VALID = 1


def with_dilation(source: TfliteModel) -> TfliteModel:
    """The model with one operator in the place of each such three."""
    if all(operator.type != "SPACE_TO_BATCH_ND" for operator in source.operators):
        return source
    takers: dict[int, list[TfliteOperator]] = {}
    for operator in source.operators:
        for index in operator.inputs:
            takers.setdefault(index, []).append(operator)
    gone: set[int] = set()
    merged: dict[int, TfliteOperator] = {}
    for first in source.operators:
        middle, last = _next(first, takers, source), None
        if first.type == "SPACE_TO_BATCH_ND" and middle is not None and middle.type in _CONVOLUTIONS:
            last = _next(middle, takers, source)
        whole = (
            _merged(source.tensors, first, middle, last) if middle is not None and last is not None else None
        )
        if whole is not None and middle is not None and last is not None:
            gone |= {first.index, middle.index}
            merged[last.index] = whole
    left = [merged.get(each.index, each) for each in source.operators if each.index not in gone]
    return replace(source, operators=tuple(left))


def _next(
    operator: TfliteOperator, takers: dict[int, list[TfliteOperator]], source: TfliteModel
) -> TfliteOperator | None:
    """The only operator that takes what one makes."""
    if len(operator.outputs) != 1 or operator.outputs[0] in source.outputs:
        return None
    found = takers.get(operator.outputs[0], [])
    return found[0] if len(found) == 1 and found[0].inputs[0] == operator.outputs[0] else None


def _merged(
    tensors: Sequence[TfliteTensor], first: TfliteOperator, middle: TfliteOperator, last: TfliteOperator
) -> TfliteOperator | None:
    """The convolution that three operators are; None where they are none."""
    if last.type != "BATCH_TO_SPACE_ND" or len(first.inputs) != 3 or len(last.inputs) != 3:
        return None
    values = [_numbers(tensors, each) for each in (*first.inputs[1:], *last.inputs[1:])]
    block, pads, same, crops = values
    options = dict(middle.options)
    plain = options["stride_h"] == options["stride_w"] == 1 and options["padding"] == _VALID
    if len(block) != 2 or same != block or len(pads) != 4 or len(crops) != 4 or not plain:
        return None
    amounts = [pad - crop for pad, crop in zip(pads, crops, strict=True)]
    if min(amounts) < 0 or (options["dilation_h_factor"], options["dilation_w_factor"]) != (1, 1):
        return None
    options |= {"dilation_h_factor": block[0], "dilation_w_factor": block[1], "pads": amounts}
    return replace(last, type=middle.type, inputs=(first.inputs[0], *middle.inputs[1:]), options=options)


def _numbers(tensors: Sequence[TfliteTensor], index: int) -> list[int]:
    tensor = tensors[index] if index >= 0 else None
    found = None if tensor is None or tensor.fractions else tensor.values()
    return [int(each) for each in found or ()]
