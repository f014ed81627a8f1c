"""The conventions that neither the type checker nor the import linter can see."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import costcalc

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "costcalc"
MODULES = sorted(PACKAGE.rglob("*.py"))

#: Lines of a file, at most.
LONGEST = 400

#: What no code of ours names, and who does. A table may name things, too, as "module:NAME".
CALLED_FROM_OUTSIDE = {
    "__dir__": "Python",
    "__getattr__": "Python",
    "model_config": "pydantic",
    "get_plugins": "pydantic, from its entry points",
    "field_title_should_be_set": "pydantic's schema generator",
    "nullable_schema": "pydantic's schema generator",
    "default_schema": "pydantic's schema generator",
    "list_commands": "typer",
    "format_commands": "typer",
    "install_completion": "typer, for the help",
    "show_completion": "typer, for the help",
    "extends": "a convention's file",
}

#: Imports that close a circle, and why they may.
CIRCLES = {
    ("costcalc.analysis.costs", "costcalc.analysis.records"): "an Analysis hands itself out as plain data",
}

#: What only some rooms do: functions by name, methods by name after a dot.
RESERVED = {
    "read": ({"open", ".open", ".read_text", ".read_bytes"}, {"reading", "interop", "application", "cli"}),
    "write": ({"print", "input", ".write_text", ".write_bytes"}, {"cli"}),
    "exit": ({"exit", ".exit", "._exit", ".abort"}, {"cli", "__main__"}),
}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def calls(path: Path) -> Iterator[str]:
    """The functions and methods that a module calls."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name)):
                yield name
            case ast.Call(func=ast.Attribute(attr=name)):
                yield f".{name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_says_what_it_is_and_keeps_to_its_room(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    used = set(calls(path))
    for deed, (names, rooms) in RESERVED.items():
        assert room(path) in rooms or not used & names, f"only {rooms} may {deed}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_is_no_longer_than_one_can_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_a_class_has_a_name_of_its_own() -> None:
    """Two things of one name are told apart by their modules alone, which a reader does not see where they are used."""
    places: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_imports_run_in_no_circle() -> None:
    """Neither inside a room, where the import linter does not look, nor by imports in functions or for types alone."""
    grimp = pytest.importorskip("grimp", reason="a part of the import linter, a tool of the dev extra")
    graph = grimp.build_graph("costcalc")
    sorter = TopologicalSorter[str]()
    for module in graph.modules - {"costcalc"}:  # which has the public names, lazily
        imported = graph.find_modules_directly_imported_by(module) - {"costcalc"}
        sorter.add(module, *(each for each in imported if (module, each) not in CIRCLES))
    try:
        sorter.prepare()
    except CycleError as error:
        pytest.fail(f"each is imported by the next: {error.args[1]}")
    assert all(graph.direct_import_exists(importer=by, imported=of) for by, of in CIRCLES)


def test_nothing_is_dead() -> None:
    """Every function, class, method, attribute and variable of the package is used, be it by a test."""
    vulture = pytest.importorskip("vulture", reason="a tool of the dev extra")
    tables = "".join(path.read_text(encoding="utf-8") for path in MODULES)
    named = re.findall(r'"[\w.{}]+:(\w+)"', tables)
    for template in PACKAGE.glob("rendering/html/templates/*.html"):
        named += re.findall(r"\.(\w+)", template.read_text(encoding="utf-8"))
    search = vulture.Vulture(
        ignore_names=[*CALLED_FROM_OUTSIDE, *named], ignore_decorators=["@*validator", "@*serializer"]
    )
    search.scavenge([str(PACKAGE), str(ROOT / "tests")])
    unused = [item for item in search.get_unused_code() if PACKAGE in item.filename.parents]
    assert [f"{item.filename}:{item.first_lineno}: {item.message}" for item in unused] == []


def test_the_public_names_are_few_and_lazy() -> None:
    assert len(costcalc.__all__) <= 13
    assert all(getattr(costcalc, name) is not None for name in costcalc.__all__)
    code = "import sys, costcalc; print(*(name for name in sys.modules if name.startswith('costcalc')))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert loaded.split() == ["costcalc"]


def test_a_command_loads_only_what_it_needs(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(
        "input: 8x8x3\nlayers: [{type: conv, out_channels: 8, kernel_size: 3}]\n", encoding="utf-8"
    )
    code = (
        "import sys; from costcalc.__main__ import main; code = main();"
        "print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    command = [sys.executable, "-c", code, "analyze", str(spec)]
    loaded = set(subprocess.run(command, check=True, capture_output=True, text=True).stderr.split())
    assert "costcalc.analysis.costs" in loaded
    rooms = (
        "budget",
        "interop.importers.conversion",
        "analysis.explanation",
        "layers.residual",
        "layers.matmul",
        "rendering.report.json",
    )
    needless = {"rich.console", "rich.table", "csv", *(f"costcalc.{name}" for name in rooms)}
    assert sorted(loaded & needless) == []
