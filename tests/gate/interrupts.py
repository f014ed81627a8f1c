"""Interrupts at random moments: sends SIGINT to checks of a spec that is over its budget, and counts how they end.

``python tests/gate/interrupts.py 300`` prints the counts, and exits with 1 where one ended in 0, or in 1 without its
whole report. The moments lie between the first line of the command and its end. Before that line Python itself is
starting, for some hundredths of a second, and an interrupt may end in its own words and code ("Fatal Python error", 1).
"""

from __future__ import annotations

import os
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
        """``done`` before the signal, ``interrupted``, or the ``accident``."""
        if self.code == 1 and LAST_LINE in self.out:
            return "done"
        return "interrupted" if self.code in (130, -signal.SIGINT) else "accident"


#: What the script ``costcalc`` does, with a sign that it has begun.
COMMAND = "import os, sys; os.close({}); from costcalc.__main__ import main; sys.exit(main())"


def interrupt(count: int, seed: int) -> Iterator[Ending]:
    """Run and interrupt so many checks, at moments spread over the time that one takes."""
    moments = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "over.yaml").write_text(OVER, encoding="utf-8")
        longest = _duration(folder)
        for _ in range(count):
            after = moments.uniform(0, longest)
            with _begun(folder) as process:
                time.sleep(after)
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=60)
            yield Ending(after, process.returncode, out, err)


def _begun(folder: str) -> subprocess.Popen[str]:
    """A check whose first line has run: it closes a pipe by it."""
    reading, writing = os.pipe()
    command = [sys.executable, "-c", COMMAND.format(writing), "check", "over.yaml"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, cwd=folder, text=True, pass_fds=(writing,), **pipes)
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)
    return process


def _duration(folder: str) -> float:
    with _begun(folder) as process:
        start = time.monotonic()
        process.communicate(timeout=60)
    return time.monotonic() - start


def main(count: int, seed: int = 1) -> int:
    """Print how so many checks ended; 1 where one ended by accident."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background job ignores
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
