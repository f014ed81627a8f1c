"""Configs that are not read: near misses of the right name, and those in folders below.

They are told, so that nobody relies on them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from costcalc.application.config import PYPROJECT, YAML_NAMES, Config, WorkTree, upwards
from costcalc.errors import CostcalcError, Location, Problem

_NAMES = frozenset((*YAML_NAMES, "costcalc.json", "costcalc.toml"))
_TABLES = frozenset(("costcalc", "costcalcs", "costcalcbudget", "costcalcbudgets", "costcalcconfig"))


def strays(paths: Iterable[str], config: Config | None) -> list[Problem]:
    """A warning for each config that somebody may think to be in force for these specs, and is not."""
    return [*_near_misses(config), *_below(paths, config)]


def _near_misses(config: Config | None) -> Iterator[Problem]:
    for folder in upwards():
        try:
            names = sorted(os.listdir(folder or "."))
        except OSError:
            continue
        for name in names:
            if _is_near_miss(name) and not _is_read(os.path.join(folder, name), folder):
                yield _warning(os.path.join(folder, name), "is not read: a config is called costcalc.yaml")
        if PYPROJECT in names:
            yield from _tables(folder)
        if config is not None and os.path.abspath(folder) == os.path.abspath(config.folder):
            return


def _is_near_miss(name: str) -> bool:
    return name not in YAML_NAMES and name.casefold().lstrip("._").replace("-", "").replace("_", "") in _NAMES


def _is_read(path: str, folder: str) -> bool:
    """Whether it is the config under another spelling, where upper and lower case are one."""
    others = (os.path.join(folder, name) for name in YAML_NAMES)
    return any(
        os.path.exists(other) and os.path.samefile(path, other) for other in others if os.path.exists(path)
    )


def _tables(folder: str) -> Iterator[Problem]:
    """Tables of pyproject.toml that are nearly called [tool.costcalc]."""
    import tomllib

    try:
        text = WorkTree().text(folder, PYPROJECT) or ""
        data = tomllib.loads(text) if "costcalc" in text.casefold() else {}
    except (CostcalcError, ValueError, RecursionError):
        return  # told where the config is looked for, if it matters
    tool = data.get("tool")
    named = [(f"[{name}]", name) for name in data]
    named += [
        (f"[tool.{name}]", name) for name in (tool if isinstance(tool, dict) else {}) if name != "costcalc"
    ]
    for shown_name, name in named:
        if name.casefold().replace("-", "").replace("_", "") in _TABLES:
            path = os.path.join(folder, PYPROJECT)
            yield _warning(path, f"{shown_name} is not read: the table is called [tool.costcalc]")


def _below(paths: Iterable[str], config: Config | None) -> Iterator[Problem]:
    """Configs between a spec and the one in force, or the current directory."""
    home = os.path.abspath(config.folder if config is not None else "")
    seen: set[str] = set()
    for path in paths:
        folder = os.path.dirname(path)
        while folder not in seen and os.path.abspath(folder).startswith(home.rstrip(os.sep) + os.sep):
            seen.add(folder)
            for name in YAML_NAMES:
                if os.path.lexists(os.path.join(folder, name)):
                    said = f"is not read from here: costcalc check in {folder} reads it"
                    yield _warning(os.path.join(folder, name), said)
            folder = os.path.dirname(folder)


def _warning(path: str, message: str) -> Problem:
    name = os.path.basename(path)
    return Problem(
        f"{name} {message}" if not message.startswith("[") else message,
        severity="warning",
        location=Location(path, 1, 1),
    )
