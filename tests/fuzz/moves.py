"""What a kind that multiplies nothing makes of shapes: pools, windows, and whatever only moves elements.

As in ``kinds``, by formulas of their own: nothing of costcalc is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from fuzz.kinds import Entry, InvalidError, Made, Shape, grid, per_axis, sides, spatial

#: The names of axes; a shape has the last ones of them.
AXES = ("depth", "height", "width", "channels")


def axis_named(name: str, shape: Shape) -> int:
    if name not in AXES[-len(shape) :]:
        raise InvalidError("no such axis")
    return AXES[-len(shape) :].index(name)


def join(kind: str, shapes: list[Shape], axis: str = "channels") -> Made:
    if len({*map(len, shapes)}) > 1:
        raise InvalidError("maps of several ranks")
    if kind == "concat":
        along = axis_named(axis, shapes[0])
        if len({(*shape[:along], *shape[along + 1 :]) for shape in shapes}) > 1:
            raise InvalidError("maps of several sizes")
        total = sum(shape[along] for shape in shapes)
        return Made((*shapes[0][:along], total, *shapes[0][along + 1 :]))
    for sizes in zip(*shapes, strict=True):
        if len({*sizes} - {1}) > 1:
            raise InvalidError("sizes that do not broadcast")
    return Made(tuple(max(sizes) for sizes in zip(*shapes, strict=True)))


def max_pool(entry: Entry, shape: Shape) -> Made:
    *sizes, channels = spatial(shape)
    kernel = per_axis(entry["kernel_size"], len(sizes))
    stride = per_axis(entry.get("stride", entry["kernel_size"]), len(sizes))
    entry = {"padding": "valid", **entry}
    places = grid(entry, tuple(sizes), kernel, stride)
    if entry.get("ceil_mode") and entry["padding"] != "same":
        dilation = per_axis(entry.get("dilation", 1), len(sizes))
        pads = sides(entry["padding"], len(sizes))
        each = zip(sizes, kernel, stride, dilation, pads, places, strict=True)
        places = tuple(places_of_ceil(*one) for one in each)
    return Made((*places, channels), stride=stride)


def places_of_ceil(
    size: int, kernel: int, stride: int, dilation: int, pads: tuple[int, int], least: int
) -> int:
    """Windows until one reaches the end, as long as the next starts inside the map, or before it."""
    places, reach = least, dilation * (kernel - 1) + 1
    if max(pads) >= reach:
        raise InvalidError("a window of nothing but padding, which no framework has where it rounds up")
    while (places - 1) * stride + reach < size + sum(pads) and places * stride < size + pads[0]:
        places += 1
    return places


def adaptive_avg_pool(entry: Entry, shape: Shape) -> Made:
    return Made((*per_axis(entry["output_size"], len(spatial(shape)) - 1), shape[-1]))


def global_avg_pool(entry: Entry, shape: Shape) -> Made:
    return Made((*(1 for _ in spatial(shape)[:-1]), shape[-1]))


def unfold(entry: Entry, shape: Shape, *more: Shape) -> Made:
    """The taps of each window side by side; offsets and weights, as a deformable convolution has them, fit them."""
    *sizes, channels = spatial(shape)
    kernel = per_axis(entry["kernel_size"], len(sizes))
    stride = per_axis(entry.get("stride", 1), len(sizes))
    places = grid({"padding": "valid", **entry}, tuple(sizes), kernel, stride)
    for each, numbers in zip(more, (len(sizes), 1), strict=False):
        if each[:-1] != places or each[-1] % (numbers * prod(kernel)):
            raise InvalidError("offsets or weights of other taps")
    return Made((*places, channels * prod(kernel)), stride=stride)


def fold(entry: Entry, shape: Shape) -> Made:
    *sizes, channels = spatial(shape)
    size, kernel = per_axis(entry["size"], len(sizes)), per_axis(entry["kernel_size"], len(sizes))
    if channels % prod(kernel):
        raise InvalidError("channels that make no window")
    if unfold(entry, (*size, channels // prod(kernel))).shape != shape:
        raise InvalidError("so many windows do not make it up")
    return Made((*size, channels // prod(kernel)), stride=0)


def top_k(entry: Entry, shape: Shape) -> Made:
    along = axis_named(entry.get("axis", "channels"), shape)
    if entry["k"] > shape[along]:
        raise InvalidError("more than there are")
    return Made((*shape[:along], entry["k"], *shape[along + 1 :]), stride=0)


def pad(entry: Entry, shape: Shape) -> Made:
    *sizes, channels = spatial(shape)
    pads = sides(entry.get("padding", 0), len(sizes))
    grown = [size + before + after for size, (before, after) in zip(sizes, pads, strict=True)]
    return Made((*grown, channels + sum(entry.get("channels", ()))))


def cut(entry: Entry, shape: Shape) -> Made:
    """``slice``."""
    *sizes, channels = spatial(shape)
    if channels % entry.get("of", 1):
        raise InvalidError("parts that are not equal")
    pieces = {len(sizes): entry["channels"]} if "channels" in entry else {}
    if "spatial" in entry:
        listed = isinstance(entry["spatial"][0], list)
        pieces |= dict(enumerate(entry["spatial"] if listed else [entry["spatial"]] * len(sizes)))
    left = [*sizes, channels // entry.get("of", 1)]
    for axis, (start, stop) in pieces.items():
        if stop > shape[axis]:
            raise InvalidError("a piece outside the map")
        left[axis] = stop - start
    return Made(tuple(left))


def gather(entry: Entry, shape: Shape) -> Made:
    return Made((entry["positions"], shape[-1]))


def reshape(entry: Entry, shape: Shape) -> Made:
    to = tuple(map(int, entry["to"].split("x")))
    if prod(to) != prod(shape):
        raise InvalidError("other elements")
    return Made(to)


def flatten(entry: Entry, shape: Shape) -> Made:
    return Made((prod(shape),))


def channel_shuffle(entry: Entry, shape: Shape) -> Made:
    if spatial(shape)[-1] % entry["groups"]:
        raise InvalidError("groups of a shuffle")
    return Made(shape)


def upsample(entry: Entry, shape: Shape) -> Made:
    *sizes, channels = spatial(shape)
    scale = per_axis(entry["scale"], len(sizes))
    return Made((*(size * by for size, by in zip(sizes, scale, strict=True)), channels), stride=0)


def reduce(entry: Entry, shape: Shape) -> Made:
    named = AXES[-len(shape) :]
    gone = entry.get("axes") or [*spatial(named)[:-1]]
    if not {*gone} <= {*named}:
        raise InvalidError("no such axis")
    kept = [1 if name in gone else size for name, size in zip(named, shape, strict=True)]
    if not entry.get("keep", True):
        kept = [
            size for name, size in zip(named, kept, strict=True) if name not in gone or name == "channels"
        ]
    return Made(tuple(kept))


def transpose(entry: Entry, shape: Shape) -> Made:
    named = dict(zip(AXES[-len(spatial(shape)) :], shape, strict=True))
    if {*entry["order"]} != {*named}:
        raise InvalidError("other axes")
    return Made(tuple(named[name] for name in entry["order"]))


def depth_to_space(entry: Entry, shape: Shape) -> Made:
    *sizes, channels = spatial(shape)
    block = per_axis(entry["block_size"], len(sizes))
    if channels % prod(block):
        raise InvalidError("channels that make no block")
    return Made((*(a * b for a, b in zip(sizes, block, strict=True)), channels // prod(block)))


def space_to_depth(entry: Entry, shape: Shape) -> Made:
    *sizes, channels = spatial(shape)
    block = per_axis(entry["block_size"], len(sizes))
    if any(a % b for a, b in zip(sizes, block, strict=True)):
        raise InvalidError("a part of a block")
    return Made((*(a // b for a, b in zip(sizes, block, strict=True)), channels * prod(block)))


#: By name; ``unfold`` may have two inputs more.
MOVES: dict[str, Callable[..., Made]] = {
    made.__name__: made
    for made in (
        max_pool, adaptive_avg_pool, global_avg_pool, unfold, fold, top_k, pad, gather, reshape, flatten,
        channel_shuffle, upsample, reduce, transpose, depth_to_space, space_to_depth,
    )
} | {"avg_pool": max_pool, "lp_pool": max_pool, "global_max_pool": global_avg_pool, "slice": cut}  # fmt: skip
