"""One execution: a text or a model's bytes through load, analyze and every renderer, and what must hold of it.

Nothing but a CostcalcError may come out; what is accepted sums up, prints in every format, and costs what the
evaluator says; no more than seconds of CPU are spent.
"""

from __future__ import annotations

import re
import signal
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from fractions import Fraction
from io import StringIO
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

from costcalc.analysis.costs import Analysis, analyze
from costcalc.analysis.memory.answer import memory_of
from costcalc.analysis.time.answer import Times
from costcalc.application.load import load_document
from costcalc.budget import check, rules_of
from costcalc.cli import run
from costcalc.devices.device import Device
from costcalc.dtype import BITS, FLOAT32
from costcalc.errors import CostcalcError, SpecError
from costcalc.planners import planner
from costcalc.rendering.formats import RENDERERS, render
from costcalc.rendering.memory import memory_sheet
from costcalc.rendering.problems import render_problems
from costcalc.rendering.report.parts import MAX_EXPANDED
from costcalc.rendering.report.report import Report, View
from costcalc.rendering.time import time_sheet
from fuzz.kinds import Made
from rendering.contract import EXACT, WITHOUT_SUMS, assert_sums, document_of

#: Seconds of CPU: a network is read and costed, or refused, in no more, and printed in no more; and when all of it is
#: broken off.
SLOW, HOPELESS = 5, 30
#: Of so many executions one goes through the command line, too.
COMMANDS = 250
#: Of so many one is asked for memory and time.
QUESTIONS = 10
WORDS = (
    ["analyze"],
    ["check"],
    ["validate"],
    ["analyze", "-f", "json", "--expand"],
    ["memory", "--order", "best"],
    ["time", "--device", "stm32h743_tflm"],
    ["alternatives"],
)
RATE = 10**9
DEVICE = Device("fuzz", "", dict.fromkeys(BITS, Fraction(RATE)), bandwidth=Fraction(10**8))
VIEWS = (EXACT, View(width=80, color=True), View(expand=True))
#: Of so many parts one of the formats is printed at a time; after so many turns all are printed in every view.
PARTS = 3
TURNS = PARTS * len(VIEWS)


class WrongError(Exception):
    """Something that must hold does not."""


class Hang(BaseException):
    """Too much CPU time: no ``except Exception`` may catch it."""


class Result(NamedTuple):
    """Whether it was accepted, what was found (nothing, or a signature and the whole story), seconds of CPU."""

    accepted: bool
    finding: tuple[str, str] | None
    seconds: float


def execute(path: Path, rows: Sequence[Made] | None = None, turn: int = 0) -> Result:
    """Run a file; ``rows`` is what it must cost, if that is known.

    ``turn``: of what it is one; views take turns, and every so often it goes through the command line, too.
    """
    start, accepted, finding = process_time(), False, None
    try:
        with limited():
            analysis = through(path, rows, turn)
            accepted = analysis is not None
            if analysis is not None and turn % QUESTIONS == 0:
                with soon("memory and time"):
                    remembered(analysis)
                    timed(analysis)
            if turn % COMMANDS == 0:
                through_commands(path)
    except (Exception, Hang) as error:
        where = [frame for frame in traceback.extract_tb(error.__traceback__) if "costcalc" in frame.filename]
        place = f"{Path(where[-1].filename).name}:{where[-1].name}" if where else "?"
        about = str(error)[:60] if isinstance(error, WrongError) else place
        finding = (f"{type(error).__name__} {about}", traceback.format_exc())
    return Result(accepted, finding, process_time() - start)


@contextmanager
def limited() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, HOPELESS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def soon(what: str) -> Iterator[None]:
    start = process_time()
    try:
        yield
    finally:
        if process_time() - start > SLOW:
            raise WrongError(f"slow: {what}")


def through(path: Path, rows: Sequence[Made] | None, turn: int) -> Analysis | None:
    """What a file costs, None where it is refused; raises what it should not."""
    try:
        with soon("read and costed"):
            loaded = load_document(str(path))
            analysis = analyze(loaded.network)
    except SpecError as error:
        if rows is not None:
            raise WrongError(f"refused: {error.problems[0].message}") from None
        if not render_problems(error.problems).strip():
            raise WrongError("refused without a word") from None
        return None
    except CostcalcError as error:
        if not str(error).strip():
            raise WrongError("refused without a word") from None
        return None
    sums_up(analysis)
    if rows is not None:
        agrees(analysis, rows, path.read_text(encoding="utf-8"))
    budget = analysis.spec.budget
    rules = rules_of(budget, loaded.document.locate) if budget else []
    verdicts = tuple(check(analysis, [rule for rule in rules if not rule.needs_baseline]))
    printed(Report(loaded.document.path, analysis, verdicts=verdicts), turn)
    return analysis


