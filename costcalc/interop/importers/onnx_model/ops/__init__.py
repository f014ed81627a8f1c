"""The operations, a family a module; a handler makes of a node what its outputs stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import costcalc.interop.importers.onnx_model.ops.attention as attention
import costcalc.interop.importers.onnx_model.ops.constants as constants
import costcalc.interop.importers.onnx_model.ops.convolution as convolution
import costcalc.interop.importers.onnx_model.ops.elementwise as elementwise
import costcalc.interop.importers.onnx_model.ops.fused as fused
import costcalc.interop.importers.onnx_model.ops.lookups as lookups
import costcalc.interop.importers.onnx_model.ops.norms as norms
import costcalc.interop.importers.onnx_model.ops.pools as pools
import costcalc.interop.importers.onnx_model.ops.products as products
import costcalc.interop.importers.onnx_model.ops.quantised as quantised
import costcalc.interop.importers.onnx_model.ops.recurrent as recurrent
import costcalc.interop.importers.onnx_model.ops.reductions as reductions
import costcalc.interop.importers.onnx_model.ops.slicing as slicing
import costcalc.interop.importers.onnx_model.ops.views as views
import costcalc.interop.importers.onnx_model.ops.windows as windows
from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.onnx_model.operation import Operation
from costcalc.interop.importers.onnx_model.ops.refused import REASONS
from costcalc.interop.importers.onnx_model.proto import OnnxNode, Subgraph

Handler = Callable[[Operation], Any]

#: Operation -> handler; those of other domains are written "domain:operation".
HANDLERS: Mapping[str, Handler] = {
    **attention.HANDLERS,
    **constants.HANDLERS,
    **convolution.HANDLERS,
    **elementwise.HANDLERS,
    **fused.HANDLERS,
    **lookups.HANDLERS,
    **norms.HANDLERS,
    **slicing.HANDLERS,
    **pools.HANDLERS,
    **products.HANDLERS,
    **quantised.HANDLERS,
    **recurrent.HANDLERS,
    **reductions.HANDLERS,
    **views.HANDLERS,
    **windows.HANDLERS,
}
_OWN_DOMAINS = ("", "ai.onnx")
INSIDE = "has graphs inside, and which of them runs, or how often, is not known before it does"


def handler_of(node: OnnxNode, functions: set[tuple[str, str]]) -> Handler:
    """The handler of a node. Raises RefusedError where there is none."""
    if (node.domain, node.op_type) in functions:
        raise RefusedError(
            "is a function that the model defines: functions are not read",
            "onnx.inliner.inline_local_functions puts their nodes in the graph",
        )
    key = node.op_type if node.domain in _OWN_DOMAINS else f"{node.domain}:{node.op_type}"
    handler = HANDLERS.get(key)
    if handler is None and any(isinstance(value, Subgraph) for value in node.attributes.values()):
        raise RefusedError(INSIDE)
    if handler is None:
        raise RefusedError(REASONS.get(key, f"is an operation that costcalc does not know: {key}"))
    return handler
