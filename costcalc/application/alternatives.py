"""Other forms of a spec's convolutions: of those of one layer, or of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from costcalc.search.alternatives.answer import Alternatives

if TYPE_CHECKING:
    from fractions import Fraction

    from costcalc.rewrite.resolution import Resolution
    from costcalc.search.alternatives.costing import Given


def find_alternatives(
    spec: str,
    layer: str | None,
    given: Given,
    *,
    width_multiplier: Fraction | None = None,
    resolution: Resolution | None = None,
    inputs: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> Alternatives:
    """All forms of the convolution of a layer, or of the whole network where ``layer`` is None.

    ``given`` are the numbers of forms that are not to have their defaults, ``arguments`` those of metrics. Raises
    SpecError and CostcalcError as loading does, and CostcalcError where the layer has no convolution to speak of.
    """
    from costcalc.analysis.costs import analyze
    from costcalc.application.load import load_document
    from costcalc.search.alternatives.choosing import choose
    from costcalc.search.alternatives.costing import alternatives, comparisons, network_alternatives

    loaded = load_document(
        spec, width_multiplier=width_multiplier, resolution=resolution, inputs=inputs, settings=settings
    )
    analysis = analyze(loaded.network)
    path, given_arguments = loaded.document.path, dict(arguments or {})
    if layer is None:
        return Alternatives(loaded.network, path, network_alternatives(analysis, given, given_arguments))
    chosen = choose(analysis, layer)
    said = loaded.network.spec.dtype
    own = said if chosen.dtype is None else chosen.dtype.inside(said)
    given_arguments.setdefault("dtype", own)
    found = alternatives(chosen.convolution, given, given_arguments)
    return Alternatives(loaded.network, path, found, chosen, comparisons(chosen.convolution))
