"""What there is to report on one spec, and how the reader wants to see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from costcalc.analysis.breakdown import By
    from costcalc.analysis.costs import Analysis
    from costcalc.budget import Verdict


class Report(NamedTuple):
    """One spec's analysis, the verdicts on its budget, and what the verdicts do not say."""

    path: str
    analysis: Analysis
    verdicts: tuple[Verdict, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The network's name, or the spec's path where it has none."""
        return self.analysis.name or self.path

    @property
    def failed(self) -> bool:
        """Whether a limit is missed."""
        return any(verdict.status == "fail" for verdict in self.verdicts)


class View(NamedTuple):
    """How a report is to be seen.

    ``width`` is that of the terminal, None where there is none; ``exact`` prints every integer in full,
    ``expand`` lists the primitives of each layer, ``wide`` keeps all columns; ``by`` gathers the layers.
    ``root`` is the top of the repository, from which services want paths; ``told`` says that mistakes and warnings
    stand on standard error, so that a table beside need only count them.
    """

    width: int | None = None
    color: bool = False
    exact: bool = False
    expand: bool = False
    wide: bool = False
    by: By | None = None
    root: str | None = None
    told: bool = False

    @property
    def room(self) -> int | None:
        """How wide a table may be, None where nothing limits it."""
        return None if self.wide else self.width
