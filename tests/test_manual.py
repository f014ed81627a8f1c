"""The manual is true: README and every page of docs/ show what commands print, and name what there is.

A page's commands run in the order of the page, in one folder with README's files, on a terminal of 80 columns
(76 in topics). What pages show is written anew by

    COSTCALC_REGENERATE=1 pytest tests/test_manual.py
"""

from __future__ import annotations

import doctest
import json
import os
import re
import shlex
import subprocess
import sys
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

import costcalc
from approved import REGENERATE
from costcalc.cli import run, terminal
from costcalc.cli.parser import parse
from gate.conftest import SERVICES
from gate.projects import commit_all, git
from pages import PAGES, README, ROOT, Block, block, blocks, inline

GATE = ROOT / "docs/topics/budget.md"
RECIPES = ROOT / "docs/ci.md"


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that README shows, outside of CI, on a terminal of 80 columns without colours."""
    for variable in list(os.environ):
        if variable.startswith(SERVICES):
            monkeypatch.delenv(variable)
    (tmp_path / ".git").mkdir()  # the search for a config ends here
    place = tmp_path / "project"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.setattr(terminal, "_is_terminal", lambda stream: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    program = tmp_path / "bin/costcalc"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m costcalc "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    write_files(README)
    return place


def write_files(page: Path) -> None:
    for each in blocks(page):
        if "file" in each.marks:
            write(each)


def write(each: Block) -> None:
    path = Path(each.marks["file"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(each.text, encoding="utf-8")


def prepare(page: Path) -> None:
    """What a page takes to be there: a model, a repository with two commits."""
    text = page.read_text(encoding="utf-8")
    if "model.onnx" in text:
        assert run(["convert", "zoo:mobilenet_v2", "--to", "onnx", "-o", "model.onnx"]) == 0
    if "mynet:" in text:
        Path("mynet.py").write_text(block(ROOT / "docs/models.md", "from torch import nn"), encoding="utf-8")
    if "git:" in text:
        git("init", "-q", "-b", "main")
        commit_all("first")
        git("commit", "-q", "--allow-empty", "-m", "second")
        git("update-ref", "refs/remotes/origin/main", "HEAD~1")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_shows_what_its_commands_print(
    page: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(page)
    write_files(page)
    if page.parent.name == "topics":  # costcalc explain TOPIC shows it indented
        monkeypatch.setenv("COLUMNS", "76")
    wrong = [fault for each in blocks(page) for fault in faults(each, page, capsys)]
    if wrong:
        pytest.fail("\n\n".join(wrong), pytrace=False)


def faults(each: Block, page: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What a block shows that is not so."""
    if "ci" in each.marks or ("needs" in each.marks and find_spec(each.marks["needs"]) is None):
        return []
    if "file" in each.marks:
        write(each)
    elif each.language == "console":
        return [fault for part in commands(each.text) for fault in untrue(*part, each, page, capsys)]
    elif each.language == "bash":
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", each.text], capture_output=True, text=True, timeout=120
        )
        return [] if done.returncode == int(each.marks.get("exit", 0)) else [f"{each.text}{done.stderr}"]
    elif each.language == "python" and ">>>" in each.text:
        test = doctest.DocTestParser().get_doctest(each.text, {"costcalc": costcalc}, page.name, None, None)
        said: list[str] = []
        doctest.DocTestRunner().run(test, out=said.append)
        return said
    return []


def commands(text: str) -> list[tuple[str, str]]:
    """The commands of a session, each with what it is shown to print."""
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)


def untrue(
    command: str, shown: str, each: Block, page: Path, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    program, *words = shlex.split(command)
    assert program == "costcalc", command
    capsys.readouterr()
    code = run(words)
    captured = capsys.readouterr()
    output = captured.out + captured.err
    if code != int(each.marks.get("exit", 0)):
        return [f"{command}: {code}\n{output}"]
    if REGENERATE:
        text = page.read_text(encoding="utf-8")
        old = re.escape(f"$ {command}\n{shown}") + r"(?=```|\$ )"
        new = f"$ {command}\n{elided(output, shown)}"
        page.write_text(re.sub(old, lambda _: new, text, count=1), encoding="utf-8")
        return []
    pattern = r"(?:.*\n)*?".join(map(re.escape, shown.split("…\n")))
    return [] if re.fullmatch(pattern, output) else [f"{command}\n{output}"]


def elided(output: str, shown: str) -> str:
    """What a command prints, without what a page leaves out of it at one "…"."""
    before, cut, after = shown.partition("…\n")
    if not cut:
        return output
    lines = output.splitlines(keepends=True)
    tail = after.partition("\n")[0]
    start = next((at for at, line in enumerate(lines) if tail and line.startswith(tail)), len(lines))
    return "".join([*lines[: before.count("\n")], "…\n", *lines[start:]])


# A command within a sentence: capitals stand for something else; without any it runs.

PLACEHOLDER = re.compile(r"\b[A-Z]{2,}\b|…|package\.module")


def sentences() -> list[Any]:
    return [
        pytest.param(page, code, id=f"{name(page)}-{code}")
        for page in PAGES
        for code in dict.fromkeys(inline(page))
        if code.startswith("costcalc ") and "COMMAND" not in code
    ]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("page", "command"), sentences())
