"""What is compared with files that somebody has read and approved.

``COSTCALC_REGENERATE=1 pytest tests/…`` writes those files anew, the manual's examples too; read the diff then.
"""

from __future__ import annotations

import os
from pathlib import Path

REGENERATE = bool(os.environ.get("COSTCALC_REGENERATE"))


def approved(path: Path, text: str) -> str:
    """What stands in a file, byte for byte; ``text`` where it is to be written anew."""
    if REGENERATE:
        path.write_bytes(text.encode())
    return path.read_bytes().decode()
