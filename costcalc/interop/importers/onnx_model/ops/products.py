"""Sums over products: Gemm, MatMul, Einsum, attention. One function serves all of them.

Each operand's axes have labels. Labels of both that stay are batches (heads, windows); labels of both that go are
summed over; the others are positions of the left or of the right. With stored weights that is a linear layer (with
batches, a grouped 1×1 convolution); without, a matmul with as many heads as there are batches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from costcalc.interop.importers.errors import BatchError, RefusedError
from costcalc.interop.importers.onnx_model.operation import Operation
from costcalc.interop.importers.onnx_model.values import Tensor
from costcalc.interop.importers.tensors.layout import (
    Atom,
    Atoms,
    Layout,
    aligned,
    atom,
    leaves,
    mapped,
    size,
)
from costcalc.interop.importers.tensors.maps import packed
from costcalc.interop.importers.tensors.values import Producer, Value
from costcalc.quantity import shown


def matmul(op: Operation, left: int = 0, right: int = 1) -> Value:
    """MatMul of tensors of any rank, as numpy's."""
    return _product(op, op.operand(left), op.operand(right))


def fused_matmul(op: Operation) -> Value:
    """FusedMatMul of onnxruntime: a product by a constant, of operands as they are or transposed."""
    if op.attribute("transBatchA", 0) or op.attribute("transBatchB", 0):
        raise RefusedError("moves the batch of an operand, which is not read")
    turned = bool(op.attribute("transA", 0)), bool(op.attribute("transB", 0))
    return _product(op, op.operand(0), op.operand(1), turned)


def _product(op: Operation, left: Any, right: Any, turned: tuple[bool, bool] = (False, False)) -> Value:
    """The product as numpy's; the last two axes of an operand change places where it is ``turned``."""
    ranks = len(left.dims), len(right.dims)
    if 0 in ranks:
        raise RefusedError("multiplies a single number")
    batches = [f"b{place}" for place in range(max(max(ranks) - 2, 0))]
    one = [*batches[len(batches) - max(ranks[0] - 2, 0) :], *(["p"] if ranks[0] > 1 else []), "k"]
    other = [*batches[len(batches) - max(ranks[1] - 2, 0) :], "k", *(["q"] if ranks[1] > 1 else [])]
    out = [*batches, *(["p"] if ranks[0] > 1 else []), *(["q"] if ranks[1] > 1 else [])]
    for labels, swapped in zip((one, other), turned, strict=True):
        if swapped and len(labels) > 1:
            labels[-2:] = labels[:-3:-1]
    return contracted(op, left, one, right, other, out)


def gemm(op: Operation) -> Value:
    """Gemm: A·B + C, either transposed."""
    left, right = op.operand(0), op.operand(1)
    if len(left.dims) != 2 or len(right.dims) != 2:
        raise RefusedError(f"multiplies {list(left.dims)} by {list(right.dims)}: both must have two axes")
    one = ["k", "p"] if op.attribute("transA", 0) else ["p", "k"]
    other = ["q", "k"] if op.attribute("transB", 0) else ["k", "q"]
    bias = op.operand(2) if op.has(2) else None
    columns = right.dims[other.index("q")]
    as_bias = isinstance(bias, Tensor) and bias.elements == columns and bias.dims[-1:] in ((columns,), ())
    stored = isinstance(right, Tensor) and not isinstance(left, Tensor)
    folded = bias if as_bias and stored and isinstance(bias, Tensor) else None
    product = contracted(op, left, one, right, other, ["p", "q"], folded)
    if bias is None or folded is not None or (isinstance(bias, Tensor) and bias.elements == 1):
        return product
    return op.maps.joined("add", [product, op.as_value(bias)], op.hint)


def einsum(op: Operation) -> Value:
    """Einsum of two operands without repeated labels in one."""
    equation = op.attribute("equation", "").replace(" ", "")
    terms, arrow, result = equation.partition("->")
    labels = terms.split(",")
    operands = op.operands()
    if not arrow or "." in equation or len(labels) != 2 or len(operands) != 2:
        raise RefusedError(
            f"computes {shown(equation)}: only products of two operands are read, with -> and without ..."
        )
    for given, operand in zip(labels, operands, strict=True):
        if len(set(given)) != len(given) or len(given) != len(operand.dims):
            raise RefusedError(
                f"computes {shown(equation)} of shapes {[list(each.dims) for each in operands]}"
            )
    gone = set(labels[0]) ^ set(labels[1])
    if gone - set(result) or set(result) - set(terms):
        raise RefusedError(f"computes {shown(equation)}: sums over an axis of one operand alone are not read")
    return contracted(op, operands[0], list(labels[0]), operands[1], list(labels[1]), list(result))


