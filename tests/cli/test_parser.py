"""The words of a command line: what is wrong with them, and the table of commands."""

from __future__ import annotations

import inspect
import re

import pytest

import costcalc
from costcalc.cli import run
from costcalc.cli.commands import COMMANDS, command


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["analyse"], 'no command "analyse"; did you mean "analyze"?'),
        (["xyz"], f'no command "xyz"; commands: {", ".join(COMMANDS)}'),
        (["net.yaml"], 'no command "net.yaml"; did you mean costcalc analyze "net.yaml"?'),
        (["zoo:resnet18"], 'no command "zoo:resnet18"; did you mean costcalc analyze "zoo:resnet18"?'),
        (
            ["analyze", "resnet18"],
            "resnet18: cannot be read: no such file or directory; did you mean zoo:resnet18?",
        ),
        (
            ["analyze", "x", "-o", "json"],
            '-o "json" is not FORMAT=PATH\n  = such as -o json=PATH; formats: table, ',
        ),
        (["--nosuch"], "no such option: --nosuch"),
        (["analyze"], "missing argument 'SPEC'"),
        (["analyze", "x", "--exat"], "no such option: --exat"),
        (["analyze", "x", "--color"], "option '--color' requires an argument"),
        (
            ["analyze", "x", "--color", "red"],
            "invalid value for '--color': 'red' is not one of 'auto', 'always', 'never'",
        ),
        (
            ["analyze", "x", "-f", "xml"],
            "invalid value for '--format' / '-f': 'xml' is not one of 'table', 'json', 'csv', 'markdown'",
        ),
        (["zoo", "nosuch"], 'no network "nosuch" in the zoo; costcalc zoo lists what there is'),
        (["zoo", "vgg_16"], 'no network "vgg_16" in the zoo; did you mean "vgg16"?'),
        (
            ["analyze", "zoo:../x"],
            'no network "../x" in the zoo; costcalc zoo lists what there is',
        ),
        (["a\x1b[31m\nb"], r'no command "a\x1b[31m\x0ab"; commands: ' + ", ".join(COMMANDS)),
    ],
)
def test_bad_usage(capsys: pytest.CaptureFixture[str], words: list[str], error: str) -> None:
    assert run(words) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"error: {error}")
    assert captured.out == ""


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"costcalc {costcalc.__version__}\n"


def test_help_lists_every_command_with_its_purpose(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands:\n")[2]
    assert listed.split() == " ".join(f"{name} {purpose}" for name, purpose in COMMANDS.items()).split()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_documented_and_takes_what_every_command_takes(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    purpose, _, _ = (inspect.getdoc(command(name)) or "").partition("\n\n")
    assert " ".join(purpose.split()) == COMMANDS[name]
    assert run([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"Usage: costcalc {name} ")
    assert "--debug" in text
    assert all(len(line) <= 80 for line in text.splitlines())


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"]])
def test_alone_it_prints_its_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("Usage: costcalc ")
    assert captured.err == ""


def test_a_command_has_the_short_option_for_help_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", "-h"]) == 0
    text = capsys.readouterr().out
    assert "SPEC  Spec files" in text
    assert "list[str]" not in text


def test_a_file_of_python_says_how_its_modules_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", "./nets/mynet.py"]) == 2
    assert capsys.readouterr().err == (
        "error: ./nets/mynet.py: PyTorch code is named by its module and a class or function in it: "
        "nets.mynet:Net --input 224x224x3\n"
    )


@pytest.mark.parametrize("words", [["--top", "a\nb"], ["--color", "re\nd"]])
def test_a_usage_error_is_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", "x.yaml", *words]) == 2
    message, hint = capsys.readouterr().err.splitlines()
    assert message.startswith("error: ")
    assert "\\x0a" not in message
    assert hint == "  = costcalc analyze --help says more"


@pytest.mark.parametrize("format", ["json", "csv", "markdown"])
def test_a_depth_is_for_the_table(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", "zoo:resnet50", "--depth", "2", "-f", format]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: --depth is for the table; ")
    assert captured.out == ""


def test_layers_are_sorted_by_their_reduction(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", "zoo:alexnet", "--sort", "reduction"]) == 0
    rows = re.findall(r"^conv_.*? (\d+\.\d\d)x", capsys.readouterr().out, re.MULTILINE)
    assert len(rows) == 5
    assert rows == sorted(rows, key=float, reverse=True)
