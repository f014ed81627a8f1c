"""Comparisons: which layer is which, what is written otherwise, what that costs."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costcalc import analyze, loads
from costcalc.analysis.comparison import Comparison, compare
from costcalc.analysis.figures import Figures, LayerFigures, figures
from costcalc.metrics import METRICS
from gate.projects import SMALL, Cli, spec, write

HEAD = "input: 8x8x4\nlayers:\n"


def network(*layers: str, head: str = HEAD) -> Figures:
    return figures(analyze(loads(head + "".join(f"  - {layer}\n" for layer in layers))))


def told(comparison: Comparison) -> list[str]:
    """The changes in short: sign, name, fields."""
    return [
        " ".join(
            [
                change.sign,
                change.layer.name,
                *(f"{field.field}:{field.old}>{field.new}" for field in change.fields),
            ]
        )
        for change in comparison.layers
    ]


def conv(channels: int, more: str = "") -> str:
    return f"{{type: conv, out_channels: {channels}, kernel_size: 3{more}}}"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([conv(1), conv(2)], [conv(1), conv(2)], []),
        ([conv(1), conv(2)], [conv(3), conv(2)], ["~ conv_1 out_channels:1>3", "~ conv_2 input:8x8x1>8x8x3"]),
        ([conv(1), conv(2)], [conv(2), conv(1), conv(2)], ["+ conv_1", "~ conv_2 input:8x8x4>8x8x2"]),
        ([conv(4)] * 4, [conv(4)] * 3, ["- conv_4"]),
        ([conv(4), "relu", conv(4)], [conv(4), conv(4)], ["- relu_1"]),
        (["relu"], ["tanh"], ["+ tanh_1", "- relu_1"]),
        ([conv(4, ", name: a"), "relu"], ["relu", conv(4, ", name: a")], []),
        ([conv(4, ", name: a")], [conv(4, ", name: b")], ["~ b name:a>b"]),
        ([conv(4, ", name: a")], [conv(4)], []),
        (
            [conv(4, ", name: a"), conv(8, ", name: b")],
            [conv(8, ", name: b"), conv(4, ", name: a")],
            ["~ a input:8x8x4>8x8x8"],
        ),
        ([conv(4)], [conv(4, ", stride: 2")], ["~ conv_1 stride:None>2"]),
        ([conv(4, ", padding: [0, 1]")], [conv(4, ", padding: [1, 1]")], ["~ conv_1 padding:[0, 1]>[1, 1]"]),
        ([conv(4, ", repeat: 2")], [conv(4, ", repeat: 3")], ["~ conv_1 repeat:2>3"]),
        ([conv(4)], [conv(4, ", activation: relu")], ["~ conv_1 activation:None>relu"]),
        (
            [f"{{type: residual, body: [{conv(4)}, relu]}}"],
            [f"{{type: residual, body: [{conv(4, ', bias: true')}, tanh]}}"],
            ["~ residual_1 body[0].bias:None>true body[1]:relu>tanh"],
        ),
        (
            [f"{{type: residual, body: [{conv(4)}]}}"],
            [f"{{type: residual, body: [{conv(4)}, {conv(4)}]}}"],
            ["~ residual_1 body:1 item>2 items"],
        ),
    ],
)
def test_what_changed(old: list[str], new: list[str], expected: list[str]) -> None:
    comparison = compare(network(*old), network(*new))
    assert told(comparison) == expected


def test_settings_beside_the_layers() -> None:
    block = "blocks: {b: {parameters: {n: 1}, layers: [{type: conv, out_channels: $n, kernel_size: %s}]}}\n"
    old = network("{type: b, n: 2}", head=block % 1 + "defaults: {norm: batch}\n" + HEAD)
    new = network("{type: b, n: 2}", head=block % 3 + "channel_divisor: 8\n" + HEAD.replace("8x8x4", "9x9x4"))
    comparison = compare(old, new)
    assert [(change.field, change.old, change.new) for change in comparison.settings] == [
        ("input", "8x8x4", "9x9x4"),
        ("channel_divisor", None, "8"),
        ("blocks.b.layers[0].kernel_size", "1", "3"),
        ("defaults.norm", "batch_norm", None),
    ]
    assert told(comparison) == ["~ b_1 input:8x8x4>9x9x4 output:8x8x2>9x9x2"]


LAYERS = st.lists(
    st.sampled_from([conv(1), conv(2), conv(2, ", name: a"), conv(4, ", name: b"), "relu"]),
    min_size=1,
    max_size=7,
)


def once_named(layers: list[str]) -> list[str]:
    seen: set[str] = set()
    return [layer for layer in layers if "name" not in layer or not (layer in seen or seen.add(layer))]


@given(LAYERS, LAYERS, st.booleans())
def test_changes_add_up(old: list[str], new: list[str], bare: bool) -> None:
    """Whatever is matched with what, the increases of all layers are that of the whole, and none is lost."""
    before, after = network(*once_named(old)), network(*once_named(new))
    if bare:  # as from a baseline file
        before = Figures(before.values, tuple(map(without_entry, before.layers)))
    comparison = compare(before, after)
    for metric in comparison.metrics:
        if METRICS[metric].aggregation == "maximum":
            continue
        assert sum(change.increase(metric) for change in comparison.layers) == comparison.increase(metric)
    came = sum(change.sign == "+" for change in comparison.layers)
    went = sum(change.sign == "-" for change in comparison.layers)
    assert len(after.layers) - len(before.layers) == came - went
    assert compare(after, after).is_empty
    assert compare(before, before).is_empty


def without_entry(layer: LayerFigures) -> LayerFigures:
    return LayerFigures(layer.name, layer.type, layer.input, layer.output, layer.values)


def test_long_networks_are_compared_from_their_ends() -> None:
    old = network(*[conv(4)] * 600, conv(8), *[conv(8, ", bias: true")] * 600)
    new = network(*[conv(4)] * 599, conv(2), conv(8), *[conv(8, ", bias: true")] * 600)
    assert told(compare(old, new)) == ["~ conv_600 out_channels:4>2", "~ conv_601 input:8x8x4>8x8x2"]


def test_a_thousand_strange_layers_take_no_time() -> None:
    old = network(*[conv(4 + index % 7) for index in range(2000)])
    new = network(*[conv(9 + index % 11) for index in range(2000)])
    comparison = compare(old, new)
    assert sum(change.increase("params") for change in comparison.layers) == comparison.increase("params")


# The command


def test_diff(cli: Cli) -> None:
    spec("a.yaml", text=SMALL)
    write(
        "b.yaml",
        SMALL.replace("8x8x1", "16x16x1").replace("out_channels: 1,", "out_channels: 4,") + "  - relu\n",
    )
    result = cli("diff", "a.yaml", "b.yaml")
    assert result == (
        0,
        "a.yaml → b.yaml\n"
        "~ input 8x8x1 → 16x16x1\n"
        "~ conv_1: out_channels 1 → 4\n"
        "    multiplies +8.64k (576 → 9.22k), params +30 (10 → 40), activations +960 (64 → 1.02k), "
        "peak_memory +4.50KiB (512B → 5.00KiB), weight_memory +120B (40B → 160B)\n"
        "+ relu_1: relu to 16x16x4\n"
        "    peak_memory +5.00KiB\n"
        "total: multiplies +8.64k (576 → 9.22k), +1500.0%; params +30 (10 → 40), +300.0%; "
        "activations +960 (64 → 1.02k), +1500.0%; peak_memory +4.50KiB (512B → 5.00KiB), +900.0%; "
        "weight_memory +120B (40B → 160B), +300.0%\n",
        "",
    )
    assert "multiplies +8,640 (576 → 9,216)" in cli("diff", "a.yaml", "b.yaml", "--exact").out
    assert (
        cli("diff", "b.yaml", "a.yaml")
        .out.splitlines()[-1]
        .startswith("total: multiplies -8.64k (9.22k → 576), -93.7%")
    )
    assert cli("diff", "a.yaml", "a.yaml").out == "a.yaml → a.yaml\nno difference\n"
    assert [
        cli("diff", *pair, "--exit-code").code for pair in (("a.yaml", "a.yaml"), ("a.yaml", "b.yaml"))
    ] == [0, 1]


def test_diff_formats(cli: Cli) -> None:
    spec("a.yaml", text=SMALL)
    write("b.yaml", SMALL.replace("kernel_size: 3", "name: 'x|<b>::', kernel_size: 5"))
    markdown = cli("diff", "a.yaml", "b.yaml", "-f", "markdown").out
    assert markdown == (
        "### a.yaml → b.yaml\n\n"
        "**multiplies +1.02k (576 → 1.60k), +177.8%; params +16 (10 → 26), +160.0%; activations ±0; "
        "peak\\_memory ±0; weight\\_memory +64B (40B → 104B), +160.0%**\n\n"
        "|  | layer | change | multiplies | params | weight_memory |\n|---|---|---|---:|---:|---:|\n"
        "| `~` | x\\|\\<b\\>:: | kernel\\_size 3 → 5 | +1.02k (576 → 1.60k) | +16 (10 → 26) | "
        "+64B (40B → 104B) |\n"
    )
    document = json.loads(cli("diff", "a.yaml", "b.yaml", "-f", "json").out)
    assert document["totals"]["params"] == {"old": 10, "new": 26, "increase": 16}
    assert document["layers"] == [
        {
            "change": "changed",
            "name": "x|<b>::",
            "type": "conv",
            "output": "8x8x1",
            "fields": [{"field": "kernel_size", "old": "3", "new": "5"}],
            "multiplies": {"old": 576, "new": 1600, "increase": 1024},
            "params": {"old": 10, "new": 26, "increase": 16},
            "activations": {"old": 64, "new": 64, "increase": 0},
            "peak_memory": {"old": 512, "new": 512, "increase": 0},
            "weight_memory": {"old": 40, "new": 104, "increase": 64},
        }
    ]


def test_diff_against_a_baseline_file(cli: Cli) -> None:
    spec("a.yaml")
    cli("baseline", "update")
    assert "no difference" in cli("diff", "a.yaml", "--against", "costcalc-baseline.json").out
    spec("b.yaml")
    result = cli("diff", "b.yaml", "--against", "costcalc-baseline.json")
    assert result.out == ("costcalc-baseline.json → b.yaml\nnew: costcalc-baseline.json does not have it\n")
    assert (
        json.loads(cli("diff", "b.yaml", "--against", "costcalc-baseline.json", "-f", "json").out)["is_new"]
        is True
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a.yaml",), "two specs are compared, or one --against git:REF or a baseline file"),
        (("a.yaml", "a.yaml", "a.yaml"), "two specs are compared"),
        (("a.yaml", "a.yaml", "--against", "git:HEAD"), "two specs are compared"),
        (("a.yaml", "--against", "b.yaml"), "costcalc diff b.yaml a.yaml compares two specs"),
        (("a.yaml", "--against", "none.json"), "none.json: there is no such baseline"),
        (("a.yaml", "none.yaml"), "none.yaml: cannot be read"),
        (("broken.yaml", "broken2.yaml"), "broken2.yaml:1:10: error"),
    ],
)
def test_what_cannot_be_compared(cli: Cli, words: tuple[str, ...], said: str) -> None:
    spec("a.yaml")
    write("broken.yaml", "layers: [konv]\n")
    write("broken2.yaml", "layers: [konv]\n")
    result = cli("diff", *words)
    assert (result.code, said in result.err) == (2, True), result.err
