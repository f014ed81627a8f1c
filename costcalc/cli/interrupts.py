"""Ctrl-C: a run that was interrupted never ends in an answer.

That KeyboardInterrupt is raised is not enough. A library may catch it (typer makes the value 130 of it), and Python
itself drops what is raised in a finalizer or a callback. So an interrupt is also noted, and the note decides.
"""

from __future__ import annotations

import signal
from types import FrameType


class Interrupts:
    """Whether this process was interrupted. A second interrupt ends it at once."""

    def __init__(self) -> None:
        self.seen = False

    def listen(self) -> None:
        """Note interrupts from here on, unless whoever started us has switched them off."""
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._note)

    def stop(self) -> None:
        """The answer is given: what comes now changes nothing, and Python's end makes no words of it."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.seen = True
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        raise KeyboardInterrupt
