"""Time as a metric: a value for each node of a network."""

from __future__ import annotations

from fractions import Fraction

from costcalc.analysis.time.roofline import time_on
from costcalc.devices.device import Device
from costcalc.dtype import SaidDtype
from costcalc.network import Network


def time(network: Network, device: Device, dtype: SaidDtype | None, batch: int) -> list[Fraction]:
    """The seconds of each node: at least, or the high end of an estimate."""
    found = time_on(network, device, dtype or network.spec.dtype, batch)
    return [one.seconds for one in found.nodes]
