"""The project's config: which specs there are, what they may cost, which baseline they have.

It stands in ``costcalc.yaml`` or in ``[tool.costcalc]`` of ``pyproject.toml``, in the current directory or the
nearest one above it, up to the top of the repository::

    specs: ["nets/**/*.yaml"]
    baseline: costcalc-baseline.json          # or git:origin/main
    budget: {params: 10M}                     # for all specs
    ceiling: {params: 50M}                    # for all specs, whatever their own budgets say
    locked: true                              # no limit may be loosened since the baseline
    overrides:
      - {files: "nets/mcu/**", budget: {params: 250k}}    # the last match wins, limit by limit
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from costcalc.budget import Rule, rules_of
from costcalc.errors import CostcalcError, Location, Problem, Route, SpecError
from costcalc.quantity import shown
from costcalc.reading.discovery import find_matches, matches, stays_inside
from costcalc.reading.places import inside

if TYPE_CHECKING:
    from costcalc.application.config_frame import Frame
    from costcalc.spec.budget import Budget

YAML_NAMES = ("costcalc.yaml", "costcalc.yml")
PYPROJECT = "pyproject.toml"
TABLE: Route = ("tool", "costcalc")
GIT = "git:"
BASELINE = "costcalc-baseline.json"


class _Document(Protocol):
    @property
    def path(self) -> str: ...

    @property
    def data(self) -> Any: ...

    def locate(self, route: Route, at: Literal["value", "key"] = "value") -> Location: ...

    def place(self, problems: Sequence[Problem]) -> tuple[Problem, ...]: ...


@dataclass(frozen=True, slots=True)
class Config:
    """A config that was read.

    ``folder`` is where it lies, as seen from the current directory; ``path`` is the file. ``baseline`` is a path or
    ``git:REF``, ``device`` a name or a file. ``overrides`` are globs with the rules for what they match. Where it is
    ``locked`` no limit may be loosened since the baseline.
    """

    path: str
    folder: str
    specs: tuple[str, ...]
    baseline: str | None
    device: str | None
    rules: tuple[Rule, ...]
    overrides: tuple[tuple[tuple[str, ...], tuple[Rule, ...]], ...]
    locked: bool
    document: _Document

    def find_specs(self) -> tuple[list[str], list[Problem]]:
        """The configured specs, as seen from the current directory, each once; a problem for each glob that
        matches nothing. Raises SpecError where all are so, CostcalcError where a folder cannot be read.
        """
        found: dict[str, None] = {}
        problems = []
        for index, pattern in enumerate(self.specs):
            paths = find_matches(self.folder, pattern)
            found.update((os.path.relpath(os.path.join(self.folder, path)), None) for path in paths)
            if not paths:
                problems.append(self._without_match(pattern, index))
        placed = list(self.document.place(problems))
        if not found:
            raise SpecError(placed)
        return list(found), placed

    def holds(self, path: str) -> bool:
        """Whether a path is one of the configured specs', if there were a file."""
        return _is_for(self.specs, inside(self.folder, path))

    def budgets(self, path: str) -> Iterator[tuple[Rule, ...]]:
        """The rules for a spec, the more special ones later. None for one that lies outside of the folder.

        A link has those of its own place and of the file that it leads to.
        """
        paths = inside(self.folder, path)
        if not paths:
            return
        yield self.rules
        for patterns, rules in self.overrides:
            if _is_for(patterns, paths):
                yield rules

    def idle_overrides(self, paths: Sequence[str], whole: bool) -> list[Problem]:
        """A problem for each glob of an override that is for none of the specs; where these are not the whole project,
        for each that is for no file at all. Its budget would hold for nobody.
        """
        found = [each for path in paths for each in inside(self.folder, path)]
        problems = []
        for index, (patterns, _) in enumerate(self.overrides):
            for number, pattern in enumerate(patterns):
                if _is_for([pattern], found):
                    continue
                if whole or not find_matches(self.folder, pattern):
                    problems.append(_idle(pattern, found, self._files_route(index, number)))
        return list(self.document.place(problems))

    def _files_route(self, index: int, number: int) -> Route:
        route: Route = ("overrides", index, "files")
        return (
            (*route, number) if isinstance(self.document.data["overrides"][index]["files"], list) else route
        )

    def _without_match(self, pattern: str, index: int) -> Problem:
        is_folder = os.path.isdir(os.path.join(self.folder, pattern))
        hint = f"for all specs in that folder: {pattern}/**/*.yaml" if is_folder else None
        return Problem(f"{shown(pattern)} matches no file", ("specs", index), hint)


class Files(Protocol):
    """Where configs are looked for."""

    def text(self, folder: str, name: str) -> str | None:
        """The text of a file in a folder; None where there is none. Raises CostcalcError where it cannot be read."""


class WorkTree:
    """The files as they are."""

    def text(self, folder: str, name: str) -> str | None:
        """The text of a file in a folder; None where there is none. A link that leads out of it is not followed."""
        from costcalc.reading.files import read_text

        path = os.path.join(folder, name)
        if not os.path.lexists(path) or (name == PYPROJECT and not os.path.isfile(path)):
            return None
        if not stays_inside(folder, name):
            raise CostcalcError(f"{path}: a link that leads out of its folder is not followed")
        return read_text(path)


