"""Col2Im: windows added up to a map."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.onnx_model.operation import Operation
from costcalc.interop.importers.onnx_model.ops.convolution import (
    explicit_pads,
    short_pads,
    sized,
    window_fields,
)
from costcalc.interop.importers.onnx_model.ops.views import viewed
from costcalc.interop.importers.tensors.layout import Layout, atom, leaves
from costcalc.interop.importers.tensors.maps import MAX_SPATIAL, packed
from costcalc.interop.importers.tensors.values import Value


def col2im(op: Operation) -> Value:
    """Col2Im: N×(C·taps)×windows -> N×C×the image's sizes."""
    value, size, kernel = op.value(0), op.ints(1, "image_shape") or [], op.ints(2, "block_shape") or []
    rank = len(size)
    if len(kernel) != rank or not 1 <= rank <= MAX_SPATIAL or min(kernel) < 1 or len(value.dims) != 3:
        raise RefusedError(f"adds up blocks of {kernel} to {size} from {list(value.dims)}")
    stride, dilation = op.int_list("strides", rank, 1), op.int_list("dilations", rank, 1)
    pads = explicit_pads(op, rank)
    windows = [sized(*each) for each in zip(size, kernel, stride, dilation, pads, strict=True)]
    channels, rest = divmod(value.dims[1], math.prod(kernel))
    if rest or value.dims[2] != math.prod(windows):
        raise RefusedError(f"{size} has {windows} windows of {kernel}, not {list(value.dims[1:])}")
    columns = op.as_value(viewed(op, value, [*value.dims[:2], *windows]))
    want = packed(tuple(map(leaves, columns.axes[2:])), leaves(columns.axes[1]))
    producer = op.maps.placed(columns, want, op.hint)
    fields = {"size": size, **window_fields(kernel, stride, dilation), "padding": short_pads(pads)}
    if fields["padding"] == "valid":
        del fields["padding"]
    spatial, out = tuple(map(atom, size)), atom(channels)
    made = op.maps.emit("fold", op.hint, [producer], Layout(spatial, out), **fields)
    return Value((value.axes[0], out, *spatial), made)


HANDLERS: dict[str, Callable[[Operation], Any]] = {"Col2Im": col2im}
