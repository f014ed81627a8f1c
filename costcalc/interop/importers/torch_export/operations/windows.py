"""The places under each of several windows: copies, which cost nothing we count."""

from __future__ import annotations

from costcalc.interop.importers.tensors.layout import atom
from costcalc.interop.importers.tensors.values import Value
from costcalc.interop.importers.torch_export.call import OperatorCall, of_maps
from costcalc.interop.importers.torch_export.operations.slicing import gathered


def columns(call: OperatorCall) -> Value:
    """``unfold`` of torch.nn.functional (``im2col``): N×C×H×W -> N×(C·taps)×windows."""
    value = call.value("self")
    *lead, channels, height, width = value.axes
    flat = Value((*lead, channels, (*height, *width)), value.producer, value.via)
    taps = call.argument("kernel_size")[0] * call.argument("kernel_size")[1]
    made = gathered(call, flat, len(lead) + 1, (atom(taps), atom(call.sizes[-1])))
    *lead, channels, window, places = made.axes
    return Value((*lead, (*channels, *window), places), made.producer, made.via)


def unfolded(call: OperatorCall) -> Value:
    """``Tensor.unfold``: windows along one axis; their places are a new last axis."""
    value = call.value("self")
    axis = call.argument("dimension", 0) % len(value.axes)
    made = gathered(call, value, axis, (atom(call.sizes[axis]), atom(call.argument("size"))))
    axes = list(made.axes)
    axes.append(axes.pop(axis + 1))
    return Value(tuple(axes), made.producer, made.via)


HANDLERS = {"im2col": columns, **of_maps({"unfold": unfolded})}
