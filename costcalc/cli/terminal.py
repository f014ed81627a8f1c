"""What the outputs are: terminals of some width or not, and whether colours are wanted there."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TextIO

from costcalc.cli.colors import ColorChoice, color_of_messages


def terminal_width() -> int | None:
    """The width of the terminal, None where standard output is none."""
    return shutil.get_terminal_size().columns if _is_terminal(sys.stdout) else None


def message_width() -> int | None:
    """The width of the terminal that standard error is, None where it is none."""
    if not _is_terminal(sys.stderr):
        return None
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told)
    try:  # standard output may be a file, which has no width
        return os.get_terminal_size(sys.stderr.fileno()).columns or None
    except (OSError, ValueError):
        return None


def wants_color(choice: ColorChoice) -> bool:
    """Whether standard output is to be coloured; the choice is stronger than NO_COLOR, that than FORCE_COLOR."""
    return _wants_color(choice, sys.stdout)


def messages_want_color() -> bool:
    """The same of standard error, by the choice on the command line."""
    return _wants_color(color_of_messages(), sys.stderr)


def _wants_color(choice: ColorChoice, stream: TextIO | None) -> bool:
    if choice is not ColorChoice.auto:
        return choice is ColorChoice.always
    dumb = os.environ.get("TERM", "") in ("dumb", "unknown")
    wanted = (_is_terminal(stream) and not dumb) or os.environ.get("FORCE_COLOR", "0") not in ("", "0")
    return wanted and not os.environ.get("NO_COLOR")


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()
