"""The places under each of several windows, and windows added up again: copies, which cost nothing we count."""

from __future__ import annotations

from typing import Any

from costcalc.interop.importers.tensors.layout import Layout, atom, leaves
from costcalc.interop.importers.tensors.maps import packed
from costcalc.interop.importers.tensors.values import Value
from costcalc.interop.importers.torch_export.call import OperatorCall, of_maps
from costcalc.interop.importers.torch_export.operations.convolutions import per_axis
from costcalc.interop.importers.torch_export.operations.regrouping import regroup
from costcalc.interop.importers.torch_export.operations.slicing import gathered


def _fields(call: OperatorCall) -> dict[str, Any]:
    fields = {name: per_axis(call, name, 2) for name in ("kernel_size", "stride", "dilation")}
    return {**fields, "padding": per_axis(call, "padding", 2, 0)}


def columns(call: OperatorCall) -> Value:
    """``unfold`` of torch.nn.functional (``im2col``): N×C×H×W -> N×(C·taps)×windows."""
    value = call.value("self")
    value = value if len(value.axes) == 4 else Value(((), *value.axes), value.producer, value.via)
    value = call.windowed(value, 2)
    fields = _fields(call)
    spatial = tuple(
        atom((size + 2 * pad - reach * (kernel - 1) - 1) // step + 1)
        for size, kernel, step, reach, pad in zip(
            value.dims[2:],
            fields["kernel_size"],
            fields["stride"],
            fields["dilation"],
            fields["padding"],
            strict=True,
        )
    )
    taps = fields["kernel_size"][0] * fields["kernel_size"][1]
    channels = (*leaves(value.axes[1]), *atom(taps))
    made = call.emit("unfold", [value.producer], Layout(spatial, channels), **fields)
    return call.unbatched(Value((value.axes[0], channels, (*spatial[0], *spatial[1])), made))


def folded(call: OperatorCall) -> Value:
    """``fold`` (``col2im``): N×(C·taps)×windows -> N×C×H×W."""
    value = call.value("self")
    value = value if len(value.axes) == 3 else Value(((), *value.axes), value.producer, value.via)
    fields, size = _fields(call), call.argument("output_size")
    windows = [
        (length + 2 * pad - reach * (kernel - 1) - 1) // step + 1
        for length, kernel, step, reach, pad in zip(
            size, fields["kernel_size"], fields["stride"], fields["dilation"], fields["padding"], strict=True
        )
    ]
    value = regroup(call, value, [*value.dims[:2], *windows])
    want = Layout(tuple(map(leaves, value.axes[2:])), leaves(value.axes[1]))
    producer = call.maps.placed(value, packed(want.spatial, want.channels), call.hint("arrange"))
    out = atom(call.sizes[-3])
    spatial = tuple(atom(length) for length in size)
    made = call.emit("fold", [producer], Layout(spatial, out), size=list(size), **fields)
    return call.unbatched(Value((value.axes[0], out, *spatial), made))


def unfolded(call: OperatorCall) -> Value:
    """``Tensor.unfold``: windows along one axis; their places are a new last axis."""
    value = call.value("self")
    axis = call.argument("dimension", 0) % len(value.axes)
    made = gathered(call, value, axis, (atom(call.sizes[axis]), atom(call.argument("size"))))
    axes = list(made.axes)
    axes.append(axes.pop(axis + 1))
    return Value(tuple(axes), made.producer, made.via)


HANDLERS = {"im2col": columns, "col2im": folded, **of_maps({"unfold": unfolded})}
