"""``python -m costcalc`` and the ``costcalc`` command."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run the command line as the whole of this process; returns the exit code."""
    from costcalc.cli.interrupts import Interrupts

    interrupts = Interrupts()
    interrupts.listen()
    from costcalc.cli import run
    from costcalc.cli.codes import INTERRUPTED

    try:
        code = run()
    except KeyboardInterrupt:  # while another answer was being wound up
        code = INTERRUPTED
    except BaseException:
        if not interrupts.seen:  # a library may make a panic of an interrupt, as pydantic's core does
            raise
        code = INTERRUPTED
    gc.freeze()  # Python searches for garbage once more at its end: there is nothing to find
    interrupts.stop()
    return INTERRUPTED if interrupts.seen else code


if __name__ == "__main__":
    sys.exit(main())
