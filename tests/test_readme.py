"""README's examples: its commands run, but for the two that install, and print what it shows.

A line "…" in an output stands for any lines. What README shows is written anew by

    COSTCALC_REGENERATE=1 pytest tests/test_readme.py
"""

from __future__ import annotations

import doctest
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
import yaml

import costcalc
from approved import REGENERATE
from costcalc.cli import run

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(
    r"(?:<!-- (?P<key>file|exit|ci): (?P<value>\S+) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


class Block(NamedTuple):
    """A fenced block, and what the comment before it says."""

    key: str | None
    value: str
    language: str
    text: str


def blocks() -> Iterator[Block]:
    for match in BLOCK.finditer(README.read_text(encoding="utf-8")):
        yield Block(match["key"], match["value"] or "", match["language"], match["text"])


EXAMPLES = [block for block in blocks() if block.language == "console"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that README shows."""
    monkeypatch.chdir(tmp_path)
    for block in blocks():
        if block.key == "file":
            Path(block.value).write_text(block.text, encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("block", EXAMPLES, ids=lambda block: block.text.partition("\n")[0])
def test_a_command_prints_what_is_shown(block: Block, capsys: pytest.CaptureFixture[str]) -> None:
    command, _, shown = block.text.partition("\n")
    program, *words = shlex.split(command.removeprefix("$ "))
    assert program == "costcalc"
    code = run(words)
    captured = capsys.readouterr()
    assert code == (int(block.value) if block.key == "exit" else 0), captured.err
    output = captured.out + captured.err
    if REGENERATE:
        rewrite(block, command, shown, output)
    elif shown.startswith("…\n"):
        assert output.endswith(shown.removeprefix("…\n"))
    else:
        assert output == shown


def rewrite(block: Block, command: str, shown: str, output: str) -> None:
    """Put what a command prints into README; behind a "…" only what follows the line after it."""
    if shown.startswith("…\n"):
        first = shown.split("\n")[1]
        output = "…\n" + first + output.rpartition(f"\n{first}")[2]
    text = README.read_text(encoding="utf-8")
    README.write_text(text.replace(f"```console\n{block.text}", f"```console\n{command}\n{output}"), "utf-8")


@pytest.mark.usefixtures("folder")
def test_the_python_example_is_right() -> None:
    (example,) = (block.text for block in blocks() if block.language == "python")
    test = doctest.DocTestParser().get_doctest(example, {}, "README", None, None)
    assert doctest.DocTestRunner().run(test).failed == 0


def test_the_two_commands_that_install_are_there() -> None:
    commands = {block.value: block.text for block in blocks() if block.key == "ci"}
    assert list(commands) == ["run", "test"]
    assert all(
        text.startswith("python3 -m venv .venv && .venv/bin/pip install ") for text in commands.values()
    )
    assert all(text.count("\n") == 1 for text in commands.values())


def test_every_command_is_in_the_table() -> None:
    from costcalc.cli.commands import COMMANDS

    listed = re.findall(r"^\| `costcalc (\w+)", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)


@pytest.mark.usefixtures("folder")
def test_the_budget_shown_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    (budget,) = (block.text for block in blocks() if block.text.startswith("budget:"))
    spec = Path("net.yaml").read_text(encoding="utf-8").partition("budget:")[0]
    Path("net.yaml").write_text(spec + budget, encoding="utf-8")
    assert run(["validate", "net.yaml"]) == 0, capsys.readouterr().err


def test_the_spec_of_a_model_costs_what_the_model_does() -> None:
    (text,) = (block.text for block in blocks() if block.text.startswith("name: resnet50"))
    written = costcalc.analyze(costcalc.loads(text)).written
    assert (written.multiplies, written.params) == (4_089_184_256, 25_557_032)


@pytest.mark.usefixtures("folder")
def test_the_convention_shown_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", "net.yaml", "--full", "--convention", "ours.yaml", "--exit-zero"]) == 0
    assert "operations by ours 1 (multiply-adds and activations)" in capsys.readouterr().out


def test_the_table_of_conventions_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    text = README.read_text(encoding="utf-8")
    command, shown = re.findall(r"^<!-- table: costcalc (.*) -->\n((?:\|.*\n)+)", text, re.MULTILINE)[0]
    assert run(shlex.split(command)) == 0
    printed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    cells = (line.strip("| ").split(" | ") for line in printed[1:])
    rows = [(name, operations, parameters, made) for name, operations, parameters, _, made, _ in cells]
    assert [tuple(line.strip("| ").split(" | ")) for line in shown.splitlines()[2:]] == rows


def recipe(key: str) -> dict[str, Any]:
    """What README says in YAML to other programs, or to costcalc: the block with this key at its top."""
    documents = [yaml.safe_load(block.text) for block in blocks() if block.language == "yaml"]
    (found,) = (document for document in documents if document and key in document)
    return cast("dict[str, Any]", found)


def test_the_step_of_a_workflow_has_the_inputs_of_the_action() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    *_, step = recipe("jobs")["jobs"]["budget"]["steps"]
    assert step["uses"].startswith("OWNER/costcalc@")
    assert set(step["with"]) <= set(action["inputs"])


def test_the_hooks_are_those_of_the_project() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (repository,) = recipe("repos")["repos"]
    assert [hook["id"] for hook in repository["hooks"]] == [hook["id"] for hook in hooks]


@pytest.mark.usefixtures("folder")
def test_the_job_of_gitlab_runs_and_writes_its_reports() -> None:
    job = recipe("costcalc")["costcalc"]
    _, command = job["script"]
    Path("broken.yaml").unlink()
    assert run(shlex.split(command)[1:]) == 1
    assert all(Path(path).exists() for path in job["artifacts"]["reports"].values())


@pytest.mark.usefixtures("folder")
def test_the_config_shown_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    Path("costcalc.yaml").write_text(yaml.safe_dump(recipe("overrides")), encoding="utf-8")
    for name in ("net.yaml", "residual.yaml"):
        path = Path("nets/mcu", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        Path(name).rename(path)
    assert run(["check", "-f", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    limits = {
        Path(spec["network"]["path"]).name: {row["metric"]: row["limit"] for row in spec["budget"]}
        for spec in document["specs"]
    }
    assert limits == {
        "net.yaml": {"multiplies": 25_000_000, "params": 40_000},  # its own
        "residual.yaml": {"multiplies": 5_000_000, "params": 250_000},
    }


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README.read_text(encoding="utf-8"))
    assert links
    assert all((ROOT / link).exists() for link in links)
