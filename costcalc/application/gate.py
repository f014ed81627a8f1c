"""One spec of a check: read, analysed, held against its budgets and compared with its baseline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from costcalc.analysis.costs import Analysis, analyze
from costcalc.analysis.figures import Figures
from costcalc.application.baseline import Baseline
from costcalc.application.config import Config
from costcalc.application.device import folder_of, on_its_device, with_arguments
from costcalc.application.load import Loaded, load_document
from costcalc.budget import Rule, SpecOutcome, check, merged, rules_of, tightened, unmatched
from costcalc.budget.before import Before
from costcalc.budget.loosened import Loosened, loosened
from costcalc.errors import CostcalcError, Location, Problem, SpecError
from costcalc.metrics import metric_named
from costcalc.quantity import shown
from costcalc.reading.files import STDIN, STDIN_NAME

_UPDATE = "costcalc baseline update writes them"


@dataclass(frozen=True, slots=True)
class Gate:
    """What specs are held against: the config's budgets, each spec's own, then ``rules``, limit by limit.

    The ``rules`` of the command line can only tighten, unless they are to ``override``. ``baseline`` is None where
    there is none; then a spec's own rules that need one are errors, unless ``skips_baseline`` says that this is on
    purpose. Of other rules see :func:`without_baseline`. Where limits are ``locked`` one that was loosened since the
    baseline is a failure. ``inputs`` are the sizes that models leave open, ``settings`` the values to take of choices,
    ``arguments`` those of the metrics, over what specs say themselves.
    """

    config: Config | None = None
    rules: Sequence[Rule] = ()
    baseline: Baseline | None = None
    skips_baseline: bool = False
    override: bool = False
    locked: bool = False
    inputs: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def check(self, path: str) -> SpecOutcome:
        """Check one spec; whatever is wrong with it is in what is returned."""
        try:
            loaded = load_document(path, inputs=self.inputs, settings=self.settings)
            analysis = analyze(loaded.network).given(**self.arguments)
            analysis = on_its_device(analysis, path, loaded, self.config)
            own, said = self._limits(path, loaded, analysis)
        except CostcalcError as error:
            shown_path = STDIN_NAME if path == STDIN else path
            return SpecOutcome(shown_path, problems=problems_of(error, shown_path))
        rules = merged(said, self.rules) if self.override else tightened(said, self.rules)
        lost = unmatched(analysis, rules)
        problems = [_unmatched(rule) for rule in lost if rule in own]
        before = self._before(path, loaded, analysis, [rule for rule in rules if rule in own], problems)
        if before is not None and self.baseline is not None:
            problems += _without_metric(rules, before.figures, self.baseline.name, self.arguments)
        return SpecOutcome(
            loaded.document.path,
            analysis,
            tuple(problems),
            tuple(check(analysis, rules, before.figures if before else None)),
            before.figures if before else None,
            before.was if before else "",
            is_new=self.baseline is not None and before is None and not problems,
            unmatched=tuple(rule for rule in lost if rule not in own),
            loosened=self._loosened(path, analysis, before, own),
            locked=self.locked,
        )

    def _limits(self, path: str, loaded: Loaded, analysis: Analysis) -> tuple[list[Rule], list[Rule]]:
        """A spec's own rules, and all that hold for it but those of the command line. Raises SpecError."""
        rules = rules_of(loaded.network.spec.budget, loaded.document.locate)
        own = with_arguments(rules, folder_of(path), analysis)
        with_arguments(self.rules, "", analysis)
        if self.config is None:
            return own, merged(own)
        said = merged(*self.config.budgets(path), own)
        keys = {rule.key for rule in own}
        configured = [rule for rule in said if rule.key not in keys]
        known = {rule.key: rule for rule in (*with_arguments(configured, self.config.folder, analysis), *own)}
        return own, [known[rule.key] for rule in said]

    def _loosened(
        self, path: str, analysis: Analysis, before: Before | None, own: Sequence[Rule]
    ) -> tuple[Loosened, ...]:
        """The limits that let pass more than before, the spec's own device and dtype among what they say."""
        if before is None or before.limits is None:
            return ()
        from costcalc.application.in_force import limits_in_force

        configured = self.config.budgets(path) if self.config is not None else ()
        now = limits_in_force(analysis.spec, own, folder_of(path), self.config, configured)
        return tuple(loosened(before.limits, now))

    def _before(
        self, path: str, loaded: Loaded, analysis: Analysis, own: Sequence[Rule], problems: list[Problem]
    ) -> Before | None:
        if self.baseline is not None:
            try:
                before = self.baseline.find(path, loaded.document.text, analysis)
                if before is not None and not self.baseline.counts_anew:
                    before = replace(before, figures=before.figures.without(self.arguments))
            except CostcalcError as error:
                problems += problems_of(error, path)
                return None
            if self.locked and before is not None and before.limits is None:
                said = f"{self.baseline.name} is from before limits were written down, and they are locked"
                problems.append(Problem(said, hint=_UPDATE, location=Location(path, 1, 1)))
            return before
        if not self.skips_baseline:
            problems += [_no_baseline(rule) for rule in own if rule.needs_baseline]
        return None


def without_baseline(specs: Iterable[SpecOutcome]) -> list[Problem]:
    """A problem for each rule of the config or the command line that would have needed a baseline."""
    skipped = [
        verdict.rule
        for spec in specs
        if not spec.problems
        for verdict in spec.verdicts
        if verdict.status == "skipped"
    ]
    return list(dict.fromkeys(map(_no_baseline, skipped)))


def problems_of(error: CostcalcError, path: str) -> tuple[Problem, ...]:
    """What an error says, as located problems."""
    if isinstance(error, SpecError):
        return error.problems
    message = str(error).removeprefix(f"{path}: ")
    return (Problem(message, location=Location(path, 1, 1)),)


def _without_metric(
    rules: Iterable[Rule], before: Figures, baseline: str, asked: Iterable[str]
) -> list[Problem]:
    """A problem for each rule about a metric that the baseline does not have, since it was written before, or that
    depends on what was asked for (a dtype, say): a baseline has it as specs say.
    """
    found = []
    for rule in rules:
        if not rule.needs_baseline or rule.metric in before.values:
            continue
        options = ", ".join(f"--{name}" for name in asked if name in metric_named(rule.metric).arguments)
        said = f"{baseline} has no {rule.metric} to compare with"
        hint = "costcalc baseline update writes it anew"
        if options:
            said, hint = f"{said} for {options}", "it has what specs say: compare with git:REF"
        found.append(Problem(said, hint=hint, location=rule.location))
    return found


def _unmatched(rule: Rule) -> Problem:
    return Problem(f"{shown(rule.glob)} matches no layer", location=rule.glob_location)


def _no_baseline(rule: Rule) -> Problem:
    what = rule.flag or f"the limit on the {rule.kind} of {rule.metric}"
    hint = (
        "name one by --baseline PATH or git:REF, write one by costcalc baseline update, or say --no-baseline"
    )
    return Problem(f"{what} needs a baseline, and there is none", hint=hint, location=rule.location)
