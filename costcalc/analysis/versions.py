"""The versions of a network: as written, and each rewrite of it, worked out when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

from costcalc.network import Network, Node
from costcalc.rewrite.separable import separable
from costcalc.rewrite.standard import standard
from costcalc.rewrite.version import Replacement, Version

VersionName: TypeAlias = str
Rewrite: TypeAlias = Callable[[Network], Version]

WRITTEN = "written"

#: What every network is compared with.
REWRITES: Mapping[VersionName, Rewrite] = {"standard": standard, "separable": separable}

#: The versions in the order in which they are printed.
VERSIONS: tuple[VersionName, ...] = (WRITTEN, *REWRITES)


class Versions:
    """A network in all its versions, by name."""

    def __init__(self, network: Network, rewrites: Mapping[VersionName, Rewrite] = REWRITES) -> None:
        self._written = network
        self._rewrites = rewrites
        self._rewritten: dict[VersionName, Version] = {}
        self._rows: dict[VersionName, list[list[Node]]] = {}

    @property
    def names(self) -> tuple[VersionName, ...]:
        """The versions there are, as they are printed."""
        return (WRITTEN, *self._rewrites)

    def network(self, name: VersionName) -> Network:
        """The network of a version."""
        return self._written if name == WRITTEN else self.rewritten(name).network

    def rewritten(self, name: VersionName) -> Version:
        """A version that is not the written one, with what was replaced."""
        if name not in self._rewritten:
            rewrite, flat = self._rewrites[name], self._written.flat
            version = rewrite(self._written)
            if flat is not None and version.network is not self._written:
                version = version._replace(network=version.network._replace(flat=rewrite(flat).network))
            self._rewritten[name] = version
        return self._rewritten[name]

    def rows(self, name: VersionName) -> Sequence[Sequence[Node]]:
        """The nodes of each row of a version."""
        if name not in self._rows:
            self._rows[name] = self.network(name).nodes_by_row()
        return self._rows[name]

    @cached_property
    def replacements(self) -> list[list[Replacement]]:
        """The convolutions that are replaced in a version, by row."""
        found: list[list[Replacement]] = [[] for _ in self._written.rows]
        for name in self._rewrites:
            for replacement in self.rewritten(name).replacements:
                found[replacement.row].append(replacement)
        return found

    def notes(self, row: int) -> tuple[str, ...]:
        """What there is to know about a row in the rewritten versions."""
        return tuple(note for name in self._rewrites for note in self.rewritten(name).notes.get(row, ()))
