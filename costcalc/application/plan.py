"""Plans for a spec, or for the spec of a model: one for each width and resolution asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from costcalc.application.load import Loaded
from costcalc.errors import CostcalcError, SpecError
from costcalc.network import Network
from costcalc.search.plan.answer import Planned, Plans
from costcalc.search.plan.planning import ChangePlan, ChangePlanner, Goal

if TYPE_CHECKING:
    from costcalc.application.load import Settings
    from costcalc.reading.document import Document
    from costcalc.rendering.diff.difference import NetworkDiff
    from costcalc.rewrite.resolution import Resolution


def make_plans(
    path: str,
    goal: Goal,
    *,
    width_multipliers: Sequence[Fraction] = (),
    resolutions: Sequence[Resolution] = (),
    inputs: Sequence[str] = (),
    settings: Settings | None = None,
) -> Plans:
    """Plans for the spec at ``path``. Without limits in the goal the spec's own budget is it.

    Raises SpecError and CostcalcError as loading does; CostcalcError where there is no limit to plan for.
    """
    from costcalc.application.load import spec_text

    text, name = spec_text(path, inputs)
    document, network = _parsed(text, name, settings)
    goal = _complete(goal, path, Loaded(document, network))
    if not goal.limits:
        raise CostcalcError(f"{name}: no budget to plan for: say --multiplies 300M, --params 3M, …")
    widths: list[Fraction | None] = [*sorted(width_multipliers, reverse=True)]
    sizes: list[Resolution | None] = [*sorted(resolutions, key=_size_of, reverse=True)]
    pairs = [(alpha, size) for alpha in widths or [None] for size in sizes or [None]]
    found = [
        Planned(alpha, size, _plan(document, network, goal, (alpha, size, settings))) for alpha, size in pairs
    ]
    return Plans(name, network.name or name, text, found, network.warnings)


def difference_of(plans: Plans) -> NetworkDiff | None:
    """What the plan changes, before and after; None where none fits."""
    from costcalc.analysis.comparison import compare
    from costcalc.analysis.costs import Analysis, analyze
    from costcalc.application.load import parse_document
    from costcalc.rendering.diff.difference import NetworkDiff

    best = plans.best
    if best.plan.status == "infeasible":
        return None

    def analysed(text: str) -> Analysis:
        return analyze(parse_document(text, plans.path, best.width_multiplier, best.resolution).network)

    before, after = analysed(plans.text), analysed(best.plan.text or plans.text)
    return NetworkDiff(plans.path, "as planned", compare(before, after))


def is_spec_file(path: str) -> bool:
    """Whether a path is that of a spec that can be changed: no model, nothing of the zoo, no stream."""
    from costcalc.application.load import ZOO
    from costcalc.interop.importers.dispatch import is_model
    from costcalc.reading.files import STDIN

    return path != STDIN and not path.startswith(ZOO) and not is_model(path)


def _parsed(text: str, name: str, settings: Settings | None) -> tuple[Document, Network]:
    from costcalc.application.load import parse_document
    from costcalc.reading.document import Document

    loaded = parse_document(text, name, settings=settings)
    assert isinstance(loaded.document, Document)
    return loaded.document, loaded.network


def _complete(goal: Goal, path: str, loaded: Loaded) -> Goal:
    """The goal with the limits of the spec's budget where it has none, and with the device that the spec names.

    Raises SpecError where a limit's device or planner is not to be had, CostcalcError where two limits disagree on one.
    """
    from costcalc.application.limits import budget_limits, on_device, refuse_missing

    arguments: Mapping[str, Any] = on_device(path, loaded, goal.arguments)
    if not goal.limits:
        limits, arguments, _ = budget_limits(path, loaded, arguments)
        return replace(goal, limits=limits, arguments=arguments)
    for name in goal.limits:
        refuse_missing(name, arguments, f"a limit on {name}")
    return replace(goal, arguments=arguments)


def _plan(
    document: Document,
    network: Network,
    goal: Goal,
    what_if: tuple[Fraction | None, Resolution | None, Settings | None],
) -> ChangePlan:
    from costcalc.application.load import parse_document
    from costcalc.network.resolver import resolve_with_places
    from costcalc.reading.source import in_order
    from costcalc.rewrite.resolution import at_resolution
    from costcalc.rewrite.width import at_width

    alpha, size, settings = what_if

    def reload(text: str) -> Network:
        return parse_document(text, document.path, alpha, size, settings).network

    spec = network.spec if alpha is None else at_width(network.spec, network, alpha)
    if size is not None:
        spec = at_resolution(spec, size)
    try:
        resolved, placed = resolve_with_places(spec)
    except SpecError as error:
        raise SpecError(in_order(document.place(error.problems))) from None
    return ChangePlanner(document, resolved, placed, goal, reload).plan()


def _size_of(resolution: Resolution) -> Fraction:
    """By what resolutions are compared: positions, or a multiplier."""
    if resolution.multiplier is not None:
        return resolution.multiplier
    area = Fraction(1)
    for size in resolution.sizes:
        area *= size
    return area
