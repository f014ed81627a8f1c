"""A progress bar on a terminal's standard error, for work that takes more than a moment."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

_MANY = 200


def tracked(items: Sequence[str], what: str) -> Iterable[str]:
    """The items, with a bar that follows them where there are many and somebody can see it."""
    if len(items) < _MANY or sys.stderr is None or not sys.stderr.isatty():
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, what, console=Console(stderr=True), transient=True)