def contracted(
    op: Operation,
    left: Any,
    one: Sequence[str],
    right: Any,
    other: Sequence[str],
    out: Sequence[str],
    bias: Tensor | None = None,
) -> Value:
    """The product of two operands whose axes have these labels."""
    sizes: dict[str, int] = {}
    for labels, operand in ((one, left), (other, right)):
        for label, length in zip(labels, operand.dims, strict=True):
            if sizes.setdefault(label, length) != length:
                if 1 not in (sizes[label], length) or label not in out:
                    raise RefusedError(f"multiplies {list(left.dims)} by {list(right.dims)}")
                sizes[label] = max(sizes[label], length)
    left, right = (
        op.parameter(each) if isinstance(each, Tensor) and op.untied(each) else each for each in (left, right)
    )
    if isinstance(right, Tensor) and (not isinstance(left, Tensor) or not left.learned):
        return _Weighted(op, op.as_value(left), one, right, other, out).value(bias)
    if isinstance(left, Tensor):
        return _Weighted(op, op.as_value(right), other, left, one, out).value(bias)
    return _Product(op, op.as_value(left), one, op.as_value(right), other, out).value()


class _Weighted:
    """A map by stored weights."""

    def __init__(
        self,
        op: Operation,
        value: Value,
        one: Sequence[str],
        weight: Tensor,
        other: Sequence[str],
        out: Sequence[str],
    ) -> None:
        self.op, self.value_in, self.weight, self.out = op, value, weight, out
        self.axes = dict(zip(one, value.axes, strict=True))
        self.sizes = dict(zip(other, weight.dims, strict=True))
        shared = [label for label in one if label in self.sizes and label in out]
        self.batches = [label for label in shared if self.sizes[label] > 1 and leaves(self.axes[label])]
        self.summed = [label for label in other if label in self.axes and label not in out]
        self.new = [
            label for label in other if self.sizes[label] > 1 and label not in (*self.batches, *self.summed)
        ]

    def value(self, bias: Tensor | None) -> Value:
        inner = tuple(a for label in self.summed for a in leaves(self.axes[label]))
        heads = tuple(a for label in self.batches for a in leaves(self.axes[label]))
        if any(each.batch for each in (*inner, *heads)):
            raise BatchError("multiplies along the batch")
        producer = self.op.per_channel(self.value_in, heads + inner)
        assert producer.layout is not None
        made = {label: atom(self.sizes[label]) for label in self.new}
        outer = tuple(a for axis in made.values() for a in axis)
        spatial = producer.layout.current.spatial
        weights = {"weight": self.weight, "bias": bias}
        if heads:
            layer = self._grouped(producer, spatial, heads, outer, weights)
        else:
            layer = self._linear(producer, spatial, outer, weights)
        axes = [made.get(label, self.axes.get(label, ())) for label in self.out]
        return Value(tuple(axes), layer)

    def _linear(
        self, producer: Producer, spatial: tuple[Atoms, ...], outer: Atoms, weights: dict[str, Tensor | None]
    ) -> Producer:
        everywhere = {"per_position": True} if any(spatial) else {}
        layout = Layout(spatial if any(spatial) else (), outer)
        fields = {"out_features": size(outer), **everywhere}
        return self.op.weighted("linear", producer, layout, weights, **fields)

    def _grouped(
        self,
        producer: Producer,
        spatial: tuple[Atoms, ...],
        heads: Atoms,
        outer: Atoms,
        weights: dict[str, Tensor | None],
    ) -> Producer:
        """Each batch by weights of its own: a 1×1 convolution with as many groups."""
        layout = Layout(spatial or ((),), heads + outer)
        if not spatial:
            assert producer.layout is not None
            map_ = Layout(((),), producer.layout.channels)
            producer = self.op.maps.emit("reshape", self.op.hint, [producer], map_, to=str(map_.shape))
        fields = {"out_channels": size(heads + outer), "kernel_size": 1, "groups": size(heads)}
        return self.op.weighted("conv", producer, layout, weights, **fields)


