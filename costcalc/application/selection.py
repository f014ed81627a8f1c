"""Which specs a command is about: those named, those configured, or those that are found."""

from __future__ import annotations

import os
from collections.abc import Sequence

from costcalc.application.config import Config
from costcalc.application.load import ZOO
from costcalc.errors import CostcalcError, Problem
from costcalc.reading.discovery import find_specs
from costcalc.reading.files import STDIN


def select(arguments: Sequence[str], config: Config | None) -> tuple[list[str], list[Problem]]:
    """The specs, each once, and what is wrong with the config's globs.

    Without arguments those of the config, or else those under the current directory; a folder among the
    arguments stands for those under it. Raises CostcalcError where there are none.
    """
    if not arguments and config is not None and config.specs:
        return config.find_specs()
    found: dict[str, str] = {}
    for argument in arguments or [""]:
        for path in _under(argument) if not argument or os.path.isdir(argument) else [argument]:
            found.setdefault(path if path == STDIN or path.startswith(ZOO) else os.path.abspath(path), path)
    return list(found.values()), []


def _under(folder: str) -> list[str]:
    specs = find_specs(folder)
    if not specs:
        where = folder or "the current directory"
        raise CostcalcError(f"no spec found: no *.yaml or *.yml file under {where} has a top-level layers:")
    return [os.path.join(folder, path) for path in specs]
