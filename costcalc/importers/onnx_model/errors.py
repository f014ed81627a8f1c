"""What is refused, with the node that it is about."""

from __future__ import annotations


class RefusedError(Exception):
    """A node cannot be read; the message says why, and ``hint`` what helps.

    ``chained``: the reason is an earlier node, which the message names.
    """

    def __init__(self, message: str, hint: str = "", chained: bool = False) -> None:
        super().__init__(message)
        self.hint = hint
        self.chained = chained
