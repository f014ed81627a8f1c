"""The table for people: which columns a terminal gets, what is said around the table, how notes repeat."""

from __future__ import annotations

import re

import pytest

from costcalc.application.load import parse_document
from costcalc.rendering.report.report import Report, View
from costcalc.rendering.report.table import render_table
from costcalc.rendering.text.folding import cell_width
from rendering.reports import mixed, of_path, report_of

ALL = "layer type output written standard separable reduction theory share"
FEW = "layer output standard written separable reduction"
FEWEST = "layer output standard written reduction"


def headers(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.startswith("layer ")]


@pytest.mark.parametrize(
    ("view", "first"),
    [
        (View(full=True), ALL),
        (View(full=True, width=200), ALL),
        (View(full=True, width=110), ALL.replace(" type", "")),
        (View(full=True, width=100), ALL.replace(" type", "")),
        (View(full=True, width=99), FEW),
        (View(full=True, width=80), FEW),
        (View(full=True, width=71), FEWEST),
        (View(full=True, width=10), FEWEST),
        (View(full=True, width=10, wide=True), ALL),
    ],
)
def test_a_terminal_gets_the_columns_that_fit(view: View, first: str) -> None:
    assert headers(render_table([of_path("zoo:mobilenet_v1")], view)) == [first, first.replace(" output", "")]


@pytest.mark.parametrize("width", [80, 100, 120])
def test_no_line_is_wider_than_a_usual_terminal_and_nothing_is_cut(width: int) -> None:
    report = of_path("zoo:mobilenet_v2")
    text = render_table([report], View(full=True, width=width))
    assert max(map(cell_width, text.splitlines())) <= width
    assert all(re.search(rf"^{layer.name}\b", text, re.MULTILINE) for layer in report.analysis.layers)


def test_color_changes_no_text() -> None:
    for width in (60, 80, 200):
        styled = render_table([mixed()], View(full=True, width=width, color=True))
        assert "\x1b[" in styled
        assert re.sub(r"\x1b\[[\d;]*m", "", styled) == render_table([mixed()], View(full=True, width=width))


def many(layers: int, extra: str = "") -> Report:
    lines = "\n".join(f"  - {{type: conv, out_channels: 4, kernel_size: 1{extra}}}" for _ in range(layers))
    return report_of(parse_document(f"input: 8x8x4\nlayers:\n{lines}\n", "many.yaml"))


def test_a_long_report_is_plain_text_on_a_terminal_too() -> None:
    assert "\x1b" not in render_table([many(600)], View(full=True, width=120, color=True))


@pytest.mark.parametrize(
    ("layers", "under", "below"),
    [
        (1, 1, []),
        (3, 3, []),
        (4, 0, ["convolutions kept: one tap (in conv_1, conv_2, conv_3, conv_4)"]),
        (6, 0, ["convolutions kept: one tap (in conv_1, conv_2, conv_3, conv_4 and 2 more)"]),
    ],
)
def test_a_note_of_many_rows_stands_once(layers: int, under: int, below: list[str]) -> None:
    lines = render_table([many(layers)], View(full=True)).splitlines()
    assert lines.count("  convolution kept: one tap") == under
    assert [line for line in lines if line.startswith("convolutions kept")] == below


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ("  - flatten\n", "params: all trainable tensors"),
        (
            "  - {type: conv, out_channels: 4, kernel_size: 3, norm: batch}\n",
            "params: all trainable tensors; running statistics (8) are not among them",
        ),
        (
            "  - relu\n  - relu\n  - flatten\n",
            "without multiplies, by this convention: relu (2), flatten (1)",
        ),
    ],
)
def test_what_is_not_counted_is_said(layers: str, expected: str) -> None:
    report = report_of(parse_document(f"input: 8x8x4\nlayers:\n{layers}", "x.yaml"))
    assert expected in render_table([report], View(full=True)).splitlines()


def test_every_layer_counted_leaves_nothing_to_say() -> None:
    assert "without multiplies" not in render_table([many(2)], View(full=True))


def test_a_network_without_any_cost_is_all_dashes() -> None:
    report = report_of(parse_document("input: 8x8x4\nlayers: [relu]\n", "x.yaml"))
    lines = render_table([report], View(full=True)).splitlines()
    assert "relu_1  relu   8x8x4        0         0          0          —       —  —" in lines


def test_the_heading_names_network_file_inputs_and_source() -> None:
    assert render_table([of_path("zoo:siamese")], View(full=True)).splitlines()[:3] == [
        "Siamese network (zoo:siamese)",
        "input left 105x105x1, right 105x105x1, 4 layers",
        "source: Koch et al., Siamese Neural Networks for One-shot Image Recognition (2015), Figure 4",
    ]
    assert render_table([many(1)], View(full=True)).splitlines()[:2] == ["many.yaml", "input 8x8x4, 1 layer"]


def test_a_long_name_costs_a_terminal_a_line_and_no_column() -> None:
    name = "x" * 90
    report = report_of(
        parse_document(
            f"input: 8x8x4\nlayers:\n  - {{type: conv, out_channels: 4, kernel_size: 3, name: {name}}}\n",
            "x.yaml",
        )
    )
    lines = render_table([report], View(full=True, width=80)).splitlines()
    assert headers("\n".join(lines)) == [FEW, FEW.replace(" output", "")]
    assert [cell_width(line) for line in lines if cell_width(line) > 80] == [90, 90]
    assert lines[lines.index(name) + 1].split() == ["8x8x4", "9.22k", "9.22k", "3.33k", "2.77x"]


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (None, "spec input multiplies of first params of first standard separable reduction saves budget"),
        (114, "spec input multiplies of first params of first standard separable reduction saves budget"),
        (100, "spec input multiplies of first params of first reduction saves budget"),
        (90, "spec multiplies of first params of first reduction saves budget"),
        (80, "spec multiplies params reduction saves budget"),
        (60, "spec multiplies params reduction budget"),
        (10, "spec multiplies params reduction"),
    ],
)
def test_the_comparison_keeps_to_the_terminal(width: int | None, columns: str) -> None:
    reports = [of_path("zoo:mobilenet_v1"), of_path("zoo:resnet18")]
    lines = render_table(reports, View(full=True, width=width)).splitlines()
    header = lines[lines.index("comparison") + 1]
    assert header.split() == columns.split()
    assert ("standard" in lines[-1]) == ("standard" in header)
