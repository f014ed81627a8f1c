"""How long a spec's network takes on a device: which one, and in what numbers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from costcalc.application.device import find_device
from costcalc.errors import CostcalcError, Problem, SpecError
from costcalc.quantity import shown

if TYPE_CHECKING:
    from costcalc.analysis.time.answer import Times
    from costcalc.application.load import Loaded
    from costcalc.devices.device import Device
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
    found = find_device(device) if device is not None else device_of(spec, loaded)
    if found is None:
        raise CostcalcError(
            "on which device? say --device NAME, or device: NAME in the spec; costcalc devices lists them"
        )
    said = dtype or loaded.network.spec.dtype
    times = Times(analyze(loaded.network), loaded.document.path, found, said, batch)
    _ = times.versions  # a dtype without a rate is an error now
    return times


def device_of(path: str, loaded: Loaded) -> Device | None:
    """The device that a spec names, or else its project; None where none does. Raises SpecError."""
    name = loaded.network.spec.device
    if name is not None:
        return _beside(path, name, loaded)
    return None


def _beside(path: str, name: str, loaded: Loaded) -> Device:
    """A device by its name, or from a file beside the spec."""
    from costcalc.devices import DEVICES
    from costcalc.reading.discovery import stays_inside

    folder = os.path.dirname(path)
    try:
        if name in DEVICES or ":" in path or not name.endswith((".yaml", ".yml")):
            return find_device(name)
        if os.path.isabs(name) or not stays_inside(folder, name):
            raise CostcalcError(
                f"a device's file lies beside the spec that names it, and {shown(name)} does not"
            )
        return find_device(os.path.join(folder, name))
    except SpecError:
        raise
    except CostcalcError as error:
        raise SpecError(loaded.document.place([Problem(str(error), ("device",))])) from None
