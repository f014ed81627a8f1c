"""The recipes of CONTRIBUTING.md, carried out on a copy of the tree: with the files that each lists and no others."""

from __future__ import annotations

import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from costcalc.interop.exporters import TARGETS
from importers.keras_archive import configs

ROOT = Path(__file__).parent.parent
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
COPIED = (
    "costcalc",
    "specs",
    "docs",
    "tests",
    "action.yml",
    "pyproject.toml",
    "README.md",
    "CONTRIBUTING.md",
)


class Tree:
    """A copy of the tree; what is added to it is remembered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in COPIED:
            source, target = ROOT / name, folder / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)

    def write(self, path: str, text: str) -> None:
        (self.folder / path).write_text(text, encoding="utf-8")

    def insert(self, path: str, after: str, line: str) -> None:
        """A line after one that is there."""
        text = (self.folder / path).read_text(encoding="utf-8")
        assert text.count(after) == 1, after
        self.write(path, text.replace(after, f"{after}{line}"))

    def run(self, *words: str, code: int = 0) -> str:
        """What a command of the copy prints, on either stream."""
        found = self._python("-m", "costcalc", *words)
        assert found.returncode == code, found.stdout + found.stderr
        return found.stdout + found.stderr

    def test(self, *words: str) -> None:
        """Its tests pass, of which there are some."""
        found = self._python("-m", "pytest", "-q", "-p", "no:cacheprovider", *words)
        assert found.returncode == 0, found.stdout
        assert re.search(r"\d+ passed", found.stdout) or "100%" in found.stdout

    def _python(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            [sys.executable, *words], cwd=self.folder, env=environment, capture_output=True, text=True
        )

    def touched(self) -> set[str]:
        """The files that are not as they are in the tree."""
        files = (path for name in COPIED for path in [self.folder / name, *(self.folder / name).rglob("*")])
        names = {str(path.relative_to(self.folder)) for path in files if path.is_file()}
        return {
            name
            for name in names
            if "__pycache__" not in name
            and not ((ROOT / name).is_file() and filecmp.cmp(ROOT / name, self.folder / name, shallow=False))
        }


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def listed(recipe: str, name: str) -> set[str]:
    """The files that a recipe lists."""
    section = CONTRIBUTING.partition(f"## {recipe}\n")[2].partition("\n## ")[0]
    files = re.findall(r"^- `([^`]+)`:", section, re.MULTILINE)
    assert files
    return {file.replace("NAME", name) for file in files}


KIND = '''"""A memory: learned slots that every position is compared with.

    multiplies = 0 (not counted)
    weights    = M·C
    biases     = M

M: slots; C: channels.

