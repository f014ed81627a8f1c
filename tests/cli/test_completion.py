"""Completion: what a shell gets from the real command, and what is installed for it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cli.process import Process, costcalc
from costcalc.cli import run
from costcalc.cli.colors import ColorChoice, color_of_messages
from costcalc.cli.completion import SHELLS, VARIABLE

PLACES = {
    "bash": ".bash_completions/costcalc.sh",
    "zsh": ".zfunc/_costcalc",
    "fish": ".config/fish/completions/costcalc.fish",
}
#: What asks for the words that come after these, in each shell's way.
ASKING = {
    "bash": lambda line: {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)},
    "zsh": lambda line: {"_TYPER_COMPLETE_ARGS": line},
    "fish": lambda line: {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
}


def asked(shell: str, line: str) -> Process:
    """What the command answers a shell that has this line so far."""
    return costcalc(env={VARIABLE: f"complete_{shell}", **ASKING[shell](line)})


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("costcalc anal", "analyze"),
        ("costcalc analyze --summ", "--summary"),
        ("costcalc analyze net.yaml -f js", "json"),
    ],
)
def test_commands_options_and_choices_are_completed(shell: str, line: str, word: str) -> None:
    done = asked(shell, line)
    assert (done.returncode, done.stderr) == (0, "")
    assert word in done.stdout
    assert "check" not in done.stdout


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("costcalc analyze --device jet", ["jetson_nano"]),
        ("costcalc analyze --planner tf", ["tflm"]),
        ("costcalc analyze zoo:alexnet --convention fv", ["fvcore"]),
        ("costcalc devices jet", ["jetson_nano"]),
        ("costcalc conventions fv", ["fvcore"]),
        ("costcalc zoo googlenet_o", ["googlenet_original"]),
        ("costcalc plot --what cos", ["cost"]),
        ("costcalc analyze ", []),
        ("costcalc analyze ne", []),
    ],
)
def test_names_are_completed(shell: str, line: str, words: list[str]) -> None:
    done = asked(shell, line)
    assert (done.returncode, done.stderr) == (0, "")
    said = re.findall(r"[a-z]\w+", done.stdout.replace("_arguments", "").replace("_files", ""))
    assert said == words


@pytest.mark.parametrize("command", ["analyze", "explain", "time", "convert", "diff net.yaml"])
def test_networks_of_the_zoo_are_completed(command: str) -> None:
    line = f"costcalc {command} zoo:googlenet_o"
    assert asked("fish", line).stdout == "zoo:googlenet_original\n"
    assert "zoo" in asked("zsh", line).stdout
    assert asked("bash", line).stdout == "zoo:googlenet_original\n", (
        "where the shell does not break words at colons"
    )
    broken = line.replace(":", " : ")
    assert asked("bash", broken).stdout == "googlenet_original\n"


@pytest.mark.parametrize("shell", SHELLS)
def test_what_is_no_command_has_no_completion_and_no_error(shell: str) -> None:
    done = asked(shell, "costcalc analyse --")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--" not in done.stdout


def test_fish_is_told_whether_there_is_something() -> None:
    def action(line: str) -> int:
        names = {"_TYPER_COMPLETE_FISH_ACTION": "is-args", "_TYPER_COMPLETE_ARGS": line}
        return costcalc(env={VARIABLE: "complete_fish", **names}).returncode

    assert (action("costcalc anal"), action("costcalc analyze ")) == (0, 1)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("joint", [" ", "="])
def test_it_is_installed_where_the_shell_looks(shell: str, joint: str, tmp_path: Path) -> None:
    path = tmp_path / PLACES[shell]
    done = costcalc(*f"--install-completion{joint}{shell}".split(), env={"HOME": str(tmp_path)})
    said = f"wrote {path}; it completes in the next {shell} that you start\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, "", said)
    shown = costcalc(*f"--show-completion{joint}{shell}".split())
    assert (shown.returncode, shown.stderr) == (0, "")
    assert path.read_text().strip() == shown.stdout.strip()
    assert f"{VARIABLE}=complete_{shell}" in shown.stdout


def test_bash_completes_a_line(tmp_path: Path) -> None:
    program = tmp_path / "costcalc"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m costcalc "$@"\n')
    program.chmod(0o755)
    script = """
        source <(costcalc --show-completion)
        COMP_WORDS=(costcalc explain --res) COMP_CWORD=2
        _costcalc_completion costcalc
        echo "${COMPREPLY[@]}"
    """
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("--resolution\n", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--show-completion", "csh"], '--show-completion does not know "csh"'),
        (["--show-completion", "bash", "zsh"], "--show-completion takes one shell: bash, zsh, fish"),
        (
            ["--install-completion", "pwsh"],
            '--install-completion does not know "pwsh"; it takes bash, zsh, fish',
        ),
    ],
)
def test_bad_usage(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    assert capsys.readouterr().err.startswith(f"error: {said}")


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / ".config").write_text("")
    done = costcalc("--install-completion", "fish", env={"HOME": str(tmp_path)})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: completion cannot be installed: ")


def test_without_shellingham_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in [name for name in sys.modules if name.startswith("typer")]:
        if "completion" in module:
            monkeypatch.delitem(sys.modules, module)
    import typer

    monkeypatch.delattr(typer, "completion", raising=False)
    monkeypatch.setitem(sys.modules, "shellingham", None)
    assert run(["--show-completion", "bash"]) == 2
    said = "error: completion needs shellingham, which is not installed: pip install shellingham\n"
    assert capsys.readouterr().err == said


def test_colours_are_forgotten_with_the_command_line_that_asked_for_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["explain", "nothing", "--color", "always"]) == 2
    assert "\x1b[" in capsys.readouterr().err
    assert run(["nothing"]) == 2
    assert "\x1b[" not in capsys.readouterr().err
    assert color_of_messages() is ColorChoice.auto
