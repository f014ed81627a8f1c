"""What is no .keras file, or is made to harm: a clear message, and nothing else."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path

import pytest

from costcalc.errors import CostcalcError
from costcalc.interop.importers.dispatch import read_model
from costcalc.interop.importers.keras_archive import archive
from importers.keras_archive.configs import layer, saved, sequential


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        for name, content in files:
            made.writestr(name, content)
    return buffer.getvalue()


def encrypted() -> bytes:
    data = bytearray(zipped(("config.json", b"{}")))
    place = data.index(b"PK\x01\x02")
    data[place + 8] |= 1
    return bytes(data)


DAMAGED = bytearray(zipped(("config.json", b"{}" * 100)))
DAMAGED[45:55] = b"\xff" * 10

ROWS = [
    (b"", "no .keras file: it is no zip archive"),
    (b"\x89HDF\r\n\x1a\n" + b"x" * 100, "this is a model in HDF5, the format before .keras"),
    (b"PK\x03\x04 and no more", "the zip archive is cut off: it has no directory"),
    (zipped(("a.txt", b"x")), "no .keras file: the archive has no config.json"),
    (zipped(("config.json", b"{}"), ("../evil", b"x")), "a name that leads outside: '../evil'"),
    (zipped(("config.json", b"{}"), ("/etc/evil", b"x")), "a name that leads outside: '/etc/evil'"),
    (zipped(("config.json", b"{}"), ("c:\\evil", b"x")), "a name that leads outside: 'c:\\\\evil'"),
    (zipped(("config.json", b" " * (archive.MAX_CONFIG + 1))), "refused: config.json has more than 8388608 bytes"),
    (zipped(("config.json", b"{}"), method=zipfile.ZIP_BZIP2), "packed by method 12, not by deflate"),
    (encrypted(), "refused: config.json is encrypted"),
    (bytes(DAMAGED), "the zip archive is damaged"),
    (zipped(("config.json", b"{}"))[:-22] + b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 1, 1, 2**31, 0, 0),
     "refused: the archive's directory has 2147483648 bytes, more than 4194304"),
    (zipped(("config.json", b"[" * 1_000_000)), "refused: config.json is nested too deeply"),
    (zipped(("config.json", b"{")), "config.json is no JSON: Expecting property name"),
    (zipped(("config.json", b"1" * 5000)), "config.json is no JSON: Exceeds the limit"),
    (zipped(("config.json", b"\xff\xfe{")), "config.json is no JSON: "),
    (zipped(("config.json", b"[]")), "config.json holds no model: a config is missing"),
    (zipped(("config.json", b'{"class_name": "Mine", "config": {}}')), 'a model of class "Mine" does not say'),
    (zipped(("config.json", json.dumps({"class_name": "Sequential", "config": {"layers": 3}}).encode())),
     "the model does not say its input's sizes"),
    (zipped(("config.json", json.dumps({"class_name": "Functional", "config": {"layers": []}}).encode())),
     "the model has no inputs"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "message"), ROWS)
def test_it_is_refused(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    path.write_bytes(data)
    with pytest.raises(CostcalcError) as raised:
        read_model(str(path))
    assert message in str(raised.value)
    assert sorted(tmp_path.iterdir()) == [path]


def test_hdf5_has_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "old.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(CostcalcError) as raised:
        read_model(str(path))
    assert "keras.models.load_model" in raised.value.hint  # type: ignore[attr-defined]


def test_a_saved_model_has_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(CostcalcError) as raised:
        read_model(str(tmp_path))
    assert "this is a directory, as a SavedModel of TensorFlow is, and no .keras file" in str(raised.value)
    assert raised.value.hint == 'save the model itself anew: model.save("model.keras")'  # type: ignore[attr-defined]


def test_names_given_again_and_again_take_no_time(tmp_path: Path) -> None:
    net = sequential(*(layer("ReLU", "r") for _ in range(20_000)), sizes=(4, 4, 1))
    names = {each.name for each in read_model(saved(net, tmp_path)).layers}
    assert len(names) == 20_000
    assert "r_20000" in names


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(CostcalcError, match="No such file"):
        read_model(str(tmp_path / "none.keras"))


def test_models_nested_without_end_are_refused(tmp_path: Path) -> None:
    net = sequential(layer("ReLU", "relu"), sizes=(4, 4, 1))
    for index in range(40):
        net = sequential(net, name=f"m{index}", sizes=(4, 4, 1))
    with pytest.raises(CostcalcError, match="nested more than 24 deep"):
        read_model(saved(net, tmp_path))


@pytest.mark.parametrize("name", ["a b", "../x", "input", "é" * 200, "\x1b[31m", "", "a\nb"])
def test_any_name_is_a_layers(name: str, tmp_path: Path) -> None:
    net = sequential(layer("ReLU", name), layer("ReLU", name + "2"), sizes=(4, 4, 1))
    names = [each.name for each in read_model(saved(net, tmp_path)).layers]
    assert len(set(names)) == 2
    assert all(
        each.isascii() and each.isprintable() and len(each) <= 84 and each != "input" for each in names
    )
