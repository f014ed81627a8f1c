"""Budgets from Python: a network held against limits, with the verdicts of the command."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from costcalc.analysis.costs import Analysis, analyze
from costcalc.application.arguments import with_device
from costcalc.application.device import folder_of, with_arguments
from costcalc.application.load import load_document
from costcalc.budget import Rule, Verdict, rules_of, tightened, unmatched
from costcalc.budget import check as verdicts_on
from costcalc.errors import CostcalcError, Location, Problem, Route, SpecError
from costcalc.network import Network
from costcalc.quantity import shown


@dataclass(frozen=True, repr=False)
class Check:
    """A network, and the verdict on each of its limits; true where all hold, so that ``assert`` says what does not."""

    analysis: Analysis
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        """Whether every limit holds. Equal passes."""
        return all(verdict.status in ("pass", "warning") for verdict in self.verdicts)

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        from costcalc.rendering.check.verdict import verdict_line

        return "\n".join(map(verdict_line, self.verdicts))

    def __repr__(self) -> str:
        return f"Check({'; '.join(str(self).splitlines())})"


def check(
    network: Network | Analysis | str | os.PathLike[str], budget: Mapping[str, Any] | None = None
) -> Check:
    """Hold a network, or the spec at a path, against its own budget and a further one, which only tightens.

    ``budget`` is what a spec's ``budget`` would be: ``{"multiplies": "600M", "params": 4_300_000}``. Raises SpecError
    where the budget is wrong, CostcalcError where there is no limit or one needs a baseline, TypeError for other types.
    """
    analysis, own = _analysis(network)
    rules = tightened(own, with_arguments(_rules(budget), "", analysis))
    for rule in rules:
        if rule.needs_baseline:
            raise CostcalcError(
                f"the limit on the {rule.kind} of {rule.metric} needs a baseline: costcalc check"
            )
    lost = [
        Problem(f"{shown(rule.glob)} matches no layer", rule.route) for rule in unmatched(analysis, rules)
    ]
    if lost:
        raise SpecError(lost)
    if not rules:
        raise CostcalcError('no limit to check: give a budget, such as {"multiplies": "600M"}')
    return Check(analysis, tuple(verdicts_on(analysis, rules)))


def assert_within(
    network: Network | Analysis | str | os.PathLike[str], budget: Mapping[str, Any] | None = None
) -> None:
    """Raise AssertionError with the verdicts where :func:`check` does not pass: a test of one line."""
    __tracebackhide__ = True
    found = check(network, budget)
    if not found:
        raise AssertionError(str(found))


def _analysis(source: object) -> tuple[Analysis, list[Rule]]:
    """What is analysed, and its own limits."""
    if isinstance(source, (str, os.PathLike)):
        path = str(os.fspath(source))
        loaded = load_document(path)
        analysis = with_device(analyze(loaded.network), path, loaded)
        rules = rules_of(loaded.network.spec.budget, loaded.document.locate)
        return analysis, with_arguments(rules, folder_of(path), analysis)
    if isinstance(source, Network):
        source = analyze(source)
    if not isinstance(source, Analysis):
        raise TypeError(
            f"check takes a Network, an Analysis or a path, not {type(source).__name__}; "
            "of a PyTorch module costcalc.from_torch makes a Network"
        )
    rules = rules_of(source.spec.budget, _nowhere)
    return source, with_arguments(rules, "", source)


def _rules(budget: Mapping[str, Any] | None) -> list[Rule]:
    if budget is None:
        return []
    if not isinstance(budget, Mapping):
        raise TypeError(f'a budget is a dict, such as {{"multiplies": "600M"}}, not {type(budget).__name__}')
    from costcalc.reading.document import parse
    from costcalc.spec.budget import parse_budget

    try:
        text = json.dumps({"budget": dict(budget)}, indent=1)
    except (TypeError, ValueError) as error:
        raise TypeError(f"a budget is made of dicts, strings and numbers: {error}") from None
    document = parse(text, "<budget>")
    problems: list[Problem] = []
    found = parse_budget(document.data["budget"], ("budget",), problems)
    if problems:
        raise SpecError(document.place(problems))
    return rules_of(found, _nowhere)


def _nowhere(route: Route, at: Literal["value", "key"] = "value") -> Location | None:
    """The place of a limit that stands in no text."""
    return None
