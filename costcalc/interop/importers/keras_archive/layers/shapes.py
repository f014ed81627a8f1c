"""What changes the shape of a map, or nothing at all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from costcalc.interop.importers.keras_archive.building import Handler, KerasTensor, LayerCall
from costcalc.interop.importers.keras_archive.layers.fields import map_of, ranked, short
from costcalc.interop.importers.tensors.limits import MAX_AXES
from costcalc.quantity import shown


def _same(call: LayerCall) -> KerasTensor:
    """What costs nothing and keeps the shape."""
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
        return call.emit("pad", map_of(call, rank), padding=short(amounts[::2]) if even else amounts)

    return handle


def _cropping(rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        amounts = _pairs(call, "cropping", rank)
        value = map_of(call, rank)
        if not any(amounts):
            return value
        spatial = [
            [before, size - after]
            for before, after, size in zip(amounts[::2], amounts[1::2], value.shape.spatial, strict=True)
        ]
        return call.emit("slice", value, spatial=spatial)

    return handle


def _center_crop(call: LayerCall) -> KerasTensor:
    value = map_of(call, 2)
    wanted = (call.number("height"), call.number("width"))
    if any(want > size for want, size in zip(wanted, value.shape.spatial, strict=True)):
        return call.emit("upsample", value, size=short(wanted), mode="bilinear")
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
        return call.emit("upsample", map_of(call, rank), scale=short(scales), **mode)

    return handle


def _resizing(call: LayerCall) -> KerasTensor:
    """The layer, or the operation."""
    sizes = call.sizes("size", 2) if "size" in call.config else [call.number("height"), call.number("width")]
    value = map_of(call, 2)
    if tuple(sizes) == value.shape.spatial:
        return value
    return call.emit("upsample", value, size=short(sizes), **_mode(call, "bilinear"))


_KEEPING = (
    "Identity Rescaling ActivityRegularization GaussianNoise Masking RandomFlip RandomRotation RandomZoom "
    "RandomContrast RandomBrightness RandomTranslation RandomHue RandomSaturation RandomColorJitter RandomGrayscale "
    "RandomColorDegeneration RandomElasticTransform RandomErasing RandomGaussianBlur RandomInvert RandomPerspective "
    "RandomPosterization RandomSharpness RandomShear AugMix CutMix MixUp RandAugment"
)


_DROPOUTS = (
    "Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D AlphaDropout GaussianDropout StochasticDepth"
)


#: What does the same to any layout.
ANY_LAYOUT = frozenset((*_KEEPING.split(), *_DROPOUTS.split(), "Flatten"))

HANDLERS: Mapping[str, Handler] = {
    **dict.fromkeys(_KEEPING.split(), _same),
    **dict.fromkeys(_DROPOUTS.split(), _dropout),
    **ranked({"ZeroPadding{}D": _zero_padding, "Cropping{}D": _cropping, "UpSampling{}D": _upsampling}),
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Permute": _permute,
    "RepeatVector": _repeat_vector,
    "CenterCrop": _center_crop,
    "Resizing": _resizing,
    "Resize": _resizing,
}
