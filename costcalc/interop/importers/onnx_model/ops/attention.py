"""Attention as one operation: of ONNX, and of onnxruntime. Masks and biases of scores cost nothing and are not read.

Keys and values of a run before are joined to those of this one; what is returned of them is that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.onnx_model.operation import Operation
from costcalc.interop.importers.onnx_model.ops.elementwise import plain, with_bias
from costcalc.interop.importers.onnx_model.ops.products import contracted
from costcalc.interop.importers.onnx_model.ops.slicing import of_tensor
from costcalc.interop.importers.onnx_model.values import FLOAT
from costcalc.interop.importers.tensors.layout import Atoms, Layout, leaves, mapped, regrouped, size
from costcalc.interop.importers.tensors.values import Producer, Value

_SCORES = 3


def attention(op: Operation) -> list[Value]:
    """Attention of ONNX: softmax(Q·Kᵀ)·V by heads; of three axes or four."""
    values = [op.value(index) for index in range(3)]
    op.pass_over(3, 6)
    heads = [op.attribute("q_num_heads", 0), *[op.attribute("kv_num_heads", 0)] * 2]
    query, key, value = (_in_heads(op, each, count) for each, count in zip(values, heads, strict=True))
    key, value = _with_past(op, key, value, 4, 5)
    if len(op.node.outputs) > _SCORES and op.used(_SCORES):
        out, scores = _in_parts(op, query, key, value)
        return [_merged(out) if len(values[0].dims) == 3 else out, key, value, scores]
    out = attended(op, query, key, value, causal=bool(op.attribute("is_causal", 0)))
    return [_merged(out) if len(values[0].dims) == 3 else out, key, value]


def attended(op: Operation, query: Value, key: Value, value: Value, causal: bool) -> Value:
    """``attention`` of B×h×P×d by B×k×Q×d and B×k×Q×e: B×h×P×e."""
    heads, shared = query.dims[1], key.dims[1]
    sizes = [each.dims for each in (query, key, value)]
    if (
        shared != value.dims[1]
        or heads % shared
        or key.dims[2] != value.dims[2]
        or query.dims[3] != key.dims[3]
    ):
        raise RefusedError(f"takes queries, keys and values of shapes {[list(each) for each in sizes]}")
    examples = [mapped(each.axes[0]) for each in (query, key, value)]
    if len({size(each) for each in examples}) != 1:
        raise RefusedError(f"takes queries, keys and values of shapes {[list(each) for each in sizes]}")
    apart = size(examples[0])
    fields: dict[str, Any] = {"heads": apart * heads, "projections": False}
    if shared != heads:
        fields["kv_heads"] = apart * shared
    if causal:
        fields["causal"] = True
    inputs = [_rows(op, each, own) for each, own in zip((query, key, value), examples, strict=True)]
    depth = leaves(value.axes[3])
    out = Layout((mapped(query.axes[2]),), (*examples[0], *leaves(query.axes[1]), *depth))
    made = op.maps.emit("attention", op.hint, inputs, out, **fields)
    return Value((query.axes[0], query.axes[1], query.axes[2], depth), made)


def _rows(op: Operation, value: Value, examples: Atoms) -> Producer:
    """B×h×P×d as P rows of channels."""
    channels = (*examples, *leaves(value.axes[1]), *leaves(value.axes[3]))
    return op.maps.placed(value, Layout((mapped(value.axes[2]),), channels), op.hint)


def _in_parts(op: Operation, query: Value, key: Value, value: Value) -> tuple[Value, Value]:
    """The two products and the softmax between them, where the scores are returned as well."""
    if len({each.dims[1] for each in (query, key, value)}) != 1:
        raise RefusedError("returns scores of heads that share their keys, which there is no layer kind for")
    scores = contracted(op, query, ["b", "h", "p", "d"], key, ["b", "h", "q", "d"], ["b", "h", "p", "q"])
    weights = plain(op, scores, "softmax")
    return contracted(
        op, weights, ["b", "h", "p", "q"], value, ["b", "h", "q", "e"], ["b", "h", "p", "e"]
    ), scores


def _in_heads(op: Operation, value: Value, heads: int) -> Value:
    """B×P×(h·d), or B×h×P×d, as B×h×P×d."""
    if len(value.dims) == 4:
        return value
    if len(value.dims) != 3 or heads < 1 or value.dims[2] % heads:
        raise RefusedError(f"makes {heads} heads of a tensor of shape {list(value.dims)}")
    channels = regrouped(value.axes[2], [heads, value.dims[2] // heads])
    if channels is None:
        value = op.maps.renewed(value, value.dims, op.hint)
        channels = regrouped(value.axes[2], [heads, value.dims[2] // heads])
        assert channels is not None
    return Value((value.axes[0], channels[0], value.axes[1], channels[1]), value.producer, value.via)


def _merged(value: Value) -> Value:
    """B×h×P×d as B×P×(h·d)."""
    batch, heads, rows, depth = value.axes
    return Value((batch, rows, (*heads, *depth)), value.producer, value.via)


def _with_past(op: Operation, key: Value, value: Value, at_key: int, at_value: int) -> tuple[Value, Value]:
    """Keys and values behind those of the run before."""
    if not op.has(at_key) or not op.has(at_value):
        return key, value
    past = op.value(at_key), op.value(at_value)
    joined = [
        op.maps.concatenated([before, now], 2, op.hint)
        for before, now in zip(past, (key, value), strict=True)
    ]
    return joined[0], joined[1]


def fused_attention(op: Operation) -> list[Value]:
    """Attention and QAttention of onnxruntime: one matrix for queries, keys and values."""
    value, weight = op.value(0), op.weight(1)
    heads = op.attribute("num_heads", 0)
    if len(value.dims) != 3 or len(weight.dims) != 2:
        raise RefusedError(f"multiplies {list(value.dims)} by {list(weight.dims)}")
    bias = op.tensor(2)
    op.pass_over(3, 5)
    weight = weight if weight.floating else replace(weight, data_type=FLOAT, read=lambda: None)
    whole = contracted(op, value, ["b", "p", "k"], weight, ["k", "q"], ["b", "p", "q"], bias)
    sizes = op.attribute("qkv_hidden_sizes", []) or [weight.dims[1] // 3] * 3
    if len(sizes) != 3 or sum(sizes) != weight.dims[1]:
        raise RefusedError(f"divides {weight.dims[1]} channels as {sizes}")
    query, key, values = (
        _in_heads(op, op.maps.sliced(whole, 2, sum(sizes[:at]), sum(sizes[: at + 1]), op.hint), heads)
        for at in range(3)
    )
    if op.has(8 if op.type == "QAttention" else 4):
        raise RefusedError("continues from an earlier run, whose keys and values it has in one tensor")
    return [_merged(attended(op, query, key, values, bool(op.attribute("unidirectional", 0))))]


def multi_head_attention(op: Operation) -> list[Value]:
    """MultiHeadAttention of onnxruntime: projected queries, keys and values, and biases of these."""
    heads = op.attribute("num_heads", 0)
    values = [op.value(0)]
    if len(values[0].dims) != 3 or not (op.has(1) and op.has(2)):
        raise RefusedError("takes queries, keys and values in one tensor, which is not read")
    values += [op.value(1), op.value(2)]
    op.pass_over(4, 5)
    if op.has(3):
        bias, start = op.weight(3, "biases"), 0
        for at, each in enumerate(values):
            if len(each.dims) == 3:
                part = of_tensor(bias, 0, range(start, start + each.dims[2]))
                values[at], start = with_bias(op, each, part), start + each.dims[2]
    query, key, value = (_in_heads(op, each, heads) for each in values)
    key, value = _with_past(op, key, value, 6, 7)
    out = attended(op, query, key, value, bool(op.attribute("unidirectional", 0)))
    return [_merged(out), key, value]


def group_query_attention(op: Operation) -> list[Value]:
    """GroupQueryAttention of onnxruntime: several heads read the same keys and values; causal."""
    heads, shared = op.attribute("num_heads", 0), op.attribute("kv_num_heads", 0)
    values = [op.value(0)]
    if min(heads, shared) < 1:
        raise RefusedError(f"has {heads} heads and {shared} of keys")
    if op.has(1) and op.has(2):
        values += [op.value(1), op.value(2)]
    else:
        whole, depth = values[0], values[0].dims[-1] // (heads + 2 * shared)
        cuts = [0, heads * depth, (heads + shared) * depth, (heads + 2 * shared) * depth]
        values = [op.maps.sliced(whole, 2, cuts[at], cuts[at + 1], op.hint) for at in range(3)]
    op.pass_over(*range(5, len(op.node.inputs)))
    query, key, value = (
        _in_heads(op, each, count) for each, count in zip(values, (heads, shared, shared), strict=True)
    )
    if op.attribute("do_rotary", 0):
        query, key = rotated(op, query), rotated(op, key)
    key, value = _with_past(op, key, value, 3, 4)
    return [_merged(attended(op, query, key, value, True)), key, value]


def rotary_embedding(op: Operation) -> Value:
    """RotaryEmbedding: each pair of channels turned by an angle, sums of products with fixed tables."""
    value = op.value(0)
    op.pass_over(1, 2, 3)
    if len(value.dims) != 3:
        return rotated(op, value)
    heads = op.attribute("num_heads", 0)
    if heads < 1:
        return rotated(op, value)
    return _merged(rotated(op, _in_heads(op, value, heads)))


def rotated(op: Operation, value: Value) -> Value:
    """x·cos + x'·sin, where x' has other signs and another order."""
    dims = value.dims[-2:]
    tables = [
        op.maps.parameter((op.node.outputs[0], name, dims), dims, f"{op.hint}.{name}", trainable=False)
        for name in ("cos", "sin")
    ]
    parts = [op.maps.joined("multiply", [value, table], op.hint) for table in tables]
    return op.maps.joined("add", parts, op.hint)


HANDLERS: dict[str, Callable[[Operation], Any]] = {
    "Attention": attention,
    "RotaryEmbedding": rotary_embedding,
    "com.microsoft:Attention": fused_attention,
    "com.microsoft:QAttention": fused_attention,
    "com.microsoft:MultiHeadAttention": multi_head_attention,
    "com.microsoft:GroupQueryAttention": group_query_attention,
    "com.microsoft:RotaryEmbedding": rotary_embedding,
}
