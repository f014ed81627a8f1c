"""What was said of colours on the command line: errors, too, are told by it, wherever they come up."""

from __future__ import annotations

from contextvars import ContextVar
from enum import StrEnum


class ColorChoice(StrEnum):
    """When to use colours."""

    auto = "auto"
    always = "always"
    never = "never"


_color: ContextVar[ColorChoice] = ContextVar("_color", default=ColorChoice.auto)


def color_of_messages() -> ColorChoice:
    """The choice of the command line that was parsed last."""
    return _color.get()


def remember_color(choice: ColorChoice) -> ColorChoice:
    """Set the choice of the command line that is parsed."""
    _color.set(choice)
    return choice


def forget_color() -> None:
    """A new command line has said nothing yet."""
    _color.set(ColorChoice.auto)
