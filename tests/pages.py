"""The pages of README, of docs/ and of CONTRIBUTING.md: their blocks, and what the comments before those say.

    <!-- file: net.yaml -->    the block is this file
    <!-- exit: 1 -->           the commands end with this exit code, not 0
    <!-- needs: torch -->      run only where this package is
    <!-- ci: run -->           run by .ci/run, not by a test

A line "…" in an output stands for any lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

_BLOCK = re.compile(
    r"(?P<marks>(?:^<!-- \w+: [^\n]+ -->\n)*)^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_MARK = re.compile(r"<!-- (\w+): (.+?) -->")


class Block(NamedTuple):
    """A fenced block, and what the comments before it say."""

    marks: dict[str, str]
    language: str
    text: str


def blocks(page: Path = README) -> Iterator[Block]:
    """The blocks of a page, in their order."""
    for match in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        yield Block(dict(_MARK.findall(match["marks"])), match["language"], match["text"])


def block(page: Path, start: str) -> str:
    """The text of the one block of a page that begins so."""
    (found,) = (each.text for each in blocks(page) if each.text.startswith(start))
    return found


def inline(page: Path) -> Iterator[str]:
    """The code in a page's sentences and tables."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    for match in re.finditer(r"`([^`]+)`", text):
        yield " ".join(match[1].replace("\\|", "|").split())
