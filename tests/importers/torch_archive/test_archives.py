"""Archives of torch.export, read without torch: the layers are those of importing the module itself.

``make.py`` makes the archives, and beside each the spec of the module, with torch.
"""

from __future__ import annotations

import json
import random
import re
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from costcalc.errors import CostcalcError
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.flat import flat_spec
from costcalc.interop.importers.torch_archive import read
from costcalc.interop.importers.torch_archive.expressions import evaluated, readable, solved
from costcalc.rendering.spec_yaml import render_spec

DATA = Path(__file__).parent / "data"
ARCHIVES = sorted(DATA.glob("*.pt2"))
_GIVEN = {"open": ["x=1x3x32x32"]}


@pytest.mark.parametrize("path", ARCHIVES, ids=lambda path: path.stem)
def test_layers_are_those_of_the_module(path: Path) -> None:
    flat = read(str(path), _GIVEN.get(path.stem, ()))
    convert(flat)
    found = yaml.safe_load(render_spec(flat_spec(flat)))
    wanted = yaml.safe_load(path.with_suffix(".yaml").read_text())
    assert found["source"] == "torch.export of PyTorch 2.13.0"
    assert {**found, "name": "", "source": ""} == {**wanted, "name": "", "source": ""}


def test_what_is_frozen_and_what_is_spare_is_told() -> None:
    assert read(str(DATA / "without_gradient.pt2")).notes == (
        "not counted: 148 params that no output needs, in spare",
        "counted as params: 144 that are frozen (requires_grad=False), in first",
    )


def test_an_archive_of_before_2_8(tmp_path: Path) -> None:
    """One file beside the weights, no table of them; nodes have no name, and no version of PyTorch is said."""
    path = tmp_path / "unet.pt2"
    with zipfile.ZipFile(DATA / "unet.pt2") as source, zipfile.ZipFile(path, "w") as made:
        program = json.loads(next(source.read(name) for name in source.namelist() if "/models/" in name))
        del program["torch_version"]
        for node in nodes_of(program):
            del node["name"]
        made.writestr("serialized_exported_program.json", json.dumps(program))
        made.writestr("serialized_state_dict.pt", b"\x80\x02")
    old, new = read(str(path)), read(str(DATA / "unet.pt2"))
    assert (old.layers, old.source) == (new.layers, "torch.export")


def edited(tmp_path: Path, change: Callable[[Any], Any], name: str = "unet") -> str:
    """An archive whose program is changed."""
    path = tmp_path / "m.pt2"
    with zipfile.ZipFile(DATA / f"{name}.pt2") as source, zipfile.ZipFile(path, "w") as made:
        for each in source.namelist():
            data = json.loads(source.read(each))
            made.writestr(each, json.dumps(change(data) if "/models/" in each else data))
    return str(path)


def nodes_of(data: Any) -> Any:
    return data["graph_module"]["graph"]["nodes"]


def unknown(data: Any) -> Any:
    nodes_of(data)[0]["target"] = "torch.ops.acme.fold.default"
    return data


def newer(data: Any) -> Any:
    data["schema_version"]["major"] = 99
    return data


def without_graph(data: Any) -> Any:
    del data["graph_module"]["graph"]
    return data


def huge(data: Any) -> Any:
    data["graph_module"]["graph"]["tensor_values"]["x"]["sizes"][1]["as_int"] = 2**40
    return data


