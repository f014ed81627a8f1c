"""What standard output is: a terminal of some width or not, and whether colours are wanted there."""

from __future__ import annotations

import os
import shutil
import sys

from costcalc.cli.options import ColorChoice


def terminal_width() -> int | None:
    """The width of the terminal, None where standard output is none."""
    return shutil.get_terminal_size().columns if _is_terminal() else None


def wants_color(choice: ColorChoice) -> bool:
    """Whether standard output is to be coloured; the choice is stronger than NO_COLOR, that than FORCE_COLOR."""
    if choice is not ColorChoice.auto:
        return choice is ColorChoice.always
    dumb = os.environ.get("TERM", "") in ("dumb", "unknown")
    wanted = (_is_terminal() and not dumb) or os.environ.get("FORCE_COLOR", "0") not in ("", "0")
    return wanted and not os.environ.get("NO_COLOR")


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()
