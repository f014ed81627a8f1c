"""``python -m costcalc`` and the ``costcalc`` command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    from costcalc.cli import run

    return run()


if __name__ == "__main__":
    sys.exit(main())
