"""Writing a baseline: what specs cost today, and their limits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence

from costcalc.analysis.costs import analyze
from costcalc.analysis.figures import figures
from costcalc.application.baseline_file import baseline_key, read_baseline
from costcalc.application.config import Config
from costcalc.application.device import folder_of, on_its_device
from costcalc.application.in_force import limits_in_force
from costcalc.application.load import Settings, load_document
from costcalc.budget import rules_of
from costcalc.budget.before import Before
from costcalc.errors import CostcalcError


def measured(
    paths: Iterable[str],
    baseline: str,
    config: Config | None,
    inputs: Sequence[str] = (),
    settings: Settings | None = None,
    tell: Callable[[CostcalcError], None] | None = None,
) -> dict[str, Before] | None:
    """What specs are today, by their paths in a baseline; None where one is broken, all of which are told."""
    found, whole = {}, True
    for path in paths:
        try:
            found[baseline_key(baseline, path)] = _today(path, config, inputs, settings)
        except CostcalcError as error:
            whole = False
            if tell is not None:
                tell(error)
    return found if whole else None


def with_kept(path: str, new: Mapping[str, Before]) -> dict[str, Before]:
    """New entries of a baseline file, and those that it holds already for other specs. Raises CostcalcError."""
    return {**(read_baseline(path).specs if os.path.lexists(path) else {}), **new}


def _today(path: str, config: Config | None, inputs: Sequence[str], settings: Settings | None) -> Before:
    loaded = load_document(path, inputs=inputs, settings=settings)
    configured = config.budgets(path) if config is not None else ()
    own = rules_of(loaded.network.spec.budget, loaded.document.locate)
    analysis = on_its_device(analyze(loaded.network), path, loaded, config)
    limits = limits_in_force(analysis.spec, own, folder_of(path), config, configured)
    return Before(figures(analysis), limits)
