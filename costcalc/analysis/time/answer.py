"""How long a network takes on a device, in each of its versions, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from costcalc.analysis.costs import Analysis, LayerCost
from costcalc.analysis.time.roofline import ZERO, NetworkTime, Timed, time_on, together
from costcalc.analysis.time.traffic import MULTIPLIES, Moved
from costcalc.devices.device import Device
from costcalc.dtype import SaidDtype


class LayerTime(NamedTuple):
    """One layer in one version: what its operations do and move together, and how long they take."""

    multiplies: int
    maps: int
    weights: int
    time: Timed

    @property
    def intensity(self) -> Fraction | None:
        """Multiplies per byte; None where nothing is moved."""
        moved = self.maps + self.weights
        return Fraction(self.multiplies, moved) if moved else None


class Times:
    """A network's time on a device, by version."""

    def __init__(
        self, analysis: Analysis, path: str, device: Device, said: SaidDtype | None, batch: int
    ) -> None:
        self.analysis = analysis
        self.path = path
        self.device = device
        self.batch = batch
        self._said = said

    @cached_property
    def versions(self) -> Mapping[str, NetworkTime]:
        """The time of each version of the network."""
        versions = self.analysis.versions
        return {
            name: time_on(versions.network(name), self.device, self._said, self.batch)
            for name in versions.names
        }

    @cached_property
    def layers(self) -> Sequence[tuple[LayerCost, Mapping[str, LayerTime]]]:
        """Each layer with its time in each version."""
        found: list[dict[str, LayerTime]] = [{} for _ in self.analysis.layers]
        for name, there in self.versions.items():
            network = self.analysis.versions.network(name)
            rows: list[list[tuple[Moved, Timed]]] = [[] for _ in found]
            for node, moved, time in zip(network.nodes, there.moved, there.nodes, strict=True):
                rows[node.row].append((moved, time))
            for layer, parts in zip(found, rows, strict=True):
                layer[name] = _together(parts, self.device.is_estimated)
        return list(zip(self.analysis.layers, found, strict=True))


def _together(parts: Sequence[tuple[Moved, Timed]], is_estimated: bool) -> LayerTime:
    fused = [moved for moved, _ in parts if moved.operation == MULTIPLIES]
    time = together([time for _, time in parts])
    if is_estimated and time.estimate is None:
        time = Timed(None, None, (ZERO, ZERO))
    return LayerTime(
        sum(moved.multiplies for moved in fused),
        sum(moved.maps for moved in fused),
        sum(moved.weights for moved in fused),
        time,
    )
