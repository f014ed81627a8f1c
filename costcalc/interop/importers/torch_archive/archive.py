"""The JSON files of a ``.pt2`` archive, read with bounds.

Since PyTorch 2.8 an archive has a folder with ``models/model.json`` and, beside the weights, a table of which weight is
in which file; before, ``serialized_exported_program.json``. Source: torch/export/pt2_archive and torch/_export/serde.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, BinaryIO

from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.opening import opened
from costcalc.interop.importers.unreadable import EXPORT
from costcalc.interop.importers.zipped import DAMAGED, LOCAL, ZipEntry, zip_content, zip_entries

MAX_JSON = 64 * 2**20
MAX_VALUES = 3_000_000  # lists, mappings and their items in a JSON file
_MAX_ENTRIES = 100_000
_PROGRAM, _OLD_PROGRAM = ".json", "serialized_exported_program.json"
_WEIGHTS = "_weights_config.json"
_AGAIN = f"export the module anew: {EXPORT}"


@dataclass(frozen=True, slots=True)
class ProgramArchive:
    """A program, and the table of its weights, empty where the archive has none: plain data of JSON."""

    program: Any
    weights: Any


def read_archive(path: str) -> ProgramArchive:
    """The program in an archive. Raises ModelError."""
    with opened(path) as (file, _):
        if file.read(4) != LOCAL:
            raise ModelError(f"{path}: not an archive of torch.export: it is no zip archive", _AGAIN)
        try:
            entries = {entry.name: entry for entry in zip_entries(file, path, _MAX_ENTRIES)}
            program = _one(list(entries.values()), path)
            weights = next((entry for name, entry in entries.items() if name.endswith(_WEIGHTS)), None)
            return ProgramArchive(
                _parsed(file, program, path),
                {} if weights is None else _parsed(file, weights, path),
            )
        except DAMAGED:
            raise ModelError(f"{path}: the zip archive is damaged") from None


def _one(entries: list[ZipEntry], path: str) -> ZipEntry:
    """The file of the one program."""
    found = [entry for entry in entries if _is_program(entry.name)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(entry.name.rpartition("/")[2] for entry in found[:5])
        raise ModelError(f"{path}: the archive holds {len(found)} programs ({names}); one is read", _AGAIN)
    raise ModelError(f"{path}: {_what(entries)}", _AGAIN)


def _is_program(name: str) -> bool:
    parts = name.split("/")
    in_models = len(parts) > 1 and parts[-2] == "models" and parts[-1].endswith(_PROGRAM)
    return in_models or parts[-1] == _OLD_PROGRAM


def _what(entries: list[ZipEntry]) -> str:
    """What an archive without a program is."""
    names = [entry.name for entry in entries]
    if any("/aotinductor/" in f"/{name}" for name in names):
        return "a package of compiled code (AOTInductor), which has no graph to read"
    if any("/code/" in f"/{name}" for name in names):
        return "a TorchScript archive: its graph is code, which costcalc does not run"
    if any(name.endswith("data.pkl") for name in names):
        return "a pickle of PyTorch: reading it runs code that is in it, and its weights alone say no graph"
    return "not an archive of torch.export: it has no models/*.json"


def _parsed(file: BinaryIO, entry: ZipEntry, path: str) -> Any:
    data = zip_content(file, entry, path, MAX_JSON)
    if sum(map(data.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise ModelError(f"{path}: refused: {entry.name} has more than {MAX_VALUES} values")
    try:
        return json.loads(data)
    except RecursionError:
        raise ModelError(f"{path}: refused: {entry.name} is nested too deeply") from None
    except ValueError as error:
        raise ModelError(f"{path}: {entry.name} is no JSON: {str(error)[:200]}") from None
