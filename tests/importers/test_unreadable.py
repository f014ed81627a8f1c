"""Model files that are not read: each says what it is and what to do."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from costcalc.interop.importers.dispatch import FORMATS, format_of, read_model
from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.unreadable import KINDS


@pytest.mark.parametrize("ending", KINDS)
def test_each_says_what_it_is_and_what_helps(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"model{ending}"
    path.write_bytes(b"\x80\x02\0")
    with pytest.raises(ModelError) as caught:
        read_model(str(path))
    assert str(caught.value) == f"{path}: {KINDS[ending].what}"
    assert re.search(r"model\.(onnx|tflite|keras|pt2)", caught.value.hint)


def test_torch_script_is_told_from_a_pickle(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    for inside, word in (("model/code/__torch__.py", "TorchScript"), ("model/data.pkl", "pickle")):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(inside, "")
        with pytest.raises(ModelError, match=word):
            read_model(str(path))


def test_what_is_not_there_is_said_first(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot be read: no such file or directory"):
        read_model(str(tmp_path / "model.pt"))


@pytest.mark.parametrize("name", ["net.yaml", "-", "zoo:mobilenet_v1", "net", "a.b.yml"])
def test_specs_are_none(name: str) -> None:
    assert format_of(name) is None


def test_examples_are_recognised() -> None:
    assert [format_of(each.example) for each in FORMATS if ":" not in each.example] == [
        each for each in FORMATS if ":" not in each.example
    ]
