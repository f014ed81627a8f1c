"""``--device``, ``--dtype`` and ``--planner`` of commands that count; limits that name their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from costcalc.budget import Rule, tightened
from costcalc.budget.loosened import loosened
from costcalc.cli import run
from costcalc.dtype import SaidDtype
from gate.projects import commit_all, git

#: 12,288 numbers come in, 16,384 go out: the peak; 432 weights.
SPEC = "input: 64x64x3\nlayers:\n  - {type: conv, name: stem, out_channels: 16, kernel_size: 3, stride: 2}\n"
PEAK = 12_288 + 16_384
INT8 = SaidDtype("int8", "int8")


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def answer(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> tuple[str, str]:
    assert run(words) == code
    return tuple(capsys.readouterr())


def test_analyze_counts_in_the_dtype_on_the_device_that_it_is_given(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("analyze", "net.yaml", "--dtype", "int8", "--device", "edge_tpu")
    written = json.loads(answer(capsys, *words, "-f", "json")[0])["totals"]["written"]
    assert written["peak_memory"] == PEAK
    assert written["weight_memory"] == 432
    assert written["time"] == 442_368 / 2e12
    out, _ = answer(capsys, *words)
    assert "memory: weights 432B, peak of activations 28.0KiB (int8)" in out
    assert "time on edge_tpu (int8): at least 221ns" in out
    assert "(float32)" in answer(capsys, "analyze", "net.yaml")[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--device", "edge_tpu", "--dtype", "float32"], '"edge_tpu" has no rate for float32: it has int8'),
        (["--device", "edge_tp"], 'no device "edge_tp"; did you mean "edge_tpu"?'),
        (["--dtype", "int7"], '--dtype must be float32'),
        (["--planner", "liv"], 'no planner "liv"; did you mean "live"?'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", [["analyze"], ["explain"], ["check", "--max", "params=1k"]])
def test_what_there_is_not(
    spec: Path, capsys: pytest.CaptureFixture[str], command: list[str], words: list[str], message: str
) -> None:
    layer = ["stem"] if command == ["explain"] else []
    _, err = answer(capsys, command[0], "net.yaml", *layer, *command[1:], *words, code=2)
    assert message in err


def test_check_holds_limits_of_what_it_is_asked_for(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("check", "net.yaml", "--max", f"peak_memory={PEAK}")
    answer(capsys, *words, code=1)
    answer(capsys, *words, "--dtype", "int8")
    answer(
        capsys, "check", "net.yaml", "--max", "time=220ns", "--device", "edge_tpu", "--dtype", "int8", code=1
    )
    answer(capsys, "check", "net.yaml", "--max", "time=222ns", "--device", "edge_tpu", "--dtype", "int8")


def test_a_baseline_file_is_not_held_against_another_dtype(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(capsys, "baseline", "update", "--force")
    words = ("check", "--max-increase", "peak_memory=1%")
    answer(capsys, *words)
    _, err = answer(capsys, *words, "--dtype", "int8", code=2)
    assert "has no peak_memory to compare with for --dtype" in err
    answer(capsys, "check", "--max-increase", "multiplies=1%", "--dtype", "int8")


def test_a_limit_on_a_device_without_the_rate_is_told_where_it_stands(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.write_text(
        SPEC + "dtype: float32\nbudget:\n  time: {max: 1ms, device: edge_tpu}\n", encoding="utf-8"
    )
    (spec.parent / "other.yaml").write_text(SPEC + "budget: {params: 1k}\n", encoding="utf-8")
    out, err = answer(capsys, "check", "net.yaml", "other.yaml", code=2)
    assert 'net.yaml:6:28: error: device "edge_tpu" has no rate for float32: it has int8' in err
    assert "ok       other.yaml" in out
    assert "net.yaml:6:28: error" in answer(capsys, "analyze", "net.yaml", code=2)[1]


def test_a_limit_says_what_it_is_of(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    budget = "budget:\n  peak_memory: {dtype: int8, planner: tflm, max: 28KiB}\n  time: {device: edge_tpu, max: 1ns}\n"
    spec.write_text(SPEC + budget, encoding="utf-8")
    out, _ = answer(capsys, "check", "net.yaml", "-f", "json", code=1)
    told = {verdict["metric"]: verdict for verdict in json.loads(out)["specs"][0]["budget"]}
    assert told["peak_memory"]["value"] == PEAK
    assert told["peak_memory"]["arguments"] == {
        "dtype": {"weights": "int8", "activations": "int8"},
        "planner": "tflm",
    }
    assert told["time"]["arguments"] == {"device": "edge_tpu"}
    assert (
        "over budget: time (on edge_tpu) 0.221…us of 0.001us"
        in out + answer(capsys, "check", "net.yaml", code=1)[0]
    )
    screen, _ = answer(capsys, "analyze", "net.yaml", code=1)
    peak = next(line for line in screen.splitlines() if line.startswith("peak_memory"))
    assert peak.split()[1] == "28.0KiB"  # in int8, as the limit says, and not 112KiB
    assert next(line for line in screen.splitlines() if line.startswith("time")).split()[1] == "221ns"


def test_a_limit_of_other_numbers_is_another_limit(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain, small = (
        Rule("total", "peak_memory", 100),
        Rule("total", "peak_memory", 100, arguments=(("dtype", INT8),)),
    )
    assert tightened([small], [plain]) == [small, plain]
    assert [each.now for each in loosened([plain], [small])] == [small]
    budget = "budget:\n  peak_memory: {max: 120KiB}\n"
    spec.write_text(SPEC + budget, encoding="utf-8")
    answer(capsys, "baseline", "update", "--force")
    spec.write_text(SPEC + budget.replace("{", "{dtype: int8, "), encoding="utf-8")
    out, _ = answer(capsys, "check", "--fail-on", "limits", code=1)
    assert "limit changed: peak_memory 122,880 B → peak_memory (int8) 122,880 B" in out
    answer(capsys, "baseline", "update", "--force")
    answer(capsys, "check", "--fail-on", "limits")  # what was written is read


def test_diff_and_explain_know_the_projects_device(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (spec.parent / "costcalc.yaml").write_text("device: edge_tpu\n", encoding="utf-8")
    other = spec.parent / "other.yaml"
    other.write_text(SPEC.replace("kernel_size: 3", "kernel_size: 5"), encoding="utf-8")
    assert "time +393ns (221ns → 614ns)" in answer(capsys, "diff", "net.yaml", "other.yaml")[0]
    assert "442,368 / 2,000,000,000,000" in answer(capsys, "explain", "net.yaml", "stem")[0]
    assert (
        "442,368 / 82,600,000,000,000"
        in answer(capsys, "explain", "net.yaml", "stem", "--device", "rtx4090")[0]
    )


def test_diff_tells_of_another_dtype_or_device(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = spec.parent / "other.yaml"
    other.write_text(SPEC + "dtype: int8\ndevice: edge_tpu\n", encoding="utf-8")
    out, _ = answer(capsys, "diff", "net.yaml", "other.yaml")
    assert "device" in out
    assert "dtype" in out


BUDGET = "budget: {peak_memory: 120KiB, time: 1ms, params: 1k}\n"
SMALL = "dtype: int8\ndevice: edge_tpu\n"


@pytest.mark.parametrize("baseline", ["costcalc-baseline.json", "git:HEAD"])
@pytest.mark.parametrize(
    ("head", "project", "told"),
    [
        (SMALL, "", []),
        (
            "dtype: float16\ndevice: rtx4090\n",
            "",
            [
                "limit changed: peak_memory (int8) 122,880 B → peak_memory (float16) 122,880 B",
                "limit changed: time (on edge_tpu, int8) 1ms → time (on rtx4090, float16) 1ms",
            ],
        ),
        (
            "device: rtx4090\n",
            "",
            [
                "limit changed: peak_memory (int8) 122,880 B → peak_memory 122,880 B",
                "limit changed: time (on edge_tpu, int8) 1ms → time (on rtx4090) 1ms",
            ],
        ),
        ("dtype: int8\n", "device: edge_tpu\n", []),
        (
            "dtype: int8\n",
            "device: ethos_u55_256\n",
            ["limit changed: time (on edge_tpu, int8) 1ms → time (on ethos_u55_256, int8) 1ms"],
        ),
    ],
)
def test_a_spec_of_other_numbers_or_on_another_device_has_other_limits(
    baseline: str,
    head: str,
    project: str,
    told: list[str],
    spec: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spec.write_text(SMALL + SPEC + BUDGET, encoding="utf-8")
    git("init", "-q", "-b", "main")
    answer(capsys, "baseline", "update", "--force")
    commit_all("first")
    spec.write_text(head + SPEC + BUDGET, encoding="utf-8")
    if project:
        (spec.parent / "costcalc.yaml").write_text(project, encoding="utf-8")
    words = ("check", "--baseline", baseline, "--fail-on", "limits", "-f", "csv")
    out, _ = answer(capsys, *words, code=1 if told else 0)
    assert sorted(one for one in told if one in out) == sorted(told)
    assert out.count("limit changed") == len(told)


def test_a_limit_that_says_what_the_spec_said_is_the_same(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.write_text(SMALL + SPEC + "budget: {time: 1ms}\n", encoding="utf-8")
    answer(capsys, "baseline", "update", "--force")
    limit = "budget: {time: {dtype: int8, device: edge_tpu, max: 1ms}}\n"
    spec.write_text(SPEC + limit, encoding="utf-8")
    answer(capsys, "check", "--fail-on", "limits")
