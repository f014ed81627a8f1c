"""What works on a map as a whole: resizing, padding, depth to space, normalisation over channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tflite_model.translation import OperatorWriter, channels_first


def resize(op: OperatorWriter) -> None:
    """RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR: to a height and a width."""
    _check_map(op)
    mode = "linear" if op.type == "RESIZE_BILINEAR" else "nearest"
    given = [op.first(op.input(0), 4), "", "", op.input(1)]
    _end_last(op, op.add("Resize", given, mode=mode, axes=[2, 3]))


def pad(op: OperatorWriter) -> None:
    """PAD, PADV2 and MIRROR_PAD: so much before and after along each axis."""
    rank = len(op.shape(0))
    amounts = op.numbers(1, "amounts")
    if len(amounts) != 2 * rank:
        raise RefusedError(f"has {len(amounts)} amounts for {rank} axes")
    pads = list(zip(amounts[::2], amounts[1::2], strict=True))
    if rank != 4:
        op.end("Pad", [op.input(0)], pads=_as_onnx(pads))
        return
    pads = [pads[axis] for axis in channels_first(rank)]
    _end_last(op, op.add("Pad", [op.first(op.input(0), rank)], pads=_as_onnx(pads)))


def _as_onnx(pads: list[tuple[int, int]]) -> list[int]:
    return [before for before, _ in pads] + [after for _, after in pads]


def depth_to_space(op: OperatorWriter) -> None:
    """DEPTH_TO_SPACE and SPACE_TO_DEPTH, by blocks."""
    _check_map(op)
    word = "DepthToSpace" if op.type == "DEPTH_TO_SPACE" else "SpaceToDepth"
    _end_last(op, op.add(word, [op.first(op.input(0), 4)], blocksize=op.options["block_size"]))


def local_response(op: OperatorWriter) -> None:
    """LOCAL_RESPONSE_NORMALIZATION: over so many channels on either side."""
    _check_map(op)
    window: dict[str, Any] = {"size": 2 * op.options["radius"] + 1}
    _end_last(op, op.add("LRN", [op.first(op.input(0), 4)], **window))


def _end_last(op: OperatorWriter, name: str) -> None:
    op.end("Transpose", [name], perm=[0, 2, 3, 1])


def _check_map(op: OperatorWriter) -> None:
    if len(op.shape(0)) != 4:
        raise RefusedError(f"takes a map of two axes, not a tensor of shape {list(op.shape(0))}")


HANDLERS: dict[str, Callable[[OperatorWriter], None]] = {
    "RESIZE_BILINEAR": resize,
    "RESIZE_NEAREST_NEIGHBOR": resize,
    "PAD": pad,
    "PADV2": pad,
    "MIRROR_PAD": pad,
    "DEPTH_TO_SPACE": depth_to_space,
    "SPACE_TO_DEPTH": depth_to_space,
    "LOCAL_RESPONSE_NORMALIZATION": local_response,
}