class _Product:
    """A map by another: positions by channels, in heads."""

    def __init__(
        self,
        op: Operation,
        left: Value,
        one: Sequence[str],
        right: Value,
        other: Sequence[str],
        out: Sequence[str],
    ) -> None:
        self.op, self.out = op, out
        self.left, self.right = left, right
        for _ in range(2):
            self._align(one, other)
        self.axes = (
            dict(zip(one, self.left.axes, strict=True)),
            dict(zip(other, self.right.axes, strict=True)),
        )
        both = [label for label in one if label in self.axes[1]]
        self._check_batch(both)
        big = [label for label in both if all(leaves(axes[label]) for axes in self.axes)]
        self.batches = [label for label in big if label in out]
        self.summed = [label for label in both if label not in out]

    def _check_batch(self, both: Sequence[str]) -> None:
        """Refuse an example's own axis that meets the batch."""
        for label in both:
            left, right = (leaves(axes[label]) for axes in self.axes)
            if left and right and {a.batch for a in left} != {a.batch for a in right}:
                raise BatchError("multiplies along the batch")

    def _align(self, one: Sequence[str], other: Sequence[str]) -> None:
        """Split the atoms of axes with the same label alike."""
        for label in one:
            if label not in other:
                continue
            left, right = self.left.axes[one.index(label)], self.right.axes[other.index(label)]
            if leaves(left) and leaves(right) and aligned(left, right) is None:
                self.left = self.op.maps.renewed(self.left, self.left.dims, self.op.hint)
                self.right = self.op.maps.renewed(self.right, self.right.dims, self.op.hint)
                return

    def _atoms(self, side: int, labels: Sequence[str]) -> Atoms:
        return tuple(a for label in labels for a in mapped(self.axes[side].get(label, ())))

    def _own(self, side: int) -> list[str]:
        """The labels of one operand that stay and are its own."""
        taken = {*self.batches, *self.summed}
        return [label for label in self.axes[side] if label not in taken and leaves(self.axes[side][label])]

    def value(self) -> Value:
        for axes in self.axes:
            if any(a.batch for label in self.summed for a in leaves(axes[label])):
                raise BatchError("multiplies along the batch")
        heads, inner = self._atoms(0, self.batches), self._atoms(0, self.summed)
        rows = [mapped(self.axes[0][label]) for label in self._own(0)]
        left = self.op.maps.with_channels(self.left, heads + inner, rows, self.op.hint, ordered=True)
        wanted, transposed = self._right()
        right = self.op.maps.placed(self.right, wanted, self.op.hint)
        columns = {
            label: tuple(Atom(a.size, a.batch) for a in leaves(self.axes[1][label])) for label in self._own(1)
        }
        outer = tuple(a for axis in columns.values() for a in mapped(axis))
        fields: dict[str, Any] = {"transpose": True} if transposed else {}
        if size(heads) > 1:
            fields["heads"] = size(heads)
        assert left.layout is not None
        out = Layout(left.layout.current.spatial, heads + outer)
        made = self.op.maps.emit("matmul", self.op.hint, [left, right], out, **fields)
        return Value(tuple(self._axis(label, columns) for label in self.out), made)

    def _axis(self, label: str, columns: dict[str, Atoms]) -> Atoms:
        if label in columns:
            return columns[label]
        axis = leaves(self.axes[0].get(label, ()))
        return axis or tuple(a for a in leaves(self.axes[1].get(label, ())) if a.batch)

    def _right(self) -> tuple[Layout, bool]:
        """How the right operand is arranged: as it is, where one of the two ways is that."""
        heads, inner = self._atoms(1, self.batches), self._atoms(1, self.summed)
        columns = [mapped(self.axes[1][label]) for label in self._own(1)]
        outer = tuple(a for axis in columns for a in axis)
        plain = packed([inner] if inner else [], heads + outer)
        transposed = packed(columns, heads + inner)
        have = self.right.producer.layout
        if have is not None and have.current.channels == transposed.channels:
            return have.current, True
        if have is not None and have.current.channels == plain.channels:
            return have.current, False
        channels = have.current.channels if have is not None else self._atoms(1, list(self.axes[1])[-1:])
        return (transposed, True) if set(inner) <= set(channels) else (plain, False)


HANDLERS: dict[str, Callable[[Operation], Any]] = {
    "MatMul": matmul,
    "Gemm": gemm,
    "Einsum": einsum,
    "com.microsoft:FusedMatMul": fused_matmul,
    "com.microsoft:TransposeMatMul": fused_matmul,
}
