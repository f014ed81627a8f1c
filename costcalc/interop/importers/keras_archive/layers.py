"""What each layer of Keras is here.

Source: https://keras.io/api/layers; what their configs hold, in https://github.com/keras-team/keras.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from costcalc.interop.importers.keras_archive.building import Given, Handler, KerasTensor, LayerCall
from costcalc.interop.importers.keras_archive.graph import class_of, is_of_keras
from costcalc.interop.importers.tensors.limits import MAX_AXES
from costcalc.quantity import shown

_ACTIVATIONS = {
    "relu": "relu",
    "relu6": "relu6",
    "leaky_relu": "leaky_relu",
    "elu": "elu",
    "selu": "selu",
    "sigmoid": "sigmoid",
    "hard_sigmoid": "hard_sigmoid",
    "tanh": "tanh",
    "silu": "swish",
    "swish": "swish",
    "hard_silu": "hard_swish",
    "hard_swish": "hard_swish",
    "gelu": "gelu",
    "mish": "mish",
    "softplus": "softplus",
    "softmax": "softmax",
    "log_softmax": "log_softmax",
    "celu": "elu",
}
#: Functions of every element that there is no kind for: they cost nothing that we count.
_FREE = frozenset(
    (
        "softsign",
        "exponential",
        "hard_tanh",
        "hard_shrink",
        "soft_shrink",
        "tanh_shrink",
        "log_sigmoid",
        "squareplus",
        "sparse_plus",
        "sparse_sigmoid",
        "threshold",
    )
)
_ACTIVATION_LAYERS = ("Activation", "ReLU", "LeakyReLU", "ELU", "Softmax")


def activated(call: LayerCall, value: KerasTensor, written: Any) -> KerasTensor:
    """A value behind an activation, as a config names it: a word, a function of Keras, or a layer."""
    if isinstance(written, dict):
        kind, inner = class_of(written), written.get("config")
        word = inner if isinstance(inner, str) else kind
        if not is_of_keras(written) or not word:
            raise call.error(
                f"its activation {shown(word or 'lambda')} is none of Keras': what it does is not known"
            )
        if kind in _ACTIVATION_LAYERS and isinstance(inner, dict):
            return _by_layer(call, value, kind, inner)
        written = word
    if written is None or (isinstance(written, str) and (written == "linear" or written in _FREE)):
        return value
    ours = _ACTIVATIONS.get(written) if isinstance(written, str) else None
    if ours is None:
        raise call.error(f"the activation {shown(written)} is not known")
    made = call.emit(ours, value, suffix="" if value in call.values else f"_{ours}")
    return made._replace(dims=value.dims)


def _by_layer(call: LayerCall, value: KerasTensor, kind: str, config: Mapping[str, Any]) -> KerasTensor:
    """A layer without weights as the activation of another."""
    path = call.path if value in call.values else f"{call.path}_{kind.lower()}"
    inner = call._replace(kind=kind, config=config, path=path, given=Given((value,)))
    return HANDLERS[kind](inner)


def _short(sizes: Sequence[int]) -> Any:
    return sizes[0] if len(set(sizes)) == 1 else list(sizes)


def _said(**fields: Any) -> dict[str, Any]:
    """The fields that are not what they are without a word."""
    defaults = {
        "stride": 1,
        "dilation": 1,
        "groups": 1,
        "bias": False,
        "padding": "same",
        "depth_multiplier": 1,
    }
    return {key: value for key, value in fields.items() if key not in defaults or defaults[key] != value}


# Convolutions


def _window(call: LayerCall, rank: int) -> dict[str, Any]:
    kernel = call.sizes("kernel_size", rank)
    dilation = call.sizes("dilation_rate", rank, 1)
    padding = call.get("padding", "valid")
    if padding == "causal" and rank == 1:
        padding = [dilation[0] * (kernel[0] - 1), 0]
    elif padding not in ("valid", "same"):
        raise call.error(f"its padding {shown(padding)} is not known")
    return {
        "kernel_size": _short(kernel),
        "stride": _short(call.sizes("strides", rank, 1)),
        "padding": padding,
        "dilation": _short(dilation),
    }


def _map(call: LayerCall, rank: int) -> KerasTensor:
    value = call.value
    if len(value.dims) != rank + 1:
        raise call.error(f"takes a map of {rank} spatial axes, not sizes {value.dims}")
    return value


def _conv(rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        groups = call.whole(call.get("groups", 1), "groups")
        bias = call.flag("use_bias", True)
        fields = _said(**_window(call, rank), groups=groups, bias=bias)
        value = call.emit("conv", _map(call, rank), out_channels=call.number("filters"), **fields)
        return activated(call, value, call.get("activation"))

    return handle


def _depthwise(rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        multiplier = call.whole(call.get("depth_multiplier", 1), "depth_multiplier")
        fields = _said(**_window(call, rank), depth_multiplier=multiplier, bias=call.flag("use_bias", True))
        return activated(
            call, call.emit("depthwise_conv", _map(call, rank), **fields), call.get("activation")
        )

    return handle


def _separable(rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        multiplier = call.whole(call.get("depth_multiplier", 1), "depth_multiplier")
        fields = _said(**_window(call, rank), depth_multiplier=multiplier)
        value = call.emit("depthwise_conv", _map(call, rank), suffix=".depthwise", **fields)
        more = _said(bias=call.flag("use_bias", True))
        value = call.emit(
            "conv", value, suffix=".pointwise", out_channels=call.number("filters"), kernel_size=1, **more
        )
        return activated(call, value, call.get("activation"))

    return handle


def _transpose(rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        kernel, stride = call.sizes("kernel_size", rank), call.sizes("strides", rank, 1)
        dilation = call.sizes("dilation_rate", rank, 1)
        padding, extra = call.get("padding", "valid"), call.get("output_padding")
        reach = [step * (taps - 1) + 1 for taps, step in zip(kernel, dilation, strict=True)]
        fields: dict[str, Any] = {"padding": padding}
        if extra is not None:
            amounts = extra if isinstance(extra, list) else [extra] * rank
            amounts = [call.whole(each, "output_padding", 0) for each in amounts]
            fields["output_padding"] = _short(amounts)
            if padding == "same":
                fields["padding"] = _short([each // 2 for each in reach])
        elif padding == "valid":
            gaps = [max(step - each, 0) for step, each in zip(stride, reach, strict=True)]
            if any(gaps):
                fields["output_padding"] = _short(gaps)
        elif padding != "same":
            raise call.error(f"its padding {shown(padding)} is not known")
        said = _said(
            **fields, stride=_short(stride), dilation=_short(dilation), bias=call.flag("use_bias", True)
        )
        value = call.emit(
            "conv_transpose",
            _map(call, rank),
            out_channels=call.number("filters"),
            kernel_size=_short(kernel),
            **said,
        )
        return activated(call, value, call.get("activation"))

    return handle


def _dense(call: LayerCall) -> KerasTensor:
    fields: dict[str, Any] = {} if call.flag("use_bias", True) else {"bias": False}
    value = call.value
    if len(value.dims) > 1:
        if call.builder.channels_first:
            raise call.error("on a map of channels first it would mix positions")
        fields["per_position"] = True
    made = call.emit("linear", value, out_features=call.number("units"), **fields)
    return activated(call, made, call.get("activation"))


# Norms


def _on_channels(call: LayerCall, value: KerasTensor) -> None:
    """Raise unless its axis is that of the channels."""
    axis = call.get("axis", -1)
    axes = axis if isinstance(axis, list) else [axis]
    rank = len(value.dims)
    wanted = 1 if call.builder.channels_first else rank
    if len(axes) != 1 or type(axes[0]) is not int or axes[0] % (rank + 1) != wanted:
        raise call.error(f"its axis {shown(str(axis))} is not that of the channels")


def _affine(call: LayerCall) -> dict[str, Any]:
    scale, center = call.flag("scale", True), call.flag("center", True)
    if scale and center:
        return {}
    return {"affine": "scale" if scale else "shift" if center else False}


def _norm(kind: str) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        value = call.builder.vector(call, call.value)
        _on_channels(call, value)
        return call.emit(kind, value, **_affine(call))._replace(dims=value.dims)

    return handle


def _rms_norm(call: LayerCall) -> KerasTensor:
    """A layer norm without the mean: it scales, and never shifts."""
    value = call.builder.vector(call, call.value)
    _on_channels(call, value)
    return call.emit("layer_norm", value, affine="scale")._replace(dims=value.dims)


def _unit_norm(call: LayerCall) -> KerasTensor:
    value = call.builder.vector(call, call.value)
    _on_channels(call, value)
    return call.emit("layer_norm", value, affine=False)._replace(dims=value.dims)


def _group_norm(call: LayerCall) -> KerasTensor:
    value = call.builder.vector(call, call.value)
    _on_channels(call, value)
    groups = call.get("groups", 32)
    if groups == -1 and value.shape.spatial:
        return call.emit("instance_norm", value, **_affine(call))
    groups = value.shape.channels if groups == -1 else call.whole(groups, "groups")
    return call.emit("group_norm", value, groups=groups, **_affine(call))


# Activations


def _activation(call: LayerCall) -> KerasTensor:
    return activated(call, call.value, call.get("activation"))


def plain(kind: str) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        return call.emit(kind, call.value)._replace(dims=call.value.dims)

    return handle


def _relu(call: LayerCall) -> KerasTensor:
    most, slope, threshold = (call.get(key) for key in ("max_value", "negative_slope", "threshold"))
    if threshold or (most is not None and slope):
        raise call.error("is a relu with a threshold, or with both a slope and a limit, which is not known")
    if most is None:
        return plain("leaky_relu" if slope else "relu")(call)
    if most != 6:
        raise call.error(f"its max_value {shown(str(most)[:20])} is not known: relu6 is")
    made = plain("relu6")(call)
    return made._replace(trait="of plus 3") if call.value.trait == "plus 3" else made


def _prelu(call: LayerCall) -> KerasTensor:
    value = call.value
    axes = call.get("shared_axes") or []
    rank = len(value.dims)
    if not isinstance(axes, list) or not all(
        type(each) is int and -rank <= each <= rank and each for each in axes
    ):
        raise call.error("its shared_axes are no axes")
    shared = {each % (rank + 1) for each in axes}
    channels = 1 if call.builder.channels_first else rank
    slopes = math.prod(size for axis, size in enumerate(value.dims, 1) if axis not in shared)
    if slopes == 1:
        fields: dict[str, Any] = {"shared": True}
    elif slopes == value.shape.channels and channels not in shared:
        fields = {}
    else:
        raise call.error(
            f"has {slopes} slopes: one for each channel, or one in all, is known: set shared_axes"
        )
    return call.emit("prelu", value, **fields)._replace(dims=value.dims)


def _softmax(call: LayerCall) -> KerasTensor:
    _on_channels(call, call.value)
    return plain("softmax")(call)


# Pools


def pool(kind: str, rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        size = call.sizes("pool_size", rank)
        stride = call.sizes("strides", rank, size) if call.get("strides") is not None else size
        fields: dict[str, Any] = {} if stride == size else {"stride": _short(stride)}
        padding = call.get("padding", "valid")
        if padding != "valid":
            fields["padding"] = padding
        return call.emit(kind, _map(call, rank), kernel_size=_short(size), **fields)

    return handle


def _global_pool(kind: str, rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        made = call.emit(kind, _map(call, rank))
        return made if call.flag("keepdims", False) else made._replace(dims=(made.shape.channels,))

    return handle


def _adaptive(rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        sizes = call.sizes("output_size", rank)
        return call.emit("adaptive_avg_pool", _map(call, rank), output_size=_short(sizes))

    return handle


# Shapes


def _same(call: LayerCall) -> KerasTensor:
    """What costs nothing and keeps the shape."""
    return call.value


def _normalization(call: LayerCall) -> KerasTensor:
    call.builder.notes.append(
        f"{call.path}: a Normalization with constants from the data; they are no params, and it is left out"
    )
    return call.value


def _dropout(call: LayerCall) -> KerasTensor:
    rate = call.get("rate", call.get("drop_path_rate", 0.5))
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
        raise call.error("its rate must be a number from 0 to 1")
    if not rate:
        return call.value
    from costcalc.quantity import Numeral

    return call.emit("dropout", call.value, rate=Numeral(f"{rate:.12g}"))._replace(dims=call.value.dims)


def _flatten(call: LayerCall) -> KerasTensor:
    if len(call.value.dims) == 1:
        return call.value
    return call.emit("flatten", call.value)


def to(call: LayerCall, dims: tuple[int, ...]) -> KerasTensor:
    """The same elements under other sizes."""
    value = call.value
    if dims == value.dims:
        return value
    shape = call.builder.shape_of(dims)
    if shape == value.shape:
        return value._replace(dims=dims)
    if not shape.spatial and value.shape.positions == 1:
        return value._replace(dims=dims)
    return call.emit("reshape", value, to=str(shape) if shape.spatial else shape.channels)


def _reshape(call: LayerCall) -> KerasTensor:
    target = call.get("target_shape")
    if target is None and isinstance(call.get("newshape"), list):
        target = call.get("newshape")[1:]
    if not isinstance(target, list) or not all(
        type(each) is int and (each > 0 or each == -1) for each in target
    ):
        raise call.error("its target_shape must be a list of whole numbers")
    if len(target) > MAX_AXES:
        raise call.error(f"makes {len(target)} axes, and {MAX_AXES} is the most that is read")
    known = math.prod(each for each in target if each > 0)
    elements = math.prod(call.value.dims)
    open_ = target.count(-1)
    if open_ > 1 or (elements % known if open_ else elements != known):
        raise call.error(f"cannot make {target} of {list(call.value.dims)}")
    return to(call, tuple(elements // known if each == -1 else each for each in target))


def _permute(call: LayerCall) -> KerasTensor:
    dims = call.get("dims")
    value = call.value
    if not isinstance(dims, list) or sorted(map(str, dims)) != sorted(
        map(str, range(1, len(value.dims) + 1))
    ):
        raise call.error("its dims must name every axis once")
    return to(call, tuple(value.dims[each - 1] for each in dims))


def _repeat_vector(call: LayerCall) -> KerasTensor:
    """A vector at so many positions."""
    if len(call.value.dims) != 1 or call.builder.channels_first:
        raise call.error("repeats a vector in a model of channels last only")
    line = to(call, (1, *call.value.dims))
    return call.emit("upsample", line, suffix="_repeat", size=call.number("n"))


def _pairs(call: LayerCall, key: str, rank: int) -> list[int]:
    """Before and after, axis by axis."""
    written = call.get(key)
    if type(written) is int:
        written = [written] * rank
    if (
        rank == 1
        and isinstance(written, list)
        and len(written) == 2
        and all(type(each) is int for each in written)
    ):
        written = [written]
    if not isinstance(written, list) or len(written) != rank:
        raise call.error(f"its {key} must have a pair for each axis")
    pairs = [each if isinstance(each, list) else [each, each] for each in written]
    if any(len(pair) != 2 for pair in pairs):
        raise call.error(f"its {key} must have a pair for each axis")
    return [call.whole(amount, key, 0) for pair in pairs for amount in pair]


def _zero_padding(rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        amounts = _pairs(call, "padding", rank)
        if not any(amounts):
            return call.value
        even = amounts[::2] == amounts[1::2]
        return call.emit("pad", _map(call, rank), padding=_short(amounts[::2]) if even else amounts)

    return handle


def _cropping(rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        amounts = _pairs(call, "cropping", rank)
        value = _map(call, rank)
        if not any(amounts):
            return value
        spatial = [
            [before, size - after]
            for before, after, size in zip(amounts[::2], amounts[1::2], value.shape.spatial, strict=True)
        ]
        return call.emit("slice", value, spatial=spatial)

    return handle


def _center_crop(call: LayerCall) -> KerasTensor:
    value = _map(call, 2)
    wanted = (call.number("height"), call.number("width"))
    if any(want > size for want, size in zip(wanted, value.shape.spatial, strict=True)):
        return call.emit("upsample", value, size=_short(wanted), mode="bilinear")
    starts = [(size - want) // 2 for want, size in zip(wanted, value.shape.spatial, strict=True)]
    spatial = [[start, start + want] for start, want in zip(starts, wanted, strict=True)]
    return value if wanted == value.shape.spatial else call.emit("slice", value, spatial=spatial)


def _mode(call: LayerCall, default: str) -> dict[str, Any]:
    mode = call.get("interpolation", default)
    known: dict[Any, dict[str, Any]] = {
        "nearest": {},
        "bilinear": {"mode": "bilinear"},
        "bicubic": {"mode": "bicubic"},
        "area": {"mode": "area"},
    }
    if not isinstance(mode, str) or mode not in known:
        raise call.error(f"its interpolation {shown(mode)} is not known")
    return known[mode]


def _upsampling(rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        mode = _mode(call, "nearest")
        scale = call.get("size")
        scales = call.sizes("size", rank) if isinstance(scale, list) else [call.whole(scale, "size")] * rank
        return call.emit("upsample", _map(call, rank), scale=_short(scales), **mode)

    return handle


def _resizing(call: LayerCall) -> KerasTensor:
    """The layer, or the operation."""
    sizes = call.sizes("size", 2) if "size" in call.config else [call.number("height"), call.number("width")]
    value = _map(call, 2)
    if tuple(sizes) == value.shape.spatial:
        return value
    return call.emit("upsample", value, size=_short(sizes), **_mode(call, "bilinear"))


# Joins


def _joined(kind: str) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        if len(call.values) == 1 and call.given.constants:
            return _with_constant(call, kind)
        if len(call.values) < 2:
            raise call.error("joins a single value")
        ranks = {len(value.dims) for value in call.values}
        if len(ranks) > 1:
            raise call.error("joins values of different numbers of axes")
        made = call.emit(kind, *call.values)
        if ranks == {1}:
            return made._replace(dims=(made.shape.channels,))
        return made

    return handle


_DIVISIONS = ("Divide", "TrueDivide")


def _with_constant(call: LayerCall, kind: str) -> KerasTensor:
    """A sum or product with a number: nothing here, but a hard sigmoid is written so: relu6(x + 3) / 6."""
    value = call.value
    number = call.given.constants[0]
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise call.error("a constant other than a number is not known")
    if kind == "add":
        return value._replace(trait="plus 3" if number == 3 else "")
    sixth = number == 6 if call.kind in _DIVISIONS else math.isclose(number, 1 / 6)
    if value.trait == "of plus 3" and sixth:
        call.builder.replace(value.source, "hard_sigmoid")
    return value._replace(trait="")


def _concatenate(call: LayerCall) -> KerasTensor:
    axis = call.get("axis", -1)
    values = [call.builder.vector(call, value) for value in call.values]
    if len(values) == 1:
        return values[0]
    return along(call, axis, values)


def along(call: LayerCall, axis: Any, values: Sequence[KerasTensor]) -> KerasTensor:
    """Values side by side along an axis, which counts the batch as 0."""
    place = axis_of(call, axis, len(values[0].dims))
    return call.emit("concat", *values, **field_of(call, place, len(values[0].dims)))


def axis_of(call: LayerCall, axis: Any, rank: int) -> int:
    """Which of a value's axes it is, from 1; raises ModelError where it is none, or the batch."""
    if type(axis) is not int or not -rank - 1 <= axis <= rank or axis in (0, -rank - 1):
        raise call.error("its axis is none of the values'")
    return axis % (rank + 1)


