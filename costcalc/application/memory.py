"""What a spec's network needs of memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from costcalc.analysis.memory.answer import Memory
    from costcalc.dtype import SaidDtype


def find_memory(
    spec: str,
    *,
    dtype: SaidDtype | None = None,
    planner: str = "live",
    best: bool = False,
    patches: Sequence[int] | None = None,
    until: str | None = None,
    unfolded: bool = False,
    **loading: Any,
) -> Memory:
    """The memory of a spec's network under a planner of a name or from a file: of a model's in the model's own order.

    Raises SpecError, CostcalcError.
    """
    from costcalc.analysis.memory.answer import memory_of
    from costcalc.analysis.memory.measures import dtype_of, run_by
    from costcalc.application.load import load_document
    from costcalc.spec.named import find_planner

    table = find_planner(planner)
    loaded = load_document(spec, **loading)
    network, _ = run_by(loaded.network)
    return memory_of(
        network,
        loaded.document.path,
        dtype_of(network, dtype),
        table,
        best=best,
        patches=patches,
        until=until,
        unfolded=unfolded,
    )
