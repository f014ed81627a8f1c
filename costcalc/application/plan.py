"""Plans for a spec, or for the spec of a model: one for each width and resolution asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from costcalc.errors import CostcalcError
from costcalc.metrics import Number
from costcalc.network import Network
from costcalc.search.plan.answer import Planned, Plans
from costcalc.search.plan.planning import ChangePlan, ChangePlanner, Goal

if TYPE_CHECKING:
    from costcalc.reading.document import Document
    from costcalc.rewrite.resolution import Resolution
    from costcalc.spec import NetworkSpec


def make_plans(
    path: str,
    goal: Goal,
    *,
    width_multipliers: Sequence[Fraction] = (),
    resolutions: Sequence[Resolution] = (),
    inputs: Sequence[str] = (),
) -> Plans:
    """Plans for the spec at ``path``. Without limits in the goal the spec's own budget is it.

    Raises SpecError and CostcalcError as loading does; CostcalcError where there is no limit to plan for.
    """
    text, name = _text(path, inputs)
    document, network = _parsed(text, name)
    limits = goal.limits or _budget(network)
    if not limits:
        raise CostcalcError(f"{name}: no budget to plan for: say --multiplies 300M, --params 3M, …")
    goal = replace(goal, limits=limits)
    widths: list[Fraction | None] = [*sorted(width_multipliers, reverse=True)]
    sizes: list[Resolution | None] = [*sorted(resolutions, key=_size_of, reverse=True)]
    pairs = [(alpha, size) for alpha in widths or [None] for size in sizes or [None]]
    found = [Planned(alpha, size, _plan(document, network, goal, alpha, size)) for alpha, size in pairs]
    return Plans(name, network.name or name, text, found, network.warnings)


def is_spec_file(path: str) -> bool:
    """Whether a path is that of a spec that can be changed: no model, nothing of the zoo, no stream."""
    from costcalc.application.load import ZOO
    from costcalc.interop.importers.dispatch import is_model
    from costcalc.reading.files import STDIN

    return path != STDIN and not path.startswith(ZOO) and not is_model(path)


def _text(path: str, inputs: Sequence[str]) -> tuple[str, str]:
    """The text that is edited, and what it is called: of a model, the spec that it is converted to."""
    from costcalc.application.load import ZOO
    from costcalc.interop.importers.dispatch import is_model
    from costcalc.reading.files import STDIN, STDIN_NAME, read_text

    if path.startswith(ZOO):
        from costcalc.reading.zoo import zoo_path

        return read_text(zoo_path(path[len(ZOO) :])), path
    if is_model(path):
        from costcalc.application.model import load_model
        from costcalc.rendering.spec_yaml import render_spec

        document, _ = load_model(path, inputs)
        return render_spec(document.data), path
    return read_text(path), STDIN_NAME if path == STDIN else path


def _parsed(text: str, name: str) -> tuple[Document, Network]:
    from costcalc.application.load import parse_document
    from costcalc.reading.document import Document

    loaded = parse_document(text, name)
    assert isinstance(loaded.document, Document)
    return loaded.document, loaded.network


def _budget(network: Network) -> Mapping[str, Number]:
    """The limits of the spec's own budget on the whole network."""
    from costcalc.metrics import METRICS

    budget = network.spec.budget
    totals = {} if budget is None else {metric: budget.of(metric) for metric in METRICS}
    return {metric: total.max for metric, total in totals.items() if total is not None}


def _plan(
    document: Document, network: Network, goal: Goal, alpha: Fraction | None, size: Resolution | None
) -> ChangePlan:
    from costcalc.application.load import parse_document
    from costcalc.network.resolver import resolve_with_places

    def reload(text: str) -> Network:
        return parse_document(text, document.path, alpha, size).network

    spec: NetworkSpec = network.spec
    if alpha is not None or size is not None:
        spec = reload(document.text).spec
    resolved, placed = resolve_with_places(spec)
    return ChangePlanner(document, resolved, placed, goal, reload).plan()


def _size_of(resolution: Resolution) -> Fraction:
    """By what resolutions are compared: positions, or a multiplier."""
    if resolution.multiplier is not None:
        return resolution.multiplier
    area = Fraction(1)
    for size in resolution.sizes:
        area *= size
    return area
