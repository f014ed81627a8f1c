"""One variant of a spec: its choices made, at a width and a resolution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from costcalc.analysis.measures import Measured
from costcalc.network import Network, resolve
from costcalc.rewrite.choices import at_choices
from costcalc.rewrite.resolution import Resolution, at_resolution
from costcalc.rewrite.width import at_width
from costcalc.spec import NetworkSpec


def variant(
    spec: NetworkSpec,
    settings: Mapping[str, str],
    width_multiplier: Fraction | None = None,
    resolution: Resolution | None = None,
) -> Network:
    """A variant of a spec, resolved just as a command resolves it that is asked for it. Raises CostcalcError."""
    return resized(chosen(spec, settings), width_multiplier, resolution)


def chosen(spec: NetworkSpec, settings: Mapping[str, str]) -> Network:
    """A spec with its choices made, as wide and as fine as it is written. Raises CostcalcError."""
    return resolve(*at_choices(spec, settings))


def resized(network: Network, width_multiplier: Fraction | None, resolution: Resolution | None) -> Network:
    """A network at another width and resolution. Raises CostcalcError."""
    changed = network.spec
    if width_multiplier is not None:
        changed = at_width(changed, network, width_multiplier)
    if resolution is not None:
        changed = at_resolution(changed, resolution)
    return network if changed is network.spec else resolve(changed)


def costs(network: Network, metrics: Sequence[str]) -> tuple[int, ...]:
    """The value of each of some metrics that are local."""
    measured = Measured(network, {})
    return tuple(int(measured.whole(name)) for name in metrics)
