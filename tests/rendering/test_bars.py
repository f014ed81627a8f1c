"""The bars of a check's Markdown: what changed, where no picture can stand."""

from __future__ import annotations

from costcalc import analyze, loads
from costcalc.analysis.comparison import compare
from costcalc.rendering.check.bars import changes_in_bars

OLD = """\
input: 8x8x4
layers:
  - {type: conv, name: stem, out_channels: 8, kernel_size: 3}
  - {type: conv, name: "a|b", out_channels: 8, kernel_size: 3}
  - {type: conv, name: gone, out_channels: 8, kernel_size: 1}
"""
NEW = OLD.replace("stem, out_channels: 8", "stem, out_channels: 16").replace(
    "name: gone, out_channels: 8", "name: here, out_channels: 8"
)

#: The stem makes 8 more: 64 · 9 · 4 · 8 multiplies, 9 · 4 · 8 params. The next takes 8 more: 64 · 9 · 8 · 8, 9 · 8 · 8.
EXPECTED = """\

What changed in net.yaml:

| | layer | multiplies | | params | |
|---|---|---:|---|---:|---|
| `~` | a\\|b | +36.9k (36.9k → 73.7k) | ████████ | +576 (576 → 1.15k) | ████████ |
| `~` | stem | +18.4k (18.4k → 36.9k) | ████ | +288 (288 → 576) | ████ |
"""


def changes(old: str, new: str) -> str:
    return changes_in_bars("net.yaml", compare(analyze(loads(old)), analyze(loads(new))))


def test_the_layers_that_changed_have_bars() -> None:
    assert changes(OLD, NEW) == EXPECTED


def test_where_nothing_changed_there_are_none() -> None:
    assert changes(OLD, OLD) == ""


def test_the_largest_are_listed_and_the_others_counted() -> None:
    layers = "".join(
        f"  - {{type: conv, name: c{place}, out_channels: 4, kernel_size: 3}}\n" for place in range(12)
    )
    old = f"input: 8x8x4\nlayers:\n{layers}"
    text = changes(old, old.replace("kernel_size: 3", "kernel_size: 5"))
    assert text.count("\n| `~` |") == 8
    assert text.endswith("\n… and 4 more.\n")
