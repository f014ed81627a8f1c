"""Means and maxima over axes, as global pools; sums, norms, variances and the places of extremes as ``reduce``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tensors.layout import Atoms, Axes, Layout, leaves
from costcalc.interop.importers.tensors.reducing import largest_along, reduced_along
from costcalc.interop.importers.tensors.values import Value
from costcalc.interop.importers.torch_export.call import OperatorCall, of_maps

_MEANS = ("mean", "nanmean")
_LARGEST = ("amax", "max")
#: Operation -> function of ``reduce``. Of truth values the largest is any, the smallest all.
_FUNCTIONS: Mapping[str, str] = {
    "sum": "sum",
    "nansum": "sum",
    "count_nonzero": "sum",
    "prod": "product",
    "amin": "min",
    "min": "min",
    "any": "max",
    "all": "min",
    "argmax": "argmax",
    "argmin": "argmin",
    "logsumexp": "logsumexp",
    "var": "variance",
    "std": "variance",
}
_ORDERS = {1: "l1", 2: "l2", None: "l2", float("inf"): "max", float("-inf"): "min"}


def reduced(call: OperatorCall) -> Any:
    """The mean or the largest over some axes, as a pool."""
    value = call.value("self")
    axes = _axes(call, value)
    kept: Axes = tuple(() if axis in axes else group for axis, group in enumerate(value.axes))
    gone: Atoms = tuple(a for axis in sorted(axes) for a in leaves(value.axes[axis]))
    producer = pooled(call, value, gone, call.step.operation in _LARGEST) if gone else value.producer
    if not call.argument("keepdim", False):
        kept = tuple(group for axis, group in enumerate(kept) if axis not in axes)
    made = Value(kept, producer)
    return [made, made] if len(call.step.sizes) > 1 else made


def _axes(call: OperatorCall, value: Value) -> set[int]:
    """The axes that go: all, where none are said."""
    dims = call.argument("dim", [])
    chosen = [dims] if isinstance(dims, int) else list(dims)
    rank = len(value.axes)
    return {axis % rank for axis in chosen} if chosen else set(range(rank))


def pooled(call: OperatorCall, value: Value, gone: Atoms, largest: bool) -> Any:
    """The producer of a value without some atoms: their mean or, where ``largest``, their extreme."""
    have = call.maps.layout(value)
    places = {a for group in have.spatial for a in group}
    kind = "global_max_pool" if largest else "global_avg_pool"
    if set(gone) == places:
        out = Layout(((),) * len(have.spatial), have.channels)
        return call.emit(kind, [call.maps.placed(value, have)], out)
    whole = [group for group in have.spatial if group and set(group) <= set(gone)]
    if {a for group in whole for a in group} == set(gone):
        kernel = [have.shape.spatial[i] if group in whole else 1 for i, group in enumerate(have.spatial)]
        out = Layout(tuple(() if group in whole else group for group in have.spatial), have.channels)
        producer = call.maps.placed(value, have)
        return call.emit("max_pool" if largest else "avg_pool", [producer], out, kernel_size=kernel)
    rest = tuple(a for group in (*have.spatial, have.channels) for a in group if a not in gone)
    producer = call.maps.placed(value, Layout((gone,), rest), call.hint("arrange"))
    return call.emit(kind, [producer], Layout(((),), rest))


def extreme(call: OperatorCall) -> Any:
    """``max`` and ``min``: of one map along axes, or of two maps, number by number."""
    if "other" not in call.step.arguments:
        return reduced(call) if call.step.operation in _LARGEST else along(call)
    kind = {"max": "maximum", "min": "minimum"}[call.step.operation]
    return call.maps.joined(kind, [call.value("self"), call.value("other")], call.hint(kind))


def along(call: OperatorCall) -> Any:
    """Whatever ``reduce`` can do; a deviation is the root of a variance."""
    made = _reduced(call, _FUNCTIONS[call.step.operation])
    made = _rooted(call, made) if call.step.operation == "std" else made
    return [made] * len(call.step.sizes) if len(call.step.sizes) > 1 else made


def norm(call: OperatorCall) -> Value:
    """A norm of vectors: the sum of sizes, the root of the sum of squares, the largest."""
    order = call.argument("ord" if "ord" in call.step.arguments else "p", 2)
    if order not in _ORDERS:
        raise RefusedError(f"is a norm of order {order}: 1, 2 and inf are known")
    return _reduced(call, _ORDERS[order])


def of_both(call: OperatorCall) -> list[Value]:
    """``var_mean`` and ``std_mean``."""
    value, axes = call.value("self"), _axes(call, call.value("self"))
    keep = bool(call.argument("keepdim", False))
    spread, mean = (
        reduced_along(call.maps, value, axes, function, keep, call.hint(function))
        for function in ("variance", "mean")
    )
    return [_rooted(call, spread) if call.step.operation == "std_mean" else spread, mean]


def _reduced(call: OperatorCall, function: str) -> Value:
    value = call.value("self")
    keep = bool(call.argument("keepdim", False))
    return reduced_along(call.maps, value, _axes(call, value), function, keep, call.hint(function))


def _rooted(call: OperatorCall, value: Value) -> Value:
    return call.like("elementwise", value, function="sqrt")


def largest_places(call: OperatorCall) -> list[Value]:
    """``topk`` and ``sort``: so many of the largest along an axis, and where they were."""
    value = call.value("self")
    axis = call.argument("dim", -1) % len(value.axes)
    found = largest_along(call.maps, value, axis, call.sizes[axis], call.hint("top_k"))
    return [found, found]


HANDLERS: Mapping[str, Callable[[OperatorCall], Any]] = {
    **of_maps(
        {
            **dict.fromkeys((*_MEANS, "amax"), reduced),
            **dict.fromkeys(_FUNCTIONS.keys() - {"min"}, along),
            **dict.fromkeys(("linalg_vector_norm", "norm"), norm),
            **dict.fromkeys(("topk", "sort"), largest_places),
            **dict.fromkeys(("var_mean", "std_mean"), of_both),
        }
    ),
    **dict.fromkeys(("max", "min"), extreme),
}
