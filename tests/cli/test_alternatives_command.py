"""``costcalc alternatives`` as a user runs it."""

from __future__ import annotations

import json
import re

import pytest

from cli.process import costcalc as run

LAYER = ["alternatives", "zoo:mobilenet_v1", "separable_conv_9"]


def test_the_list_in_json() -> None:
    done = run(*LAYER, "--with", "bottleneck:64", "-f", "json")
    assert done.returncode == 0
    found = {one["name"]: one for one in json.loads(done.stdout)}
    assert found["separable"]["multiplies"] == 51_831_808
    assert found["separable"]["formula"] == "m·K²·C_in·H·W + m·C_in·C_out·H·W"
    assert found["bottleneck"]["numbers"] == {"M": 64}
    assert found["bottleneck"]["layer"] == "separable_conv_9"


def test_what_is_not_to_be_had_has_no_numbers() -> None:
    done = run("alternatives", "zoo:mobilenet_v1", "stem", "-f", "json")
    grouped = next(one for one in json.loads(done.stdout) if one["name"] == "grouped")
    assert (grouped["multiplies"], grouped["params"], grouped["ratio"]) == (None, None, None)
    assert grouped["unavailable"] == "4 groups do not divide 3 input channels"


def test_the_table() -> None:
    lines = run(*LAYER).stdout.splitlines()
    assert lines[0] == "separable_conv_9 of MobileNet V1: a 3x3 convolution, 7x7x1024 → 7x7x1024"
    assert lines[5] == "separable               51.8M   1.06M   392KiB   11.21%  m = 1"
    assert "without multiplies of padding, separable is a reduction of 7.31x, not 8.92x" in lines
    assert "against Winograd's F(4x4, 3x3), separable is a reduction of 2.91x, not 8.92x" in lines
    assert "low rank costs less than separable below a rank of 103.3" in lines


def test_the_whole_network_and_the_formulas() -> None:
    done = run("alternatives", "zoo:vgg16", "--formulas", "--exact")
    assert re.search(r"winograd_f4 +4,066,459,648 +138,357,544 .* 26.29% +13 of 13", done.stdout)
    assert "low_rank           R·(1/C_out + 1/(K²·C_in))" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["zoo:vgg16", "conv_9"], 'error: no layer "conv_9"'),
        (["zoo:vgg16", "--with", "grouped:7,sepp"], 'error: --with has no form "sepp"'),
        (
            ["zoo:vgg16", "--with", "winograd_f2"],
            "error: --with takes forms, and winograd_f2 is an algorithm",
        ),
    ],
)
def test_bad_usage(words: list[str], message: str) -> None:
    done = run("alternatives", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message)
