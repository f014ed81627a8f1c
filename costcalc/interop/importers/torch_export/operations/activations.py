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
    "log_sigmoid": "softplus",
    "tanhshrink": "tanh",
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
#: Operation -> function of ``elementwise``; what is known by no name there is the one that is nearest.
_FUNCTIONS = {
    "abs": "abs",
    "neg": "negate",
    "exp": "exp",
    "expm1": "exp",
    "exp2": "exp",
    "log": "log",
    "log1p": "log",
    "log2": "log",
    "log10": "log",
    "logit": "log",
    "sqrt": "sqrt",
    "rsqrt": "rsqrt",
    "square": "square",
    "reciprocal": "reciprocal",
    "sign": "sign",
    "sgn": "sign",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "erf": "erf",
    "floor": "floor",
    "ceil": "ceil",
    "round": "round",
    "trunc": "round",
    "frac": "floor",
    **{name: name for name in ("acos", "asin", "atan", "cosh", "sinh")},
    **dict.fromkeys(
        ("clamp", "clamp_min", "clamp_max", "clip", "hardshrink", "softshrink", "threshold"), "clip"
    ),
    **dict.fromkeys(("logical_not", "bitwise_not"), "not"),
    **dict.fromkeys(("cumsum", "cumprod", "logcumsumexp"), "cumsum"),
}
#: What only picks or marks elements by what is fixed.
_MASKS = "tril triu nan_to_num isnan isinf isfinite"
#: The same elements in other places.
_MOVES = "roll flip flipud fliplr"
_FREE = [word for words in (_COPIES, _MASKS, _MOVES) for word in words.split()]


def activation(call: OperatorCall) -> Any:
    """A kind of ours."""
    name = "input" if "input" in call.step.arguments else "self"
    return call.like(_KINDS[call.step.operation], call.value(name))


def free(call: OperatorCall) -> Value:
    """What came in."""
    return call.unrepeated("input" if call.has("input") else "self")


def function(call: OperatorCall) -> Value:
    """Of every element by itself."""
    return call.like("elementwise", call.value("self"), function=_FUNCTIONS[call.step.operation])


def hardtanh(call: OperatorCall) -> Any:
    """Between 0 and 6 it is relu6; else it cuts values off."""
    limits = call.argument("min_val", -1), call.argument("max_val", 1)
    value = call.value("self")
    return call.like("relu6", value) if limits == (0, 6) else call.like("elementwise", value, function="clip")


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
    **of_maps({**dict.fromkeys(_FREE, free), **dict.fromkeys(_FUNCTIONS, function)}),
    "hardtanh": hardtanh,
    "prelu": prelu,
    "_prelu_kernel": prelu,
    "glu": glu,
}
