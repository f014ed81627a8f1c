"""The rows of a report's tables: layers in the order that is asked for, the parts of blocks under them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property

from costcalc.analysis.costs import Analysis, VersionName
from costcalc.metrics import Number, leading, metric_named
from costcalc.rendering.report.parts import ReportPart, inner_name, inner_parts
from costcalc.rendering.report.report import SortKey, View
from costcalc.rendering.text import cells
from costcalc.rendering.text.layout import Role


class Grid:
    """The rows of one network, column by column: each is worked out when it is asked for.

    An entry is the index of a layer, or a part of the layer above. Layers that are not to be seen are ``left_out``;
    one row at the end stands for all of them.
    """

    def __init__(self, analysis: Analysis, view: View) -> None:
        self.analysis = analysis
        order = _order(analysis, view.sort or (leading() if view.top else None))
        self.layers = order[: view.top]
        self.left_out = order[len(self.layers) :]
        depth = None if view.expand else view.depth
        self.entries = self.layers if depth == 1 else [*_with_parts(analysis, self.layers, depth)]

    @cached_property
    def roles(self) -> list[Role]:
        """What each row is."""
        roles: list[Role] = ["row" if isinstance(entry, int) else "part" for entry in self.entries]
        return [*roles, "part"] if self.left_out else roles

    @cached_property
    def names(self) -> list[str]:
        """The names, with how often a layer is repeated."""
        rows = self.analysis.network.rows
        names = []
        for entry in self.entries:
            if isinstance(entry, ReportPart):
                names.append(f"  {cells.name(entry.path)}")
            else:
                name, repeat = cells.name(rows[entry].name), rows[entry].repeat
                names.append(f"{name} ×{repeat}" if repeat > 1 else name)
        count = len(self.left_out)
        return [*names, f"{count} more layer{'s' if count > 1 else ''}"] if count else names

    @cached_property
    def types(self) -> list[str]:
        """The kinds of the layers, or the blocks that they are uses of."""
        rows = self.analysis.network.rows
        return self._texts([cells.name(rows[e].type if isinstance(e, int) else e.type) for e in self.entries])

    @cached_property
    def outputs(self) -> list[str]:
        """The shapes of the outputs."""
        rows = self.analysis.network.rows
        return self._texts(
            [cells.shape(rows[e].output if isinstance(e, int) else e.output) for e in self.entries]
        )

    @cached_property
    def theories(self) -> list[str]:
        """What is separable of standard in theory, where a row holds one replaceable convolution."""
        found = self.analysis.theories()
        return self._texts([cells.theory(found[e]) if isinstance(e, int) else "" for e in self.entries])

    def values(self, version: VersionName, metric: str) -> list[Number | None]:
        """The value of each row in a version, None where it is not in that version."""
        rows = self.analysis.row_values(version, metric)
        values = [
            rows[entry]
            if isinstance(entry, int)
            else entry.costs[version][metric]
            if version in entry.costs
            else None
            for entry in self.entries
        ]
        if self.left_out:
            values.append(metric_named(metric).aggregate(rows[index] for index in self.left_out))
        return values

    def longest(self, metric: str) -> Number:
        """The largest value of a layer, as written: that of the full bar."""
        return max(self.analysis.row_values("written", metric), default=0)

    def _texts(self, texts: list[str]) -> list[str]:
        return [*texts, ""] if self.left_out else texts


def _order(analysis: Analysis, key: SortKey | str | None) -> list[int]:
    """The layers, those with the most of something first; equal ones, and all without it, as they were written."""
    indices = [*range(len(analysis.network.rows))]
    if key is None:
        return indices
    values = _sorted_by(analysis, key)
    return sorted(indices, key=lambda index: -values[index])


def _sorted_by(analysis: Analysis, key: str) -> Sequence[Number]:
    written = analysis.row_values("written", leading())
    if key == "saves":
        after = analysis.row_values("separable", leading())
        return [before - now for before, now in zip(written, after, strict=True)]
    if key == "reduction":
        pairs = zip(
            *(analysis.row_values(name, leading()) for name in ("standard", "separable")), strict=True
        )
        return [Fraction(before) / Fraction(after) if after else 0 for before, after in pairs]
    if key in analysis.versions.names:
        return analysis.row_values(key, leading())
    return analysis.row_values("written", key)


def _with_parts(analysis: Analysis, layers: Sequence[int], depth: int | None) -> Iterator[int | ReportPart]:
    for index in layers:
        yield index
        layer = analysis.layers[index]
        for part in inner_parts(layer, depth):
            yield part._replace(path=inner_name(part, layer))
