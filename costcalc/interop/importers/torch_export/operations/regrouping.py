"""Views and permutations: the same elements under other axes. They make no layer by themselves."""

from __future__ import annotations

from collections.abc import Sequence

from costcalc.interop.importers.tensors.layout import Atom, Atoms, Layout, atom, leaves, regrouped, size
from costcalc.interop.importers.tensors.maps import natural
from costcalc.interop.importers.tensors.values import Producer, Value
from costcalc.interop.importers.torch_export.call import OperatorCall, of_maps


def view(call: OperatorCall) -> Value:
    """The elements in the same order under other sizes."""
    value = call.value("self")
    return regroup(call, value, call.sizes)


def regroup(call: OperatorCall, value: Value, sizes: Sequence[int]) -> Value:
    """A value under other sizes; where its axes do not divide that way, by a ``reshape`` of its own."""
    axes = regrouped(value.atoms, sizes)
    hint = call.hint(call.step.operation if call.step.operation != "view" else "reshape")
    if axes is None:
        value = fused(call, value)
        axes = regrouped(value.atoms, sizes)
    if axes is None:
        return call.maps.renewed(value, sizes, hint)
    return Value(axes, value.producer, value.via or hint)


def fused(call: OperatorCall, value: Value) -> Value:
    """The value with each of its axes as one new atom, so that it can be divided anew.

    Where its map has the same axes nothing is done to it, else it is arranged so first.
    """
    wish = natural(value.axes).current
    axes = [leaves(axis) for axis in value.axes]
    have = call.maps.layout(value, wish)
    groups = (*have.spatial, have.channels)
    if not all(_is_whole(axis, groups) for axis in axes):
        have, groups = wish, (*wish.spatial, wish.channels)
        if not all(_is_whole(axis, groups) for axis in axes):
            return value
    producer = call.maps.placed(value, have, call.hint("reshape"))
    new = {axis: atom(size(axis)) for axis in axes}

    def renewed(group: Atoms) -> Atoms:
        found: list[Atom] = []
        while group:
            whole = next(axis for axis in axes if axis and group[: len(axis)] == axis)
            found += new[whole]
            group = group[len(whole) :]
        return tuple(found)

    alias = Producer(
        producer.hint,
        "alias",
        (producer,),
        layout=Layout(tuple(map(renewed, have.spatial)), renewed(have.channels)),
    )
    return Value(tuple(new[axis] for axis in axes), alias, value.via)


def _is_whole(axis: Atoms, groups: Sequence[Atoms]) -> bool:
    """Whether an axis stands in one piece in some group."""
    count = len(axis)
    return not count or any(
        group[start : start + count] == axis for group in groups for start in range(len(group) - count + 1)
    )


def permuted(call: OperatorCall) -> Value:
    """Axes in another order."""
    value = call.unrepeated("self")
    order = _order(call, len(value.axes))
    return Value(tuple(value.axes[axis] for axis in order), value.producer, value.via)


def _order(call: OperatorCall, rank: int) -> list[int]:
    order = list(range(rank))
    if "dims" in call.step.arguments:
        return [axis % rank for axis in call.argument("dims", [])]
    if "source" in call.step.arguments:
        return _moved_axes(call, rank)
    names = ("dim0", "dim1") if "dim0" in call.step.arguments else ("axis0", "axis1")
    if names[0] in call.step.arguments:
        one, other = (call.argument(name, 0) % rank for name in names)
    else:
        one, other = max(rank - 2, 0), rank - 1
    order[one], order[other] = order[other], order[one]
    return order


def _moved_axes(call: OperatorCall, rank: int) -> list[int]:
    source, target = call.argument("source"), call.argument("destination")
    sources = [axis % rank for axis in ([source] if isinstance(source, int) else source)]
    targets = [axis % rank for axis in ([target] if isinstance(target, int) else target)]
    order = [axis for axis in range(rank) if axis not in sources]
    for place, axis in sorted(zip(targets, sources, strict=True)):
        order.insert(place, axis)
    return order


def reversed_axes(call: OperatorCall) -> Value:
    """``numpy_T``: all axes in reverse."""
    value = call.unrepeated("self")
    return Value(tuple(reversed(value.axes)), value.producer, value.via)


def squeezed(call: OperatorCall) -> Value:
    """Axes of size 1 away, or put in: they hold nothing."""
    if call.step.operation == "unsqueeze":
        value = call.unrepeated("self")
        place = call.argument("dim", 0) % (len(value.axes) + 1)
        return Value((*value.axes[:place], (), *value.axes[place:]), value.producer, value.via)
    value = call.value("self")
    return regroup(call, value, call.sizes)


def pixels(call: OperatorCall) -> Value:
    """``pixel_shuffle`` and its inverse: channels become places, or places channels."""
    value = call.value("self")
    *lead, channels, height, width = value.dims
    if call.step.operation == "pixel_shuffle":
        r = call.argument("upscale_factor")
        split = regroup(call, value, [*lead, channels // (r * r), r, r, height, width])
        order = [0, 3, 1, 4, 2]
    else:
        r = call.argument("downscale_factor")
        split = regroup(call, value, [*lead, channels, height // r, r, width // r, r])
        order = [0, 2, 4, 1, 3]
    first = len(lead)
    axes = split.axes[:first] + tuple(split.axes[first + axis] for axis in order)
    return regroup(call, Value(axes, split.producer, split.via), call.sizes)


def shuffled(call: OperatorCall) -> Value:
    """``channel_shuffle``."""
    value = call.value("self")
    batch, channels, *spatial = value.dims
    groups = call.argument("groups")
    split = regroup(call, value, [batch, groups, channels // groups, *spatial])
    axes = (split.axes[0], split.axes[2], split.axes[1], *split.axes[3:])
    return regroup(call, Value(axes, split.producer, split.via), value.dims)


HANDLERS = {
    **of_maps(
        {
            **dict.fromkeys(
                (
                    "view",
                    "reshape",
                    "_unsafe_view",
                    "unflatten",
                    "flatten",
                    "ravel",
                    "view_as",
                    "reshape_as",
                ),
                view,
            ),
            **dict.fromkeys(
                ("permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis", "t", "mT", "adjoint"),
                permuted,
            ),
            "numpy_T": reversed_axes,
            "squeeze": squeezed,
            "unsqueeze": squeezed,
        }
    ),
    "pixel_shuffle": pixels,
    "pixel_unshuffle": pixels,
    "channel_shuffle": shuffled,
    "native_channel_shuffle": shuffled,
}
