"""On a terminal no line of any command is wider than the terminal, but for what must not be folded.

Not folded are names, paths and other words without spaces, names in a table (which get a line of their own), code and
the text of a spec, a command and what it prints in a topic, and ``--full --exact``, whose tables have each digit.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from costcalc.cli import run, terminal
from costcalc.cli.commands import COMMANDS
from costcalc.layers import KINDS
from costcalc.reading.topics import topic_names
from costcalc.rendering.text.folding import cell_width
from pages import ROOT, block

WIDTHS = (60, 80, 100, 140)

LAYER = "the first convolution of the network, which the paper calls its stem"
BLOCK = "a_block_with_an_identifier_that_is_longer_than_any_column_should_be"
CHINESE = "深層学習の畳み込み層" * 3
ADDRESS = "https://example.org/" + "a/very/long/address/" * 5
HOSTILE = f"""\
name: "A network with a rather long name, [red]as[/red] people \\e[31mdo give them"
source: "{ADDRESS} of the paper"
input: 96x96x3
defaults: {{norm: batch, activation: relu}}
blocks:
  {BLOCK}:
    parameters: {{width: required}}
    layers:
      - {{type: conv, out_channels: $width, kernel_size: 3}}
      - {{type: conv, out_channels: $width, kernel_size: 3}}
layers:
  - {{type: conv, name: "{LAYER}", out_channels: 16, kernel_size: 3, stride: 2}}
  - {{type: {BLOCK}, name: "##[error]::error::", width: 32, repeat: 3}}
  - {{type: conv, name: "=1+1|`x`<b>", out_channels: 64, kernel_size: 3, stride: 2}}
  - {{type: separable_conv, name: {CHINESE}, out_channels: 64}}
  - global_avg_pool
  - {{type: linear, out_features: 10}}
budget:
  multiplies: {{max: 25M, warn: 50%}}
  params: 40k
  peak_memory: {{max: 256KiB, dtype: int8, planner: tflm}}
  layers: {{"the first*": {{multiplies: {{max_share: 40%}}}}}}
  message: Ask the people of the team for embedded devices before you raise it, who know what else runs there
published:
  - source: Table 9 of a paper with a title that goes on for longer than a line of a terminal has room for
    multiplies: {{value: 27.6M, note: a note that goes on for longer than a line of a terminal has room for}}
"""
BROKEN = (
    HOSTILE.replace("stride: 2}", "strides: 2}")
    .replace("separable_conv", "separable_cnov")
    .replace("- global_avg_pool", "- xyzzy")
)

SPECS = ("net.yaml", "hostile.yaml", "zoo:googlenet")
OF_A_SPEC = """\
analyze SPEC
analyze SPEC --exact
analyze SPEC --full
analyze SPEC --summary
analyze SPEC --expand
analyze SPEC --by kind
analyze SPEC --by block
analyze SPEC --convention fvcore
analyze SPEC --device rtx4090 --width-multiplier 0.5 --resolution 64
memory SPEC --dtype int8
time SPEC --device rtx4090
time SPEC --device stm32h743_tflm
alternatives SPEC
plan SPEC --multiplies 90%
check SPEC --max-multiplies 1M --no-baseline
check SPEC --max-multiplies 100G --override --no-baseline
verify SPEC
validate SPEC
conventions --spec SPEC
reconcile SPEC --multiplies 317M
baseline update SPEC --baseline new.json
diff SPEC other.yaml
explain SPEC
"""
OTHERS = """\
alternatives net.yaml conv_1 --formulas
analyze broken.yaml
analyze mynet.py
analyze net.yaml hostile.yaml other.yaml --summary
analyze nosuch.yaml
check net.yaml hostile.yaml other.yaml broken.yaml
conventions
conventions fvcore
convert net.yaml -o converted.yaml
convert nosuch.pt
devices
devices rtx4090
explain
explain hostile.yaml =1+1|`x`<b>
explain net.yaml conv_1
explain nosuch
init starter.yaml
memory zoo:mobilenet_v2 --patches 4x4 --until inverted_residual_4
nosuch
sweep net.yaml --nosuch
zoo
"""
CALLS = [
    *(line.replace("SPEC", spec).split() for line in OF_A_SPEC.splitlines() for spec in SPECS),
    *(line.split() for line in OTHERS.splitlines()),
    *([name, "--help"] for name in ("", *COMMANDS)),
]
NAMES = (LAYER, f"  {LAYER}", ADDRESS)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(terminal, "_is_terminal", lambda stream: True)
    monkeypatch.setenv("NO_COLOR", "1")
    texts = {"hostile": HOSTILE, "other": HOSTILE.replace("width: 32", "width: 48"), "broken": BROKEN}
    texts["net"] = block(ROOT / "README.md", "name: Small")
    for name, text in texts.items():
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")


def printed(
    words: list[str], width: int, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
) -> list[str]:
    """The lines of both outputs on a terminal of this width."""
    patch.setenv("COLUMNS", str(width))
    assert run([word for word in words if word]) in (0, 1, 2)
    captured = capsys.readouterr()
    lines = (captured.out + captured.err).splitlines()
    assert lines
    return lines


def cannot_fold(line: str, width: int) -> bool:
    """Whether it is one word, with what stands before words of lists and of options."""
    *marks, word = line.split() or [""]
    return line in NAMES or (sum(map(len, marks)) <= len("-f,--format") and cell_width(word) > width // 2)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_lines_keep_to_the_terminal(
    words: list[str], width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = printed(words, width, capsys, monkeypatch)
    assert [line for line in lines if cell_width(line) > width and not cannot_fold(line, width)] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_keep_to_the_terminal_but_for_what_they_show(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for word in (*KINDS, *topic_names()):
        lines = printed(["explain", word], width, capsys, monkeypatch)
        assert [
            line
            for line in lines
            if cell_width(line) > width
            and not line.startswith("    ")
            and set(line) != {"-"}
            and "  " not in line
        ] == [], word
