"""Baselines from git: the specs as they were, whatever is in the repository, and nothing of it ever run."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from costcalc.reading.git import Commit
from gate.projects import SMALL, Cli, commit_all, git, spec, write

BUDGET = "{regression: {params: 0%}}"
DEARER = SMALL.replace("out_channels: 1,", "out_channels: 2,")
LONG = "".join(f"# line {number}\n" for number in range(10))


@pytest.fixture
def repository(project: Path) -> Path:
    """A repository with one commit: a.yaml and nets/b.yaml."""
    git("init", "-q", "-b", "main")
    spec("a.yaml", BUDGET, LONG + SMALL)
    spec("nets/b.yaml", BUDGET)
    commit_all("first")
    return project


@pytest.mark.usefixtures("repository")
def test_the_specs_as_they_were(cli: Cli) -> None:
    assert cli("check", "--baseline", "git:HEAD").code == 0
    spec("a.yaml", BUDGET, LONG + DEARER)
    result = cli("check", "--baseline", "git:main")
    assert result.code == 1
    assert "regression.params 20 of 10 (the baseline's 10 + 0%), 10 too many" in result.out
    assert (
        "    since git:main: +10 (10 → 20)\n      ~ conv_1: out_channels 1 → 2: +10 (10 → 20)\n" in result.out
    )
    commit_all("second")
    assert cli("check", "--baseline", "git:HEAD").code == 0
    assert cli("check", "--baseline", "git:HEAD~1").code == 1
    assert cli("check", "--baseline", f"git:{git('rev-parse', 'HEAD~1')[:9]}").code == 1


@pytest.mark.usefixtures("repository")
def test_in_a_subfolder(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("nets")
    assert cli("check", "--baseline", "git:HEAD").code == 0
    spec("b.yaml", BUDGET, DEARER)
    result = cli("check", "--baseline", "git:HEAD")
    assert result.code == 1
    assert "FAILED   b.yaml" in result.out
    assert cli("check", "../a.yaml", "--baseline", "git:HEAD").code == 0


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("added", [True, False], ids=["added", "only moved"])
def test_renamed_files(cli: Cli, added: bool) -> None:
    Path("a.yaml").unlink()
    spec("models/a2.yaml", BUDGET, LONG + DEARER)
    Path("nets/b.yaml").rename("nets/c.yaml")
    if added:
        commit_all("moved")
    result = cli("check", "--baseline", "git:HEAD~1" if added else "git:HEAD")
    assert result.code == 1
    assert "since git:HEAD" in result.out
    assert "(there a.yaml): +10 (10 → 20)" in result.out
    assert "ok       nets/c.yaml: was nets/b.yaml" in result.out
    assert "removed" not in result.out
    assert "new since" not in result.out


@pytest.mark.usefixtures("repository")
def test_new_and_removed_files(cli: Cli) -> None:
    Path("nets/b.yaml").unlink()
    write(
        "c.yaml",
        "# nothing alike\ninput: 4x4x1\nlayers:\n  - {type: conv, out_channels: 9, kernel_size: 1}\n",
    )
    result = cli("check", "--baseline", "git:HEAD")
    assert result.code == 0
    assert "ok       c.yaml: new since git:HEAD" in result.out
    assert "removed  nets/b.yaml, which git:HEAD has" in result.out


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    "revision", ["nowhere", "", "--output=pwned", "-h", "HEAD:a.yaml", "main^{tree}", "a..b", "x\0y", "--all"]
)
def test_what_is_no_commit(cli: Cli, revision: str) -> None:
    write("costcalc.yaml", f'baseline: "git:{revision}"\n'.replace("\0", "\\0"))
    for words in (["check"], ["check", "--baseline", f"git:{revision}"]):
        result = cli(*words)
        assert result.code == 2
        assert "no commit" in result.err
    assert sorted(path.name for path in Path().iterdir()) == [".git", "a.yaml", "costcalc.yaml", "nets"]


@pytest.mark.usefixtures("repository")
def test_a_shallow_clone_says_what_to_fetch(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec("a.yaml", BUDGET, LONG + DEARER)
    commit_all("second")
    git("clone", "-q", "--depth=1", f"file://{project}", "clone", folder="..")
    monkeypatch.chdir("../clone")
    assert cli("check", "--baseline", "git:HEAD").code == 0
    result = cli("check", "--baseline", "git:HEAD~1")
    assert result.code == 2
    assert 'git:HEAD~1: no commit "HEAD~1" in this repository, which is a shallow clone: fetch' in result.err
    git("fetch", "-q", "--depth=2", "origin", "main")
    assert cli("check", "--baseline", "git:FETCH_HEAD~1").code == 1


def test_no_repository_and_no_git(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec("a.yaml", BUDGET)
    (project.parent / ".git").rmdir()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    result = cli("check", "--baseline", "git:HEAD")
    assert result.code == 2
    assert "git:HEAD: not a git repository" in result.err
    monkeypatch.setenv("PATH", "")
    result = cli("check", "--baseline", "git:HEAD")
    assert result.code == 2
    assert "git:HEAD: there is no git here" in result.err


@pytest.mark.usefixtures("repository")
def test_nothing_of_the_repository_is_run(cli: Cli, project: Path) -> None:
    trap = write("../trap", f'#!/bin/sh\necho "$0 $*" >> {project.parent}/sprung\ncat\n')
    trap.chmod(trap.stat().st_mode | stat.S_IEXEC)
    command = str(trap.resolve())
    hooks = project.parent / "hooks"
    hooks.mkdir()
    for hook in (
        "post-checkout",
        "post-index-change",
        "pre-auto-gc",
        "reference-transaction",
        "fsmonitor-watchman",
    ):
        (hooks / hook).symlink_to(command)
    write(".gitattributes", "*.yaml filter=trap diff=trap\n")
    commit_all("attributes")
    for name in ("filter.trap.smudge", "filter.trap.clean", "filter.trap.process", "diff.trap.textconv"):
        git("config", name, command)
    for name in (
        "diff.trap.command",
        "diff.external",
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
    ):
        git("config", name, command)
    git("config", "core.hooksPath", str(hooks))
    git("config", "alias.cat-file", f"!{command}")
    spec("a.yaml", BUDGET, LONG + DEARER)
    Path("nets/b.yaml").rename("moved.yaml")
    assert cli("check", "--baseline", "git:HEAD").code == 1
    assert cli("diff", "a.yaml", "--against", "git:HEAD~1").code == 0
    assert not (project.parent / "sprung").exists()
    git("status", "--porcelain")
    assert (project.parent / "sprung").exists(), "the trap itself does not work"


@pytest.mark.usefixtures("repository")
def test_a_folder_that_looks_like_a_repository_is_not_taken_for_one(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    git("init", "-q", "--bare", "nets")
    monkeypatch.chdir("nets")
    spec("b.yaml", BUDGET, DEARER)
    result = cli("check", "b.yaml", "--baseline", "git:main")
    assert result.code == 2
    assert "git:main: cannot use bare repository" in result.err


@pytest.mark.usefixtures("repository")
def test_links_in_a_commit(cli: Cli) -> None:
    Path("current.yaml").symlink_to("nets/b.yaml")
    Path("out.yaml").symlink_to("../../etc/passwd")
    commit_all("links")
    Path("current.yaml").unlink()
    Path("out.yaml").unlink()
    for name in ("current.yaml", "out.yaml"):
        spec(name, "{params: 99}", "# other\n" + SMALL.replace("out_channels: 1,", "out_channels: 3,"))
    result = cli("check", "--baseline", "git:HEAD")
    assert "current.yaml: was nets/b.yaml" in result.out
    assert "out.yaml: new since" in result.out


@pytest.mark.usefixtures("repository")
def test_a_spec_that_was_broken_is_no_baseline(cli: Cli) -> None:
    write("a.yaml", "layers: [{type: konv}]\n")
    commit_all("broken")
    spec("a.yaml", BUDGET, LONG + SMALL)
    result = cli("check", "--baseline", "git:HEAD")
    assert result.code == 2
    assert "git:HEAD:a.yaml is broken, so that there is nothing to compare with" in result.err


@pytest.mark.usefixtures("repository")
def test_a_submodule_and_files_outside_are_not_new(cli: Cli, project: Path) -> None:
    name = git("rev-parse", "HEAD")
    git("update-index", "--add", "--cacheinfo", f"160000,{name},sub")
    git("commit", "-q", "-m", "submodule")
    spec("sub/s.yaml", BUDGET)
    spec("../outside.yaml", BUDGET)
    for path in ("sub/s.yaml", "../outside.yaml", "zoo:lenet5"):
        result = cli("check", path, "--baseline", "git:HEAD", "--max-increase", "params=0%")
        assert result.code == 2
        assert f"{path}:1:1: error: no file of this repository, so that git:HEAD cannot have it" in result.err


@pytest.mark.usefixtures("repository")
def test_odd_names(cli: Cli) -> None:
    names = ["-x.yaml", "a b.yaml", "ü.yaml", ":x.yaml", "line\nbreak.yaml", 'quo"te.yaml']
    for number, name in enumerate(names):
        spec(name, BUDGET, SMALL.replace("out_channels: 1,", f"out_channels: {number + 3},"))
    commit_all("odd")
    commit = Commit("", "HEAD")
    assert set(names) <= set(commit.files)
    for number, name in enumerate(names):
        text = Path(name).read_text()
        assert commit.read(name).decode() == text
        assert commit.files[name].name == commit.name_of(text)
        spec(name, BUDGET, SMALL.replace("out_channels: 1,", f"out_channels: {number + 4},"))
    result = cli("check", "--baseline", "git:HEAD")
    assert result.out.count("regression.params") == len(names)
    assert "new since" not in result.out


def test_a_repository_with_sha256(cli: Cli) -> None:
    git("init", "-q", "--object-format=sha256")
    spec("a.yaml", BUDGET)
    commit_all("first")
    assert cli("check", "--baseline", "git:HEAD").code == 0
    Path("a.yaml").rename("b.yaml")
    assert "was a.yaml" in cli("check", "--baseline", "git:HEAD").out
