"""Completion in bash, zsh and fish: ``--install-completion`` and ``--show-completion``, and its answers to a shell.

A shell asks by running the command with ``_COSTCALC_COMPLETE`` set; typer answers. What names there are (of networks,
devices, planners, conventions) is looked up then, and at no other time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
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
    cut = os.environ[VARIABLE] == "complete_bash" and _join_words()
    find = program.get_command
    vars(program)["get_command"] = lambda ctx, name: _with_names(find(ctx, name), cut)
    try:
        program.main([], prog_name=_PROGRAM, complete_var=VARIABLE, standalone_mode=False)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except CostcalcError:  # what is typed is no command
        return 0
    return 0


# Names


def _with_names(command: Any, cut: bool) -> Any:
    """A command whose parameters know the names that they take."""
    for parameter in () if command is None else command.params:
        names = _NAMES.get(command.name if parameter.name == "name" else parameter.name)
        if names is not None and (parameter.name != "what" or parameter.param_type_name == "argument"):
            vars(parameter)["_custom_shell_complete"] = partial(_matching, names, cut)
    return command


def _matching(
    names: Callable[[], Iterable[str]], cut: bool, ctx: Any, parameter: Any, typed: str
) -> list[str]:
    """The names that begin as what is typed; with nothing typed no networks, so that the shell lists the files."""
    if names is _of_the_zoo and not typed:
        return []
    done = typed.rfind(":") + 1 if cut else 0
    return [name[done:] for name in names() if name.startswith(typed)]


def _join_words() -> bool:
    """Put together what bash takes for several words, ``zoo``, ``:``, ``name``; whether the last is such a one.

    Of that bash wants only what comes after the colon.
    """
    words: list[str] = []
    said = os.environ.get("COMP_WORDS", "")
    for word in said.split("\n" if "\n" in said else " ")[: int(os.environ.get("COMP_CWORD", "0")) + 1]:
        if words and (word.startswith(":") or words[-1].endswith(":")):
            words[-1] += word
            joined = True
        else:
            words.append(word)
            joined = False
    os.environ["COMP_WORDS"] = "\n".join(words)
    os.environ["COMP_CWORD"] = str(len(words) - 1)
    return bool(words) and joined


def _of_the_zoo() -> Iterable[str]:
    from costcalc.application.load import ZOO

    return (f"{ZOO}{name}" for name in _networks())


def _networks() -> Iterable[str]:
    from costcalc.reading.zoo import zoo_names

    return zoo_names()


def _devices() -> Iterable[str]:
    from costcalc.devices import DEVICES

    return DEVICES


def _planners() -> Iterable[str]:
    from costcalc.planners import PLANNERS

    return PLANNERS


def _conventions() -> Iterable[str]:
    from costcalc.conventions import CONVENTIONS

    return CONVENTIONS


#: What names a parameter takes; of one that is called ``name`` the command says it.
_NAMES = {
    **dict.fromkeys(("spec", "specs", "what", "model"), _of_the_zoo),
    "device": _devices,
    "planner": _planners,
    "convention": _conventions,
    "devices": _devices,
    "conventions": _conventions,
    "zoo": _networks,
}
