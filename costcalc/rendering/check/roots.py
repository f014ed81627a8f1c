"""Paths as services want them: from the top of the repository, with slashes, or as URIs."""

from __future__ import annotations

import os


def from_root(path: str, root: str | None) -> str:
    """A path from the repository's top; as it is, with slashes, where there is none or it lies outside."""
    inside = os.path.relpath(path, root) if root is not None else os.path.normpath(path)
    if inside.startswith(os.pardir + os.sep):
        inside = path
    return inside.replace(os.sep, "/")


def uri(path: str) -> str:
    """A path with slashes as a URI reference (RFC 3986)."""
    from urllib.parse import quote

    text = quote(path.encode("utf-8", "surrogateescape"), safe="/")
    return f"file://{text}" if text.startswith("/") else text
