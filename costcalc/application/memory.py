"""What a spec's network needs of memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from costcalc.dtype import FLOAT32, SaidDtype

if TYPE_CHECKING:
    from costcalc.analysis.memory.answer import Memory


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
    """The memory of a spec's network under a planner of a name or from a file: of a model's in the model's own order,
    which blocks may change. Raises SpecError, CostcalcError.
    """
    from costcalc.analysis.memory.answer import memory_of
    from costcalc.application.device import find_planner
    from costcalc.application.load import load_document

    table = find_planner(planner)
    loaded = load_document(spec, structured=False, **loading)
    said = dtype or loaded.network.spec.dtype
    return memory_of(
        loaded.network,
        loaded.document.path,
        FLOAT32 if said is None else said.over(FLOAT32),
        table,
        best=best,
        patches=patches,
        until=until,
        unfolded=unfolded,
    )
