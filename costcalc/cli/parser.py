"""From the words of a command line to a request: typer parses, and nothing runs yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command

from costcalc.cli.codes import INTERRUPTED
from costcalc.cli.colors import forget_color
from costcalc.cli.commands import COMMANDS, command
from costcalc.cli.completion import INSTALL, SHOW, answer, completes
from costcalc.cli.output import writing
from costcalc.errors import CostcalcError, did_you_mean
from costcalc.quantity import shown
from costcalc.reading.files import forget_read

Request = Callable[[], int]

#: The words for which the parser prints something itself, and no command is to be run.
_HELP = ("-h", "--help")
_TOLD = frozenset({*_HELP, "--version"})

#: What typer raises for bad usage, which has no public name.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]


class UsageError(CostcalcError):
    """The command line makes no sense; ``hint`` says where help is."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def parse(words: Sequence[str]) -> Request:
    """What a command line asks for, to be called. Raises UsageError; prints help where that is asked for."""
    forget_color()
    forget_read()
    if completes(words):
        return partial(answer, words, _program())
    words = words or ["--help"]
    try:
        with writing("standard output"):
            request = _program().main(_command_first(words), prog_name="costcalc", standalone_mode=False)
    except _UsageError as error:
        raise _usage_error(error) from None
    except typer.Abort:
        raise KeyboardInterrupt from None
    except SystemExit:  # typer's answer to a broken pipe, while it printed help
        raise BrokenPipeError from None
    return _request(request, words)


def _request(returned: Any, words: Sequence[str]) -> Request:
    """What typer returned, as a request. A code in its place means yes only where help or the version was printed."""
    if callable(returned):
        return cast(Request, returned)
    if returned == INTERRUPTED:  # typer's answer to KeyboardInterrupt
        raise KeyboardInterrupt
    if returned == 0 and not _TOLD.isdisjoint(words):
        return lambda: 0
    raise RuntimeError(f"the parser returned {returned!r}, which is no request")


def _command_first(words: Sequence[str]) -> list[str]:
    """Options may stand before the command, too."""
    place = next((index for index, word in enumerate(words) if word in COMMANDS), 0)
    leading = words[:place] if words[0].startswith("-") and words[0] != "--version" else []
    return [words[place], *leading, *words[place + 1 :]] if leading else list(words)


def _usage_error(error: Any) -> UsageError:
    program = error.ctx.command_path if error.ctx is not None else "costcalc"
    message = " ".join(error.format_message().replace("Value error, ", "").split()).rstrip(".")
    return UsageError(message[:1].lower() + message[1:], f"{program} --help says more")


class _Commands(TyperGroup):
    """The commands of the table, each imported when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Each command with the first paragraph of its help, which typer would cut."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def get_command(self, ctx: Any, name: str) -> Any:
        if name not in COMMANDS:
            if name.startswith("-"):
                return None
            guess = did_you_mean(name, COMMANDS) or f"; commands: {', '.join(COMMANDS)}"
            if any(each in name for each in ":/."):  # as a spec or a model is named
                guess = f"; did you mean costcalc analyze {shown(name)}?"
            raise UsageError(f"no command {shown(name)}{guess}")
        app = _typer()
        app.command(name)(_postponed(command(name)))
        found: Any = get_command(app)
        for parameter in found.params:
            if parameter.param_type_name == "argument":  # what kind of value its help says
                vars(parameter)["display_type_rich"] = lambda ctx: ""
        return found


def _typer(**more: Any) -> typer.Typer:
    """A typer app without rich and without traceback frames of its own."""
    return typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": [*_HELP]},
        **more,
    )


def _postponed(run: Callable[..., int]) -> Callable[..., Request]:
    @wraps(run)
    def request(**values: Any) -> Request:
        return partial(run, **values)

    return request


def _program() -> Any:
    app = _typer(cls=_Commands, no_args_is_help=False)
    app.callback()(_costcalc)
    return get_command(app)


def _print_version(asked: bool) -> None:
    if asked:
        from costcalc import __version__
        from costcalc.cli.output import emit

        emit(f"costcalc {__version__}\n")
        raise typer.Exit


def _costcalc(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
    install_completion: Annotated[
        str | None,
        typer.Option(
            INSTALL, metavar="[bash|zsh|fish]", help="Install completion for the shell, or for this one."
        ),
    ] = None,
    show_completion: Annotated[
        str | None,
        typer.Option(SHOW, metavar="[bash|zsh|fish]", help="Print what that would install."),
    ] = None,
) -> None:
    """Exact multiplies and parameters of convolutional networks, layer by layer, from a spec or a model.

    Exit codes: 0 yes, 1 no (over a limit, say), 2 bad usage or a bad spec, 3 a bug in costcalc.
    """
