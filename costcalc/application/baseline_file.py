"""A baseline in a file, which is committed beside the specs.

The file is JSON::

    {"schema_version": 1, "convention": "multiplies 1", "locked": false, "specs": {"nets/a.yaml": {
      "multiplies": 9, "params": 9,
      "limits": [{"kind": "total", "metric": "params", "layers": "", "bound": 10, "slack": 0}],
      "layers": [
        {"name": "conv_1", "type": "conv", "input": "8x8x3", "output": "8x8x3", "multiplies": 9, "params": 9}]}}}

Paths in it are relative to its folder. Whatever is read of it is checked: a stranger may have written it.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, get_args

from costcalc.analysis.costs import Analysis
from costcalc.analysis.figures import Figures, LayerFigures
from costcalc.budget.before import Before
from costcalc.budget.rules import Rule, RuleKind
from costcalc.conventions.convention import MULTIPLIES
from costcalc.dtype import parse_dtype
from costcalc.errors import CostcalcError
from costcalc.metrics import METRICS, Number
from costcalc.quantity import MAX_SIZE, shown
from costcalc.reading.places import seen_from

SCHEMA_VERSION = 1
CONVENTION = f"{MULTIPLIES.name} {MULTIPLIES.version}"
REMEDY = "costcalc baseline update writes it anew"

_TEXTS = ("name", "type", "input", "output")
#: What every baseline has; further metrics came later.
_FIRST_METRICS = frozenset(("multiplies", "params"))
_KNOWN_LIMIT = {"kind", "metric", "layers", "bound", "slack"}
_KINDS = frozenset(get_args(RuleKind)) - {"ratchet"}
#: Of so many digits that no reader has to fear them.
_FRACTION = re.compile(r"[0-9]{1,100}(/[1-9][0-9]{0,99})?")


@dataclass(frozen=True, slots=True)
class FileBaseline:
    """A baseline file that was read; ``specs`` by their paths in it."""

    name: str
    specs: Mapping[str, Before]
    locked: bool = False

    @property
    def counts_anew(self) -> bool:
        """It does not: it has the numbers of specs as they say themselves."""
        return False

    def find(self, path: str, text: str, analysis: Analysis) -> Before | None:
        """What the file holds for the spec at a path. Raises CostcalcError where it holds it under another spelling."""
        keys = _keys(self.name, path)
        for key in keys:
            if key in self.specs:
                return self.specs[key]
        folded = _folded(keys[0])
        other = next((entry for entry in self.specs if _folded(entry) == folded), None)
        if other is not None and not self._is_another_file(other, path):
            raise CostcalcError(
                f"{path}: {self.name} has it as {shown(other)}: say it, or write it, like that"
            )
        return None

    def gone(self) -> list[str]:
        """The specs of the file that are no files any more."""
        return [
            self._seen(key) for key in self.specs if is_path(key) and not os.path.lexists(self._seen(key))
        ]

    def had_limits(self, path: str) -> bool:
        """Whether the file has limits of a spec."""
        return any(bool(self.specs[key].limits) for key in _keys(self.name, path) if key in self.specs)

    def passed_over(self, paths: Iterable[str]) -> list[str]:
        """The specs of the file that are there, and not among these."""
        return [path for path in self.removed(paths) if os.path.lexists(path)]

    def removed(self, paths: Iterable[str]) -> list[str]:
        """The specs of the file that are not among these."""
        keys = {key for path in paths for key in _keys(self.name, path)}
        return [self._seen(key) for key in self.specs if key not in keys]

    def _seen(self, key: str) -> str:
        """A path in the file as seen from the current directory."""
        return os.path.normpath(os.path.join(os.path.dirname(self.name), key))

    def _is_another_file(self, key: str, path: str) -> bool:
        theirs = self._seen(key)
        return os.path.exists(theirs) and os.path.exists(path) and not os.path.samefile(theirs, path)


def _folded(key: str) -> str:
    """A path without what some systems make no difference of."""
    return key.replace("\\", "/").casefold()


def is_path(name: str) -> bool:
    """Whether a spec's name is that of a file."""
    return name != "-" and not name.startswith("zoo:")


def baseline_key(baseline: str, path: str) -> str:
    """The path of a spec as a baseline file holds it: relative to the file, with slashes."""
    return _keys(baseline, path)[0]


def _keys(baseline: str, path: str) -> list[str]:
    """The paths by which a baseline file may hold a spec."""
    return seen_from(os.path.dirname(baseline), path) if is_path(path) else [path]


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
    locked = data.get("locked", False)
    if not isinstance(locked, bool):
        raise CostcalcError(f"{path}: locked is {shown(locked)}, and must be true or false; {REMEDY}")
    specs = {name: _before(name, entry, f"{path}: {shown(name)}") for name, entry in data["specs"].items()}
    return FileBaseline(path, specs, locked)


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


