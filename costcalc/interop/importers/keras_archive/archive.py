"""The config.json of a ``.keras`` file, a zip archive: nothing is extracted, no code is run, no weights are read."""

from __future__ import annotations

import json
import os
from typing import Any, BinaryIO

from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.zipped import DAMAGED, LOCAL, zip_content, zip_entries
from costcalc.reading.files import open_regular

MAX_CONFIG = 8 * 2**20
_HDF5 = b"\x89HDF\r\n\x1a\n"


def read_config(path: str) -> Any:
    """The model's config as plain data; raises ModelError."""
    if os.path.isdir(path):
        raise ModelError(
            f"{path}: this is a directory, as a SavedModel of TensorFlow is, and no .keras file",
            'save the model itself anew: model.save("model.keras")',
        )
    try:
        with open_regular(path) as file:
            return _parsed(_config(file, path), path)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}") from None


def _config(file: BinaryIO, path: str) -> bytes:
    beginning = file.read(8)
    if beginning == _HDF5:
        raise ModelError(
            f"{path}: this is a model in HDF5, the format before .keras",
            'load it and save it anew: keras.models.load_model("old.h5").save("model.keras")',
        )
    if beginning[:4] != LOCAL:
        raise ModelError(f"{path}: no .keras file: it is no zip archive")
    try:
        found = None
        for entry in zip_entries(file, path):
            if entry.name == "config.json":
                if found is not None:
                    raise ModelError(f"{path}: refused: the archive has two files config.json")
                found = entry
        if found is None:
            raise ModelError(f"{path}: no .keras file: the archive has no config.json")
        return zip_content(file, found, path, MAX_CONFIG)
    except DAMAGED:
        raise ModelError(f"{path}: the zip archive is damaged") from None


def _parsed(data: bytes, path: str) -> Any:
    try:
        return json.loads(data)
    except RecursionError:
        raise ModelError(f"{path}: refused: config.json is nested too deeply") from None
    except ValueError as error:
        raise ModelError(f"{path}: config.json is no JSON: {str(error)[:200]}") from None