Source: Weston et al., "Memory Networks", arXiv:1410.3916, section 3.
"""

from __future__ import annotations

from collections.abc import Sequence

from costcalc.layers.base import Primitive
from costcalc.layers.fields import Size
from costcalc.layers.products import C, Count, Product, moved
from costcalc.shape import Shape

SLOTS = Count("M", "slots of the memory")


class Memory(Primitive):
    """``memory``: so many slots."""

    slots: Size

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """As it came in."""
        return inputs[0]

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """A vector for each slot, and a bias."""
        slots = SLOTS(self.slots)
        return [*moved(inputs, output), ("weights", (slots, C(output.channels))), ("biases", (slots,))]
'''
KIND_TEST = '''"""memory: params = M·C + M."""

from __future__ import annotations

from layers.table import Row, check


def test_memory() -> None:
    check(Row("{type: memory, slots: 7}", "4x4x3", "4x4x3", 0, 7 * 3 + 7))
'''
SPEC = "input: 4x4x3\nlayers:\n  - {type: memory, slots: 7}\n"


def test_a_layer_kind(tree: Tree) -> None:
    tree.write("costcalc/layers/memory.py", KIND)
    tree.insert(
        "costcalc/layers/__init__.py", '    "matmul": "matmul:Matmul",\n', '    "memory": "memory:Memory",\n'
    )
    tree.insert("costcalc/planners/live.py", '        "lrn": OWN,\n', '        "memory": OWN,\n')
    tree.write("tests/layers/test_memory.py", KIND_TEST)
    assert tree.touched() == listed("A layer kind", "memory")
    tree.test("tests/layers/test_memory.py")
    tree.write("net.yaml", SPEC)

    assert "    weights    = M·C\n" in tree.run("explain", "memory")
    explained = tree.run("explain", "net.yaml", "memory_1")
    assert "  weights     M·C = 7·3 = 21\n  biases      M = 7\n" in explained
    assert "\nM: slots of the memory; C: channels\n" in explained
    totals = json.loads(tree.run("analyze", "net.yaml", "-f", "json"))["totals"]
    assert totals["written"] == {
        "multiplies": 0,
        "params": 28,
        "activations": 0,
        "peak_memory": 2 * 4 * 4 * 3 * 4,
        "weight_memory": 28 * 4,
    }

    refused_by_conventions(tree)
    refused_by_devices(tree)
    refused_by_exporters(tree)
    refused_by_importers(tree)


def refused_by_conventions(tree: Tree) -> None:
    for name in ("fvcore", "thop", "keras"):
        said = tree.run("analyze", "net.yaml", "--convention", name, code=2)
        assert said.startswith(f'error: convention "{name}" neither weighs nor ignores memory: ')
    assert (
        tree.run("conventions", "--spec", "net.yaml", code=2).count("neither weighs nor ignores memory") == 1
    )
    # until somebody adds it
    tree.insert(
        "costcalc/conventions/fvcore.py", '{"max_pool", "avg_pool", "global_max_pool", "lrn"', ', "memory"'
    )
    assert "memory_1" in tree.run("analyze", "net.yaml", "--convention", "fvcore")


def refused_by_devices(tree: Tree) -> None:
    said = tree.run("time", "net.yaml", "--device", "edge_tpu", code=2)
    assert said == "error: how long memory takes on a device is not said in costcalc/devices\n"


def refused_by_exporters(tree: Tree) -> None:
    """Also where neither PyTorch nor Keras is installed: only ONNX needs its package."""
    lacks = {
        "pytorch": "PyTorch has no layer",
        "keras": "no Keras code is written",
        "onnx": "no ONNX operations are written",
    }
    assert {*TARGETS} == {*lacks}
    for name, lack in lacks.items():
        said = tree.run("convert", "net.yaml", "--to", name, "-o", "made.out", code=2)
        assert f"memory_1: {lack} for memory" in said


def refused_by_importers(tree: Tree) -> None:
    layers = configs.start("in", 4, 4, 3), configs.layer("Memory", "memory", "in", slots=7)
    path = configs.saved(configs.functional(*layers), tree.folder)
    assert re.search(r"\bMemory\b", tree.run("convert", path, code=2))


CONVENTION = '''"""A tool that counts multiply-adds and a step for each element of a relu."""

from costcalc.conventions.convention import ANY, TRAINABLE, Convention
from costcalc.kinds import WITHOUT_MULTIPLIES

CONVENTION = Convention(
    name="stepper",
    version="1",
    unit="steps, 1 per multiply-add",
    operations={(ANY, "multiplies"): 1, ("relu", "inputs"): 1},
    parameters=TRAINABLE,
    ignores=WITHOUT_MULTIPLIES - {"relu"},
    summary="1 per multiply-add and element of a relu",
    source="a tool",
)
'''
#: 5,042,688 elements go through the relus of MobileNet V1, 3,110,912 through those of its standard twin.
STEPS = "568_740_352 + 5_042_688, 4_867_293_184 + 3_110_912"


def test_a_convention(tree: Tree) -> None:
    tree.write("costcalc/conventions/stepper.py", CONVENTION)
    tree.insert(
        "costcalc/conventions/__init__.py",
        '    "calflops": "costcalc.conventions.calflops",\n',
        '    "stepper": "costcalc.conventions.stepper",\n',
    )
    tree.insert(
        "tests/conventions/test_conventions.py",
        '    "multiplies": (568_740_352, 4_867_293_184),\n',
        f'    "stepper": ({STEPS}),\n',
    )
    row = "| stepper | 573,783,040 | 4,231,976 | multiplies + 5,042,688 (relu) |\n"
    tree.insert("docs/conventions.md", last_row("| calflops ", "docs/conventions.md"), row)
    assert tree.touched() == listed("A convention", "stepper")
    tree.test("tests/conventions/test_conventions.py", "-k", "stepper or MobileNet or table")
    tree.test("tests/test_manual.py", "-k", "table_of_conventions")
    assert "stepper" in tree.run("analyze", "zoo:mobilenet_v1", "--convention", "stepper")


FORMAT = '''"""One JSON object a line: each layer, then the total."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from costcalc.analysis.costs import VERSIONS, Analysis, Cost
from costcalc.metrics import plain_number
from costcalc.rendering.escape import json_text
from costcalc.rendering.report.report import Report, View


