"""Finding specs: the files that a configured glob matches, or those under a folder that look like specs.

Nothing is followed out of the folder: a link that leads elsewhere would let a stranger's pull request print
another file's lines into a public log.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Container, Iterable, Iterator
from fnmatch import fnmatchcase

from costcalc.errors import CostcalcError, SpecError
from costcalc.reading.files import MAX_BYTES, open_regular

SUFFIXES = (".yaml", ".yml")

_WILD = re.compile(r"[*?\[]")
_PASSED_OVER = frozenset({"node_modules", "site-packages", "__pycache__", "__pypackages__"})
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")
_LAYERS = re.compile(rb"""(?:\A(?:\xef\xbb\xbf)?|[\r\n])(layers|"layers"|'layers')[ \t]*:(?=\s|\Z)""")
_ANY_LAYERS = re.compile(rb"layer", re.IGNORECASE)
_ANY_INPUT = re.compile(rb"""(?:\A|[\r\n{,])(?:\xef\xbb\xbf)?[ ]*["']?inputs?["']?[ ]*:""", re.IGNORECASE)
_ALIKE = 0.8  # one letter of six is another
_FLOW = re.compile(r"(?:\s+|#[^\n]*\n|%[^\n]*\n|---|[&!]\S+)*\{")
_FLOW_LAYERS = re.compile(r"""[{,\s]["']?layers["']?\s*:""")
_KEY = re.compile(r"""(?:\?[ ]+)?(?:[&!]\S*[ ]+)*["']?(\w+)["']?\s*(?::(?=\s|\Z)|\Z)""")


def is_yaml(path: str) -> bool:
    """Whether a file is called as YAML is."""
    return path.lower().endswith(SUFFIXES)


def find_specs(folder: str) -> list[str]:
    """The YAML files under a folder that have a top-level ``layers:``, relative to it, sorted.

    Not in hidden folders, Python environments and ``node_modules``. Raises CostcalcError where a folder
    cannot be read.
    """
    files = (path for path in _files(folder, "") if is_yaml(path))
    return sorted(path for path in files if looks_like_spec(os.path.join(folder, path)))


def is_passed_over(path: str, files: Container[str]) -> bool:
    """Whether a file, of these, lies in a folder that is passed over: all with slashes, from the same folder."""
    parts = path.split("/")[:-1]
    folders = ("/".join(parts[: end + 1]) for end in range(len(parts)))
    return any(part.startswith(".") or part in _PASSED_OVER for part in parts) or any(
        f"{folder}/{mark}" in files for folder in folders for mark in _ENVIRONMENT_MARKS
    )


def find_matches(folder: str, pattern: str) -> list[str]:
    """The files under a folder that a glob matches, relative to it, sorted. ``**`` is any number of folders.

    Folders that are passed over are searched only where the glob names them. Raises CostcalcError.
    """
    fixed = "/".join(_fixed_part(pattern))
    if fixed == pattern:
        return [pattern] if _is_file_inside(folder, pattern) else []
    return sorted(path for path in _files(folder, fixed) if matches(path, pattern))


def matches(path: str, pattern: str) -> bool:
    """Whether a path with slashes is matched by a glob, from end to end. Takes linear time."""
    steps = pattern.split("/")
    states = _with_skips({0}, steps)
    for part in path.split("/"):
        moved = {
            state if steps[state] == "**" else state + 1
            for state in states
            if state < len(steps) and (steps[state] == "**" or fnmatchcase(part, steps[state]))
        }
        states = _with_skips(moved, steps)
    return len(steps) in states


def stays_inside(folder: str, path: str) -> bool:
    """Whether a path, all links followed, lies in a folder."""
    home = os.path.realpath(folder)
    return os.path.realpath(os.path.join(folder, path)).startswith(home.rstrip(os.sep) + os.sep)


def looks_like_spec(path: str) -> bool:
    """Whether a file's text is a spec's, as far as one can see. Raises CostcalcError where it cannot be read."""
    return text_looks_like_spec(beginning(path, MAX_BYTES))


def beginning(path: str, size: int) -> bytes:
    """The first bytes of a regular file. Raises CostcalcError where it is none or cannot be read."""
    try:
        with open_regular(path) as file:
            return file.read(min(size, os.fstat(file.fileno()).st_size))
    except OSError as error:
        raise _unreadable(path, error) from None


def text_looks_like_spec(text: bytes) -> bool:
    """Whether a text has ``layers`` on top, in whatever way YAML writes it; or would have, if it were not broken.

    Broken is also UTF-16, and what is nearly called ``layers`` (``Layers``, ``layer``, ``layes``, or with a letter of
    another alphabet) where there is an input beside: better an error than passed over.
    """
    if _LAYERS.search(text):
        return True
    if b"\0" in text:  # UTF-16 and UTF-32: what is ASCII in them shows without the zeros
        text = text.replace(b"\0", b"").lstrip(b"\xff\xfe")
    if not _ANY_LAYERS.search(text) and not _ANY_INPUT.search(text):
        return False
    words = text.decode("utf-8", "replace")
    from costcalc.reading.document import parse_despite_duplicates

    try:
        data = parse_despite_duplicates(words, "").data
    except SpecError:
        return _broken_looks_like_spec(words)
    return isinstance(data, dict) and _are_those_of_a_spec(data)


def _broken_looks_like_spec(text: str) -> bool:
    if _FLOW.match(text):
        return _FLOW_LAYERS.search(text) is not None
    return _are_those_of_a_spec(_top_keys(text))


def _are_those_of_a_spec(keys: Iterable[str]) -> bool:
    found = set(keys)
    if "layers" in found:
        return True
    folded = {unicodedata.normalize("NFKC", key).casefold() for key in found if isinstance(key, str)}
    return bool(folded & {"input", "inputs"}) and any(map(_is_nearly_layers, folded))


def _is_nearly_layers(key: str) -> bool:
    from difflib import SequenceMatcher

    return len(key) <= 2 * len("layers") and SequenceMatcher(None, key, "layers").ratio() >= _ALIKE


def _top_keys(text: str) -> Iterator[str]:
    """The keys of a text in blocks that are indented like its first line."""
    first: int | None = None
    for line in text.splitlines():
        content = line.lstrip(" ")
        if not content.strip() or content.startswith(("#", "---", "%")):
            continue
        indent = len(line) - len(content)
        first = indent if first is None else first
        if indent == first and (match := _KEY.match(content)):
            yield match[1]


def _with_skips(states: set[int], steps: list[str]) -> set[int]:
    reached = set(states)
    for state in states:
        while state < len(steps) and steps[state] == "**":
            state += 1
            reached.add(state)
    return reached


def _fixed_part(pattern: str) -> list[str]:
    """The leading folders of a glob that hold no wildcard."""
    steps = pattern.split("/")
    wild = next((index for index, step in enumerate(steps) if _WILD.search(step)), len(steps))
    return steps[:wild]


def _files(folder: str, start: str) -> Iterator[str]:
    """All regular files below ``start``, relative to the folder, with slashes."""
    if start and (not stays_inside(folder, start) or not os.path.isdir(os.path.join(folder, start))):
        return
    stack = [start]
    while stack:
        current = stack.pop()
        try:
            with os.scandir(os.path.join(folder, current) or ".") as entries:
                found = list(entries)
        except OSError as error:
            raise _unreadable(os.path.join(folder, current) or ".", error) from None
        if current != start and any(entry.name in _ENVIRONMENT_MARKS for entry in found):
            continue
        for entry in found:
            path = f"{current}/{entry.name}" if current else entry.name
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(".") and entry.name not in _PASSED_OVER:
                    stack.append(path)
            elif entry.is_symlink():
                if _is_file_inside(folder, path):
                    yield path
            elif entry.is_file():
                yield path


def _is_file_inside(folder: str, path: str) -> bool:
    return os.path.isfile(os.path.join(folder, path)) and stays_inside(folder, path)


def _unreadable(path: str, error: OSError) -> CostcalcError:
    return CostcalcError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}")
