"""``--set`` in every command that reads a spec."""

from __future__ import annotations

import inspect
import subprocess
from pathlib import Path

import pytest

from costcalc.cli import run
from costcalc.cli.commands import COMMANDS, command

SPEC = """
name: net
input: 8x8x3
choices: {kernel: [3, 5]}
layers: [{type: conv, name: stem, out_channels: 8, kernel_size: $kernel}]
budget: {multiplies: 20k}
published: {multiplies: 38.4k}
"""

#: Of each command that reads a spec: what is said after its name, where its answer lies (else standard output), and
#: what it says of a kernel of 5 and not of one of 3.
ASKED: dict[str, tuple[list[str], str, str]] = {
    "analyze": (["net.yaml", "--exact"], "", "38,400"),
    "alternatives": (["net.yaml", "stem", "--exact"], "", "38,400"),
    "plan": (["net.yaml", "--multiplies", "100", "--exact"], "", "38,400"),
    "sweep": (["net.yaml", "--exact"], "", "38,400"),
    "explain": (["net.yaml", "stem"], "", "38,400"),
    "memory": (["net.yaml", "--exact"], "", "2,400 bytes"),
    "time": (["net.yaml", "--device", "jetson_nano", "--dtype", "float16", "-f", "json"], "", "38400"),
    "report": (["net.yaml", "-o", "out"], "out", "38,400"),
    "plot": (["net.yaml", "--what", "cost", "-o", "out.svg"], "out.svg", ">40k<"),
    "verify": (["net.yaml"], "", "38,400"),
    "conventions": (["fvcore", "--spec", "net.yaml"], "", "38,400"),
    "reconcile": (["net.yaml", "--multiplies", "38400"], "", "38,400"),
    "check": (["net.yaml"], "", "38,400"),
    "baseline": (["update", "net.yaml", "--baseline", "out.json", "--force"], "out.json", "38400"),
    "diff": (["net.yaml", "net.yaml", "--exact"], "", "38,400"),
    "validate": (["net.yaml"], "", ""),
    "convert": (["net.yaml", "--to", "pytorch"], "", "nn.Conv2d(3, 8, 5,"),
}
OTHERS = {"devices", "zoo", "schema", "init"}


def test_each_command_is_asked_or_reads_no_spec_of_the_users() -> None:
    assert {*ASKED} | OTHERS == {*COMMANDS}
    without = [
        name for name in ASKED if not {"set", "setting"} & {*inspect.signature(command(name)).parameters}
    ]
    assert without == []


@pytest.mark.parametrize("name", ASKED)
def test_another_value_is_taken(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPEC, encoding="utf-8")
    words, answer, said = ASKED[name]

    def answered(*more: str) -> str:
        assert run([name, *words, *more]) in (0, 1), capsys.readouterr().err
        out = capsys.readouterr().out
        return Path(answer).read_text(encoding="utf-8") if answer else out

    assert said in answered("--set", "kernel=5")
    if said and name not in ("sweep", "reconcile"):
        assert said not in answered()
    assert run([name, *words, "--set", "kernel=4"]) == 2
    assert 'choice "kernel" has no value "4"' in capsys.readouterr().err


def test_a_value_is_taken_of_the_spec_and_not_of_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPEC, encoding="utf-8")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], check=True)
    assert run(["diff", "net.yaml", "--against", "git:HEAD", "--exact", "--set", "kernel=5"]) == 0
    assert "+24,576" in capsys.readouterr().out
    assert run(["diff", "net.yaml", "--against", "git:HEAD"]) == 0
    assert "no difference" in capsys.readouterr().out
