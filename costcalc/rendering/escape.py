"""A stranger's text, made harmless for each place that it is written to.

Everywhere, what does not print is shown by its number: control characters and terminal escapes, marks that
turn the direction of writing, line separators, spaces without width, halves of surrogate pairs. Beyond
that each format has characters of its own that mean something.

Build logs are read by machines: a line that begins with ``::``, and ``##[`` or ``##vso[`` anywhere, are
commands to them. A backslash breaks these.
"""

from __future__ import annotations

import re

LOG_COMMAND = re.compile(r"##(?=\[|vso\[)", re.IGNORECASE)

_LINE_COMMAND = r"(?m)^([^\S\n]*)(?=::)"
_MARKDOWN = r"[\\`|<>&\[\]*_~$]"
#: What at the start of a line makes a heading, a list or a rule of it, or of the line above.
_MARKDOWN_START = r"#{1,6}(?=\s|\Z)|[+-](?=\s|\Z)|(?:-\s*){3,}\Z|-+\s*\Z|=+\s*\Z"
_MARKDOWN_NUMBER = r"([0-9]{1,9})([.)])(?=\s|\Z)"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_XML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})
_GITHUB_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_GITHUB_PROPERTY = str.maketrans({"%": "%25", ":": "%3A", ",": "%2C"})


def escape(text: str) -> str:
    r"""Characters that do not print as ``\xNN``, ``\uNNNN`` or ``\UNNNNNNNN``; the result is one line."""
    return text if text.isprintable() else "".join(map(escape_character, text))


def escape_character(character: str) -> str:
    """One character as ``escape`` shows it."""
    if character.isprintable():
        return character
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def log(text: str) -> str:
    """Whole lines in which no build log sees a command; needless where all parts are escaped already."""
    if "##" not in text and "::" not in text:
        return text
    return re.sub(_LINE_COMMAND, r"\1\\", LOG_COMMAND.sub(r"\g<0>\\", text))


def json_text(text: str) -> str:
    """A JSON document in which no build log sees a command, and of the same value: ``#`` can be an escape there."""
    return LOG_COMMAND.sub(r"#\\u0023", text)


def source_text(text: str) -> str:
    r"""A program's text, or YAML in double quotes, of the same meaning: ``#`` can be ``\x23`` in a string."""
    return LOG_COMMAND.sub(r"#\\x23", text)


def terminal(text: str) -> str:
    """A text within one line of a terminal or log, which it may begin."""
    return log(escape(text))


def markdown(text: str) -> str:
    """A text within one line of GitHub's Markdown, a table's cell too, but not between backquotes.

    A space without width keeps ``@name`` from calling somebody: Markdown's own escape does not.
    """
    literal = re.sub(_MARKDOWN, r"\\\g<0>", escape(text)).replace("@", "@&#8203;")
    if literal.startswith(" "):
        return f"&#32;{literal[1:]}"
    if re.match(_MARKDOWN_START, literal):
        return f"\\{literal}"
    if number := re.match(_MARKDOWN_NUMBER, literal):
        return f"{number[1]}\\{literal[number.end(1) :]}"
    return re.sub(_LINE_COMMAND, r"\1\\", literal)


def csv_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; quotes and commas are the CSV writer's business."""
    return ("'" if text.startswith(_FORMULA) else "") + terminal(text)


def xml(text: str) -> str:
    """One line of an XML 1.0 text or attribute."""
    return terminal(text).translate(_XML)


def github_data(text: str) -> str:
    """The message of one of our own workflow commands, whose lines stay lines."""
    return "\n".join(map(terminal, text.split("\n"))).translate(_GITHUB_DATA)


def github_property(text: str) -> str:
    """A property of one of our own workflow commands, such as the file."""
    return LOG_COMMAND.sub(r"\g<0>\\", escape(text)).translate(_GITHUB_PROPERTY)
