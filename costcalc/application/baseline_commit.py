"""A baseline in git: the specs, and the config, as they were at a commit."""

from __future__ import annotations

import os
import posixpath
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from costcalc.analysis.costs import Analysis, analyze
from costcalc.analysis.figures import figures
from costcalc.application.baseline_file import is_path
from costcalc.application.config import GIT, Config, find_config
from costcalc.application.device import said_of_metrics
from costcalc.application.in_force import limits_in_force
from costcalc.budget import Rule, rules_of
from costcalc.budget.before import Before
from costcalc.errors import CostcalcError, Location, Route, SpecError
from costcalc.reading.discovery import is_passed_over, is_yaml, text_looks_like_spec
from costcalc.reading.files import decode
from costcalc.reading.git import Commit
from costcalc.spec.named import SUFFIXES, find_device

if TYPE_CHECKING:
    from costcalc.devices.device import Device

#: Of so many files that are gone it is asked whether a spec was renamed.
_MOST_GONE = 1000
_LEAST_ALIKE = Fraction(1, 2)


class CommitBaseline:
    """The specs as they were at a commit of the repository around the current directory."""

    def __init__(
        self, revision: str, inputs: Sequence[str] = (), asked: Mapping[str, Any] | None = None
    ) -> None:
        self.name = f"{GIT}{revision}"
        self.inputs = inputs
        self.asked = asked or {}
        self.commit = Commit("", revision)
        self._taken: set[str] = set()

    def find(self, path: str, text: str, analysis: Analysis) -> Before | None:
        """What the spec at a path, or the file that it was renamed from, cost at the commit."""
        places = self.commit.paths_of(path) if is_path(path) else []
        if not places or any(map(self.commit.in_submodule, places)):
            raise CostcalcError(f"{path}: no file of this repository, so that {self.name} cannot have it")
        source = self.commit.find(path) or self._renamed_from(text)
        if source is None:
            return None
        self._taken.add(source)
        unchanged = self.commit.files[source].name == self.commit.name_of(text)
        is_same = unchanged and not analysis.spec.settings  # a value that is asked for is asked for now
        before = self._on_its_device(analysis if is_same else self._analysis(source), analysis)
        return Before(figures(before), self._limits(source, before), source if source not in places else "")

    @property
    def counts_anew(self) -> bool:
        """It does."""
        return True

    @cached_property
    def config(self) -> Config | None:
        """The config at the commit. Raises CostcalcError where it was broken."""
        try:
            return find_config("", _Files(self.commit))
        except CostcalcError as error:
            reason = error.problems[0] if isinstance(error, SpecError) else error
            raise CostcalcError(
                f"{self.name} has a broken config, so that its limits are unknown: {reason}"
            ) from None

    @property
    def locked(self) -> bool:
        """Whether the config at the commit lets no limit be loosened."""
        return self.config is not None and self.config.locked

    def gone(self) -> list[str]:
        """The specs of the commit that are gone, and were not found under another name."""
        top = self.commit.top
        return [os.path.relpath(os.path.join(top, path)) for path in self._gone if path not in self._taken]

    def _on_its_device(self, before: Analysis, now: Analysis) -> Analysis:
        """A spec as it was, counted as is asked now, on the device that it or its project named then.

        Where that is not to be had (a file, which may be another one now) it has no time.
        """
        arguments = {name: value for name, value in now.arguments.items() if name != "device"}
        device = self.asked.get("device") or self._device(before, now)
        if device is not None:
            arguments["device"] = device
        if before is now and arguments == now.arguments:
            return now
        return Analysis(before.network, arguments, before.versions)

    def _device(self, before: Analysis, now: Analysis) -> Device | None:
        from costcalc.analysis.time.roofline import check_rates

        device: Device | None = now.arguments.get("device")
        name = said_of_metrics(before.spec, self.config).get("device")
        if name is None:
            return None
        try:
            if name.endswith(SUFFIXES):
                device = device if now.spec.device in (None, name) else None
            elif device is None or device.name != name:
                device = find_device(name)
            if device is not None:
                check_rates(before.network, device, now.arguments.get("dtype") or before.spec.dtype)
        except CostcalcError:
            return None
        return device

    def _limits(self, source: str, before: Analysis) -> tuple[Rule, ...]:
        path = os.path.relpath(os.path.join(self.commit.top, source))
        configured = self.config.budgets(path) if self.config is not None else ()
        own = rules_of(before.spec.budget, _nowhere)
        folder = os.path.dirname(path)
        return limits_in_force(before.spec, own, folder, self.config, configured, self._text)

    def _text(self, path: str) -> str | None:
        """What a file held at the commit, under the very path; None where there was none."""
        return _Files(self.commit).text(*os.path.split(path))

    def had_limits(self, path: str) -> bool:
        """Whether limits held for a spec at the commit; for one that was broken none did."""
        source = self.commit.find(path)
        try:
            return source is not None and bool(self._limits(source, self._analysis(source)))
        except CostcalcError:
            return False

    def passed_over(self, paths: Iterable[str]) -> list[str]:
        """The specs of the commit that were checked then from here, are there, and are not among these."""
        today = {each for path in paths for each in self.commit.paths_of(path)}
        seen = (
            (path, os.path.relpath(os.path.join(self.commit.top, path)))
            for path, blob in self.commit.files.items()
            if is_yaml(path) and blob.is_regular and path not in today and self._is_there(path)
        )
        checked = ((path, here) for path, here in seen if self._was_checked(path, here))
        return [here for path, here in checked if text_looks_like_spec(self.commit.read(path))]

    def _was_checked(self, path: str, here: str) -> bool:
        """Whether a file, as it is called from the top and from here, was one of the project's, if it was a spec."""
        if here.startswith(os.pardir):
            return False
        if self.config is not None and self.config.specs:
            return self.config.holds(here)
        return not is_passed_over(path, self.commit.files)

    def removed(self, paths: Iterable[str]) -> list[str]:
        """The specs of the commit that are gone from below the current directory, and were not renamed."""
        below = next(iter(self.commit.paths_of(".")), ".")
        prefix = "" if below == "." else f"{below}/"
        gone = [path for path in self._gone if path.startswith(prefix) and path not in self._taken]
        return [path.removeprefix(prefix) for path in gone]

    def _analysis(self, source: str) -> Analysis:
        from costcalc.application.load import parse_document
        from costcalc.interop.importers.dispatch import is_model

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
            if is_yaml(path) and blob.is_regular and not self._is_there(path)
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


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of a commit, by their paths in the work tree."""

    commit: Commit

    def text(self, folder: str, name: str) -> str | None:
        """The text of a file in a folder; None where there is none."""
        paths = (posixpath.normpath(f"{each}/{name}") for each in self.commit.paths_of(folder or "."))
        source = next(filter(None, map(self.commit.resolved, paths)), None)
        return (
            None if source is None else decode(self.commit.read(source), f"{self.commit.revision}:{source}")
        )


def _nowhere(route: Route, at: Literal["value", "key"] = "value") -> Location | None:
    """Where a limit stood at the commit: that is not shown."""
    return None
