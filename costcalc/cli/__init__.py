"""The command line: one command a module; here, what holds for all of them: the exit code.

The parser (typer) never runs a command, it returns the request: so what a command raises comes here, and
the exit code 1 of Python's and typer's own is never seen.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

from costcalc.cli.codes import BAD_USAGE, BUG, CLOSED_EARLY, INTERRUPTED


def run(args: Sequence[str] | None = None) -> int:
    """Run one command, ``args`` or that of the process; returns its exit code."""
    words = list(sys.argv[1:] if args is None else args)
    collecting = gc.isenabled()
    gc.disable()  # a command makes next to no cycles, and looking for them takes a twentieth of its time
    try:
        return _exit_code(words)
    finally:
        if collecting:
            gc.enable()


def _exit_code(words: list[str]) -> int:
    try:
        return _answer(words)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return CLOSED_EARLY
    except Exception as error:
        return _failed(error, debug="--debug" in words)
    finally:
        from costcalc.cli.output import let_go

        let_go()


def _answer(words: list[str]) -> int:
    from costcalc.cli.output import prepare
    from costcalc.cli.startup import skip_plugins

    prepare()
    skip_plugins()
    from costcalc.cli.parser import parse

    return parse(words)()


def _failed(error: Exception, debug: bool) -> int:
    from costcalc import __version__
    from costcalc.cli.output import say, say_error
    from costcalc.errors import CostcalcError
    from costcalc.rendering.escape import terminal

    if debug:
        import traceback

        say("".join(traceback.format_exception(error)).rstrip())
    if isinstance(error, CostcalcError):
        say_error(error)
        return BAD_USAGE
    what = terminal(f"{type(error).__name__}: {error}")
    trace = "this traceback" if debug else "the traceback that --debug prints"
    say(f"error: a bug in costcalc {__version__}: {what}; please report it, with the spec and {trace}")
    return BUG
