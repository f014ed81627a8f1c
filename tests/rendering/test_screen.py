"""The first screen: whole at four widths, the order of its columns, what is sorted, folded and summed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from approved import approved
from costcalc.application.load import parse_document
from costcalc.rendering.report.report import Report, SortKey, View
from costcalc.rendering.report.table import render_table
from costcalc.rendering.text.folding import cell_width
from rendering.reports import mixed, of_path, report_of

SCREENS = Path(__file__).parent / "screens"
WIDTHS = (60, 80, 100, 140)
ONE_LAYER = "input: 32x32x3\nlayers:\n  - {type: conv, out_channels: 16, kernel_size: 3}\n"
NETWORKS = ("mobilenet_v1", "mobilenet_v2", "resnet50", "googlenet", "unet", "one_layer")
ALL = [
    *["layer", "type", "output", "written", "share", "standard", "separable", "÷", "theory"],
    *["written", "share", "standard", "separable", "÷"],
]


def network(name: str) -> Report:
    if name == "one_layer":
        return report_of(parse_document(ONE_LAYER, "one_layer.yaml"))
    return of_path(f"zoo:{name}")


def header(text: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.startswith("layer ")]
    return line.split()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_screen_is_as_it_was_approved(name: str, width: int) -> None:
    text = render_table([network(name)], View(width=width))
    assert text == approved(SCREENS / f"{name}_{width}.txt", text)
    assert max(map(cell_width, text.splitlines())) <= width


def test_every_file_is_some_screen() -> None:
    assert {path.name for path in SCREENS.iterdir()} == {
        f"{name}_{width}.txt" for name in NETWORKS for width in WIDTHS
    }


def test_all_of_mobilenet_fits_a_terminal_and_leaves_a_line_for_the_next_command() -> None:
    assert len(render_table([network("mobilenet_v1")], View(width=80)).splitlines()) <= 23


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_columns_join_as_the_terminal_widens_and_keep_their_order(name: str, exact: bool) -> None:
    found, before = network(name), 0
    for width in range(40, 200):
        columns = header(render_table([found], View(width=width, exact=exact)))
        rest = iter(ALL)
        assert all(column in rest for column in columns), width
        assert len(columns) >= before, width
        before = len(columns)
    assert header(render_table([found], View())) == ALL
    assert header(render_table([found], View(width=40, wide=True))) == ALL


def test_every_layer_is_there_at_every_width() -> None:
    found = network("mobilenet_v2")
    for width in (20, *WIDTHS):
        text = render_table([found], View(width=width))
        assert all(re.search(rf"^{layer.name}\b", text, re.MULTILINE) for layer in found.analysis.layers)


def test_color_changes_no_text() -> None:
    for width in (60, 80, 200):
        styled = render_table([mixed()], View(width=width, color=True))
        assert "\x1b[" in styled
        assert re.sub(r"\x1b\[[\d;]*m", "", styled) == render_table([mixed()], View(width=width))


# Which layers


def layers(view: View, name: str = "mobilenet_v1") -> list[str]:
    lines = render_table([network(name)], view).splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("layer "))
    return [re.split("  +", line.strip())[0] for line in lines[start + 1 : lines.index("", start)]]


@pytest.mark.parametrize(
    ("key", "first"),
    [
        ("multiplies", ["bottleneck_5 ×5", "bottleneck_1 ×3", "bottleneck_3 ×3"]),
        ("params", ["bottleneck_7 ×2", "bottleneck_6", "bottleneck_5 ×5"]),
        ("standard", ["bottleneck_5 ×5", "bottleneck_1 ×3", "bottleneck_3 ×3"]),
        ("separable", ["bottleneck_5 ×5", "bottleneck_1 ×3", "bottleneck_3 ×3"]),
        ("saves", ["bottleneck_5 ×5", "bottleneck_3 ×3", "bottleneck_1 ×3"]),
    ],
)
def test_layers_can_be_sorted(key: SortKey, first: list[str]) -> None:
    assert layers(View(sort=key), "resnet50")[:3] == first
    assert sorted(layers(View(sort=key), "resnet50")) == sorted(layers(View(), "resnet50"))


def test_equal_layers_stay_in_order() -> None:
    assert layers(View(sort="multiplies"), "resnet50")[-3:] == [
        "max_pool_1",
        "global_avg_pool_1",
        "flatten_1",
    ]


def test_the_top_layers_are_those_with_the_most_multiplies_and_the_others_one_row() -> None:
    assert layers(View(top=2)) == ["separable_conv_7 ×5", "separable_conv_3", "10 more layers"]
    assert layers(View(top=11))[-1] == "1 more layer"
    assert layers(View(top=1, sort="params"), "resnet50") == ["bottleneck_7 ×2", "11 more layers"]
    assert len(layers(View(top=12))) == len(layers(View(top=99))) == 12


def test_what_is_left_out_is_summed() -> None:
    text = render_table([network("mobilenet_v1")], View(top=1, exact=True))
    (row,) = [line for line in text.splitlines() if line.startswith("11 more layers")]
    assert "307,323,392" in row.split()
    assert 568_740_352 - 5 * (14 * 14 * 512 * (9 + 512)) == 307_323_392


def test_blocks_can_be_seen_into_step_by_step() -> None:
    one, two, three = (layers(View(top=1, depth=depth), "resnet50") for depth in (1, 2, 3))
    assert one == ["bottleneck_5 ×5", "11 more layers"]
    assert two == ["bottleneck_5 ×5", *(f"{n}/residual_1" for n in range(1, 6)), "11 more layers"]
    assert len(three) > len(two)
    assert layers(View(top=1, depth=99), "resnet50") == layers(View(top=1, expand=True), "resnet50")


def test_the_parts_of_a_block_sum_to_it() -> None:
    text = render_table([network("resnet50")], View(top=1, depth=2, exact=True, full=True))
    block = text.partition("\nmultiplies\n")[2].splitlines()[2:8]
    row, *inner = [
        [int(cell.replace(",", "")) for cell in re.findall(r"(?<= )[\d,]+(?= )", line)][:3] for line in block
    ]
    assert [sum(numbers) for numbers in zip(*inner, strict=True)] == row


# Totals


def totals(text: str) -> list[list[str]]:
    lines = text.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("   ") and "saves" in line)
    return [re.split("  +", line.strip()) for line in lines[start : start + 3]]


def test_the_totals_say_what_is_to_be_gained_and_what_the_budget_says() -> None:
    budget = "{multiplies: 6911, params: {max: 120, warn: 90%}}"
    text = f"input: 8x8x3\nlayers:\n  - {{type: conv, out_channels: 4, kernel_size: 3}}\nbudget: {budget}\n"
    rendered = render_table([report_of(parse_document(text, "x.yaml"))], View())
    assert totals(rendered) == [
        ["written", "standard", "separable", "reduction", "saves", "budget", "used"],
        ["multiplies", "6.91k", "6.91k", "2.50k", "2.77x", "63.9%", "6.91k", "100.0%", "OVER"],
        ["params", "108", "108", "39", "2.77x", "63.9%", "120", "90.0%", "near"],
    ]
    assert rendered.splitlines()[-2:] == [
        "x.yaml:4:22: over budget: multiplies 6,912 of 6,911 (100.0%), 1 too many",
        "x.yaml:4:42: near budget: params 108 of 120 (90.0%), which warns from 90% on",
    ]


def test_a_limit_that_holds_is_a_word_and_no_sentence() -> None:
    text = render_table([network("mobilenet_v1")], View())
    assert totals(text)[1][-3:] == ["600M", "94.8%", "ok"]
    assert "within budget" not in text
    assert "within budget: multiplies 568,740,352" in render_table([network("mobilenet_v1")], View(full=True))


def test_params_that_rise_save_less_than_nothing() -> None:
    text = "input: 8x8x1\nlayers: [{type: conv, out_channels: 2, kernel_size: 2, bias: true, norm: batch}]\n"
    found = report_of(parse_document(text, "x.yaml"))
    assert found.analysis.separable.params > found.analysis.written.params
    assert totals(render_table([found], View()))[2][-1].startswith("-")


def test_what_memory_is_limited_has_a_row() -> None:
    text = ONE_LAYER + "budget: {peak_memory: 64KiB}\n"
    rendered = render_table([report_of(parse_document(text, "x.yaml"))], View())
    (row,) = [line for line in rendered.splitlines() if line.startswith("peak_memory ")]
    assert row.split()[-1] == "OVER"


def test_a_summary_is_the_totals_alone() -> None:
    text = render_table([network("mobilenet_v1")], View(summary=True))
    assert "separable_conv_1" not in text
    assert totals(text) == totals(render_table([network("mobilenet_v1")], View()))


def test_a_summary_of_several_is_a_row_each() -> None:
    text = render_table([network("mobilenet_v1"), network("resnet50")], View(summary=True))
    title, head, _, first, second, meaning = text.splitlines()
    assert (title, head.split()[0]) == ("comparison", "spec")
    assert first.split()[0] == "zoo:mobilenet_v1"
    assert first.split()[-2:] == ["0.0%", "ok"]
    assert second.split()[-2:] == ["42.7%", "—"]
    assert meaning.startswith("multiplies and params: as written")
