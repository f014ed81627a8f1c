"""Completion in bash, zsh and fish: ``--install-completion`` and ``--show-completion``, and its answers to a shell.

A shell asks by running the command with ``_COSTCALC_COMPLETE`` set; typer answers.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from costcalc.cli.output import emit, say
from costcalc.errors import CostcalcError, did_you_mean
from costcalc.quantity import shown

SHELLS = ("bash", "zsh", "fish")
INSTALL, SHOW = "--install-completion", "--show-completion"
VARIABLE = "_COSTCALC_COMPLETE"

_PROGRAM = "costcalc"


def completes(words: Sequence[str]) -> bool:
    """Whether a shell asks what could come next, or a user for completion."""
    return VARIABLE in os.environ or next(iter(words), "").partition("=")[0] in (INSTALL, SHOW)


def answer(words: Sequence[str], program: Any) -> int:
    """Complete, or install or show what makes a shell ask; returns the exit code."""
    typers = _typers()
    if VARIABLE in os.environ:
        return _candidates(typers, program)
    option, *rest = (*words[0].split("=", 1), *words[1:])
    if len(rest) > 1:
        raise CostcalcError(f"{option} takes one shell: {', '.join(SHELLS)}")
    shell = _known(option, rest[0] if rest else _own_shell())
    if option == SHOW:
        script = typers.get_completion_script(prog_name=_PROGRAM, complete_var=VARIABLE, shell=shell)
        emit(f"{script}\n")
        return 0
    try:
        _, path = typers.install(shell=shell, prog_name=_PROGRAM, complete_var=VARIABLE)
    except OSError as error:
        raise CostcalcError(f"completion cannot be installed: {error}") from None
    say(f"wrote {path}; it completes in the next {shell} that you start")
    return 0


def _typers() -> Any:
    try:
        import typer.completion
    except ImportError:
        raise CostcalcError(
            "completion needs shellingham, which is not installed: pip install shellingham"
        ) from None
    return typer.completion


def _own_shell() -> str:
    """The shell that this process was started from."""
    import shellingham

    try:
        return str(shellingham.detect_shell()[0])
    except shellingham.ShellDetectionFailure:
        raise CostcalcError(f"cannot tell which shell this is: name it, {', '.join(SHELLS)}") from None


def _known(option: str, shell: str) -> str:
    if shell not in SHELLS:
        hint = did_you_mean(shell, SHELLS) or f"; it takes {', '.join(SHELLS)}"
        raise CostcalcError(f"{option} does not know {shown(shell)}{hint}")
    return shell


def _candidates(typers: Any, program: Any) -> int:
    """What could come next. The exit code is for the shell: fish asks by it whether there is something."""
    typers.completion_init()
    try:
        program.main([], prog_name=_PROGRAM, complete_var=VARIABLE, standalone_mode=False)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except CostcalcError:  # what is typed is no command
        return 0
    return 0
