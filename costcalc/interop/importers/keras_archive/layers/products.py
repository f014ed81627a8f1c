"""Attention, products of two values, and dense layers that an equation describes.

Source: https://keras.io/api/layers/attention_layers; https://keras.io/api/layers/core_layers/einsum_dense.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from costcalc.interop.importers.keras_archive.building import Handler, KerasTensor, LayerCall
from costcalc.interop.importers.keras_archive.layers.shapes import to
from costcalc.quantity import shown


def multi_head_attention(call: LayerCall) -> KerasTensor:
    """MultiHeadAttention: queries, values, and keys, if these are others."""
    heads, depth = call.number("num_heads"), call.number("key_dim")
    wide = call.get("value_dim")
    return _attended(call, (heads, heads), (depth, depth if wide is None else call.whole(wide, "value_dim")))


def grouped_query_attention(call: LayerCall) -> KerasTensor:
    """GroupedQueryAttention: several heads of queries read the same keys and values."""
    heads = call.number("num_query_heads"), call.number("num_key_value_heads")
    if heads[0] % heads[1]:
        raise call.error(f"its {heads[0]} heads do not share {heads[1]} of keys")
    depth = call.number("head_dim")
    return _attended(call, heads, (depth, depth))


def _attended(call: LayerCall, heads: tuple[int, int], depths: tuple[int, int]) -> KerasTensor:
    """Linear layers, two products and a softmax; ``heads`` of queries and of keys, ``depths`` of keys and values."""
    if call.builder.channels_first or call.get("attention_axes") not in (None, [1], 1):
        raise call.error("along other axes than that of the positions is not known")
    if call.given.keywords.get("return_attention_scores"):
        raise call.error("that returns its scores is not known")
    query, value, key = _three(call)
    bias = {} if call.flag("use_bias", True) else {"bias": False}

    def linear(source: KerasTensor, width: int, suffix: str) -> KerasTensor:
        return call.emit("linear", source, suffix=suffix, out_features=width, per_position=True, **bias)

    queries = linear(query, heads[0] * depths[0], ".query")
    keys = linear(key, heads[1] * depths[0], ".key")
    values = linear(value, heads[1] * depths[1], ".value")
    times = heads[0] // heads[1]
    if times > 1:
        keys = call.emit("concat", *[keys] * times, suffix=".keys_of_all_heads")
        values = call.emit("concat", *[values] * times, suffix=".values_of_all_heads")
    fields = {"heads": heads[0]} if heads[0] > 1 else {}
    scores = call.emit("matmul", queries, keys, suffix=".scores", transpose=True, **fields)
    weights = call.emit("softmax", scores, suffix=".weights")
    mixed = call.emit("matmul", weights, values, suffix=".values", **fields)
    return linear(mixed, _output_width(call, query), ".output")


def _three(call: LayerCall) -> tuple[KerasTensor, KerasTensor, KerasTensor]:
    """Queries, values and keys, which are the values where none are given."""
    named = call.given.named
    if not 1 <= len(call.values) <= 3:
        raise call.error(f"has {len(call.values)} inputs, not two or three")
    query = named.get("query", call.values[0])
    value = named.get("value", call.values[min(1, len(call.values) - 1)])
    return query, value, named.get("key", call.values[2] if len(call.values) == 3 else value)


def _output_width(call: LayerCall, query: KerasTensor) -> int:
    said = call.get("output_shape")
    if said is None:
        return query.shape.channels
    sizes = said if isinstance(said, list) else [said]
    if len(sizes) != 1:
        raise call.error("its output_shape of several axes is not known")
    return call.whole(sizes[0], "output_shape")


def attention(call: LayerCall) -> KerasTensor:
    """Attention: products of queries, values and keys as they are."""
    if call.get("score_mode", "dot") != "dot" or call.builder.channels_first:
        raise call.error("with sums in the place of products is not known")
    query, value, key = _three(call)
    scores = call.emit("matmul", query, key, suffix=".scores", transpose=True)
    if call.flag("use_scale", False):
        scale = call.emit("parameter", suffix=".scale", shape="1")
        scores = call.emit("multiply", scores, scale, suffix=".scaled")
    weights = call.emit("softmax", scores, suffix=".weights")
    return call.emit("matmul", weights, value)


def dot(call: LayerCall) -> KerasTensor:
    """Dot: a product of two values along an axis of each; a length of one costs nothing that is counted."""
    if len(call.values) != 2 or call.builder.channels_first:
        raise call.error(f"has {len(call.values)} inputs, not two")
    left, right = call.values
    ranks = len(left.dims), len(right.dims)
    axes = call.get("axes")
    pair = axes if isinstance(axes, list) else [axes, axes]
    if len(pair) != 2 or any(type(each) is not int for each in pair) or max(ranks) > 2:
        raise call.error("of other values than vectors and tables is not known")
    places = [each % (rank + 1) for each, rank in zip(pair, ranks, strict=True)]
    if 0 in places:
        raise call.error("along the batch is not known")
    if places[0] == 1 and ranks[0] == 2:
        left = call.emit("transpose", left, suffix=".transposed", order=["channels", "width"])
    transpose: dict[str, Any] = {"transpose": True} if places[1] == ranks[1] else {}
    return call.emit("matmul", left, right, **transpose)


def einsum_dense(call: LayerCall) -> KerasTensor:
    """EinsumDense: a linear layer whose equation says which axes are summed over, and which are new."""
    value, equation = call.value, call.get("equation")
    axes = _equation(equation, len(value.dims)) if isinstance(equation, str) else None
    if axes is None or call.builder.channels_first:
        raise call.error(
            f"its equation {shown(str(equation)[:40])} is not known: it may only sum over last axes"
        )
    inner, weight, outer = axes
    summed = [label for label in inner if label not in outer]
    kept, new = inner[: len(inner) - len(summed)], [label for label in outer if label not in inner]
    if kept + summed != inner or kept + new != outer or sorted(weight) != sorted(summed + new) or not summed:
        raise call.error(
            f"its equation {shown(str(equation)[:40])} is not known: it may only sum over last axes"
        )
    sizes = _new_sizes(call, len(outer), len(new))
    rows = value.dims[: len(kept)]
    table = to(_of(call, value), (*rows, math.prod(value.dims[len(kept) :])))
    labels = call.get("bias_axes")
    if labels is not None and set(str(labels)) != set(new):
        raise call.error(f"its bias_axes {shown(str(labels)[:20])} are not all new axes")
    fields: dict[str, Any] = {} if labels else {"bias": False}
    if rows:
        fields["per_position"] = True
    made = call.emit("linear", table, out_features=math.prod(sizes), **fields)
    return made if len(sizes) == 1 else to(_of(call, made), (*rows, *sizes))


def _of(call: LayerCall, value: KerasTensor) -> LayerCall:
    return call._replace(given=call.given._replace(values=(value,)))


def _equation(text: str, rank: int) -> tuple[list[str], list[str], list[str]] | None:
    """The labels of the input, the weights and the output, without the batch's; ``...`` are further axes."""
    terms, arrow, result = text.replace(" ", "").partition("->")
    parts = terms.split(",")
    if not arrow or len(parts) != 2:
        return None
    given, weight = parts
    missing = rank + 1 - len(given.replace("...", ""))
    if "..." in given and missing >= 0:
        dots = "".join(chr(0x100 + place) for place in range(missing))
        given, result = given.replace("...", dots), result.replace("...", dots)
    inner, outer = list(given)[1:], list(result)[1:]
    fits = len(inner) == rank and given[:1] == result[:1] and given[:1] not in weight
    return (inner, list(weight), outer) if fits and "." not in given + weight + result else None


def _new_sizes(call: LayerCall, rank: int, new: int) -> list[int]:
    said = call.get("output_shape")
    sizes: Sequence[Any] = said if isinstance(said, list) else [said]
    if len(sizes) < new or not 1 <= new <= rank:
        raise call.error("its output_shape does not fit its equation")
    return [call.whole(each, "output_shape") for each in sizes[len(sizes) - new :]]


HANDLERS: Mapping[str, Handler] = {
    "MultiHeadAttention": multi_head_attention,
    "GroupedQueryAttention": grouped_query_attention,
    "GroupQueryAttention": grouped_query_attention,
    "Attention": attention,
    "Dot": dot,
    "EinsumDense": einsum_dense,
}
