"""What mkdocs adds to the pages of this folder: pages and pictures that costcalc itself makes, true by construction."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
REPOSITORY = "https://github.com/OWNER/costcalc/blob/main/"
PICTURES = {
    "cost": ["zoo:mobilenet_v1"],
    "memory": ["zoo:mobilenet_v2", "--dtype", "int8"],
    "roofline": ["zoo:mobilenet_v1", "--device", "rtx4090"],
    "architecture": ["zoo:resnet8"],
    "front": [
        f"zoo:{name}" for name in ("mobilenet_v1", "mobilenet_v2", "mnasnet1_0", "resnet18", "squeezenet1_0")
    ],
}


def on_files(files: Any, config: Any) -> Any:
    """Add what is made."""
    from mkdocs.structure.files import File

    for path, text in pages().items():
        files.append(File.generated(config, path, content=text))
    for what, words in PICTURES.items():
        picture = printed("plot", *words, "--what", what, "--width", "640", "-o", "-")
        files.append(File.generated(config, f"pictures/{what}.svg", content=picture))
    return files


def on_page_markdown(markdown: str, **more: Any) -> str:
    """A page's links to README lead to what is made of it."""
    return markdown.replace("](../README.md", "](index.md")


@cache
def pages() -> dict[str, str]:
    """The pages that are made, by their paths."""
    return {
        "index.md": moved("README.md"),
        "contributing.md": moved("CONTRIBUTING.md"),
        "changelog.md": moved("CHANGELOG.md"),
        "kinds.md": "\n".join(kinds()),
        "conventions-in-full.md": "\n".join(conventions()),
        "options.md": "\n".join(options()),
    }


def printed(*words: str) -> str:
    """What a command prints, off a terminal."""
    from costcalc.cli import run

    output = io.StringIO()
    with redirect_stdout(output):
        code = run(words)
    if code:
        raise RuntimeError(f"costcalc {' '.join(words)}: exit code {code}")
    return output.getvalue()


def moved(name: str) -> str:
    """A page of the root, with its links as they are from here."""
    text = (ROOT / name).read_text(encoding="utf-8")
    here = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}

    def link(match: re.Match[str]) -> str:
        path, anchor = match[1], match[2] or ""
        if path.startswith("docs/"):
            return f"]({path.removeprefix('docs/')}{anchor})"
        return f"]({here.get(path, REPOSITORY + path)}{anchor})"

    return re.sub(r"\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)", link, text)


def kinds() -> Iterator[str]:
    """Every kind of layer: its module's documentation, and its fields."""
    from costcalc.layers import KINDS, kind_documentation, kind_model
    from costcalc.layers.schema import field_help, plain

    yield "# Kinds of layer\n\nAs `costcalc explain KIND` prints them."
    yield "What every layer has besides, [the spec language](spec.md) says.\n"
    families: dict[str, list[str]] = {}
    for kind in KINDS:
        families.setdefault(plain(kind_documentation(kind)), []).append(kind)
    for documentation, members in families.items():
        title, _, rest = documentation.partition("\n\n")
        yield f"## {', '.join(members)}\n\n{escaped(title)}\n\n{paragraphs(rest)}"
        for kind in members:
            fields = field_help(kind_model(kind))
            if fields:
                yield f"\n| field of `{kind}` | default | what may stand there |\n|---|---|---|"
                yield from (
                    f"| `{name}` | {cell(default)} | {cell(meaning)} |" for name, meaning, default in fields
                )
                yield ""
            elif len(members) == 1:
                yield f"\n`{kind}` has no fields of its own.\n"


def conventions() -> Iterator[str]:
    """Every convention, as the command prints it."""
    from costcalc.conventions import CONVENTIONS

    yield "# Each convention in full\n\nAs `costcalc conventions NAME` prints them.\n"
    for name in CONVENTIONS:
        yield f"## {name}\n\n```text\n{printed('conventions', name)}```\n"


def options() -> Iterator[str]:
    """The help of every command."""
    from costcalc.cli.commands import COMMANDS

    yield "# All options\n\nAs `costcalc COMMAND --help` prints them.\n"
    for name in COMMANDS:
        yield f"## {name}\n\n```text\n{printed(name, '--help')}```\n"


def paragraphs(text: str) -> str:
    """A docstring's paragraphs: formulas as code, the others as sentences."""
    return "\n\n".join(
        part if part.startswith("    ") else escaped(part) for part in re.split(r"\n\n+", text.strip("\n"))
    )


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", text)


def cell(text: str) -> str:
    return escaped(text).replace("\n", " ")
