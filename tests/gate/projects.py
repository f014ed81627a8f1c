"""What tests of the gate make their projects of: small specs, files, real git repositories."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

#: 9 multiplies and 10 params for each output position and channel: 576 and 10.
SMALL = "input: 8x8x1\nlayers:\n  - {type: conv, out_channels: 1, kernel_size: 3, bias: true}\n"
MULTIPLIES, PARAMS = 576, 10


class Result(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


Cli = Callable[..., Result]


def write(path: str, text: str) -> Path:
    """Write a file below the current directory."""
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def spec(path: str, budget: str = "", text: str = SMALL) -> Path:
    """Write a spec, with a budget in flow style, such as ``{params: 10}``."""
    return write(path, text + (f"budget: {budget}\n" if budget else ""))


def git(*words: str, folder: str | Path = ".") -> str:
    """Run git as a user would."""
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit_all(message: str = "change") -> str:
    """Commit everything below the current directory; the commit's name."""
    git("add", "-A")
    git("commit", "-q", "-m", message)
    return git("rev-parse", "HEAD")
