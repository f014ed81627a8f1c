"""Interrupts at random moments: sends SIGINT to checks of a spec that is over its budget, and counts how they end.

``python tests/gate/interrupts.py 300`` prints the counts; 1 is a bug, exit code 1 with a whole report is a check that
was done before the signal came. One class is not costcalc's: until Python has started, some hundredths of a second,
an interrupt ends in Python's own words and code ("Fatal Python error", 1), before a line of costcalc is read.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

OVER = "input: 8x8x3\nlayers:\n  - {type: conv, out_channels: 4, kernel_size: 3}\nbudget: {multiplies: 1}\n"
LAST_LINE = "1 spec, 1 limit: 1 over budget"


class Ending(NamedTuple):
    """How an interrupted check ended, and when it was interrupted, in seconds."""

    after: float
    code: int
    out: str
    err: str

    @property
    def kind(self) -> str:
        """``done`` before the signal, ``interrupted``, ``starting`` (Python itself), or the ``accident``."""
        if self.code == 1 and LAST_LINE in self.out:
            return "done"
        if self.code in (130, -signal.SIGINT):
            return "interrupted"
        is_python = (
            "Fatal Python error" in self.err and "costcalc" not in self.err.partition("KeyboardInterrupt")[0]
        )
        return "starting" if self.code == 1 and not self.out and is_python else "accident"


def interrupt(count: int, seed: int, longest: float | None = None) -> Iterator[Ending]:
    """Run and interrupt so many checks, at moments spread over the time that one takes."""
    moments = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "over.yaml").write_text(OVER, encoding="utf-8")
        longest = longest or _duration(folder)
        for _ in range(count):
            after = moments.uniform(0, longest)
            with _started(folder) as process:
                time.sleep(after)
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=60)
            yield Ending(after, process.returncode, out, err)


def _started(folder: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "costcalc", "check", "over.yaml"]
    return subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _duration(folder: str) -> float:
    start = time.monotonic()
    with _started(folder) as process:
        process.communicate(timeout=60)
    return time.monotonic() - start


def main(count: int, seed: int = 1) -> int:
    """Print how so many checks ended; 1 where one ended by accident."""
    endings = list(interrupt(count, seed))
    for kind, number in Counter(ending.kind for ending in endings).most_common():
        print(f"{number:5} {kind}")
    accidents = [ending for ending in endings if ending.kind == "accident"]
    for ending in accidents:
        print(f"after {ending.after:.3f} s: {ending.code}\n{ending.out}\n{ending.err}")
    print(f"{len(accidents)} of {count} ended in an answer that was not given")
    return 1 if accidents else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
