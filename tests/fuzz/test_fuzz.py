"""The corpus of cases that once went wrong, a few executions of each front, and what is planted is found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import fuzz.execution
from costcalc.layers import KINDS
from fuzz.execution import TURNS, execute
from fuzz.generator import Generator
from fuzz.kinds import Cost
from fuzz.mutators import CORPUS, models
from fuzz.run import SHARES, SUFFIXES, case, keep

RUN = Path(__file__).with_name("run.py")


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_what_once_went_wrong_does_not_again(path: Path) -> None:
    for turn in range(TURNS):
        assert execute(path, turn=turn).finding is None


@pytest.mark.parametrize("front", SHARES)
def test_nothing_is_found_in_a_few(front: str, tmp_path: Path) -> None:
    if front in SUFFIXES and not models(front):
        pytest.skip("no model to start from")
    for seed in range(30):
        made, rows = case(front, seed)
        path = tmp_path / f"case{made.suffix}"
        path.write_bytes(made.data)
        assert execute(path, rows, turn=seed).finding is None
        assert case(front, seed)[0] == made


def kinds_in(value: Any) -> set[str]:
    """All words that stand where a kind may."""
    if isinstance(value, list):
        return {each for each in value if isinstance(each, str)}.union(*map(kinds_in, value))
    if not isinstance(value, dict):
        return set()
    kind = value.get("type")
    return ({kind} if isinstance(kind, str) else set()).union(*map(kinds_in, value.values()))


def test_every_kind_is_generated() -> None:
    left = {*KINDS}
    for seed in range(5000):
        left -= kinds_in(json.loads(Generator(seed).run()[0])["layers"])
        if not left:
            break
    assert left == set(), "the generator and its evaluator know nothing of these"


def spec(tmp_path: Path, text: str = "input: 8x8x4\nlayers: [relu]\n") -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_exception_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz.execution, "analyze", lambda network: {}["nothing"])
    finding = execute(spec(tmp_path), turn=1).finding
    assert finding is not None
    assert finding[0].startswith("KeyError")


def test_a_wrong_integer_is_found(tmp_path: Path) -> None:
    text, rows = Generator(7).run()
    assert execute(spec(tmp_path, text), rows, turn=1).finding is None
    other = rows[-1]._replace(cost=rows[-1].cost + Cost.same(1, 0))
    finding = execute(spec(tmp_path, text), [*rows[:-1], other], turn=1).finding
    assert finding is not None
    assert finding[0].startswith("WrongError")


def test_a_spec_that_is_refused_but_has_a_cost_is_found(tmp_path: Path) -> None:
    finding = execute(spec(tmp_path, "layers: [relu]"), [], turn=1).finding
    assert finding is not None
    assert "refused: the spec needs an input" in finding[1]


def test_what_does_not_end_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forever(network: object) -> None:
        while True:
            pass

    monkeypatch.setattr(fuzz.execution, "HOPELESS", 0.05)
    monkeypatch.setattr(fuzz.execution, "analyze", forever)
    finding = execute(spec(tmp_path), turn=1).finding
    assert finding is not None
    assert finding[0].startswith("Hang")


def test_an_exit_code_of_a_bug_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz.execution, "run", lambda words: 3)
    finding = execute(spec(tmp_path), turn=0).finding
    assert finding is not None
    assert finding[0].startswith("WrongError analyze exits with 3")


def test_the_script_prints_its_figures() -> None:
    command = [sys.executable, str(RUN), "--executions", "80", "--jobs", "2", "--seed", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("seed 0, 2 processes\n")
    assert done.stdout.endswith("nothing found\n")


def test_what_is_found_is_kept_as_a_file(tmp_path: Path) -> None:
    from fuzz.run import Found

    path = keep(Found("text", 5, "KeyError x:y", "…", ".yaml", b"a: b"), tmp_path / "found")
    assert (path.name, path.read_bytes()) == ("KeyError_x_y_5.yaml", b"a: b")
