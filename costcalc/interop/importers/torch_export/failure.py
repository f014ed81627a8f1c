"""What a stranger's code raises, in one line: what, in which part of the module, at which line of which file."""

from __future__ import annotations

import io
import linecache
import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from types import FrameType
from typing import Any

from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.torch_export.extra import torch_module

_LONGEST = 300
_ON_VALUES = "it decides by values in its tensors, which only a run knows"
_LATER = re.compile(r"\bu\d+\b|data-dependent", re.ASCII)


def told(error: BaseException) -> str:
    """An exception on one line: its type, and the beginning of its text."""
    text = " ".join(str(error).split())
    cut = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return f'{type(error).__name__}: "{cut}"' if cut else type(error).__name__


def failure(module: Any, error: BaseException) -> ModelError:
    """The error of a module that torch.export cannot trace: where in it, and what was raised."""
    name = type(module).__name__
    on_values = type(error).__name__ in ("GuardOnDataDependentSymNode", "UserError") and _LATER.search(
        str(error)
    )
    reason = _ON_VALUES if on_values else told(error)
    return ModelError(f"torch.export cannot trace {name}{_place(module, error)}: {reason}")


def _place(module: Any, error: BaseException) -> str:
    """The innermost part of the module that was running, and the innermost line that is not torch's own."""
    paths = {id(each): path for path, each in module.named_modules()}
    others = (torch_module().__file__, __file__, os.__file__)
    libraries = tuple(os.path.dirname(os.path.abspath(file)) + os.sep for file in others)
    path = line = ""
    for frame, number in _frames(error):
        found = paths.get(id(frame.f_locals.get("self")), "")
        path = found or path
        file = frame.f_code.co_filename
        if not file.startswith(("<", *libraries)):
            code = linecache.getline(file, number).strip()
            line = f" at {os.path.basename(file)}:{number}" + (f" ({code[:100]})" if code else "")
    return f"{f', in {path}' if path else ''}{line}"


def _frames(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


@contextmanager
def prints_aside() -> Iterator[None]:
    """What a stranger's code prints goes to stderr: stdout is for the document."""
    with redirect_stdout(sys.stderr):
        yield


@contextmanager
def quiet() -> Iterator[None]:
    """Without what torch prints and logs about a module that it cannot trace: the error says it."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with prints_aside(), redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)
