"""Baselines: what specs cost before, from a committed file or from the specs as they were at a commit.

The file is JSON::

    {"schema_version": 1, "convention": "multiplies 1", "specs": {"nets/a.yaml": {
      "multiplies": 9, "params": 9, "layers": [
        {"name": "conv_1", "type": "conv", "input": "8x8x3", "output": "8x8x3", "multiplies": 9, "params": 9}]}}}

Paths in it are relative to its folder.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Protocol

from costcalc.analysis.costs import Analysis, analyze
from costcalc.analysis.figures import Figures, LayerFigures, figures
from costcalc.application.config import BASELINE, GIT, Config
from costcalc.conventions.convention import MULTIPLIES
from costcalc.errors import CostcalcError, SpecError
from costcalc.metrics import METRICS, Number
from costcalc.quantity import shown
from costcalc.reading.discovery import SUFFIXES, stays_inside, text_looks_like_spec
from costcalc.reading.git import Commit

SCHEMA_VERSION = 1
CONVENTION = f"{MULTIPLIES.name} {MULTIPLIES.version}"
REMEDY = "costcalc baseline update writes it anew"

#: Of so many digits that no reader has to fear them.
_FRACTION = re.compile(r"\d{1,100}(/[1-9]\d{0,99})?", re.ASCII)
_TEXTS = ("name", "type", "input", "output")
#: What every baseline has; further metrics came later.
_FIRST_METRICS = frozenset(("multiplies", "params"))


@dataclass(frozen=True, slots=True)
class Before:
    """What a spec cost before; ``was`` is its path then, where it had another one."""

    figures: Figures
    was: str = ""


class Baseline(Protocol):
    """Where to look up what specs cost before. ``name`` is how messages call it."""

    @property
    def name(self) -> str: ...

    def find(self, path: str, text: str, analysis: Analysis) -> Before | None:
        """What the spec at a path cost before; None where it is new. Raises CostcalcError where it was broken."""

    def removed(self, paths: Iterable[str]) -> list[str]:
        """The specs that were there before and are not among these."""


def baseline_name(config: Config | None) -> str:
    """The baseline that a config names, or else the default file beside the config, or right here.

    A file's link that leads out of the config's folder is not followed: raises CostcalcError.
    """
    folder = config.folder if config is not None else ""
    name = (config.baseline if config is not None else None) or BASELINE
    if name.startswith(GIT):
        return name
    path = os.path.join(folder, name)
    if os.path.islink(path) and not stays_inside(folder, name):
        raise CostcalcError(f"{path}: a link that leads out of its folder is not followed")
    return path


def open_baseline(name: str, inputs: Sequence[str] = ()) -> Baseline:
    """The baseline of a path or ``git:REF``; ``inputs`` are the sizes that models leave open.

    Raises CostcalcError where there is none, or it cannot be understood.
    """
    return GitBaseline(name.removeprefix(GIT), inputs) if name.startswith(GIT) else read_baseline(name)


# A committed file


@dataclass(frozen=True, slots=True)
class FileBaseline:
    """A baseline file that was read; ``specs`` by their paths in it."""

    name: str
    specs: Mapping[str, Figures]

    def find(self, path: str, text: str, analysis: Analysis) -> Before | None:
        """What the file holds for the spec at a path."""
        key = baseline_key(self.name, path)
        return Before(self.specs[key]) if key in self.specs else None

    def removed(self, paths: Iterable[str]) -> list[str]:
        """The specs of the file that are not among these."""
        keys = {baseline_key(self.name, path) for path in paths}
        folder = os.path.dirname(self.name)
        return [os.path.normpath(os.path.join(folder, key)) for key in self.specs if key not in keys]


def baseline_key(baseline: str, path: str) -> str:
    """The path of a spec as a baseline file holds it: relative to the file, with slashes."""
    if path == "-" or path.startswith("zoo:"):
        return path
    return os.path.relpath(path, os.path.dirname(baseline) or ".").replace(os.sep, "/")


def read_baseline(path: str) -> FileBaseline:
    """Read a baseline file. Raises CostcalcError for one that is missing, of another version or not ours."""
    from costcalc.reading.files import read_text

    if not os.path.lexists(path):
        raise CostcalcError(f"{path}: there is no such baseline; costcalc baseline update writes one")
    data = _json(read_text(path), path)
    if not isinstance(data, dict) or not isinstance(data.get("specs"), dict):
        raise CostcalcError(f"{path}: not a baseline; {REMEDY}")
    for key, ours in (("schema_version", SCHEMA_VERSION), ("convention", CONVENTION)):
        theirs = data.get(key)
        if theirs != ours or type(theirs) is not type(ours):
            raise CostcalcError(
                f"{path}: {key} is {shown(theirs)}, and this costcalc reads {shown(ours)}; {REMEDY}"
            )
    return FileBaseline(
        path, {name: _figures(entry, f"{path}: {shown(name)}") for name, entry in data["specs"].items()}
    )


def _json(text: str, path: str) -> Any:
    import json

    def unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise CostcalcError(f"{path}: the same key twice in one mapping; {REMEDY}")
        return found

    try:
        return json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise CostcalcError(f"{path}:{error.lineno}:{error.colno}: not JSON; {REMEDY}") from None
    except (ValueError, RecursionError):
        raise CostcalcError(f"{path}: not a baseline; {REMEDY}") from None


def _figures(entry: Any, where: str) -> Figures:
    if not isinstance(entry, dict) or not isinstance(entry.get("layers"), list):
        raise CostcalcError(f"{where} has no layers; {REMEDY}")
    metrics = [metric for metric in METRICS if metric in _FIRST_METRICS or metric in entry]
    layers = tuple(_layer(layer, metrics, where) for layer in entry["layers"])
    values = {metric: _number(entry.get(metric)) for metric in metrics}
    for metric in metrics:
        if values[metric] != METRICS[metric].aggregate(layer.values[metric] for layer in layers):
            raise CostcalcError(f"{where}: its layers do not add up to its {metric}; {REMEDY}")
    return Figures({metric: value for metric, value in values.items() if value is not None}, layers)


def _layer(layer: Any, metrics: Sequence[str], where: str) -> LayerFigures:
    known = {*_TEXTS, *metrics}
    if not isinstance(layer, dict) or set(layer) != known:
        raise CostcalcError(f"{where}: a layer has {', '.join(sorted(known))}; {REMEDY}")
    values = {metric: _number(layer[metric]) for metric in metrics}
    for key, value in layer.items():
        if values[key] is None if key in values else not isinstance(value, str):
            raise CostcalcError(f"{where}: {key} of a layer is {shown(value)}; {REMEDY}")
    numbers = {metric: value for metric, value in values.items() if value is not None}
    return LayerFigures(layer["name"], layer["type"], layer["input"], layer["output"], numbers)


def _number(value: Any) -> Number | None:
    """A number as a baseline holds it: an int, or the text of a fraction; None for anything else."""
    if type(value) is int and value >= 0:
        return value
    if isinstance(value, str) and _FRACTION.fullmatch(value):
        return Fraction(value)
    return None


# A commit

_MOST_GONE = 1000
_LEAST_ALIKE = Fraction(1, 2)


class GitBaseline:
    """The specs as they were at a commit of the repository around the current directory."""

    def __init__(self, revision: str, inputs: Sequence[str] = ()) -> None:
        self.name = f"{GIT}{revision}"
        self.inputs = inputs
        self.commit = Commit("", revision)
        self._taken: set[str] = set()

    def find(self, path: str, text: str, analysis: Analysis) -> Before | None:
        """What the spec at a path, or the file that it was renamed from, cost at the commit."""
        inside = None if path == "-" or path.startswith("zoo:") else self.commit.path_of(path)
        if inside is None or self.commit.in_submodule(inside):
            raise CostcalcError(f"{path}: no file of this repository, so that {self.name} cannot have it")
        source = self.commit.resolved(inside) or self._renamed_from(text)
        if source is None:
            return None
        self._taken.add(source)
        unchanged = self.commit.files[source].name == self.commit.name_of(text)
        before = analysis if unchanged else self._analysis(source)
        return Before(figures(before), source if source != inside else "")

    def removed(self, paths: Iterable[str]) -> list[str]:
        """The specs of the commit that are gone from below the current directory, and were not renamed."""
        below = self.commit.path_of("") or "."
        prefix = "" if below == "." else f"{below}/"
        gone = [path for path in self._gone if path.startswith(prefix) and path not in self._taken]
        return [path.removeprefix(prefix) for path in gone]

    def _analysis(self, source: str) -> Analysis:
        from costcalc.application.load import parse_document
        from costcalc.interop.importers.dispatch import is_model
        from costcalc.reading.files import decode

        where = f"{self.name}:{source}"
        if is_model(source):
            return self._model(source, where)
        try:
            return analyze(parse_document(decode(self.commit.read(source), where), where).network)
        except SpecError as error:
            reason = error.problems[0].message
            raise CostcalcError(
                f"{where} is broken, so that there is nothing to compare with: {reason}"
            ) from None

    def _model(self, source: str, where: str) -> Analysis:
        """What a model cost: its file as it was, put beside for as long as it is read."""
        import tempfile

        from costcalc.application.model import load_model
        from costcalc.reading.files import MAX_BYTES

        data = self.commit.read(source)
        if len(data) > MAX_BYTES:
            raise CostcalcError(
                f"{where} is larger than {MAX_BYTES // 2**20} MiB; a baseline file has no such limit"
            )
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, os.path.basename(source))
            with open(path, "wb") as file:
                file.write(data)
            try:
                return analyze(load_model(path, self.inputs)[1])
            except CostcalcError as error:
                reason = str(error).removeprefix(f"{path}: ")
                raise CostcalcError(f"{where} cannot be read: {reason}") from None

    @cached_property
    def _gone(self) -> dict[str, Counter[bytes]]:
        """The specs of the commit that are no more in the work tree, with how often they have each line."""
        absent = [
            path
            for path, blob in self.commit.files.items()
            if path.endswith(SUFFIXES) and blob.is_regular and not self._is_there(path)
        ]
        texts = ((path, self.commit.read(path)) for path in absent[:_MOST_GONE])
        return {path: Counter(text.splitlines()) for path, text in texts if text_looks_like_spec(text)}

    def _is_there(self, path: str) -> bool:
        return os.path.lexists(os.path.join(self.commit.top, path))

    def _renamed_from(self, text: str) -> str | None:
        """Of the specs that are gone, the one that holds the text, or most of its lines if that is half."""
        free = [path for path in self._gone if path not in self._taken]
        name = self.commit.name_of(text)
        if same := next((path for path in free if self.commit.files[path].name == name), None):
            return same
        lines = Counter(text.encode("utf-8", "surrogateescape").splitlines())
        alike = {path: _likeness(lines, self._gone[path]) for path in free}
        best = max(free, key=lambda path: alike[path], default=None)
        return best if best is not None and alike[best] >= _LEAST_ALIKE else None


def _likeness(lines: Counter[bytes], others: Counter[bytes]) -> Fraction:
    """The lines that two texts have in common, as a share of the longer one."""
    return Fraction((lines & others).total(), max(lines.total(), others.total(), 1))
