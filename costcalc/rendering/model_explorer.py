"""Node data for Google's Model Explorer: a file a metric, the value of each node under the model's own name for it.

A node of an ONNX model goes by its name, of a TFLite model by the tensor that it makes, of a .pt2 file by its name in
the graph; what several layers were read from has the sum of theirs, or of peaks the largest. The nodes of a spec go by
their paths, which is what ``convert --to onnx`` calls them. A file that holds several networks has them by title.

Source: ``node_data_builder.py`` of ai-edge-model-explorer, classes ``GraphNodeData`` and ``ModelNodeData``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from costcalc.metrics import Number, metric_named
from costcalc.rendering.escape import json_text
from costcalc.rendering.report.report import Report, View

#: From nothing to the most; in grey, too. Model Explorer takes these as hexadecimal numbers alone.
_GRADIENT = json.dumps([{"stop": 0, "bgColor": "#ffffff"}, {"stop": 1, "bgColor": "#0072b2"}])
#: What keeps the viewer from adding up what does not add up.
_NO_SUM = '"hideInChildrenStatsTable": true, "hideAggregatedStats": ["sum", "avg"]'
#: So many digits of what is no whole number: the value stands in the node itself.
_DIGITS = 6


def render_model_explorer(reports: Sequence[Report], view: View) -> str:
    """All files as one object, by metric."""
    files = ",\n".join(
        f"{json.dumps(metric)}: {_file(reports, metric).rstrip()}" for metric in _metrics(reports)
    )
    return f"{{{files}}}\n"


def model_explorer_files(reports: Sequence[Report], view: View) -> Iterator[tuple[str, str]]:
    """The files, each with its name; one after the other, since a network may have very many nodes."""
    for metric in _metrics(reports):
        yield f"{metric}.json", _file(reports, metric)


def _metrics(reports: Sequence[Report]) -> list[str]:
    first, *others = (report.analysis.metrics for report in reports)
    return [metric for metric in first if all(metric in other for other in others)]


def _file(reports: Sequence[Report], metric: str) -> str:
    if len(reports) == 1:
        return json_text(f"{_graph(reports[0], metric)}\n")
    graphs = {report.title: report for report in reversed(reports)}
    texts = (f"{json.dumps(title)}: {_graph(graphs[title], metric)}" for title in reversed(graphs))
    return json_text("{" + ",\n".join(texts) + "}\n")


def _graph(report: Report, metric: str) -> str:
    unit, joined = metric_named(metric).unit.name, metric_named(metric).aggregation
    name = metric if unit == "count" else f"{metric}, {unit}"
    hidden = "" if joined == "sum" else f" {_NO_SUM},"
    values = _values(report, metric)
    results = ",\n".join(f'{json.dumps(key)}: {{"value": {_number(value)}}}' for key, value in values.items())
    return f'{{"name": {json.dumps(name)}, "gradient": {_GRADIENT},{hidden} "results": {{\n{results}\n}}}}'


def _values(report: Report, metric: str) -> Mapping[str, Number]:
    """The value of each node as written, by the model's name for it."""
    network = report.analysis.network
    joined = metric_named(metric).aggregate
    found: dict[str, Number] = {}
    for node, value in zip(network.nodes, report.analysis.node_values("written", metric), strict=True):
        key = report.origins.get(network.rows[node.row].name) or node.path
        found[key] = joined([found[key], value]) if key in found else value
    return found


def _number(value: Number) -> str:
    return str(value) if isinstance(value, int) else f"{float(value):.{_DIGITS}g}"
