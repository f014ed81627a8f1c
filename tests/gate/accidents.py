"""What could pass by accident: cases, the projects that they need, and the real process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from gate.projects import SMALL, commit_all, git, spec, write

#: The project's own folder, in words of a command.
HERE = "{here}"
BASELINE = "costcalc-baseline.json"
LAYERS = "[{type: conv, out_channels: 1, kernel_size: 3, bias: true}]"
REGRESSION = "{regression: {params: 0%}}"
BOTH = "{params: 10, regression: {params: 0%}}"


def costcalc(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "costcalc", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **more)


class Case(NamedTuple):
    """A row of the docs (a part of it), what makes the project, what is asked, how it ends and what is said."""

    row: str
    project: Callable[[], object]
    words: tuple[str, ...]
    code: int
    said: str


def entry(name: str = "a.yaml", change: Callable[[Any], None] = lambda entry: None, **more: Any) -> None:
    """A baseline of one spec that costs what SMALL does."""
    numbers = {"multiplies": 576, "params": 10}
    layer = {"name": "conv_1", "type": "conv", "input": "8x8x1", "output": "8x8x1", **numbers}
    data = {**numbers, "limits": [], "layers": [layer]}
    change(data)
    head = {"schema_version": 1, "convention": "multiplies 1", **more}
    write(BASELINE, json.dumps({**head, "specs": {name: data}}))


def known(budget: str = BOTH, **more: Any) -> None:
    entry(**more)
    spec("a.yaml", budget)


def limited(limit: dict[str, Any], budget: str, **more: Any) -> None:
    whole = {"kind": "total", "metric": "params", "layers": "", "bound": 10, "slack": 0, **limit}
    known(budget, change=lambda data: data.update(limits=[whole]), **more)


def config(text: str, budget: str = "{params: 10}", path: str = "a.yaml") -> None:
    write("costcalc.yaml", text)
    spec(path, budget)


def files(**texts: str) -> None:
    for name, text in texts.items():
        write(name.replace("__", "/").replace("_", "."), text)


def committed(budget: str, now: Callable[[], object], text: str = SMALL, settings: str = "") -> None:
    """A repository whose one commit has a spec (and a config), and what was changed since."""
    git("init", "-q")
    spec("a.yaml", budget, text)
    if settings:
        write("costcalc.yaml", settings)
    commit_all("first")
    now()


def moved(path: str, text: str) -> None:
    Path("a.yaml").unlink()
    write(path, text)
