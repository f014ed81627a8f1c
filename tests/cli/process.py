"""The real command as a process of its own, and small specs for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent

#: 6,912 multiplies and 108 params, within its budget, over it, and near it.
SPEC = "input: 8x8x3\nlayers:\n  - {type: conv, out_channels: 4, kernel_size: 3}\n"
MULTIPLIES, PARAMS = 6_912, 108
WITHIN = SPEC + f"budget: {{multiplies: {MULTIPLIES}}}\n"
OVER = SPEC + f"budget: {{multiplies: {MULTIPLIES - 1}, message: Ask first.}}\n"
NEAR = SPEC + f"budget: {{params: {{max: {PARAMS}, warn: 90%}}}}\n"
BROKEN = "input: 8x8x3\nlayers:\n  - {type: cnov}\n"

Process = subprocess.CompletedProcess[str]


def costcalc(*words: str, **options: Any) -> Process:
    """Run ``python -m costcalc``."""
    return python("-m", "costcalc", *words, **options)


def python(*words: str, **options: Any) -> Process:
    """Run Python with the package at hand; output is captured unless the options redirect it."""
    options.setdefault("stdin", subprocess.DEVNULL if "input" not in options else None)
    if options["stdin"] is None:
        del options["stdin"]
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
        **options.pop("env", {}),
    }
    return subprocess.run(
        [sys.executable, *words], check=False, encoding="utf-8", timeout=60, env=environment, **options
    )
