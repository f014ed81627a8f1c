"""Reports to render: one small network with a bit of everything, and others by path."""

from __future__ import annotations

from costcalc import analyze
from costcalc.application.load import Loaded, load_document, parse_document
from costcalc.budget import check, rules_of
from costcalc.rendering.report.report import Report

#: Repeats, notes under rows, a block, a layer without cost, wide characters, norms, a budget of each outcome.
MIXED = """\
name: Mixed
source: "made up, Table 1"
input: 32x32x4
defaults: {norm: batch, activation: relu}
blocks:
  pair:
    parameters: {width: required}
    layers:
      - {type: conv, out_channels: $width, kernel_size: 1}
      - {type: conv, out_channels: $width, kernel_size: 3}
layers:
  - {type: conv, name: stem, out_channels: 8, kernel_size: 3, stride: 2, separable: never}
  - {type: separable_conv, out_channels: 16}
  - {type: pair, width: 16, repeat: 2}
  - {type: conv, name: 漢字, out_channels: 16, kernel_size: 3, groups: 4}
  - {type: conv, out_channels: 1, kernel_size: 3}
  - {type: max_pool, kernel_size: 2}
  - {type: linear, per_position: true, out_features: 4}
budget:
  multiplies: 1M
  params: {max: 10k, warn: 50%}
  layers: {"pair*": {params: 4k}}
  message: Ask before raising it.
"""

#: What a stranger may call things, and a network to call so.
HOSTILE = (
    "[red]bold[/red]",
    "\x1b[31mred\x1b[0m",
    "a\nb",
    "a\r\nb",
    "\u202egnirts\u202c",
    "zero\u200bwidth",
    "line\u2028separator",
    "=cmd()|'/C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "a|b|c",
    "<script>alert(1)</script>",
    "<!-- -->",
    "`code` *bold* _it_ ~~no~~ $x$",
    "[link](javascript:alert(1))",
    "::error::pwned",
    "%0A::error::pwned",
    "##[error]pwned",
    "##vso[task.complete]pwned",
    'quote " and comma , and \\',
    "@somebody",
    "漢字",
    "e\u0301",
    "🙂",
)


def report_of(loaded: Loaded) -> Report:
    """The report that ``analyze`` makes."""
    analysis = analyze(loaded.network)
    rules = rules_of(analysis.spec.budget, loaded.document.locate)
    return Report(loaded.document.path, analysis, tuple(check(analysis, rules)))


def mixed() -> Report:
    return report_of(parse_document(MIXED, "mixed.yaml"))


def of_path(path: str) -> Report:
    return report_of(load_document(path))
