"""What docs/security.md promises: reading a file does nothing else, and the limits are those that it lists."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from costcalc import errors, quantity
from costcalc.analysis.memory import peak
from costcalc.interop.importers.keras_archive import archive as keras
from costcalc.interop.importers.onnx_model import proto as onnx
from costcalc.interop.importers.tensors import limits as tensors
from costcalc.interop.importers.tflite_model import model as tflite
from costcalc.interop.importers.torch_archive import archive as torch
from costcalc.network import limits as network
from costcalc.reading import composer, files
from costcalc.rendering.html import network as page
from costcalc.rendering.report import parts
from costcalc.search.alternatives import costing
from fuzz.mutators import CORPUS, models
from fuzz.run import SUFFIXES

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")

#: Runs commands on a file and prints what they did to the world, as Python's audit events tell it.
WATCHED = """
import json, os, sys

path, did = sys.argv[1], []
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
DEEDS = ("socket.", "subprocess.", "os.", "shutil.", "pickle.", "ctypes.", "webbrowser.", "urllib.", "ftplib.", "http.")
HARMLESS = ("os.listdir", "os.scandir", "os.putenv", "os.unsetenv")
OURS = tuple({sys.prefix, sys.base_prefix, os.path.dirname(os.path.dirname(sys.argv[2])), "/proc", "/etc"})

def watch(event, arguments):
    if event == "open":
        name, _, flags = arguments
        if flags & WRITING:
            did.append(f"writes {name}")
        elif not isinstance(name, int) and not os.path.abspath(os.fsdecode(name)).startswith(OURS):
            did.append(f"reads {os.path.abspath(os.fsdecode(name))}")
    elif event.startswith(DEEDS) and event not in HARMLESS:
        did.append(event)

sys.path.insert(0, os.path.dirname(os.path.dirname(sys.argv[2])))
from costcalc.cli import run
sys.addaudithook(watch)
sys.stdout = open(os.devnull, "w")
did.clear()
codes = [run([*words.split(), each]) for words in sys.argv[3:] for each in path.split(os.pathsep)]
sys.stdout = sys.__stdout__
print(json.dumps([codes, sorted({*did})]))
"""


COMMANDS = ("analyze", "validate", "convert --to pytorch", "analyze -f json")


def done_to_the_world(
    path: Path, commands: tuple[str, ...] = COMMANDS, others: Sequence[Path] = ()
) -> tuple[list[int], list[str]]:
    (path.parent / ".git").mkdir()  # a project's config is looked for up to the top of its repository
    paths = os.pathsep.join(map(str, (path, *others)))
    command = [sys.executable, "-c", WATCHED, paths, str(ROOT / "costcalc" / "__init__.py"), *commands]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=path.parent)
    assert run.returncode == 0, run.stderr
    codes, did = json.loads(run.stdout)
    return codes, did


@pytest.mark.parametrize("source", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_reading_a_spec_does_nothing_else(source: Path, tmp_path: Path) -> None:
    path = tmp_path / source.name
    path.write_bytes(source.read_bytes())
    codes, did = done_to_the_world(path)
    assert set(codes) <= {0, 1, 2}
    assert set(did) <= {f"reads {path}"}


def test_reading_the_zoo_does_nothing_else(tmp_path: Path) -> None:
    first, *others = [Path(shutil.copy(path, tmp_path)) for path in sorted((ROOT / "specs").glob("*.yaml"))]
    codes, did = done_to_the_world(first, ("analyze",), others)
    assert codes == [0] * (1 + len(others))
    assert did == sorted(f"reads {path}" for path in (first, *others))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_reading_a_model_does_nothing_else(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"model{suffix}"
    path.write_bytes(models(suffix)[0])
    codes, did = done_to_the_world(path)
    assert set(codes) <= {0, 2}
    assert set(did) == {f"reads {path}"}


def test_the_watch_sees_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("input: 8x8x4\nlayers: [relu]\n", encoding="utf-8")
    codes, did = done_to_the_world(path, ("analyze -o json=made.json",))
    assert codes == [0]
    assert "os.rename" in did
    assert any(deed.startswith("writes ") for deed in did)


def test_a_torch_target_runs_its_code(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="a target needs PyTorch")
    deeds = "import os, subprocess; open('made', 'w').close(); subprocess.run(['true']); os.remove('made')\n"
    (tmp_path / "evil.py").write_text(deeds, encoding="utf-8")
    command = [sys.executable, "-c", WATCHED, "evil:net", str(ROOT / "costcalc" / "__init__.py"), "analyze"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tmp_path, check=True)
    assert {"os.remove", "subprocess.Popen"} <= {*json.loads(run.stdout)[1]}


def test_the_limits_are_those_of_the_page() -> None:
    listed = [
        line.split("|")[2].strip()
        for line in PAGE.splitlines()
        if line.startswith("| ") and "|---" not in line
    ]
    numbers = [text for text in listed if text.replace(",", "").isdigit()]
    assert numbers == [
        f"{limit:,}"
        for limit in (
            files.MAX_BYTES,
            composer.MAX_DEPTH,
            composer.MAX_VALUES,
            network.MAX_NODES,
            parts.MAX_EXPANDED,
            page.MAX_LAYERS,
            page.MAX_OPERATIONS,
            peak.MOST_HELD,
            costing.MAX_LAYERS,
            errors.MAX_PROBLEMS,
            quantity.MAX_SIZE,
            tensors.MAX_ELEMENTS,
            tensors.MAX_AXES,
            onnx.MAX_NODES,
            keras.MAX_CONFIG,
            tflite.MAX_OPERATORS,
            torch.MAX_JSON,
        )
    ]
    assert tensors.MAX_ELEMENTS == quantity.MAX_QUANTITY


def test_every_test_that_the_page_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+(?:\.py)?)", PAGE)
    assert len(named) > 4
    assert all((ROOT / name).exists() for name in named)