def _before(name: str, entry: Any, where: str) -> Before:
    if is_path(name) and (os.path.isabs(name) or posixpath.normpath(name) != name):
        raise CostcalcError(
            f"{where} is no path as a baseline has it: relative, with single slashes; {REMEDY}"
        )
    if not isinstance(entry, dict) or not isinstance(entry.get("layers"), list):
        raise CostcalcError(f"{where} has no layers; {REMEDY}")
    metrics = [metric for metric in METRICS if metric in _FIRST_METRICS or metric in entry]
    layers = tuple(_layer(layer, metrics, where) for layer in entry["layers"])
    values = {metric: _value(entry.get(metric), metric, where, "") for metric in metrics}
    for metric in metrics:
        if values[metric] != METRICS[metric].aggregate(layer.values[metric] for layer in layers):
            raise CostcalcError(f"{where}: its layers do not add up to its {metric}; {REMEDY}")
    return Before(Figures(values, layers), _limits(entry, where))


def _layer(layer: Any, metrics: Sequence[str], where: str) -> LayerFigures:
    known = {*_TEXTS, *metrics}
    if not isinstance(layer, dict) or set(layer) != known:
        raise CostcalcError(f"{where}: a layer has {', '.join(sorted(known))}; {REMEDY}")
    for key in _TEXTS:
        if not isinstance(layer[key], str):
            raise CostcalcError(f"{where}: {key} of a layer is {shown(layer[key])}; {REMEDY}")
    values = {metric: _value(layer[metric], metric, where, " of a layer") for metric in metrics}
    return LayerFigures(layer["name"], layer["type"], layer["input"], layer["output"], values)


def _value(value: Any, metric: str, where: str, of: str) -> Number:
    number = _number(value)
    if number is None or (METRICS[metric].unit.is_whole and not isinstance(number, int)):
        raise CostcalcError(f"{where}: {metric}{of} is {shown(value)}; {REMEDY}")
    return number


def _limits(entry: Mapping[str, Any], where: str) -> tuple[Rule, ...] | None:
    """The limits of a spec; None where the file is from before limits were written down."""
    if "limits" not in entry:
        return None
    limits = entry["limits"]
    if not isinstance(limits, list):
        raise CostcalcError(f"{where}: limits are {shown(limits)}, and must be a list; {REMEDY}")
    return tuple(_limit(limit, where) for limit in limits)


def _limit(limit: Any, where: str) -> Rule:
    if not isinstance(limit, dict) or set(limit) - {"arguments", "files", "warn"} != _KNOWN_LIMIT:
        raise CostcalcError(f"{where}: a limit has {', '.join(sorted(_KNOWN_LIMIT))}; {REMEDY}")
    kind, metric, glob = (limit[key] for key in ("kind", "metric", "layers"))
    bound, slack, warn = (_number(limit.get(key)) for key in ("bound", "slack", "warn"))
    legal = {
        "kind": isinstance(kind, str) and kind in _KINDS,
        "metric": isinstance(metric, str) and metric in METRICS,
        "layers": isinstance(glob, str),
        "bound": bound is not None,
        "slack": slack is not None,
        "warn": warn is not None or "warn" not in limit,
    }
    for key, is_legal in legal.items():
        if not is_legal:
            raise CostcalcError(f"{where}: {key} of a limit is {shown(limit[key])}; {REMEDY}")
    assert bound is not None
    assert slack is not None
    arguments = _arguments(limit.get("arguments", {}), metric, where)
    share = None if warn is None else Fraction(warn)
    files = _files(limit.get("files", {}), arguments, where)
    return Rule(kind, metric, bound, glob, share, slack, arguments=arguments, contents=files)


def _files(files: Any, arguments: Iterable[tuple[str, Any]], where: str) -> tuple[tuple[str, str], ...]:
    """Digests of the files that a limit names."""
    named = {name for name, value in arguments if isinstance(value, str)}
    if (
        not isinstance(files, dict)
        or set(files) - named
        or not all(type(one) is str for one in files.values())
    ):
        raise CostcalcError(f"{where}: files of a limit are {shown(files)}; {REMEDY}")
    return tuple(files.items())


def _arguments(arguments: Any, metric: str, where: str) -> tuple[tuple[str, Any], ...]:
    """What a limit said of its metric: the names of a device and a planner, a dtype, a batch."""
    if not isinstance(arguments, dict):
        raise CostcalcError(f"{where}: arguments of a limit are {shown(arguments)}; {REMEDY}")
    found = []
    for name, value in arguments.items():
        try:
            if name not in METRICS[metric].arguments:
                raise ValueError(f"{metric} has none of that name")
            if name in ("device", "planner") and not isinstance(value, str):
                raise ValueError("must be a name")
            if name == "batch" and (type(value) is not int or not 1 <= value <= MAX_SIZE):
                raise ValueError("must be a number")
            found.append((name, parse_dtype(value) if name == "dtype" else value))
        except ValueError as error:
            raise CostcalcError(f"{where}: {shown(name)} of a limit {error}; {REMEDY}") from None
    return tuple(found)


def _number(value: Any) -> Number | None:
    """A number as a baseline holds it: an int, or the text of a fraction; None for anything else."""
    if type(value) is int and value >= 0:
        return value
    return Fraction(value) if isinstance(value, str) and _FRACTION.fullmatch(value) else None
