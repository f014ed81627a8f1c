"""Nothing passes by accident: each line of docs/gate.md, through the real process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gate.accidents import BASELINE, HERE, Case, committed, config, costcalc
from gate.accidents_of_baselines import BOARD
from gate.accidents_of_baselines import CASES as OF_BASELINES
from gate.accidents_of_projects import CASES as OF_PROJECTS
from gate.accidents_of_strangers import CASES as OF_STRANGERS
from gate.projects import SMALL, spec, write

DOCS = Path(__file__).parent.parent.parent / "docs/gate.md"
CASES = [*OF_BASELINES, *OF_PROJECTS, *OF_STRANGERS]

# What a table of one command cannot say


def test_two_updates_at_once_lose_nothing() -> None:
    names = [f"{number}.yaml" for number in range(4)]
    for name in names:
        spec(name)
    command = [sys.executable, "-m", "costcalc", "baseline", "update"]
    running = [subprocess.Popen([*command, name], stderr=subprocess.DEVNULL) for name in names]
    assert [process.wait(60) for process in running] == [0] * len(names)
    assert sorted(json.loads(Path(BASELINE).read_text())["specs"]) == names


@pytest.mark.skipif(os.name != "posix", reason="locks as POSIX has them")
def test_an_update_reads_what_it_keeps_while_it_has_the_lock() -> None:
    import fcntl

    for name in ("a.yaml", "b.yaml"):
        spec(name)
    assert costcalc("baseline", "update", "a.yaml").returncode == 0
    both = Path(BASELINE).read_text().replace('"a.yaml"', '"c.yaml"')
    folder = os.open(".", os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    command = [sys.executable, "-m", "costcalc", "baseline", "update", "b.yaml"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as waiting:
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(2)
        write(BASELINE, both)
        os.close(folder)
        assert waiting.wait(60) == 0
    assert sorted(json.loads(Path(BASELINE).read_text())["specs"]) == ["b.yaml", "c.yaml"]


def test_without_locks_an_update_is_written_all_the_same() -> None:
    spec("a.yaml")
    code = "import sys; sys.modules['fcntl'] = None; from costcalc.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "baseline", "update", "a.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert [*json.loads(Path(BASELINE).read_text())["specs"]] == ["a.yaml"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("b.yaml", "spec"), ("costcalc.yaml", "config"), ("m.onnx", "model"), ("a.yaml", "spec")],
)
def test_a_baseline_replaces_nothing_else(name: str, kind: str) -> None:
    config("budget: {params: 10}\n")
    spec("b.yaml")
    write("m.onnx", "x")
    before = Path(name).read_text()
    done = costcalc("baseline", "update", "a.yaml", "--baseline", name)
    assert (done.returncode, f'a baseline would replace the {kind} "{name}"' in done.stderr) == (2, True)
    assert Path(name).read_text() == before


def test_a_report_replaces_no_spec_of_another_name_or_link() -> None:
    config("specs: [net.txt]\n", path="net.txt")
    Path("hard.json").hardlink_to("net.txt")
    Path("soft.json").symlink_to("net.txt")
    for name in ("net.txt", "hard.json", "soft.json"):
        done = costcalc("check", "-o", f"json={name}")
        assert (done.returncode, "would replace the spec" in done.stderr) == (2, True), done.stderr
    assert costcalc("check", "-o", "json=new.json").returncode == 0
    assert costcalc("check", "-o", "json=new.json").returncode == 0, "a report of ours may be replaced"


@pytest.mark.parametrize(
    "words",
    [
        "check -o json={}",
        "check --baseline git:HEAD -o json={}",
        "analyze a.yaml -o json={}",
        "analyze a.yaml --device board.yaml -o json={}",
        "diff a.yaml b.yaml -o json={}",
        "sweep a.yaml --resolution 8 -o csv={}",
        "sweep a.yaml --resolution 8 --report {}",
        "report a.yaml --device board.yaml -o {}",
        "plan a.yaml --time 1s --device board.yaml -o {}",
        "baseline update --baseline {}",
    ],
)
@pytest.mark.parametrize("name", ["board.yaml", "hard.txt", "soft.txt"])
def test_no_command_replaces_what_it_reads(words: str, name: str) -> None:
    write("costcalc.yaml", "device: board.yaml\n")
    write("board.yaml", BOARD)
    committed("{time: 5ms}", lambda: None, SMALL + "device: board.yaml\n")
    spec("b.yaml")
    Path("hard.txt").hardlink_to("board.yaml")
    Path("soft.txt").symlink_to("board.yaml")
    done = costcalc(*words.format(name).split())
    assert Path("board.yaml").read_text() == BOARD
    assert Path(name).read_text() == BOARD
    said = f'"{name}" is what is read: name another file'
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("option", "name", "text"),
    [
        ("--planner", "p.yaml", "name: p\nextends: live\n"),
        ("--convention", "c.yaml", "name: c\nunit: ours\nextends: thop\n"),
    ],
)
def test_a_report_replaces_no_planner_and_no_convention(option: str, name: str, text: str) -> None:
    spec("a.yaml")
    write(name, text)
    done = costcalc("analyze", "a.yaml", option, name, "-o", f"json={name}")
    assert (done.returncode, "is what is read" in done.stderr) == (2, True), done.stderr
    assert Path(name).read_text() == text


def test_a_conversion_does_not_replace_what_it_reads() -> None:
    spec("a.yaml")
    done = costcalc("convert", "a.yaml", "--to", "pytorch", "-o", "a.yaml", "--force")
    assert (done.returncode, "is what is read" in done.stderr) == (2, True)


def test_what_if_nothing_is_otherwise_has_its_verdicts() -> None:
    spec("a.yaml", "{params: 9}")
    for words, code in (
        (("--width-multiplier", "1"), 1),
        (("--resolution", "8"), 1),
        (("--width-multiplier", "1.0", "--resolution", "8x8"), 1),
        (("--resolution", "16"), 0),
    ):
        done = costcalc("analyze", "a.yaml", *words)
        assert (done.returncode, "over budget" in done.stdout) == (code, code == 1)
        assert ("no verdict on the budget" in done.stdout) == (code == 0)


HOSTILE = ("##[error]x", "##vso[task.complete]", "::error::x", "##VSO[y]")


def test_no_name_becomes_a_command_of_a_build_log() -> None:
    """In the standard output of each format of check, analyze and diff, of validate, explain and convert."""
    layers = "".join(
        f'  - {{type: conv, name: "{name}", out_channels: 2, kernel_size: 3}}\n' for name in HOSTILE
    )
    text = f'name: "{HOSTILE[0]}"\ninput: 8x8x1\nlayers:\n{layers}'
    path = "##[group]##vso[x].yaml"
    spec(path, '{params: 1, layers: {"*": {params: 0}}, message: "##[error]"}', text)
    spec("b.yaml", text=text.replace("out_channels: 2", "out_channels: 3"))
    formats = ("table", "json", "csv", "markdown", "junit", "sarif", "github", "gitlab", "openmetrics")
    commands = [("check", path, "-f", name) for name in formats]
    commands += [
        ("analyze", path, "-f", name) for name in ("table", "json", "csv", "markdown", "openmetrics")
    ]
    commands += [("diff", path, "b.yaml", "-f", name) for name in ("table", "json", "markdown")]
    commands += [("validate", path), ("explain", path, HOSTILE[1])]
    commands += [("convert", path, "--to", "pytorch"), ("convert", path, "--to", "keras")]
    for words in commands:
        done = costcalc(*words)
        assert done.returncode in (0, 1), (words, done.stderr)
        assert done.stdout, words
        for stream in (done.stdout, done.stderr):
            assert not re.search(r"##(\[|vso\[)", stream, re.IGNORECASE), words
            starts = [line for line in stream.splitlines() if line.lstrip().startswith("::")]
            assert words[-1] == "github" or not starts, words
        if words[-1] == "json":
            assert HOSTILE[1] in repr(json.loads(done.stdout)), "the same names, by another escape"


def test_a_changed_spec_brings_no_command_into_a_build_log() -> None:
    text = "input: 8x8x64\nlayers:\n  - {type: conv, name: a, out_channels: 64, kernel_size: 3} # %s\n"
    words = ("plan", "a.yaml", "--multiplies", "1M", "-o")
    for remark, code in (("fine", 0), (HOSTILE[0], 2)):
        spec("a.yaml", text=text % remark)
        done = costcalc(*words, "-")
        assert (done.returncode, "by -o PATH" in done.stderr) == (code, code == 2), done.stderr
        assert HOSTILE[0] not in done.stdout + done.stderr
        assert costcalc(*words, "b.txt").returncode == 0
        assert remark in Path("b.txt").read_text()


def test_no_name_becomes_structure_of_markdown() -> None:
    names = ("# h1", "1. l", "- l", "> q", "---", "    code")
    layers = "".join(f"  - {{type: relu, name: {json.dumps(name)}}}\n" for name in names)
    for name in names:
        spec("a.yaml", "{params: 1}", f"name: {json.dumps(name)}\ninput: 8x8x1\nlayers:\n{layers}")
        for words in (("check", "a.yaml"), ("analyze", "a.yaml", "--full")):
            done = costcalc(*words, "-f", "markdown")
            assert [line for line in done.stdout.splitlines() if line.startswith(name)] == [], words
        assert name.strip() in done.stdout.replace("\\", "")


def test_json_of_any_emoji_is_a_spec() -> None:
    layer = {"type": "conv", "name": "a😀b", "out_channels": 1, "kernel_size": 3, "bias": True}
    write(
        "a.yaml",
        json.dumps({"name": "😀 \\ud83d", "input": "8x8x1", "layers": [layer], "budget": {"params": 9}}),
    )
    done = costcalc("check")
    assert (done.returncode, "a.yaml:1:" in done.stdout) == (1, True)
    where = int(done.stdout.split("a.yaml:1:")[1].split(":")[0])
    assert Path("a.yaml").read_text()[where - 1 :].startswith("9")


@pytest.mark.parametrize("case", CASES, ids=[f"{n}-{case.row[:40]}" for n, case in enumerate(CASES)])
def test_nothing_passes_by_accident(case: Case) -> None:
    case.project()
    before = {
        path: path.read_bytes() for path in Path().rglob("*") if path.is_file() and ".git" not in path.parts
    }
    done = costcalc("check", *(word.replace(HERE, os.getcwd()) for word in case.words))
    assert (done.returncode, case.said in done.stdout + done.stderr) == (case.code, True), (
        done.stdout + done.stderr
    )
    assert "Traceback" not in done.stderr
    assert (done.stdout + done.stderr).count(case.said) == 1, "told twice"
    assert {path: path.read_bytes() for path in before} == before, "an input was written over"


#: Lines of the docs that no single run of a check can show, and the tests that do.
SHOWN_BY = {
    "0 |": "gate/test_gate.py:test_exit_codes",
    "1 |": "gate/test_gate.py:test_exit_codes",
    "3 |": "cli/test_exit_codes.py:test_no_exception_ends_in_1",
    "130 |": "gate/test_interrupts.py:test_interrupts_at_random_moments",
    "141 |": "gate/test_gate.py:test_a_closed_pipe_is_141",
    "`costcalc baseline update --baseline PATH` over": "gate/test_accidents.py:test_a_baseline_replaces_nothing_else",
    "any command's output over": "gate/test_accidents.py:test_no_command_replaces_what_it_reads",
    "`costcalc convert` over": "gate/test_accidents.py:test_a_conversion_does_not_replace_what_it_reads",
    "a name that a build log": "gate/test_accidents.py:test_no_name_becomes_a_command_of_a_build_log",
    "a spec that holds such": "gate/test_accidents.py:test_a_changed_spec_brings_no_command_into_a_build_log",
    "a name that Markdown": "gate/test_accidents.py:test_no_name_becomes_structure_of_markdown",
    "`analyze --width": "gate/test_accidents.py:test_what_if_nothing_is_otherwise_has_its_verdicts",
    "`analyze` at another": "gate/test_accidents.py:test_what_if_nothing_is_otherwise_has_its_verdicts",
}


def test_each_line_of_the_docs_is_a_test() -> None:
    lines = [line[2:] for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    heads = ("exit code |", "what |")
    unproven = [
        line
        for line in lines
        if not line.startswith((*heads, *SHOWN_BY)) and not any(case.row in line for case in CASES)
    ]
    assert unproven == []
    for place in SHOWN_BY.values():
        path, _, name = place.partition(":")
        assert f"def {name}(" in (DOCS.parent.parent / "tests" / path).read_text(encoding="utf-8")


def test_each_case_is_a_line_of_the_docs() -> None:
    text = " ".join(DOCS.read_text(encoding="utf-8").split())
    assert [case.row for case in CASES if case.row not in text] == []
