"""Configs that are not read: near misses of the right name, and those in folders below.

They are told, so that nobody relies on them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from costcalc.application.config import PYPROJECT, TABLE, YAML_NAMES, Config, WorkTree, upwards
from costcalc.errors import CostcalcError, Location, Problem

_NAME = re.compile(r"costcalc(config|budgets?)?(\.ya?ml|\.json|\.toml)+")
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
    return name not in YAML_NAMES and _NAME.fullmatch(_bare(name)) is not None


def _bare(name: str) -> str:
    """A name without what one forgets: its case, dots before it, dashes."""
    return name.casefold().lstrip("._").replace("-", "").replace("_", "")


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
        data = tomllib.loads(text) if "costcalc" in _bare(text) else {}
    except (CostcalcError, ValueError, RecursionError):
        return  # told where the config is looked for, if it matters
    named = [(f"[{name}]", name.removeprefix("tool.")) for name in data]
    for top in ("tool", "tools", "Tool"):
        inner = data.get(top)
        names = inner if isinstance(inner, dict) else {}
        named += [(f"[{top}.{name}]", name) for name in names if (top, name) != TABLE]
    for shown_name, name in named:
        if _bare(name) in _TABLES:
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
