"""What a report and its pictures are made from: specs with their costs, on a device, and the verdicts on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from costcalc.rendering.report.report import Report

if TYPE_CHECKING:
    from costcalc.application.load import Loaded

_OTHER_NETWORK = "no verdict on the budget: it is for the network as the file says"
_NO_BASELINE = "no verdict on regression limits: they need a baseline, as costcalc check has"


def find_report(path: str, arguments: Mapping[str, Any], **loading: Any) -> Report:
    """The report on a spec; ``arguments`` are those of the metrics, over what it says itself.

    Raises SpecError and CostcalcError as loading does; so too where its device has no rate for its dtype.
    """
    from costcalc.analysis.costs import analyze
    from costcalc.application.arguments import with_device
    from costcalc.application.load import load_document

    loaded = load_document(path, **loading)
    analysis = analyze(loaded.network).given(**arguments)
    analysis = with_device(analysis, path, loaded)
    report = Report(loaded.document.path, analysis)
    return report if analysis.spec.budget is None else _judged(report, path, loaded)


def of_nodes(report: Report, **loading: Any) -> Report:
    """The report on a model layer by layer as it has its nodes, under the same arguments; that of a spec is as it is.

    Raises CostcalcError.
    """
    from costcalc.analysis.costs import analyze
    from costcalc.application.load import load_document
    from costcalc.application.model import ModelDocument
    from costcalc.interop.importers.dispatch import is_model

    if not is_model(report.path):
        return report
    loaded = load_document(report.path, structured=False, **loading)
    assert isinstance(loaded.document, ModelDocument)
    analysis = analyze(loaded.network).given(**report.analysis.arguments)
    return report._replace(analysis=analysis, origins=loaded.document.origins)


def _judged(report: Report, path: str, loaded: Loaded) -> Report:
    """The report with the verdicts that its own budget calls for."""
    from costcalc.application.device import folder_of, with_arguments
    from costcalc.budget import check, rules_of

    if not loaded.as_written:
        return report._replace(remarks=(_OTHER_NETWORK,))
    rules: Sequence[Any] = rules_of(report.analysis.spec.budget, loaded.document.locate)
    rules = with_arguments(rules, folder_of(path), report.analysis)
    checked = [rule for rule in rules if not rule.needs_baseline]
    remarks = () if len(checked) == len(rules) else (_NO_BASELINE,)
    return report._replace(verdicts=tuple(check(report.analysis, checked)), remarks=remarks)
