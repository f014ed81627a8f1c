"""What a command imports: only what it uses."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from cli.process import SPEC, WITHIN, python
from costcalc.cli.commands import COMMANDS
from costcalc.cli.startup import skip_plugins

LOADED = """
import json, sys
from costcalc.cli import run
code = run(sys.argv[1:])
print()
print(json.dumps([code, sorted(sys.modules)]))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(SPEC, encoding="utf-8")
    Path("within.yaml").write_text(WITHIN, encoding="utf-8")


def loaded(*words: str) -> set[str]:
    """The modules that a command leaves imported."""
    code, modules = json.loads(python("-c", LOADED, *words).stdout.splitlines()[-1])
    assert code == 0
    return set(modules)


def test_analyze_imports_no_other_command_and_nothing_that_it_does_not_use() -> None:
    modules = loaded("analyze", "spec.yaml")
    others = {module for name, module in COMMANDS.items() if name != "analyze"}
    unused = {
        "csv",
        "rich",
        "importlib.metadata",
        "tempfile",
        "costcalc.budget",
        "costcalc.analysis.comparison",
    }
    parser = set(python("-c", "import sys, typer; print(*sys.modules)").stdout.split())
    assert "costcalc.rendering.report.table" in modules
    assert not modules & (others | (unused - parser))


def test_a_budget_imports_budgets() -> None:
    assert "costcalc.budget" in loaded("analyze", "within.yaml")


def test_version_and_a_commands_help_import_no_network() -> None:
    for words in (["--version"], ["analyze", "--help"]):
        assert not loaded(*words) & {"costcalc.network", "costcalc.spec", "yaml"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_help_imports_no_other_command(name: str) -> None:
    commands = {f"costcalc.cli.{each}" for each in COMMANDS}
    assert loaded(name, "--help") & commands == {f"costcalc.cli.{name}"}


def test_the_help_imports_no_command_and_no_pydantic() -> None:
    assert not loaded("--help") & {*(f"costcalc.cli.{each}" for each in COMMANDS), "pydantic"}


STAND_IN = """
from costcalc.cli.startup import skip_plugins
skip_plugins()
import sys
from importlib import import_module
import pydantic.plugin
stand_in = import_module("pydantic.plugin._loader")
assert stand_in.get_plugins() == ()
assert "importlib.metadata" not in sys.modules
assert stand_in.PYDANTIC_ENTRY_POINT_GROUP == "pydantic"
real = import_module("pydantic.plugin._loader")
assert real is not stand_in and real.get_plugins() == ()
"""


def test_the_stand_in_for_pydantics_plugins_gives_way_to_the_real_loader() -> None:
    done = python("-c", STAND_IN)
    assert done.returncode == 0, done.stderr


def test_where_pydantic_has_its_loader_it_stays() -> None:
    import pydantic.plugin._loader as loader

    skip_plugins()
    assert sys.modules["pydantic.plugin._loader"] is loader
