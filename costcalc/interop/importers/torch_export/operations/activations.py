"""Activations, and elementwise functions that cost nothing we count and change no shape: those make no layer."""

from __future__ import annotations

from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tensors.layout import leaves, size
from costcalc.interop.importers.tensors.values import Value
from costcalc.interop.importers.torch_export.call import OperatorCall, of_maps

_KINDS = {
    "relu": "relu",
    "relu6": "relu6",
    "leaky_relu": "leaky_relu",
    "rrelu": "leaky_relu",
    "elu": "elu",
    "celu": "elu",
    "selu": "selu",
    "sigmoid": "sigmoid",
    "hardsigmoid": "hard_sigmoid",
    "tanh": "tanh",
    "silu": "swish",
    "hardswish": "hard_swish",
    "gelu": "gelu",
    "mish": "mish",
    "softplus": "softplus",
    "softmax": "softmax",
    "_softmax": "softmax",
    "_safe_softmax": "softmax",
    "log_softmax": "log_softmax",
    "_log_softmax": "log_softmax",
}

#: Copies, and what is the identity outside training.
_COPIES = (
    "clone contiguous alias detach to _to_copy type_as lift_fresh_copy dropout feature_dropout alpha_dropout "
    "feature_alpha_dropout native_dropout identity float half double conj resolve_conj resolve_neg"
)
_FUNCTIONS = (
    "abs neg exp expm1 exp2 log log1p log2 sqrt rsqrt square reciprocal sign sin cos tan asin acos atan sinh cosh erf "
    "floor ceil round trunc frac clamp clamp_min clamp_max clip nan_to_num logit log_sigmoid softsign tanhshrink "
    "hardshrink softshrink threshold masked_fill tril triu sgn logical_not bitwise_not"
)
#: The same elements in other places.
_MOVES = "roll flip flipud fliplr"
_FREE = [word for words in (_COPIES, _FUNCTIONS, _MOVES) for word in words.split()]


def activation(call: OperatorCall) -> Any:
    """A kind of ours."""
    name = "input" if "input" in call.step.arguments else "self"
    return call.like(_KINDS[call.step.operation], call.value(name))


def free(call: OperatorCall) -> Value:
    """What came in."""
    return call.unrepeated("input" if call.has("input") else "self")


def hardtanh(call: OperatorCall) -> Any:
    """Between 0 and 6 it is relu6; else it only cuts values off."""
    limits = call.argument("min_val", -1), call.argument("max_val", 1)
    return call.like("relu6", call.value("self")) if limits == (0, 6) else call.operand("self")


def prelu(call: OperatorCall) -> Value:
    """One slope for each channel, or one in all."""
    value, name = call.value("self"), call.weight_name("weight")
    slopes = call.weight_sizes("weight")
    channels = value.axes[1] if len(value.axes) > 1 else value.axes[0]
    producer = call.per_channel(value, channels)
    assert producer.layout is not None
    layout = producer.layout.current
    shared = {} if slopes == (size(leaves(channels)),) else {"shared": True}
    if shared and slopes not in ((1,), ()):
        raise RefusedError(f"has {list(slopes)} slopes for {size(leaves(channels))} channels")
    return Value(value.axes, call.weighted("prelu", producer, layout, {"weight": name}, **shared))


def glu(call: OperatorCall) -> Value:
    """One half times the sigmoid of the other."""
    value = call.value("self")
    axis = call.argument("dim", -1) % len(value.axes)
    half = value.dims[axis] // 2
    first = call.maps.sliced(value, axis, 0, half, call.hint("half"))
    second = call.maps.sliced(value, axis, half, 2 * half, call.hint("gate"))
    return call.maps.joined("multiply", [first, call.like("sigmoid", second)], call.hint("glu"))


HANDLERS = {
    **dict.fromkeys(_KINDS, activation),
    **of_maps(dict.fromkeys(_FREE, free)),
    "hardtanh": hardtanh,
    "prelu": prelu,
    "_prelu_kernel": prelu,
    "glu": glu,
}
