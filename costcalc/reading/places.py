"""Where a file lies, as seen from a folder: by the path that was said, and by the one that links lead to."""

from __future__ import annotations

import os


def seen_from(folder: str, path: str) -> list[str]:
    """A path from a folder, with slashes: as it is spelt, and with all links followed; first what does not leave it."""
    spelt = os.path.relpath(path, folder or ".")
    followed = os.path.relpath(os.path.realpath(path), os.path.realpath(folder))
    return sorted({each.replace(os.sep, "/"): None for each in (spelt, followed)}, key=_leads_out)


def inside(folder: str, path: str) -> list[str]:
    """Those that do not leave the folder; none for a file outside."""
    return [each for each in seen_from(folder, path) if not _leads_out(each)]


def _leads_out(path: str) -> bool:
    return path.startswith("../") or os.path.isabs(path)  # absolute: on another drive
