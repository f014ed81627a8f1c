"""Options that several commands have."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_args

import typer

from costcalc.cli.colors import ColorChoice as ColorChoice
from costcalc.cli.colors import remember_color
from costcalc.rendering.formats import Document, formats_of
from costcalc.rendering.report.report import SortKey


def _choices(document: Document) -> Any:
    """The formats of a document as typer wants them."""
    return StrEnum(f"{document.title()}Format", {name: name for name in formats_of(document)})


if TYPE_CHECKING:
    ReportFormat: TypeAlias = str
    CheckFormat: TypeAlias = str
    DiffFormat: TypeAlias = str
    SortOption: TypeAlias = SortKey
    ResultsFormat: TypeAlias = str
    SheetFormat: TypeAlias = str
else:
    ReportFormat, CheckFormat = _choices("report"), _choices("check")
    DiffFormat, ResultsFormat = _choices("diff"), _choices("results")
    SortOption = StrEnum("SortOption", {name: name for name in get_args(SortKey)})
    SheetFormat = _choices("sheet")


class Way(StrEnum):
    """How to gather the layers of a network."""

    kind = "kind"
    block = "block"


Specs: TypeAlias = Annotated[
    list[str], typer.Argument(metavar="SPEC", help="Spec files, zoo:NAME, or - for standard input.")
]
FormatOption: TypeAlias = Annotated[
    ReportFormat | None,
    typer.Option("--format", "-f", help="What goes to standard output.  [default: table]"),
]
Outputs: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--output", "-o", metavar="FORMAT=PATH", help="Write a further report; repeatable."),
]
WidthMultiplier: TypeAlias = Annotated[
    str | None, typer.Option(metavar="ALPHA", help="What if all channels were scaled, by 0.75 say.")
]
Resolution: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="SIZE", help="What if the input were 192 or 192x160, or 0.714 of its size."),
]
Inputs: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="NAME=SIZES",
        help="Of a model, sizes that it leaves open: x=1x3x224x224; of a PyTorch module 224x224x3 or ids=1x128:int64.",
    ),
]
Setting: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Take another value of a choice: kernel=5, or stage_2.1/kernel=5 in a block's use; repeatable.",
    ),
]
ConventionName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--convention",
        metavar="NAME|FILE.yaml",
        help="Count as fvcore, thop, … do, beside our own counting; costcalc conventions lists them.",
    ),
]
DtypeName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--dtype",
        metavar="DTYPE",
        help="In what numbers: int8, float16, …, or weights=int4,activations=int8; else as the spec says.",
    ),
]
PlannerName: TypeAlias = Annotated[
    str,
    typer.Option("--planner", metavar="NAME|FILE.yaml", help="Who plans: live, tflm, in_place, or your own."),
]
LimitsPlanner: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--planner",
        metavar="NAME|FILE.yaml",
        help="Who plans memory, where a limit does not say: live, tflm, in_place, or your own.  [default: live]",
    ),
]
DeviceName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="NAME|FILE.yaml",
        help="On which device; else the one that the spec or the project names; costcalc devices lists them.",
    ),
]
Color: TypeAlias = Annotated[
    ColorChoice,
    typer.Option(
        "--color", callback=remember_color, is_eager=True, help="When to use colours; beats NO_COLOR."
    ),
]
ExitZero: TypeAlias = Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 where it would be 1.")]
Verbose: TypeAlias = Annotated[bool, typer.Option("--verbose", "-v", help="Say what is read and written.")]
Debug: TypeAlias = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
