"""The operators, a family a module; a handler writes the nodes that an operator is in ONNX."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import costcalc.interop.importers.tflite_model.operators.elementwise as elementwise
import costcalc.interop.importers.tflite_model.operators.maps as maps
import costcalc.interop.importers.tflite_model.operators.products as products
import costcalc.interop.importers.tflite_model.operators.state as state
import costcalc.interop.importers.tflite_model.operators.views as views
import costcalc.interop.importers.tflite_model.operators.windows as windows
from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tflite_model.operators.refused import REASONS
from costcalc.interop.importers.tflite_model.translation import OperatorWriter

Handler = Callable[[OperatorWriter], None]

HANDLERS: Mapping[str, Handler] = {
    **elementwise.HANDLERS,
    **maps.HANDLERS,
    **products.HANDLERS,
    **state.HANDLERS,
    **views.HANDLERS,
    **windows.HANDLERS,
}


def translate(op: OperatorWriter) -> None:
    """Write what an operator is. Raises RefusedError where there are no words for it."""
    handler = HANDLERS.get(op.type)
    if handler is None:
        if op.type.startswith("custom:"):
            raise RefusedError("is a custom operator: what it computes is in the program that runs it")
        raise RefusedError(REASONS.get(op.type, "is an operator that costcalc does not know"))
    handler(op)
