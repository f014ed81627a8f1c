"""What leaves the process: documents to standard output, messages to standard error, reports to files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from costcalc.errors import CostcalcError, Problem, SpecError

#: For an output that is not Unicode: what can stand for the characters of our tables.
_POORER = str.maketrans(
    {
        **dict.fromkeys("█▉▊▋▌▍", "#"),
        **dict.fromkeys("▎▏", "|"),
        **{"—": "-", "−": "-", "×": "x", "÷": "/", "·": "*", "²": "^2", "³": "^3", "→": "->", "α": "alpha"},
        **{"⌊": "floor(", "⌈": "ceil(", "⌋": ")", "⌉": ")"},
    }
)


def prepare() -> None:
    """No text of a stranger may end a command because the output cannot show a character."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace", newline="\n")


def emit(document: str) -> None:
    """Write a document to standard output. Raises BrokenPipeError, CostcalcError where it cannot."""
    if sys.stdout is None:
        raise CostcalcError("standard output is closed")
    with writing("standard output"):
        sys.stdout.write(_showable(document, sys.stdout))
        sys.stdout.flush()


@contextmanager
def writing(target: str) -> Iterator[None]:
    """Say what could not be written to, and why; a pipe that was closed early is not that."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CostcalcError(f"{target}: cannot be written: {reason}") from None


def say(message: str) -> None:
    """Write a message to standard error, on a terminal in lines that fit; where nobody listens, nobody is told."""
    from costcalc.cli.terminal import message_width

    width = message_width()
    if width is not None and "\n" not in message:
        from costcalc.rendering.text.folding import folded

        message = "\n".join(folded(message, width, others="    "))
    _say(message)


def _say(message: str) -> None:
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            sys.stderr.write(_showable(message, sys.stderr) + "\n")


def say_error(error: CostcalcError) -> None:
    """Tell what is wrong with a spec, or with how we were asked."""
    if isinstance(error, SpecError):
        say_problems(error.problems)
    else:
        say_problems([Problem(str(error), hint=getattr(error, "hint", "") or None)])


def say_problems(problems: Iterable[Problem]) -> None:
    """Tell errors and warnings with their places."""
    from costcalc.cli.terminal import message_width, messages_want_color
    from costcalc.rendering.problems import render_problems

    if text := render_problems(problems, message_width(), messages_want_color()):
        _say(text)


def let_go() -> None:
    """Leave nothing for Python to flush at its end, where it would fail with an exit code of its own."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            _drop(stream)


def _drop(stream: TextIO) -> None:
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _showable(text: str, stream: TextIO) -> str:
    """The text, with poorer characters where the stream's encoding has no better ones."""
    encoding = stream.encoding or "utf-8"
    if text.isascii() or encoding.lower().startswith("utf"):
        return text
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_POORER)
    return text
