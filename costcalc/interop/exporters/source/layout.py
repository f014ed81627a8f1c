"""Code laid out in lines: a call on one line where it fits, else an argument a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

WIDTH = 100
_LONGEST_COMMENT = 300


class Code(NamedTuple):
    """``head`` + items + ``tail``; ``tall`` where each item deserves a line of its own.

    ``after`` follows the tail, and a ``generator`` takes no comma behind its one item.
    """

    head: str
    items: tuple[Code, ...] = ()
    tail: str = ""
    tall: bool = False
    after: str = ""
    generator: bool = False

    def flat(self) -> str:
        """On one line."""
        return self.head + ", ".join(item.flat() for item in self.items) + self.tail + self.after


def assignment(target: str, code: Code, indent: str) -> Iterator[str]:
    """``target = code`` in lines."""
    yield from _lines(code, f"{indent}{target} = " if target else indent, "", indent)


def _lines(code: Code, before: str, after: str, indent: str) -> Iterator[str]:
    flat = before + code.flat() + after
    if not code.items or (not code.tall and len(flat) <= WIDTH):
        yield flat
        return
    yield before + code.head
    comma = "" if code.generator else ","
    for item in code.items:
        yield from _lines(item, f"{indent}    ", comma, f"{indent}    ")
    yield indent + code.tail + code.after + after


def call(callee: str, arguments: Sequence[str], close: str = ")") -> Code:
    """``callee(arguments)``."""
    return Code(f"{callee}(", tuple(map(Code, arguments)), close)


def comment(text: str) -> str:
    """A comment of one line, of a stranger's text too."""
    shown = "".join(each if each.isprintable() else repr(each)[1:-1] for each in text[:_LONGEST_COMMENT])
    return f"# {shown}{'…' if len(text) > _LONGEST_COMMENT else ''}".rstrip()
