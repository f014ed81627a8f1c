"""What a CI service gets: annotations, a job's summary, the action, the hooks, the jobs to paste."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from gate.projects import Cli, commit_all, git, spec, write
from pages import block

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def github(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job of GitHub Actions; the file for its summary."""
    summary = project.parent / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project))
    return summary


def test_annotations_and_a_summary_on_github(cli: Cli, github: Path) -> None:
    spec("a.yaml", "{params: 9}")
    github.write_text("before\n")
    result = cli("check", "-f", "json")
    assert json.loads(result.out)["summary"]["failed"] == 1
    assert result.err.startswith(
        "::error title=costcalc%3A total,file=a.yaml,line=4,col=18,endColumn=19::"
        "over budget: params 10 of 9 (111.1%25), 1 too many%0A"
    )
    assert github.read_text().startswith("before\n## costcalc: over budget\n")
    result = cli("check", "-f", "github")
    assert result.out.startswith("::error")
    assert "::error" not in result.err
    before = github.read_text()
    result = cli("check", "--no-ci")
    assert "::error" not in result.out + result.err
    assert github.read_text() == before


def test_no_annotation_elsewhere(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    spec("a.yaml", "{params: 9}")
    result = cli("check")
    assert (result.code, result.err) == (1, "")


@pytest.mark.parametrize("before", [0, 2**20 - 2000, 2**20 - 5, 2**20 + 10])
def test_a_summary_stays_under_a_mebibyte(cli: Cli, github: Path, before: int) -> None:
    name = "ü漢" * 100
    layers = "".join(
        f"  - {{type: conv, name: {name}{n}, out_channels: 1, kernel_size: 1}}\n" for n in range(2000)
    )
    spec("a.yaml", '{layers: {"*": {params: 0}}}', f"input: 8x8x1\nlayers:\n{layers}")
    github.write_bytes(b"x" * before)
    assert cli("check").code == 1
    data = github.read_bytes()
    assert len(data) < 2**20 or len(data) == before
    if before < 2**20 - 2000:
        assert data.decode().endswith("\n… and more than fits here.\n")
        assert len(data) > 2**20 - 5000


def test_a_summary_that_cannot_be_written_fails_nothing(cli: Cli, github: Path) -> None:
    github.mkdir()
    spec("a.yaml", "{params: 10}")
    result = cli("check")
    assert result.code == 0
    assert "warning: no job summary: " in result.err


# The action


def test_the_action_is_valid_and_takes_its_inputs_through_the_environment_alone() -> None:
    check_schema("vendor.github-actions", ROOT / "action.yml")
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    *scripts, upload = action["runs"]["steps"]
    for step in scripts:
        assert "${{" not in step["run"]
        assert all(re.fullmatch(r"\$\{\{ inputs\.[a-z-]+ \}\}", value) for value in step["env"].values())
        modules = re.findall(r'(?i:python)" (?:(-P) )?-m', step["run"])
        assert modules
        assert all(modules), "a module of the repository would be run in the place of the one meant"
    assert (upload["if"], "run" in upload) == (
        "${{ !cancelled() && steps.check.outputs.sarif != '' }}",
        False,
    )
    assert upload["with"]["sarif_file"] == "${{ steps.check.outputs.sarif }}"
    assert "token" not in (ROOT / "action.yml").read_text()


def action(project: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the action's step that checks as a runner does, with this Python in the place of the one it installed."""
    runner = project.parent / "runner"
    (runner / "costcalc/bin").mkdir(parents=True, exist_ok=True)
    python = runner / "costcalc/bin/python"
    if not python.exists():
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
    described = yaml.safe_load((ROOT / "action.yml").read_text())
    (step,) = (step for step in described["runs"]["steps"] if step["name"] == "Check the budgets")
    values = {name: facts["default"] for name, facts in described["inputs"].items()} | inputs
    env = {key: values[re.sub(r"\W*inputs\.|\W*$", "", text)] for key, text in step["env"].items()}
    script = write("../script.sh", step["run"])
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        env={**os.environ, **env, "RUNNER_TEMP": str(runner), "GITHUB_OUTPUT": str(runner / "output")},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_action_checks(project: Path, github: Path) -> None:
    spec("nets/a b.yaml", "{params: 9}")
    spec("nets/c.yaml", "{params: {max: 10, warn: 50%}}")
    write("nets/typer.py", "raise SystemExit('a file of the repository was imported')\n")
    done = action(project)
    assert done.returncode == 1, done.stderr
    assert "::error title=costcalc%3A total,file=nets/a b.yaml,line=4" in done.stderr
    assert github.read_text().startswith("## costcalc: over budget")
    inputs = {"working-directory": "nets", "specs": "c.yaml\n\n", "fail-on": "warning"}
    done = action(project, **inputs)
    assert done.returncode == 1, done.stderr
    assert "1 spec, 1 limit: 1 near budget" in done.stdout
    done = action(project, specs="nets/c.yaml", args="--output=json=out put.json\n--output=junit=j.xml\n")
    assert done.returncode == 0, done.stderr
    assert "wrote json to out put.json, junit to j.xml" in done.stdout


@pytest.mark.parametrize("place", ["costcalc.sarif", "{project}/out/a b.sarif"])
def test_the_action_writes_the_sarif_that_it_uploads(place: str, project: Path, github: Path) -> None:
    spec("nets/a.yaml", "{params: 9}")
    Path("out").mkdir()
    sarif = place.format(project=project)
    done = action(project, **{"sarif": sarif, "working-directory": "nets"})
    assert done.returncode == 1, done.stderr
    name, _, path = (project.parent / "runner/output").read_text().rstrip("\n").partition("=")
    assert (name, path) == ("sarif", sarif if sarif.startswith("/") else "nets/costcalc.sarif")
    (run,) = json.loads(Path(path).read_text())["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["costcalc/total"]


@pytest.mark.parametrize("sarif", ["a.sarif\nsarif=/etc/passwd", "nosuch/a.sarif", ""])
def test_the_action_uploads_nothing_that_it_did_not_write(sarif: str, project: Path, github: Path) -> None:
    spec("a.yaml", "{params: 10}")
    assert action(project, sarif=sarif).returncode == (2 if sarif else 0)
    assert not (project.parent / "runner/output").exists()


def test_the_action_takes_no_input_for_an_option_or_a_command(project: Path) -> None:
    spec("a.yaml", "{params: 9}")
    for inputs in (
        {"specs": "--exit-zero"},
        {"specs": "$(touch pwned)\n`touch pwned`\n; touch pwned"},
        {"baseline": "$(touch pwned)"},
        {"fail-on": "never --exit-zero"},
        {"working-directory": "$(touch pwned)"},
    ):
        assert action(project, **inputs).returncode != 0
    assert not Path("pwned").exists()


def test_the_action_compares_with_a_commit(project: Path) -> None:
    git("init", "-q")
    spec("a.yaml", "{regression: {params: 0%}}")
    commit_all("first")
    spec(
        "a.yaml",
        "{regression: {params: 0%}}",
        "input: 8x8x1\nlayers:\n  - {type: conv, out_channels: 9, kernel_size: 3}\n",
    )
    commit_all("second")
    assert action(project, baseline="git:HEAD^1").returncode == 1
    assert action(project, baseline="git:HEAD").returncode == 0


# The hooks and the jobs to paste


def check_schema(schema: str, *files: Path) -> None:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, files)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


def test_the_hooks_are_valid_and_their_files_the_right_ones() -> None:
    manifest = ROOT / ".pre-commit-hooks.yaml"
    words = [sys.executable, "-m", "pre_commit", "validate-manifest", str(manifest)]
    subprocess.run(words, check=True, capture_output=True, timeout=120)
    hooks = {hook["id"]: hook for hook in yaml.safe_load(manifest.read_text())}
    assert list(hooks) == ["costcalc-validate", "costcalc-check"]
    files = re.compile(hooks["costcalc-check"]["files"])
    for name in ("a.yaml", "x/b.yml", "pyproject.toml", "x/costcalc.yaml", "costcalc-baseline.json"):
        assert files.search(name), name
    for name in ("a.py", "x.yaml.txt", "package.json", "mypyproject.toml"):
        assert not files.search(name), name


@pytest.mark.skipif("COSTCALC_ONLINE" not in os.environ, reason="installs costcalc: COSTCALC_ONLINE=1 pytest")
def test_the_hooks_really_run(project: Path) -> None:
    git("init", "-q")
    spec("good.yaml", "{params: 10}")
    write("other.yaml", "no: spec\n")
    commit_all("good")

    def hook(name: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "pre_commit", "try-repo", str(ROOT), name, "--all-files", "--verbose"]
        env = {**os.environ, "PRE_COMMIT_HOME": str(project.parent / "hooks")}
        return subprocess.run(words, capture_output=True, text=True, env=env, timeout=600)

    for name in ("costcalc-validate", "costcalc-check"):
        done = hook(name)
        assert done.returncode == 0, done.stdout
        assert "good.yaml" in done.stdout
    spec("over.yaml", "{params: 9}")
    write("broken.yaml", "layers: [konv]\n")
    git("add", "-A")
    for name, said in (
        ("costcalc-validate", "broken.yaml:1:1: error"),
        ("costcalc-check", "over budget: params 10"),
    ):
        done = hook(name)
        assert done.returncode == 1
        assert said in done.stdout


RECIPES = ROOT / "docs/ci.md"


def snippet(start: str) -> str:
    """The one block of YAML in the recipes that begins so."""
    return block(RECIPES, start)


@pytest.mark.parametrize(
    ("schema", "start"),
    [("vendor.github-workflows", "name: costcalc\non:"), ("vendor.gitlab-ci", "costcalc:\n  image:")],
)
def test_the_jobs_to_paste_are_valid(schema: str, start: str) -> None:
    check_schema(schema, write("job.yml", snippet(start)))


def test_the_job_in_readme_is_valid() -> None:
    check_schema(
        "vendor.github-workflows", write("job.yml", block(ROOT / "README.md", "name: costcalc\non:"))
    )


def test_the_gitlab_job_writes_what_it_names(cli: Cli) -> None:
    spec("a.yaml", "{params: 9}")
    job = yaml.safe_load(snippet("costcalc:\n"))["costcalc"]
    (command,) = (line for line in job["script"] if line.startswith("costcalc "))
    assert cli(*command.split()[1:]).code == 1
    assert all(Path(path).is_file() for path in job["artifacts"]["reports"].values())


def test_the_hooks_to_paste_are_valid_and_there() -> None:
    config = write(".pre-commit-config.yaml", snippet("repos:"))
    words = [sys.executable, "-m", "pre_commit", "validate-config", str(config)]
    subprocess.run(words, check=True, capture_output=True, timeout=120)
    (repo,) = yaml.safe_load(config.read_text())["repos"]
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert {hook["id"] for hook in repo["hooks"]} <= hooks


def test_the_config_shown_is_one(cli: Cli) -> None:
    write("costcalc.yaml", block(ROOT / "docs/topics/budget.md", "specs:"))
    spec("nets/a.yaml")
    spec("nets/mcu/b.yaml")
    result = cli("check")
    assert result.code == 0
    assert "nets/mcu/b.yaml: params 10 of 250,000 (0.0%), multiplies 576 of 5,000,000 (0.0%)" in result.out


# validate and init


def test_validate(cli: Cli) -> None:
    spec("nets/a.yaml", "{params: 1, regression: {params: 0%}}")
    write("nets/other.yaml", "no: spec\n")
    write("broken.yaml", "input: 1\nlayers: [konv]\n")
    spec("glob.yaml", '{layers: {"nope*": {params: 1}}}')
    assert cli("validate", "nets") == (0, "nets/a.yaml: ok, 1 layer\n", "")
    result = cli("validate", "nets/a.yaml", "broken.yaml", "glob.yaml", "zoo:lenet5")
    assert result.code == 2
    assert [line.split(":")[0] for line in result.out.splitlines()] == ["nets/a.yaml", "zoo"]
    assert 'broken.yaml:2:10: error: unknown layer type "konv"' in result.err
    assert 'glob.yaml:4:19: error: "nope*" matches no layer' in result.err
    assert cli("validate", "nets/other.yaml").code == 2
    assert cli("validate", "--only-specs", "nets/other.yaml", "nets/a.yaml") == (
        0,
        "nets/a.yaml: ok, 1 layer\n",
        "",
    )
    assert cli("validate", "--only-specs", "broken.yaml").code == 2
    assert cli("validate", "none.yaml").code == 2
    assert cli("validate").code == 2


def test_init(cli: Cli) -> None:
    result = cli("init")
    assert (result.code, result.out) == (0, "")
    assert result.err.startswith("wrote network.yaml; next: costcalc analyze network.yaml")
    text = Path("network.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=costcalc.schema.json\n")
    totals = json.loads(cli("check", "-f", "json").out)["specs"][0]
    for verdict in totals["budget"]:
        assert verdict["limit"] == verdict["value"] * 105 // 100
        assert verdict["status"] == "pass"
    again = cli("init")
    assert (again.code, Path("network.yaml").read_text()) == (2, text)
    assert "network.yaml is there already" in again.err
    assert cli("init", "--force").code == 0
    assert cli("init", "nets/x.yaml").code == 2
    Path("link.yaml").symlink_to("nowhere.yaml")
    assert cli("init", "link.yaml").code == 2
