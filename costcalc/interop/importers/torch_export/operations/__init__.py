"""The ATen operations that are known, each with the handler that makes layers of it.

To add one: a function in the module of its family (OperatorCall -> a Value, or a list of them where it makes several),
and its line in that module's table. Names are ATen's, without the overload.
"""

from __future__ import annotations

from collections.abc import Mapping

from costcalc.interop.importers.torch_export.call import Handler
from costcalc.interop.importers.torch_export.operations import (
    activations,
    convolutions,
    joins,
    lookups,
    norms,
    pools,
    products,
    recurrent,
    reductions,
    regrouping,
    slicing,
    windows,
)

HANDLERS: Mapping[str, Handler] = {
    **activations.HANDLERS,
    **convolutions.HANDLERS,
    **joins.HANDLERS,
    **lookups.HANDLERS,
    **norms.HANDLERS,
    **slicing.HANDLERS,
    **pools.HANDLERS,
    **products.HANDLERS,
    **recurrent.HANDLERS,
    **reductions.HANDLERS,
    **regrouping.HANDLERS,
    **windows.HANDLERS,
}

_UNDO = "torch.nn.utils.parametrize.remove_parametrizations"
REPARAMETRISED = f"computes a weight from other parameters; undo that first ({_UNDO})"
REFUSED: Mapping[str, str] = {
    "_weight_norm_interface": REPARAMETRISED,
}