def find_config(start: str = "", files: Files | None = None) -> Config | None:
    """The nearest config from a folder upwards, read; None where there is none.

    The search ends at the top of a repository. Raises SpecError with all that is wrong with the config,
    CostcalcError where it cannot be read or two stand side by side.
    """
    for folder in upwards(start):
        if config := _config_in(folder, files or WorkTree()):
            return config
    return None


def upwards(start: str = "") -> Iterator[str]:
    """A folder and those above it, up to the top of the repository."""
    folder = start
    while True:
        yield folder
        top = os.path.abspath(folder or ".")
        if os.path.exists(os.path.join(folder, ".git")) or os.path.dirname(top) == top:
            return
        folder = os.path.join(folder, os.pardir)


def _config_in(folder: str, files: Files) -> Config | None:
    documents = list(_documents(folder, files))
    if len(documents) > 1:
        first, second = (document.path for document in documents[:2])
        raise CostcalcError(f"{first} and {second} both configure costcalc: keep one of them")
    return _read(documents[0], folder) if documents else None


def _documents(folder: str, files: Files) -> Iterator[_Document]:
    for name in YAML_NAMES:
        text = files.text(folder, name)
        if text is not None:
            from costcalc.reading.document import parse

            yield parse(text, os.path.join(folder, name))
    text = files.text(folder, PYPROJECT)
    if text is not None and "costcalc" in text:
        from costcalc.reading.toml import TomlTable

        table = TomlTable(text, os.path.join(folder, PYPROJECT), TABLE)
        if table.data is not None:
            yield table


def _read(document: _Document, folder: str) -> Config:
    from costcalc.application.config_frame import parse_frame

    problems: list[Problem] = []
    frame = parse_frame(document.data, problems)
    problems += _path_problems(frame, folder)
    budget = _budget(frame.budget, ("budget",), problems)
    ceilings = _ceilings(frame.ceiling, document, problems)
    overrides = [
        (override.files, _budget(override.budget, ("overrides", index, "budget"), problems), index)
        for index, override in enumerate(frame.overrides)
    ]
    if problems:
        raise SpecError(document.place(problems))
    return Config(
        path=document.path,
        folder=folder,
        specs=tuple(map(_clean, frame.specs)),
        baseline=frame.baseline,
        device=frame.device,
        rules=(*rules_of(budget, document.locate), *ceilings),
        overrides=tuple(
            (tuple(map(_clean, files)), tuple(rules_of(own, document.locate, ("overrides", index, "budget"))))
            for files, own, index in overrides
        ),
        locked=frame.locked,
        document=document,
    )


def _budget(data: object, route: Route, problems: list[Problem]) -> Budget | None:
    if data is None:
        return None
    from costcalc.spec.budget import parse_budget

    return parse_budget(data, route, problems)


def _ceilings(data: object, document: _Document, problems: list[Problem]) -> list[Rule]:
    """The limits of a ceiling, which is a budget of totals alone."""
    route: Route = ("ceiling",)
    rules = rules_of(_budget(data, route, problems), document.locate, route)
    if isinstance(data, dict) and any(rule.kind != "total" for rule in rules):
        problems.append(Problem("a ceiling limits totals alone, such as multiplies: 600M", route))
    return [rule._replace(kind="ceiling") for rule in rules]


def _is_for(patterns: Iterable[str], paths: Sequence[str]) -> bool:
    """Whether one of the globs matches one of the paths."""
    return any(matches(path, pattern) for pattern in patterns for path in paths)


def _idle(pattern: str, paths: Sequence[str], route: Route) -> Problem:
    folded = pattern.casefold()
    other = next((path for path in paths if matches(path.casefold(), folded)), None)
    hint = f"upper and lower case differ: {shown(other)}" if other is not None else None
    return Problem(f"{shown(pattern)} matches no spec, so that its budget holds for nobody", route, hint)


def _path_problems(frame: Frame, folder: str) -> Iterator[Problem]:
    """Paths that lead out of the config's folder."""
    globs: list[tuple[Route, str]] = [
        (("specs", index), pattern) for index, pattern in enumerate(frame.specs)
    ]
    for number, override in enumerate(frame.overrides):
        globs += [(("overrides", number, "files"), pattern) for pattern in override.files]
    for route, pattern in globs:
        if _leads_out(pattern):
            yield Problem(_outside(pattern), route)
    path = frame.baseline
    if path is not None and not path.startswith(GIT) and (_leads_out(path) or not stays_inside(folder, path)):
        yield Problem(_outside(path), ("baseline",))


def _outside(path: str) -> str:
    return f"a path in a config stays inside its folder, and {shown(path)} does not"


def _leads_out(path: str) -> bool:
    return os.path.isabs(path) or _clean(path).split("/")[0] == ".." or "\0" in path


def _clean(path: str) -> str:
    return posixpath.normpath(path.replace(os.sep, "/"))
