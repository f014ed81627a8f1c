"""``python -m costcalc`` and the ``costcalc`` command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line as the whole of this process; returns the exit code."""
    import gc

    from costcalc.cli import run

    code = run()
    gc.freeze()  # Python searches for garbage once more at its end: there is nothing to find
    return code


if __name__ == "__main__":
    sys.exit(main())