def render_lines(reports: Sequence[Report], view: View) -> str:
    """The layers of each report, a line each, and the total."""
    return "".join(json_text(json.dumps(line)) + "\\n" for report in reports for line in _lines(report))


def _lines(report: Report) -> Iterator[dict[str, object]]:
    analysis = report.analysis
    for layer in analysis.layers:
        yield {"name": layer.name, **{name: _exact(analysis, layer.versions[name]) for name in VERSIONS}}
    yield {"total": report.path, **{name: _exact(analysis, analysis.total(name)) for name in VERSIONS}}


def _exact(analysis: Analysis, cost: Cost) -> dict[str, object]:
    return {metric: plain_number(cost[metric]) for metric in analysis.metrics}
'''
READER = """\
    ("report", "lines"): lambda text: (
        lambda lines: _of_report_object({"layers": lines[:-1], "totals": lines[-1]})
    )([json.loads(line) for line in text.splitlines()]),
"""


def test_a_report_format(tree: Tree) -> None:
    tree.write("costcalc/rendering/report/lines.py", FORMAT)
    tree.insert(
        "costcalc/rendering/formats.py",
        '    ("report", "json"): f"{_ROOM}.report.json:render_json",\n',
        '    ("report", "lines"): f"{_ROOM}.report.lines:render_lines",\n',
    )
    contract = "tests/rendering/contract.py"
    lines = """    "lines": lambda text: _json(f"[{','.join(text.splitlines())}]"),\n"""
    tree.insert(contract, '    "gitlab": _json,\n', lines)
    json_reader = '    ("report", "json"): lambda text: _of_report_object(json.loads(text)),\n'
    tree.insert(contract, json_reader, READER)
    assert tree.touched() == listed("A report format", "lines")
    tree.test("tests/rendering/test_every_format.py", "-k", "lines or formats")
    printed = tree.run("analyze", "zoo:lenet5", "-f", "lines").splitlines()
    assert json.loads(printed[-1])["written"]["multiplies"] == 416_520


COMMAND = '''"""``costcalc greet``: whom it is for."""

from __future__ import annotations

from typing import Annotated

import typer

from costcalc.cli.options import Debug
from costcalc.cli.output import emit
from costcalc.rendering.escape import terminal


def command(name: Annotated[str, typer.Argument(metavar="NAME", help="Whom.")], debug: Debug = False) -> int:
    """Greet somebody."""
    emit(f"hello {terminal(name)}\\n")
    return 0
'''
COMMAND_TEST = '''"""``costcalc greet``."""

from __future__ import annotations

import pytest

from costcalc.cli import run


def test_it_greets(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["greet", "you\\n"]) == 0
    assert capsys.readouterr().out == "hello you\\\\x0a\\n"
'''


def test_a_command(tree: Tree) -> None:
    tree.write("costcalc/cli/greet.py", COMMAND)
    tree.insert("costcalc/cli/commands.py", "\nCOMMANDS = {\n", '    "greet": "Greet somebody.",\n')
    tree.write("tests/cli/test_greet.py", COMMAND_TEST)
    tree.insert("README.md", last_row("| specs |"), "| manners | `greet`: a greeting |\n")
    assert tree.touched() == listed("A command", "greet")
    tree.test("tests/cli/test_greet.py", "tests/cli/test_parser.py")
    tree.test("tests/test_manual.py", "-k", "every_command")
    assert tree.run("greet", "you") == "hello you\n"
    assert "Greet somebody." in tree.run("--help")


def last_row(start: str, page: str = "README.md") -> str:
    """The row of a page's table that begins so."""
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines(keepends=True)
    return next(line for line in lines if line.startswith(start))
