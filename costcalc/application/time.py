"""How long a spec's network takes on a device: which one, and in what numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from costcalc.application.device import device_of, project_device
from costcalc.errors import CostcalcError
from costcalc.spec.named import find_device

if TYPE_CHECKING:
    from costcalc.analysis.time.answer import Times
    from costcalc.dtype import SaidDtype


def find_time(
    spec: str,
    *,
    device: str | None = None,
    dtype: SaidDtype | None = None,
    batch: int = 1,
    **loading: Any,
) -> Times:
    """The time of a spec's network on a device: the one named, or that of the spec, or of the project.

    Raises SpecError, CostcalcError; so too where nobody names a device, or it has no rate for the dtype.
    """
    from costcalc.analysis.costs import analyze
    from costcalc.analysis.time.answer import Times
    from costcalc.application.load import load_document

    loaded = load_document(spec, **loading)
    found = find_device(device) if device is not None else device_of(spec, loaded, dtype) or project_device()
    if found is None:
        raise CostcalcError(
            "on which device? say --device NAME, or device: NAME in the spec; costcalc devices lists them"
        )
    said = dtype or loaded.network.spec.dtype
    times = Times(analyze(loaded.network), loaded.document.path, found, said, batch)
    _ = times.versions  # a dtype without a rate is an error now
    return times
