"""``costcalc plan`` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.process import costcalc as run
from costcalc.cli import run as main
from costcalc.cli import terminal

SPEC = """\
input: 32x32x8
layers:
  - {type: conv, out_channels: 16, kernel_size: 3} # one
  - {type: conv, out_channels: 32, kernel_size: 3}
"""
FIRST, SECOND = 9 * 8 * 16 * 1024, 9 * 16 * 32 * 1024
SEPARABLE = (9 * 16 + 16 * 32) * 1024


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def test_a_plan_that_fits(spec: Path) -> None:
    done = run("plan", "net.yaml", "--multiplies", "2M", cwd=spec.parent)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "net.yaml: fits, with 1 of 2 places changed"
    assert "+  - {type: separable_conv, name: conv_2, out_channels: 32, kernel_size: 3}" in lines
    assert spec.read_text(encoding="utf-8") == SPEC


def test_a_diff_does_not_wrap_and_ends_no_fence(
    spec: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(spec.parent)
    monkeypatch.setattr(terminal, "_is_terminal", lambda stream: True)
    monkeypatch.setenv("COLUMNS", "60")
    spec.write_text(SPEC.replace("# one", "# ```" + 80 * "x"), encoding="utf-8")
    words = ["plan", "net.yaml", "--multiplies", "2M", "--color", "never"]
    line = "   - {type: conv, out_channels: 16, kernel_size: 3} # ```" + 80 * "x"
    assert main(words) == 0
    assert line in capsys.readouterr().out.splitlines()
    assert main([*words, "-f", "markdown"]) == 0
    fences = [text for text in capsys.readouterr().out.splitlines() if text.startswith("```")]
    assert fences == ["````diff", "````"]


def test_json(spec: Path) -> None:
    done = run("plan", "net.yaml", "--multiplies", "2M", "--params", "10k", "-f", "json", cwd=spec.parent)
    found = json.loads(done.stdout)
    assert found["status"] == "fits"
    assert found["before"] == {"multiplies": FIRST + SECOND, "params": 1152 + 4608}
    assert found["after"] == {"multiplies": FIRST + SEPARABLE, "params": 1152 + 656}
    assert found["changes"] == [
        {
            "place": "net.yaml:4:12",
            "layer": "conv_2",
            "from": "conv",
            "to": "separable",
            "saves": {"multiplies": SECOND - SEPARABLE, "params": 4608 - 656},
        }
    ]
    assert [change["layer"] for change in found["runner_up"]["changes"]] == ["conv_1", "conv_2"]


def test_written_back_and_to_a_copy(spec: Path) -> None:
    copy = spec.parent / "planned.yaml"
    words = ("plan", "net.yaml", "--multiplies", "2M", "-o", "planned.yaml", "--write")
    assert run(*words, cwd=spec.parent).stderr == "wrote net.yaml\nwrote planned.yaml\n"
    assert copy.read_text(encoding="utf-8") == spec.read_text(encoding="utf-8")
    assert "separable_conv, name: conv_2" in copy.read_text(encoding="utf-8")
    again = run("plan", "net.yaml", "--multiplies", "2M", "-f", "json", cwd=spec.parent)
    assert json.loads(again.stdout)["status"] == "unneeded"


def test_a_byte_order_mark_and_json_stay(
    spec: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = [{"type": "conv", "out_channels": size, "kernel_size": 3} for size in (16, 32)]
    spec.write_text("\ufeff" + json.dumps({"input": "32x32x8", "layers": layers}), encoding="utf-8")
    monkeypatch.chdir(spec.parent)
    assert main(["plan", "net.yaml", "--multiplies", "2M", "--write"]) == 0
    written = spec.read_text(encoding="utf-8")
    assert written[0] == "\ufeff"
    assert json.loads(written[1:])["layers"][1] == layers[1] | {"type": "separable_conv", "name": "conv_2"}


def test_none_fits(spec: Path) -> None:
    done = run("plan", "net.yaml", "--multiplies", "100k", cwd=spec.parent)
    assert done.returncode == 1
    nearest = (9 * 8 + 8 * 16) * 1024 + SEPARABLE
    assert f"multiplies: {nearest:,} is as near as it gets to 100,000" in done.stdout.splitlines()
    assert run("plan", "net.yaml", "--multiplies", "100k", "--exit-zero", cwd=spec.parent).returncode == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "error: net.yaml: no budget to plan for: say --multiplies 300M, --params 3M, …\n"),
        (["--multiplies", "2M", "--places", "x"], 'error: --places must be text or uses, not "x"\n'),
        (["--multiplies", "2m"], "error: --multiplies"),
        (["--multiplies", "2M", "--with", "cnov"], 'error: --with has no form "cnov"'),
        (["--multiplies", "2M", "-o", "net.yaml"], 'error: a report would replace the spec "net.yaml"\n'),
        (
            ["--multiplies", "2M", "--width-multiplier", "1:0.5:0.1"],
            "error: --width-multiplier must be from 1 to 1000",
        ),
    ],
)
def test_bad_usage(words: list[str], message: str, spec: Path) -> None:
    done = run("plan", "net.yaml", *words, cwd=spec.parent)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message)
    assert spec.read_text(encoding="utf-8") == SPEC


def test_zoo_and_stdin_are_not_written_back() -> None:
    done = run("plan", "zoo:vgg16", "--multiplies", "9G", "--write")
    assert (done.returncode, done.stdout) == (2, "")
    assert run("plan", "-", "--multiplies", "2M", input=SPEC).returncode == 0


def test_memory_is_a_limit_on_each_step(spec: Path) -> None:
    """The first step holds 8 + 16 channels of 1,024 numbers, the second 16 + 32; separable changes neither."""
    done = run("plan", "net.yaml", "--peak-memory", "190KiB", "-f", "json", cwd=spec.parent)
    found = json.loads(done.stdout)
    assert (done.returncode, found["status"]) == (1, "infeasible")
    assert found["before"]["peak_memory"] == 4 * 48 * 1024
    fits = run(
        "plan", "net.yaml", "--weight-memory", "10KiB", "--dtype", "float32", "-f", "json", cwd=spec.parent
    )
    found = json.loads(fits.stdout)
    assert [change["layer"] for change in found["changes"]] == ["conv_2"]
    assert found["after"]["weight_memory"] == 4 * (1152 + 656)
    half = run(
        "plan", "net.yaml", "--weight-memory", "10KiB", "--dtype", "int8", "-f", "json", cwd=spec.parent
    )
    assert json.loads(half.stdout)["status"] == "unneeded"


def test_time_needs_a_device_and_is_planned_for(spec: Path) -> None:
    done = run("plan", "net.yaml", "--time", "1us", cwd=spec.parent)
    assert (done.returncode, done.stderr) == (2, "error: a limit on time needs a device: say --device NAME\n")
    words = (
        "plan",
        "net.yaml",
        "--time",
        "2ms",
        "--device",
        "stm32h743_tinyengine",
        "--dtype",
        "int8",
        "-f",
        "json",
    )
    found = json.loads(run(*words, cwd=spec.parent).stdout)
    assert found["after"]["time"] <= found["limits"]["time"] or found["status"] == "infeasible"


def test_the_budget_of_the_spec_is_the_goal(spec: Path) -> None:
    spec.write_text(SPEC + "dtype: int8\nbudget: {weight_memory: 2KiB, multiplies: 2M}\n", encoding="utf-8")
    found = json.loads(run("plan", "net.yaml", "-f", "json", cwd=spec.parent).stdout)
    assert found["limits"] == {"multiplies": 2_000_000, "weight_memory": 2048}
    assert found["after"]["weight_memory"] == 1152 + 656


def test_choices_are_taken_as_they_are_set(spec: Path) -> None:
    spec.write_text(
        "choices: {k: [3, 5]}\n" + SPEC.replace("kernel_size: 3}", "kernel_size: $k}"), encoding="utf-8"
    )
    found = json.loads(run("plan", "net.yaml", "--multiplies", "5M", "-f", "json", cwd=spec.parent).stdout)
    assert found["before"]["multiplies"] == FIRST + SECOND
    words = ("plan", "net.yaml", "--multiplies", "5M", "--set", "k=5", "-f", "json")
    found = json.loads(run(*words, cwd=spec.parent).stdout)
    assert found["before"]["multiplies"] == (FIRST + SECOND) * 25 // 9
    assert [change["layer"] for change in found["changes"]] == ["conv_2"]