def test_a_command_in_a_sentence_is_one(page: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(command.partition(" > ")[0])[1:]
    if words[0] == "--install-completion":
        return  # it writes into somebody's home
    if len(words) == 1 or PLACEHOLDER.search(command):
        parse(words if len(words) > 1 else [*words, "--help"])
        return
    for package in ("torchvision", "torch"):
        if f"{package}." in command or (package == "torch" and "mynet:" in command):
            pytest.importorskip(package)
    prepare(page)
    write_files(page)
    assert run(words) in (0, 1), capsys.readouterr().err


@cache
def options() -> set[str]:
    """The options of all commands, as their helps list them."""
    return {*re.findall(r"(?<![\w-])--?[a-z][\w-]*", hooks().pages()["options.md"])}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_an_option_in_a_sentence_is_one(page: Path) -> None:
    said = [re.match(r"--?[a-z][\w-]*", code) for code in inline(page)]
    assert {found[0] for found in said if found} <= options()


def test_the_two_commands_that_install_are_there() -> None:
    found = {each.marks["ci"]: each.text for each in blocks() if "ci" in each.marks}
    assert list(found) == ["run", "test"]
    assert all(text.startswith("python3 -m venv .venv && .venv/bin/pip install ") for text in found.values())
    assert all(text.count("\n") == 1 for text in found.values())


def test_extras_that_are_named_are_there() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for page in PAGES:
        for extras in re.findall(
            r"pip install '(?:\.|costcalc)\[([\w,]+)\]", page.read_text(encoding="utf-8")
        ):
            for extra in extras.split(","):
                assert re.search(rf"^{extra} = \[", pyproject, re.MULTILINE), (name(page), extra)


def test_every_command_is_in_the_table() -> None:
    from costcalc.cli.commands import COMMANDS

    table = README.read_text(encoding="utf-8").partition("## Commands\n")[2].partition("\n\n`")[0]
    assert {*re.findall(r"`(\w+)`", table)} == {*COMMANDS}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    made = {Path(path).name for path in hooks().pages()}
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not link.startswith("https://") and Path(link).name not in made and not link.endswith(".svg"):
            assert (page.parent / link).exists(), link


# The pages that are made


@cache
def hooks() -> Any:
    path = ROOT / "docs/hooks.py"
    spec = spec_from_file_location("manual_hooks", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_kind_option_and_convention_has_its_place() -> None:
    from costcalc.cli.commands import COMMANDS
    from costcalc.conventions import CONVENTIONS
    from costcalc.layers import KINDS, kind_model
    from costcalc.layers.schema import field_help

    made = hooks().pages()
    titles = re.findall(r"^## (.*)$", made["kinds.md"], re.MULTILINE)
    assert {kind for title in titles for kind in title.split(", ")} == {*KINDS}
    for kind in KINDS:
        fields = field_help(kind_model(kind))
        table = made["kinds.md"].partition(f"| field of `{kind}` |")[2].partition("\n\n")[0]
        assert [row.split(" | ")[0] for row in table.splitlines()[2:]] == [f"| `{f.name}`" for f in fields]
    assert re.findall(r"^## (.*)$", made["options.md"], re.MULTILINE) == [*COMMANDS]
    assert re.findall(r"^## (.*)$", made["conventions-in-full.md"], re.MULTILINE) == [*CONVENTIONS]


def test_every_page_stands_in_the_navigation() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named = re.findall(r": ([\w/-]+\.md)$", text, re.MULTILINE)
    written = {str(page.relative_to(ROOT / "docs")) for page in PAGES if page.is_relative_to(ROOT / "docs")}
    assert sorted(named) == sorted({*written, *hooks().pages()})


def test_the_pictures_are_those_that_the_commands_draw() -> None:
    shown = commands(
        "".join(each.text for each in blocks(ROOT / "docs/pictures.md") if each.language == "console")
    )
    drawn = [shlex.split(command) for command, _ in shown if "plot" in command]
    for what, words in hooks().PICTURES.items():
        (command,) = (found for found in drawn if found[found.index("--what") + 1] == what)
        assert {*words, "--width", "640"} < {*command}


# What pages say in YAML, to costcalc or to other programs


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("page", PAGES, ids=name)
def test_budgets_and_figures_shown_are_some(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A piece of a spec that begins with ``budget:`` or ``published:`` can stand in one."""
    spec = Path("net.yaml").read_text(encoding="utf-8").partition("budget:")[0]
    for each in blocks(page):
        if each.language == "yaml" and each.text.startswith(("budget:", "published:")):
            config = each.text.startswith("budget:") and ("ceiling:" in each.text or "locked:" in each.text)
            Path("costcalc.yaml").write_text(each.text if config else "")
            Path("net.yaml").write_text(spec + ("" if config else each.text), encoding="utf-8")
            if config:
                assert run(["baseline", "update", "net.yaml"]) == 0
            assert run(["check" if config else "validate", "net.yaml"]) in (0, 1), capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_the_spec_of_a_model_costs_what_the_model_does() -> None:
    written = costcalc.analyze(costcalc.loads(block(ROOT / "docs/models.md", "name: resnet50"))).written
    assert (written.multiplies, written.params) == (4_089_184_256, 25_557_032)


def test_the_table_of_conventions_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "docs/conventions.md").read_text(encoding="utf-8")
    command, shown = re.findall(r"^<!-- table: costcalc (.*) -->\n\n?((?:\|.*\n)+)", text, re.MULTILINE)[0]
    assert run(shlex.split(command)) == 0
    printed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    cells = (line.strip("| ").split(" | ") for line in printed[1:])
    rows = [(name, operations, parameters, made) for name, operations, parameters, _, made, _ in cells]
    assert [tuple(line.strip("| ").split(" | ")) for line in shown.splitlines()[2:]] == rows


def recipe(key: str, page: Path = RECIPES) -> dict[str, Any]:
    """What a page says in YAML to other programs, or to costcalc: the block with this key at its top."""
    documents = [yaml.safe_load(each.text) for each in blocks(page) if each.language == "yaml"]
    (found,) = (document for document in documents if isinstance(document, dict) and key in document)
    return cast("dict[str, Any]", found)


@pytest.mark.parametrize("page", [README, RECIPES], ids=name)
def test_the_step_of_a_workflow_has_the_inputs_of_the_action(page: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    (step,) = (step for step in recipe("jobs", page)["jobs"]["budget"]["steps"] if "costcalc" in step["uses"])
    assert step["uses"].startswith("OWNER/costcalc@")
    assert set(step["with"]) <= set(action["inputs"])


def test_the_inputs_of_the_action_are_listed() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    table = RECIPES.read_text(encoding="utf-8").partition("| input | says |")[2].partition("\n\n")[0]
    first = " ".join(row.split(" | ")[0] for row in table.splitlines())
    assert {*re.findall(r"`([\w-]+)`", first)} == {*action["inputs"]}


def test_the_hooks_are_those_of_the_project() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (repository,) = recipe("repos")["repos"]
    assert [hook["id"] for hook in repository["hooks"]] == [hook["id"] for hook in hooks]


@pytest.mark.usefixtures("folder")
def test_the_job_of_gitlab_runs_and_writes_its_reports() -> None:
    job = recipe("costcalc")["costcalc"]
    _, command = job["script"]
    assert run(shlex.split(command)[1:]) == 1
    assert all(Path(path).exists() for path in job["artifacts"]["reports"].values())


@pytest.mark.usefixtures("folder")
def test_the_config_shown_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    Path("costcalc.yaml").write_text(yaml.safe_dump(recipe("overrides", GATE)), encoding="utf-8")
    write_files(ROOT / "docs/topics/blocks.md")
    for file in ("net.yaml", "residual.yaml"):
        path = Path("nets/mcu", file)
        path.parent.mkdir(parents=True, exist_ok=True)
        Path(file).rename(path)
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
