"""The conventions that neither the type checker nor the import linter can see."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import costcalc
from costcalc.layers import KINDS, kind_documentation, kind_model
from costcalc.layers.base import Composite, Primitive
from costcalc.reading.document import parse

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "costcalc"
MODULES = sorted(PACKAGE.rglob("*.py"))
SPECS = sorted((ROOT / "specs").glob("*.yaml"))

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


def test_the_public_names_are_few_and_lazy() -> None:
    assert len(costcalc.__all__) <= 10
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


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_documented_by_its_formula_and_its_source(kind: str) -> None:
    text = kind_documentation(kind)
    assert re.search(r"^    multiplies +=", text, re.MULTILINE), "the docstring states no formula"
    if issubclass(kind_model(kind), Primitive):
        assert re.search(r"^    (params|weights|affine|slopes) +=", text, re.MULTILINE), (
            "the docstring states no params"
        )
    source = text.partition("\nSource: ")[2]
    assert re.search(r"arXiv:\d{4}\.\d{4,5}|\b(19|20)\d\d\b", source), "the docstring cites no source"


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_primitive_or_composite(kind: str) -> None:
    model = kind_model(kind)
    assert issubclass(model, Primitive) != issubclass(model, Composite)
    assert inspect.getdoc(model)
    if issubclass(model, Primitive):
        assert model.output_shape is not Primitive.output_shape


def test_every_layer_class_has_its_line_in_the_table() -> None:
    listed = {kind_model(kind) for kind in KINDS}
    for path in sorted((PACKAGE / "layers").glob("[!_]*.py")):
        module = importlib.import_module(f"costcalc.layers.{path.stem}")
        for name, model in vars(module).items():
            own = inspect.isclass(model) and model.__module__ == module.__name__
            if own and issubclass(model, (Primitive, Composite)) and not model.__subclasses__():
                assert model in listed or path.stem in {"base", "shortcut"}, (
                    f"{path.stem}.{name} is in no line"
                )


def test_every_kind_appears_in_a_shipped_spec() -> None:
    used: set[object] = set()
    for path in SPECS:
        document = parse(path.read_text(encoding="utf-8"), path.name)
        used.update(item["type"] for item in mappings(document.data) if isinstance(item.get("type"), str))
        used.update(node.layer.type for node in costcalc.load(str(path)).nodes)
    assert [kind for kind in KINDS if kind not in used] == []


def mappings(data: object) -> Iterator[dict[object, object]]:
    if isinstance(data, dict):
        yield data
    if isinstance(data, (dict, list)):
        for item in data.values() if isinstance(data, dict) else data:
            yield from mappings(item)
