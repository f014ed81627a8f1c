"""What there is to report on one spec, and how the reader wants to see it."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from costcalc.analysis.breakdown import By
    from costcalc.analysis.costs import Analysis
    from costcalc.budget import Verdict
    from costcalc.budget.verdict import Status

#: What layers can be sorted by: a metric as written, the multiplies of another version, what separable ones save.
SortKey: TypeAlias = Literal["multiplies", "params", "standard", "separable", "saves", "reduction"]


class Report(NamedTuple):
    """One spec's analysis, the verdicts on its budget, and what the verdicts do not say.

    ``origins`` are what a model itself calls the nodes that layers were read from, by the layers' names.
    """

    path: str
    analysis: "Analysis"
    verdicts: "tuple[Verdict, ...]" = ()
    remarks: tuple[str, ...] = ()
    origins: Mapping[str, str] = MappingProxyType({})

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
    ``expand`` lists the primitives of each layer, ``depth`` what stands in blocks down to there; ``wide`` keeps all
    columns; ``by`` gathers the layers. ``full`` is a table for each metric, and all there is to know beside them;
    ``summary`` the totals alone. ``sort`` names what the layers are sorted by, the most first; ``top`` says how many
    there are to be seen.
    ``root`` is the top of the repository, from which services want paths; ``told`` says that mistakes and warnings
    stand on standard error, so that a table beside need only count them.
    """

    width: int | None = None
    color: bool = False
    exact: bool = False
    expand: bool = False
    wide: bool = False
    by: "By | None" = None
    root: str | None = None
    told: bool = False
    full: bool = False
    summary: bool = False
    sort: SortKey | None = None
    top: int | None = None
    depth: int = 1

    @property
    def room(self) -> int | None:
        """How wide a table may be, None where nothing limits it."""
        return None if self.wide else self.width


def worst(statuses: "Iterable[Status]") -> "Status | Literal['']":
    """The worst of verdicts; nothing where there is none."""
    found = {*statuses}
    order: tuple[Status, ...] = ("fail", "warning", "pass", "skipped")
    return next((status for status in order if status in found), "")
