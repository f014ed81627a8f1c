"""Lines with colours for a terminal, by rich, which knows what terminals can do."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from costcalc.rendering.text.layout import Line, Role

_STYLES: dict[Role, str] = {
    "title": "bold",
    "header": "bold",
    "rule": "dim",
    "row": "",
    "part": "dim",
    "note": "dim",
    "total": "bold",
    "sum": "bold",
    "text": "",
    "pass": "green",
    "warning": "yellow",
    "fail": "bold red",
    "skipped": "yellow",
}
_BAR = "[█▏▎▍▌▋▊▉]+"


def styled(lines: Sequence[Line]) -> str:
    """The lines with the escape sequences that this terminal understands; no text is read as markup."""
    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", no_color=False)
    with console.capture() as capture:
        for line in lines:
            text = Text(line.text, style=_STYLES[line.role])
            if line.role == "row":
                text.highlight_regex(_BAR, "cyan")
            console.print(text, soft_wrap=True)
    return capture.get()