def field_of(call: LayerCall, place: int, rank: int) -> dict[str, Any]:
    """What a concat says of an axis."""
    first = call.builder.channels_first
    if place == (1 if first else rank):
        return {}
    return {"axis": ("depth", "height", "width")[4 - rank :][place - (2 if first else 1)]}


def _layer_scale(call: LayerCall) -> KerasTensor:
    """ConvNeXt's: one learned factor for each channel."""
    value = call.value
    channels = call.number("projection_dim")
    shape = "x".join(["1"] * len(value.shape.spatial) + [str(channels)])
    scale = call.emit("parameter", suffix=".scale", shape=shape if value.shape.spatial else channels)
    return call.emit("multiply", value, scale)


def _time_distributed(call: LayerCall) -> KerasTensor:
    inner = call.get("layer")
    if (
        not isinstance(inner, dict)
        or inner.get("class_name") != "Dense"
        or not isinstance(inner.get("config"), dict)
    ):
        raise call.error("of another layer than Dense is not known")
    return _dense(call._replace(config=inner["config"]))


_RANKED: Mapping[str, Callable[[int], Handler]] = {
    "Conv{}D": _conv,
    "Convolution{}D": _conv,
    "DepthwiseConv{}D": _depthwise,
    "SeparableConv{}D": _separable,
    "SeparableConvolution{}D": _separable,
    "Conv{}DTranspose": _transpose,
    "Convolution{}DTranspose": _transpose,
    "MaxPooling{}D": lambda rank: pool("max_pool", rank),
    "AveragePooling{}D": lambda rank: pool("avg_pool", rank),
    "GlobalAveragePooling{}D": lambda rank: _global_pool("global_avg_pool", rank),
    "GlobalMaxPooling{}D": lambda rank: _global_pool("global_max_pool", rank),
    "AdaptiveAveragePooling{}D": _adaptive,
    "ZeroPadding{}D": _zero_padding,
    "Cropping{}D": _cropping,
    "UpSampling{}D": _upsampling,
}
_KEEPING = (
    "Identity Rescaling ActivityRegularization GaussianNoise Masking RandomFlip RandomRotation RandomZoom "
    "RandomContrast RandomBrightness RandomTranslation RandomHue RandomSaturation RandomColorJitter RandomGrayscale"
)
_DROPOUTS = (
    "Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D AlphaDropout GaussianDropout StochasticDepth"
)

