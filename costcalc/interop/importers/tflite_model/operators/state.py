"""What a streaming model keeps from one run to the next, and weights that are stored sparse."""

from __future__ import annotations

from collections.abc import Callable

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tflite_model.translation import OperatorWriter


def call_once(op: OperatorWriter) -> None:
    """CALL_ONCE: sets the variables before the first run, which is not counted."""


def var_handle(op: OperatorWriter) -> None:
    """VAR_HANDLE: a variable, by its name."""
    name = op.options["shared_name"] or op.result().name
    op.translation.variable(op.operator.outputs[0], name)


def read_variable(op: OperatorWriter) -> None:
    """READ_VARIABLE: what the run before has written."""
    op.translation.read_variable(_handle(op), op.result().shape, op.output())


def assign_variable(op: OperatorWriter) -> None:
    """ASSIGN_VARIABLE: what the next run will read."""
    op.translation.assign_variable(_handle(op), op.input(1))


def _handle(op: OperatorWriter) -> int:
    op.tensor(0)
    return op.operator.inputs[0]


def densify(op: OperatorWriter) -> None:
    """DENSIFY: a sparse weight as it is multiplied with, zeros and all."""
    if op.tensor(0).data is None:
        raise RefusedError("makes a dense tensor of one that is no weight of the file")
    op.translation.dense += 1
    op.end("DequantizeLinear", [op.input(0)])


HANDLERS: dict[str, Callable[[OperatorWriter], None]] = {
    "CALL_ONCE": call_once,
    "VAR_HANDLE": var_handle,
    "READ_VARIABLE": read_variable,
    "ASSIGN_VARIABLE": assign_variable,
    "DENSIFY": densify,
}
