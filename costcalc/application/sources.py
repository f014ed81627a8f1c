"""What a file is to costcalc, before something is written over it."""

from __future__ import annotations

import os
import re

from costcalc.application.config import BASELINE, PYPROJECT, YAML_NAMES
from costcalc.errors import CostcalcError
from costcalc.reading.discovery import beginning, is_yaml, looks_like_spec

_BASELINE = re.compile(rb'\{\s*"schema_version":\s*\d+,\s*"convention":\s*"')


def kind_of(path: str) -> str | None:
    """``spec``, ``config``, ``baseline``, ``model`` or ``program``, where a file is there and is that; else None."""
    if not os.path.isfile(path):
        return None
    name = os.path.basename(os.path.realpath(path))
    if name in (*YAML_NAMES, PYPROJECT):
        return "config"
    if name == BASELINE:
        return "baseline"
    if name.lower().endswith(".py"):
        return "program"  # a PyTorch module's, say
    try:
        if is_yaml(path) and looks_like_spec(path):
            return "spec"
        start = beginning(path, 200)
    except CostcalcError:
        return None  # what cannot be read cannot be a source; writing will say what it has to
    if _BASELINE.match(start):
        return "baseline"
    from costcalc.interop.importers.dispatch import is_model

    return "model" if is_model(path) else None
