"""A progress bar on a terminal's standard error, for work that takes more than a moment."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

_MANY = 200
_SOON = 2.0  # seconds


def tracked(items: Sequence[str], what: str) -> Iterable[str]:
    """The items, with a bar that follows them where there are many and somebody can see it."""
    if len(items) < _MANY or sys.stderr is None or not sys.stderr.isatty():
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, what, console=Console(stderr=True), transient=True)


def followed(items: Iterator[T], count: int, what: str) -> Iterator[T]:
    """So many items as they come, with a bar once that has taken two seconds, if somebody can see it."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield from items
        return
    start = time.monotonic()
    done = 0
    for item in items:
        yield item
        done += 1
        if time.monotonic() - start > _SOON:
            break
    else:
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=count, completed=done)
        for item in items:
            yield item
            progress.advance(task)
