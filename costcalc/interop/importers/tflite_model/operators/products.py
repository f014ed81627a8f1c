"""FULLY_CONNECTED, BATCH_MATMUL, and what looks up rows of a table."""

from __future__ import annotations

from collections.abc import Callable

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tflite_model.translation import OperatorWriter


def fully_connected(op: OperatorWriter) -> None:
    """FULLY_CONNECTED: weights out×in, on each row of so many numbers."""
    weights, dims = op.shape(1), op.shape(0)
    if len(weights) != 2 or not weights[1]:
        raise RefusedError(f"has weights of shape {list(weights)}")
    rows = op.input(0)
    if len(dims) == 2 or not op.options["keep_num_dims"]:
        if len(dims) != 2 or dims[1] != weights[1]:
            rows = op.add("Reshape", [rows, op.constant([-1, weights[1]])])
        op.finish(op.add("Gemm", [rows, op.input(1), *op.bias(2)], transB=1))
        return
    made = op.add("MatMul", [rows, op.add("Transpose", [op.input(1)], perm=[1, 0])])
    op.finish(op.add("Add", [made, *op.bias(2)]) if op.has(2) else made)


def batch_matmul(op: OperatorWriter) -> None:
    """BATCH_MATMUL: either operand with its last two axes exchanged."""
    sides = []
    for index, flag in enumerate(("adj_x", "adj_y")):
        name, rank = op.input(index), len(op.shape(index))
        if op.options[flag]:
            if rank < 2:
                raise RefusedError(f"multiplies a tensor of shape {list(op.shape(index))}")
            name = op.add("Transpose", [name], perm=[*range(rank - 2), rank - 1, rank - 2])
        sides.append(name)
    op.end("MatMul", sides)


def gather(op: OperatorWriter) -> None:
    """GATHER along an axis."""
    if op.options["batch_dims"]:
        raise RefusedError("picks other places in each example, which there is no layer kind for")
    op.end("Gather", [op.input(0), op.input(1)], axis=op.options["axis"])


def gather_nd(op: OperatorWriter) -> None:
    """GATHER_ND: places that are named along several axes."""
    op.end("GatherND", [op.input(0), op.input(1)])


def embedding(op: OperatorWriter) -> None:
    """EMBEDDING_LOOKUP: the places, then the table."""
    op.end("Gather", [op.input(1), op.input(0)], axis=0)


HANDLERS: dict[str, Callable[[OperatorWriter], None]] = {
    "FULLY_CONNECTED": fully_connected,
    "BATCH_MATMUL": batch_matmul,
    "GATHER": gather,
    "GATHER_ND": gather_nd,
    "EMBEDDING_LOOKUP": embedding,
}