#: What does the same to any layout.
ANY_LAYOUT = frozenset((*_KEEPING.split(), *_DROPOUTS.split(), "Flatten"))

HANDLERS: Mapping[str, Handler] = {
    **{name.format(rank): make(rank) for name, make in _RANKED.items() for rank in (1, 2, 3)},
    **dict.fromkeys(_KEEPING.split(), _same),
    **dict.fromkeys(_DROPOUTS.split(), _dropout),
    "Dense": _dense,
    "BatchNormalization": _norm("batch_norm"),
    "LayerNormalization": _norm("layer_norm"),
    "GroupNormalization": _group_norm,
    "RMSNormalization": _rms_norm,
    "UnitNormalization": _unit_norm,
    "Normalization": _normalization,
    "Activation": _activation,
    "ReLU": _relu,
    "LeakyReLU": plain("leaky_relu"),
    "PReLU": _prelu,
    "ELU": plain("elu"),
    "Softmax": _softmax,
    "Add": _joined("add"),
    "Subtract": _joined("add"),
    "Average": _joined("add"),
    "Multiply": _joined("multiply"),
    "Divide": _joined("multiply"),
    "TrueDivide": _joined("multiply"),
    "CustomScaleLayer": _joined("add"),
    "Concatenate": _concatenate,
    "LayerScale": _layer_scale,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Permute": _permute,
    "RepeatVector": _repeat_vector,
    "CenterCrop": _center_crop,
    "Resizing": _resizing,
    "Resize": _resizing,
    "TimeDistributed": _time_distributed,
}
