"""Whether a project's config may say something, without reading it: commands that rarely need it ask here first."""

from __future__ import annotations

import os
import re

from costcalc.errors import CostcalcError
from costcalc.reading.files import MAX_BYTES, open_regular

#: What a project's config may be called.
CONFIG_NAMES = ("costcalc.yaml", "costcalc.yml", "pyproject.toml")


def config_mentions(key: str) -> bool:
    """Whether a file that may be the project's config, from the current directory up to the top of its repository,
    has a line with a key: much cheaper than reading the config. Raises CostcalcError where one cannot be read.
    """
    pattern = rf"^\s*[\"']?{key}[\"']?\s*[:=]".encode()
    folder = ""
    while True:
        for name in CONFIG_NAMES:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                text = _text(path)
                if b"costcalc" in text + name.encode() and re.search(pattern, text, re.MULTILINE):
                    return True
        top = os.path.abspath(folder or ".")
        if os.path.exists(os.path.join(folder, ".git")) or os.path.dirname(top) == top:
            return False
        folder = os.path.join(folder, os.pardir)


def _text(path: str) -> bytes:
    try:
        with open_regular(path) as file:
            return file.read(MAX_BYTES)
    except OSError as error:
        raise CostcalcError(f"{path}: cannot be read: {error.strerror}") from None