def sums_up(analysis: Analysis) -> None:
    for version in ("written", "standard", "separable"):
        for metric in ("multiplies", "params"):
            whole = getattr(getattr(analysis, version), metric)
            parts = sum(getattr(getattr(row, version), metric) for row in analysis.layers)
            if whole != parts or type(whole) is not int or whole < 0:
                raise WrongError(f"{version} {metric}: {whole} of rows that sum to {parts}")


def agrees(analysis: Analysis, rows: Sequence[Made], text: str) -> None:
    """Row by row, with what the evaluator found; it makes no depthwise of the user's standard."""
    for row, made in zip(analysis.layers, rows, strict=True):
        found: list[Any] = [tuple(map(int, str(row.output).split("x")))]
        found += [(cost.multiplies, cost.params) for cost in (row.written, row.separable)]
        if found != [made.shape, made.cost.written, made.cost.separable]:
            raise WrongError(f"{row.type}: {found} where the evaluator has {made.shape}, {made.cost}")
    if not any(word in text for word in ("depthwise_conv", "inverted_residual", "groups")):
        standard = analysis.standard.multiplies, analysis.standard.params
        wanted = tuple(sum(made.cost.standard[index] for made in rows) for index in (0, 1))
        if standard != wanted:
            raise WrongError(f"standard: {standard} where the evaluator has {wanted}")


def printed(report: Report, turn: int) -> None:
    """In a third of the formats, whose rows sum to its totals where all is printed; no control character."""
    view = VIEWS[turn % len(VIEWS)]
    for number, (document, format) in enumerate(RENDERERS):
        if (number + turn // len(VIEWS)) % PARTS or format == "html":
            continue  # a page's pictures are drawn by an engine that wants more memory than a case may have
        try:
            with soon(f"{document} as {format}"):
                text = render(document, format, document_of(document, report), view)
        except CostcalcError:
            if len(report.analysis.network.nodes) <= MAX_EXPANDED or not view.expand:
                raise
            continue  # too many primitives to list, which is said
        if not view.color and not all(line.isprintable() for line in re.split(r"[\r\n]", text)):
            raise WrongError(f"{document} as {format} has a control character")
        if view == EXACT and (document, format) not in WITHOUT_SUMS:
            assert_sums(document, format, text, report)


def remembered(analysis: Analysis) -> None:
    """What is alive is a part of all that there is, and a planner that works in place needs no more."""
    network, said = analysis.network, analysis.spec.dtype
    dtype = FLOAT32 if said is None else said.over(FLOAT32)
    answers = {name: memory_of(network, "", dtype, planner(name)) for name in ("live", "in_place", "tflm")}
    steps = answers["live"].plan.steps
    least, most = answers["in_place"].peak, sum(steps.inputs) * 2 + sum(step.output for step in steps.steps)
    if not least <= answers["live"].peak <= most:
        raise WrongError(f"memory: {least} in place, {answers['live'].peak} alive, {most} in all")
    for answer in answers.values():
        render("sheet", "json", memory_sheet(answer, EXACT), EXACT)


def timed(analysis: Analysis) -> None:
    """No less than the multiplies take by themselves, and a bound is no more than the estimate."""
    times = Times(analysis, "", DEVICE, analysis.spec.dtype, 1)
    for version, found in times.versions.items():
        total, computing = found.total, analysis.total(version).multiplies / Fraction(RATE)
        if not computing <= (total.at_least or 0) <= (total.op_by_op or 0):
            raise WrongError(f"time of {version}: {computing} s of multiplies, {total}")
    render("sheet", "json", time_sheet(times, EXACT), EXACT)


def through_commands(path: Path) -> None:
    """The exit codes that the commands have for it."""
    for words in WORDS:
        errors = StringIO()
        with redirect_stdout(StringIO()), redirect_stderr(errors):
            code = run([*words, str(path)])
        if code not in (0, 1, 2):
            raise WrongError(f"{words[0]} exits with {code}: {errors.getvalue()[-300:]}")
