"""Matrix products: with a parameter they are linear layers, of two maps a ``matmul``; attention is two of those."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tensors.layout import Atoms, Layout, aligned, atom, leaves, size
from costcalc.interop.importers.tensors.values import Producer, Value
from costcalc.interop.importers.torch_export.call import OperatorCall, fresh
from costcalc.interop.importers.torch_export.operations.reductions import pooled
from costcalc.interop.importers.torch_export.operations.slicing import gathered


def linear(call: OperatorCall) -> Value:
    """``x Wᵀ + b``: a linear layer of parameters, a product with a weight that is computed."""
    sizes = call.weight_sizes("weight")
    weights = {name: call.plain_name(name) for name in ("weight", "bias")}
    value = call.value("input")
    last = len(value.axes) - 1
    if weights["weight"] is not None:
        made = _linear(call, value, last, sizes[0] if len(sizes) > 1 else 1, weights)
        return made if weights["bias"] is not None else call.shifted(made, last)
    labels, row = "".join(chr(ord("A") + index) for index in range(last)), "o" if len(sizes) > 1 else ""
    made = contracted(call, value, f"{labels}k", call.value("weight"), f"{row}k", labels + row)
    return call.shifted(made, last)


def _linear(
    call: OperatorCall, value: Value, axis: int, features: int, weights: dict[str, str | None]
) -> Value:
    """A linear layer along one axis, at each position of the others."""
    producer = call.per_channel(value, value.axes[axis])
    assert producer.layout is not None
    have = producer.layout.current
    out = atom(features)
    fields: dict[str, Any] = {"out_features": features, "bias": weights.get("bias") is not None}
    layout = Layout((), out)
    if have.shape.positions > 1:
        fields["per_position"] = True
        layout = Layout(have.spatial, out)
    made = call.weighted("linear", producer, layout, weights, **fields)
    axes = list(value.axes)
    axes[axis] = out
    return Value(tuple(axes), made)


def product(call: OperatorCall) -> Value:
    """``matmul``, ``mm``, ``bmm``, ``mv``: over the last axis of the first and the last but one of the second."""
    names = ("self", "mat2", "other", "batch1", "batch2", "mat1", "vec", "tensor")
    left, right = (call.value(name) for name in names if call.has(name))
    return _matmul(call, left, right)


def _matmul(call: OperatorCall, left: Value, right: Value) -> Value:
    rank = max(len(left.axes), len(right.axes)) - 2
    letters = "".join(chr(ord("A") + index) for index in range(max(rank, 0)))

    def labels(value: Value, vector: str, matrix: str) -> str:
        count = len(value.axes)
        return vector if count == 1 else letters[len(letters) - (count - 2) :] + matrix

    one, other = labels(left, "k", "ik"), labels(right, "k", "kj")
    wanted = letters + ("i" if "i" in one else "") + ("j" if "j" in other else "")
    return contracted(call, left, one, right, other, wanted)


def added(call: OperatorCall) -> Value:
    """``addmm`` and ``baddbmm``: a product, and a sum with what is given."""
    first, second = ("mat1", "mat2") if call.has("mat1") else ("batch1", "batch2")
    made = _matmul(call, call.value(first), call.value(second))
    given = call.operand("self")
    return call.maps.joined("add", [made, given], call.hint("add")) if isinstance(given, Value) else made


def einsum(call: OperatorCall) -> Value:
    """Of one or two operands."""
    equation = str(call.argument("equation")).replace(" ", "")
    values = [call.whole(each) for each in call.operands("tensors")]
    if len(values) > 2:
        raise RefusedError(f"has the equation {equation}: only those of one or two operands are read")
    labels, output = parsed(equation, [len(value.axes) for value in values])
    if any(len(set(each)) < len(each) for each in labels):
        raise RefusedError(f"has the equation {equation}, which takes a diagonal")
    if len(values) == 1:
        (value,), (one,) = values, labels
        gone = tuple(
            a
            for label, axis in zip(one, value.axes, strict=True)
            if label not in output
            for a in leaves(axis)
        )
        producer = pooled(call, value, gone, largest=False) if gone else value.producer
        return Value(tuple(value.axes[one.index(label)] for label in output), producer)
    if set(output) == {*labels[0], *labels[1]}:
        return _multiplied(call, values, labels, output)
    return contracted(call, values[0], labels[0], values[1], labels[1], output)


def _multiplied(call: OperatorCall, values: Sequence[Value], labels: Sequence[str], output: str) -> Value:
    """A product that sums nothing: element by element, not of matrices."""
    spread = [
        Value(
            tuple(value.axes[own.index(label)] if label in own else () for label in output),
            value.producer,
            value.via,
        )
        for value, own in zip(values, labels, strict=True)
    ]
    return call.maps.joined("multiply", spread, call.hint("multiply"))


def parsed(equation: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """The labels of each operand's axes, and of the result's, a letter each: those of an ellipsis are Greek."""
    inputs, arrow, output = equation.partition("->")
    more = [rank - len(each.replace("...", "")) for each, rank in zip(inputs.split(","), ranks, strict=True)]
    greek = "".join(chr(ord("α") + index) for index in range(max(more)))
    labels = [
        each.replace("...", greek[len(greek) - count :])
        for each, count in zip(inputs.split(","), more, strict=True)
    ]
    if not arrow:
        once = sorted(label for label in set(inputs) if label.isalpha() and inputs.count(label) == 1)
        output = "..." * ("..." in inputs) + "".join(once)
    return labels, output.replace("...", greek)


class _Labelled(NamedTuple):
    """A tensor whose axes have a letter each."""

    value: Value
    labels: str

    def axis(self, label: str) -> Atoms:
        """The axis of a label; nothing where it has none, or one of size 1."""
        return leaves(self.value.axes[self.labels.index(label)]) if label in self.labels else ()

    def joined(self, labels: Sequence[str]) -> Atoms:
        """Several axes as one."""
        return tuple(a for label in labels for a in self.axis(label))


class _Roles(NamedTuple):
    """What the axes of a product's two operands are, by their labels.

    ``summed``: those that both have and the result has not; ``heads``: those that all three have, a product for each
    place; ``rows`` and ``columns``: those of only one operand.
    """

    summed: list[str]
    heads: list[str]
    rows: list[str]
    columns: list[str]

    @classmethod
    def of(cls, left: _Labelled, right: _Labelled, wanted: str) -> _Roles:
        both = [label for label in left.labels if label in right.labels]
        summed = [label for label in both if label not in wanted]
        heads = [label for label in both if label in wanted and left.axis(label) and right.axis(label)]
        known = (*summed, *heads)
        rows = [label for label in left.labels if label not in known and left.axis(label)]
        columns = [label for label in right.labels if label not in known and right.axis(label)]
        return cls(summed, heads, rows, columns)


def contracted(call: OperatorCall, left: Value, one: str, right: Value, other: str, wanted: str) -> Value:
    """The product of two tensors with labelled axes, summed over the labels that both have and the result has not."""
    if call.parameter_name(left) is not None and call.parameter_name(right) is None:
        left, one, right, other = right, other, left, one
    if not set(wanted) >= set(one) ^ set(other):
        raise RefusedError("sums over an axis that only one operand has")
    left, right = _aligned(call, left, one, right, other)
    first, second = _Labelled(left, one), _Labelled(right, other)
    roles = _Roles.of(first, second, wanted)
    weight = call.parameter_name(right)
    if weight is not None and not roles.heads and len(roles.summed) == 1 and len(roles.columns) <= 1:
        return _by_parameter(call, first, second, roles, weight, wanted)
    return _of_maps(call, first, second, roles, wanted)


def _by_parameter(
    call: OperatorCall, left: _Labelled, right: _Labelled, roles: _Roles, weight: str, wanted: str
) -> Value:
    """The product with a matrix of parameters: a linear layer."""
    (summed,) = roles.summed
    features = size(right.joined(roles.columns))
    place = left.labels.index(summed)
    made = _linear(call, left.value, place, features, {"weight": weight, "bias": None})
    labels = left.labels.replace(summed, roles.columns[0] if roles.columns else summed)
    axes = dict(zip(labels, made.axes, strict=True))
    return Value(tuple(axes.get(label, ()) for label in wanted), made.producer)


def _of_maps(call: OperatorCall, left: _Labelled, right: _Labelled, roles: _Roles, wanted: str) -> Value:
    """The product of two maps: a ``matmul``, the heads outermost in the channels of both."""
    heads, rows = left.joined(roles.heads), left.joined(roles.rows)
    first = _as_matrix(call, left.value, heads + left.joined(roles.summed), rows)
    inner, columns = right.joined(roles.summed), right.joined(roles.columns)
    have = call.maps.layout(right.value)
    straight = bool(inner) and {a for group in have.spatial for a in group} >= set(inner)
    kept, positions = (columns, inner) if straight else (inner, columns)
    second = _as_matrix(call, right.value, right.joined(roles.heads) + kept, positions)
    made = {label: fresh(right.axis(label)) for label in roles.columns}
    assert first.layout is not None
    channels = heads + tuple(a for label in roles.columns for a in made[label])
    fields: dict[str, Any] = {} if straight else {"transpose": True}
    if size(heads) > 1:
        fields["heads"] = size(heads)
    layout = Layout(first.layout.current.spatial, channels)
    producer = call.emit("matmul", [first, second], layout, **fields)
    return Value(tuple(made[label] if label in made else left.axis(label) for label in wanted), producer)


def _as_matrix(call: OperatorCall, value: Value, channels: Atoms, positions: Atoms) -> Producer:
    """A map of these channels at these positions."""
    return call.maps.with_channels(value, channels, [positions] if positions else [], call.hint("arrange"))


def _aligned(call: OperatorCall, left: Value, one: str, right: Value, other: str) -> tuple[Value, Value]:
    """The operands with equal atoms on equal labels; where those differ for good, by reshapes."""
    for label in set(one) & set(other):
        mine, theirs = left.axes[one.index(label)], right.axes[other.index(label)]
        if leaves(mine) and leaves(theirs) and aligned(mine, theirs) is None:
            left = call.maps.renewed(left, left.dims, call.hint("arrange"))
            right = call.maps.renewed(right, right.dims, call.hint("arrange"))
            return _aligned(call, left, one, right, other)
    return left, right


def attention(call: OperatorCall) -> Value:
    """softmax(Q Kᵀ + mask) V; scale, dropout and a mask that does not follow from the input cost nothing."""
    query, key, value = (call.value(name) for name in ("query", "key", "value"))
    letters = "".join(chr(ord("A") + index) for index in range(len(query.axes) - 2))
    for part, name in ((query, "query"), (key, "key"), (value, "value")):
        if part.producer.kind == "slice":
            part.producer.hint = call.hint(name)
    mask = call.operand("attn_mask") if call.has("attn_mask") else None
    made = _attended(call, query, key, value, mask if isinstance(mask, Value) else None)
    if made is not None:
        return made
    if call.argument("enable_gqa", False) and query.dims[-3] != key.dims[-3]:
        key, value = (
            gathered(call, each, len(each.axes) - 3, (atom(query.dims[-3]),)) for each in (key, value)
        )
    scores = contracted(call, query, f"{letters}ik", key, f"{letters}jk", f"{letters}ij")
    if isinstance(mask, Value):
        scores = call.maps.joined("add", [scores, mask], call.hint("add"))
    return contracted(
        call, call.like("softmax", scores), f"{letters}ij", value, f"{letters}jk", f"{letters}ik"
    )


def _attended(call: OperatorCall, query: Value, key: Value, value: Value, mask: Value | None) -> Value | None:
    """The three as one ``attention``; None where they, or what is added to the scores, are not as it takes them."""
    ranks = {len(each.axes) for each in (query, key, value)}
    if ranks - {3, 4} or len(ranks) > 1:
        return None
    heads = [[a for axis in each.axes[:-2] for a in leaves(axis)] for each in (query, key, value)]
    examples = [[a for a in own if a.batch] for own in heads]
    split = [tuple(a for a in own if not a.batch) for own in heads]
    first, *others = map(size, split)
    if len({*others}) > 1 or first % others[0] or len({tuple(each) for each in examples}) > 1:
        return None
    if first != others[0] and len({each.dims[:-3] for each in (query, key, value)}) > 1:
        return None
    inputs = []
    for each, own in zip((query, key, value), split, strict=True):
        rows = tuple(a for a in leaves(each.axes[-2]) if not a.batch)
        channels = (*own, *leaves(each.axes[-1]))
        have = call.maps.layout(each)
        if {a for group in have.spatial for a in group} & set(leaves(each.axes[-1])):
            return None
        inputs.append(call.maps.with_channels(each, channels, [rows] if rows else [], call.hint("arrange")))
    fields: dict[str, Any] = {"heads": first, "projections": False}
    if first != others[0]:
        fields["kv_heads"] = others[0]
    if call.argument("is_causal", False):
        fields["causal"] = True
    depth = leaves(value.axes[-1])
    assert inputs[0].layout is not None
    if mask is not None:
        pairs = query.dims[-2] * key.dims[-2]
        if call.maps.layout(mask).shape.elements not in (pairs, pairs * first):
            return None
        fields["score_bias"] = True
        inputs.append(mask.producer)
    out = Layout(inputs[0].layout.current.spatial, (*split[0], *depth))
    return Value((*query.axes[:-1], depth), call.emit("attention", inputs, out, **fields))


HANDLERS = {
    "linear": linear,
    **dict.fromkeys(("matmul", "mm", "bmm", "mv", "dot", "__matmul__"), product),
    **dict.fromkeys(("addmm", "baddbmm"), added),
    "einsum": einsum,
    "scaled_dot_product_attention": attention,
}