def batched(data: Any) -> Any:
    data["graph_module"]["graph"]["tensor_values"]["x"]["sizes"][0]["as_int"] = 8
    return data


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            unknown,
            "acme.fold.default in down1 (torch.nn.modules.conv.Conv2d): costcalc does not know this operation",
        ),
        (newer, "the archive's schema has version 99; 5 to 8 are read"),
        (without_graph, "not as torch.export writes it, or damaged: KeyError: 'graph'"),
        (
            batched,
            "the program was exported for 8 examples at once (x is 8x3x22x22), and costs are per example",
        ),
        (huge, 'the tensor "x" has the impossible sizes [1, 1099511627776, 22, 22]'),
        (
            lambda data: [],
            "not as torch.export writes it, or damaged: TypeError: list indices must be integers",
        ),
    ],
)
def test_refused(tmp_path: Path, change: Callable[[Any], Any], message: str) -> None:
    path = edited(tmp_path, change)
    with pytest.raises(ModelError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: {message}")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["m/code/__torch__.py", "m/data.pkl"], "a TorchScript archive: its graph is code"),
        (["m/data.pkl", "m/data/0"], "a pickle of PyTorch: reading it runs code that is in it"),
        (
            ["m/data/aotinductor/model/w.so"],
            "a package of compiled code (AOTInductor), which has no graph to read",
        ),
        (["notes.txt"], "not an archive of torch.export: it has no models/*.json"),
        (
            ["m/models/a.json", "m/models/b.json"],
            "the archive holds 2 programs (a.json, b.json); one is read",
        ),
        (["../models/a.json"], "refused: the archive has a name that leads outside: '../models/a.json'"),
    ],
)
def test_other_archives(tmp_path: Path, names: list[str], message: str) -> None:
    path = tmp_path / "m.pt2"
    with zipfile.ZipFile(path, "w") as made:
        for name in names:
            made.writestr(name, "{}")
    with pytest.raises(ModelError) as caught:
        read(str(path))
    assert str(caught.value).startswith(f"{path}: {message}")


def test_sizes_that_do_not_fit_are_refused() -> None:
    path = str(DATA / "open.pt2")
    with pytest.raises(ModelError, match=re.escape("has sizes that the file leaves open: s77x3x2*s12x2*s12")):
        read(path)
    with pytest.raises(ModelError, match=re.escape("exported for x=s77x3x2*s12x2*s12, not 1x3x33x32")):
        read(path, ["x=1x3x33x32"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2*s0 + 1", 11),
        ("((s0 - 1)//2) + 1", 3),
        ("FloorDiv(s0, 2)", 2),
        ("Add(Mul(Integer(2), Symbol('s0', positive=True, integer=True)), Integer(-1))", 9),
        ("Pow(Symbol('s0'), Integer(2))", 25),
        ("Mul(Integer(10), Pow(Symbol('s0'), Integer(-1)))", 2),
        ("Max(1, s0 - 9)", 1),
        ("Mod(s0, 3)", 2),
    ],
)
def test_expressions(text: str, value: int) -> None:
    assert evaluated(text, {"s0": 5}) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "__import__('os')",
        "s0.real",
        "s1",
        "9**9**9**9",
        "s0/2",
        "1/0",
        "(" * 500,
        "-" * 1900 + "1",
        "[1]",
        "s0" * 2000,
    ],
)
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        evaluated(text, {"s0": 5})


def test_a_size_tells_its_symbol() -> None:
    assert solved("Mul(Integer(2), Symbol('s1', integer=True))", 32) == ("s1", 16)
    assert solved("2*s1", 33) is None
    assert solved("s1 + s2", 3) is None
    assert readable("Mul(Integer(2), Symbol('s1', integer=True))") == "2*s1"


def test_damaged(tmp_path: Path) -> None:
    """Whatever stands in the JSON: an answer, or an error of ours."""
    source = random.Random(5)
    path = tmp_path / "m.pt2"
    for archive in ARCHIVES:
        with zipfile.ZipFile(archive) as whole:
            contents = {name: whole.read(name) for name in whole.namelist()}
        for _ in range(40):
            with zipfile.ZipFile(path, "w") as made:
                for name, data in contents.items():
                    made.writestr(name, _changed(source, data))
            with suppress(CostcalcError):
                convert(read(str(path)))


_WORD = re.compile(rb'-?\b\d+\b|"[^"]*"|null|true|false')
_WORDS = (b"0", b"-1", b"7", b"1099511627776", b'""', b'"x"', b"null", b"true", b"[]", b"{}")


def _changed(source: random.Random, data: bytes) -> bytes:
    """JSON with one to three of its words replaced."""
    for _ in range(source.choice((0, 1, 1, 3))):
        words = list(_WORD.finditer(data))
        if not words:
            break
        found = source.choice(words)
        data = data[: found.start()] + source.choice(_WORDS) + data[found.end() :]
    return data
