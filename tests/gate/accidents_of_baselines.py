"""Accidents with baselines, and with limits that change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gate.accidents import (
    BASELINE,
    BOTH,
    HERE,
    REGRESSION,
    Case,
    committed,
    config,
    entry,
    known,
    limited,
    moved,
)
from gate.projects import SMALL, commit_all, spec, write

LOOSER = "a limit that lets pass more than before, or is gone"
FILES = "a file that such a limit names, of a device or a planner, that says something else"
NEW = "a spec that the baseline does not have, all of whose limits compare with it"
NUMBER = "a baseline with a number that is no whole number"
PARTLY = "a spec that the baseline does not have, and some of its limits compare with it"
TO_HEAD = ("--baseline", "git:HEAD")


BOARD = "name: mine\nsource: me\nmultiplies_per_second: {float32: 2G}\nbytes_per_second: 1GB  # as measured\n"
FASTER = BOARD.replace("2G", "20G")
ON_BOARD = "{time: {max: 5ms, device: boards/b.yaml}}"
TOLD = "limit changed: time (on boards/b.yaml) 5ms: boards/b.yaml is not as the baseline has it"


def on_board(now: Callable[[], object], budget: str = ON_BOARD, settings: str = "", said: str = "") -> None:
    """A limit that holds on a device of the project's own, at the commit; and what was changed since."""
    write("boards/b.yaml", BOARD)
    committed(budget, now, SMALL + said, settings)


def linked() -> None:
    """A device's file that is now a link to another."""
    write("boards/c.yaml", FASTER)
    Path("boards/b.yaml").unlink()
    Path("boards/b.yaml").symlink_to("c.yaml")


def recorded(files: dict[str, str] | None = None) -> None:
    """A baseline file that knows, or does not, what a limit's device was."""
    write("boards/b.yaml", BOARD)
    said = {"arguments": {"device": "boards/b.yaml"}, **({} if files is None else {"files": files})}
    limited({"metric": "time", "bound": "1/200", **said}, ON_BOARD)


def gained() -> None:
    """A spec that costs less than its baseline says, and a budget that lies between."""
    entry(
        change=lambda data: (
            data.update(multiplies=57600),
            data["layers"][0].update(multiplies=57600),
        )
    )
    spec("a.yaml", "{multiplies: 50000}")


CASES = [
    # What is compared with a baseline
    Case(
        NEW,
        lambda: (entry("b.yaml"), spec("a.yaml")),
        ("a.yaml", "--max-increase", "multiplies=0%"),
        2,
        f"a.yaml:1:1: error: no limit was checked: {BASELINE} does not have it",
    ),
    Case(
        NEW,
        lambda: (entry("b.yaml"), spec("a.yaml")),
        ("--ratchet",),
        2,
        "a.yaml:1:1: error: no limit was checked",
    ),
    Case(
        NEW,
        lambda: (
            write(BASELINE, '{"schema_version": 1, "convention": "multiplies 1", "specs": {}}'),
            spec("a.yaml", REGRESSION),
        ),
        (),
        2,
        "no limit was checked",
    ),
    Case(
        NEW,
        lambda: (entry("b.yaml"), spec("a.yaml", REGRESSION)),
        ("--allow-new",),
        0,
        f"ok       a.yaml: new since {BASELINE}",
    ),
    Case(
        PARTLY,
        lambda: (entry("b.yaml"), spec("a.yaml", BOTH)),
        (),
        0,
        "a.yaml:1:1: warning: not checked: regression.params: costcalc-baseline.json does not have it\n"
        "    = say --allow-new, or run costcalc baseline update; if it was renamed: costcalc-baseline.json has b.yaml, "
        "and there is no such file now",
    ),
    Case(
        PARTLY,
        lambda: (entry("b.yaml"), spec("a.yaml", BOTH)),
        ("--fail-on", "warning"),
        1,
        "1 with warnings",
    ),
    Case(
        PARTLY,
        lambda: (entry("b.yaml"), spec("a.yaml", BOTH)),
        ("--allow-new", "--fail-on", "warning"),
        0,
        "ok",
    ),
    Case(
        PARTLY,
        lambda: committed(BOTH, lambda: moved("b.yaml", f"input: 1\nlayers: [relu]\nbudget: {BOTH}\n")),
        TO_HEAD,
        0,
        "git:HEAD has a.yaml, and there is no such file now",
    ),
    Case(
        PARTLY,
        lambda: committed(BOTH, lambda: spec("untracked.yaml", BOTH)),
        TO_HEAD,
        0,
        "untracked.yaml:1:1: warning: not checked: regression.params: git:HEAD does not have it",
    ),
    Case(
        "a value against `regression`",
        lambda: (
            entry(change=lambda data: (data.update(params=9), data["layers"][0].update(params=9)))
            or spec("a.yaml", BOTH)
        ),
        (),
        1,
        "a.yaml:4:43: over budget: regression.params 10",
    ),
    *(
        Case(
            "a spec that is named otherwise than in the baseline",
            lambda: (entry("nets/a.yaml"), spec("nets/a.yaml", BOTH)),
            (path, "--fail-on", "warning"),
            0,
            "1 within budget",
        )
        for path in ("./nets/a.yaml", "nets/../nets/a.yaml", "../project/nets/a.yaml", f"{HERE}/nets/a.yaml")
    ),
    *(
        Case(
            "a spec that is named otherwise than in the baseline",
            lambda: committed(
                BOTH, lambda: spec("a.yaml", BOTH, SMALL.replace("kernel_size: 3", "kernel_size: 5"))
            ),
            (path, *TO_HEAD),
            1,
            "over budget: regression.params 26",
        )
        for path in ("./a.yaml", f"{HERE}/a.yaml")
    ),
    *(
        Case(
            "through a link",
            lambda: (
                entry(
                    "nets/a.yaml",
                    change=lambda data: (data.update(params=9), data["layers"][0].update(params=9)),
                ),
                spec("nets/a.yaml", BOTH),
                Path("b.yaml").symlink_to("nets/a.yaml"),
                Path("../linked").symlink_to("project"),
            ),
            (path,),
            1,
            "over budget: regression.params 10 of 9",
        )
        for path in ("b.yaml", "../linked/nets/a.yaml")
    ),
    *(
        Case("a path given that is no file", lambda: known(), (path,), 2, "no such file")
        for path in ("A.yaml", ".\\a.yaml", f"{HERE}/A.yaml")
    ),
    Case(
        "a spec that git finds renamed",
        lambda: committed(BOTH, lambda: Path("a.yaml").rename("b.yaml")),
        TO_HEAD,
        0,
        "ok       b.yaml: was a.yaml",
    ),
    Case(
        "a path that the baseline has in another case",
        lambda: (entry("A.yaml"), spec("a.yaml", BOTH)),
        (),
        2,
        f'{BASELINE} has it as "A.yaml"',
    ),
    *(
        Case(
            "whose path is absolute, or not as `baseline update` writes it",
            lambda name=name: (entry(name), spec("a.yaml", BOTH)),
            (),
            2,
            "no path as a baseline has it",
        )
        for name in ("./a.yaml", "/a.yaml", "x/../a.yaml", "a.yaml/", "x//a.yaml")
    ),
    Case(
        "a path that the baseline has in another case",
        lambda: (entry("nets\\a.yaml"), spec("nets/a.yaml", BOTH)),
        (),
        2,
        'has it as "nets\\a.yaml"',
    ),
    Case(
        NUMBER, lambda: known(change=lambda data: data.update(params=10.0)), (), 2, '"a.yaml": params is 10.0'
    ),
    Case(
        NUMBER, lambda: known(change=lambda data: data.update(params="10")), (), 2, '"a.yaml": params is "10"'
    ),
    Case(
        NUMBER,
        lambda: known(change=lambda data: data.update(params=None)),
        (),
        2,
        '"a.yaml": params is nothing',
    ),
    Case(
        NUMBER,
        lambda: known(change=lambda data: (data.update(params=True), data["layers"][0].update(params=1))),
        (),
        2,
        '"a.yaml": params is true',
    ),
    Case(
        NUMBER,
        lambda: known(change=lambda data: data["layers"][0].update(multiplies=576.0)),
        (),
        2,
        "multiplies of a layer is 576.0",
    ),
    Case(
        NUMBER,
        lambda: known(change=lambda data: data["layers"][0].update(name=3)),
        (),
        2,
        "name of a layer is 3",
    ),
    Case(
        NUMBER,
        lambda: known(change=lambda data: data.update(limits=3)),
        (),
        2,
        "limits are 3, and must be a list",
    ),
    *(
        Case(NUMBER, lambda limit=limit: limited(limit, BOTH), (), 2, "of a limit is")
        for limit in (
            {"kind": "ratchet"},
            {"kind": []},
            {"metric": "depth"},
            {"metric": {}},
            {"layers": 3},
            {"bound": 1.5},
            {"bound": True},
            {"bound": "1/0"},
            {"slack": "x"},
            {"slack": -1},
        )
    ),
    Case(
        NUMBER, lambda: limited({"further": 1}, BOTH), (), 2, "a limit has bound, kind, layers, metric, slack"
    ),
    Case(
        NUMBER,
        lambda: known(change=lambda data: data["layers"][0].update(params=9)),
        (),
        2,
        "add up",
    ),
    Case(NUMBER, lambda: known(schema_version=99), (), 2, "schema_version"),
    Case(
        NUMBER,
        lambda: (
            known(),
            write(
                BASELINE, Path(BASELINE).read_text().replace('"params": 10', '"params": 10, "params": 10', 1)
            ),
        ),
        (),
        2,
        "twice",
    ),
    Case(NUMBER, lambda: known(locked="yes"), (), 2, 'locked is "yes", and must be true or false'),
    Case(
        "`--no-baseline`, and all limits of a spec compare with one",
        lambda: spec("a.yaml", REGRESSION),
        ("--no-baseline",),
        2,
        "and --no-baseline leaves it out",
    ),
    Case(
        "`--no-baseline` with `--ratchet`",
        lambda: known(),
        ("--no-baseline", "--ratchet"),
        2,
        "--ratchet needs a baseline, and --no-baseline leaves it out",
    ),
    Case(
        "`--no-baseline` with `--ratchet`, `--max-increase`",
        lambda: known(),
        ("--no-baseline", "--max-increase", "params=1%"),
        2,
        "--max-increase needs a baseline, and --no-baseline",
    ),
    Case(
        "a gain, with `--ratchet`",
        lambda: (entry(), spec("a.yaml", "{params: 8}", SMALL.replace(", bias: true", ""))),
        ("--ratchet",),
        1,
        "over budget: params 9 of 8",
    ),
    Case(
        "or under the budget where that is lower",
        gained,
        ("--ratchet",),
        1,
        "well under its limit: ratchet.multiplies 576 of at least 49,500 (the limit's 50,000 - 1%)",
    ),
    Case(
        "or under the budget where that is lower",
        gained,
        ("--ratchet",),
        1,
        "1 spec, 3 limits: 1 with a gain to keep; next: keep the gain",
    ),
    # Loosened limits
    Case(LOOSER, lambda: limited({}, "{params: 11}"), (), 0, "a.yaml:4:18: limit raised: params 10 → 11"),
    Case(LOOSER, lambda: limited({}, "{multiplies: 576}"), (), 0, "limit removed: params 10"),
    Case(
        LOOSER,
        lambda: limited({}, "{params: 11}"),
        ("--fail-on", "limits"),
        1,
        "1 with looser limits, which are locked",
    ),
    Case(LOOSER, lambda: limited({}, "{params: 10}"), ("--fail-on", "limits"), 0, "1 within budget"),
    Case(
        LOOSER,
        lambda: (write("costcalc.yaml", "locked: true\n"), limited({}, "{params: 11}")),
        (),
        1,
        "limit raised",
    ),
    Case(LOOSER, lambda: limited({}, "{params: 11}", locked=True), (), 1, "limit raised"),
    Case(
        "or warns later",
        lambda: limited({"bound": 20, "warn": "4/5"}, "{params: {max: 20, warn: 90%}}"),
        (),
        0,
        "a.yaml:4:24: warning raised: params 20, warn 80% → 90%",
    ),
    Case(
        "or warns later",
        lambda: limited({"bound": 20, "warn": "4/5"}, "{params: 20}"),
        ("--fail-on", "limits"),
        1,
        "warning removed: params 20, warn 80%",
    ),
    Case(
        "or warns later",
        lambda: limited({"bound": 20, "warn": "4/5"}, "{params: 16}"),
        (),
        0,
        "1 within budget",
    ),
    Case(
        LOOSER,
        lambda: limited({"kind": "reduction", "bound": "9/10"}, "{params: 10, reduction: {params: 0.1x}}"),
        (),
        0,
        "limit lowered: reduction.params 0.90x → 0.10x",
    ),
    Case(
        LOOSER,
        lambda: limited({"kind": "regression", "bound": "1/100"}, "{regression: {params: 2%}}"),
        (),
        0,
        "limit raised: regression.params 1% → 2%",
    ),
    Case(
        LOOSER,
        lambda: limited({"kind": "ceiling"}, "{params: 10}"),
        (),
        0,
        "limit removed: ceiling.params 10",
    ),
    Case(
        LOOSER,
        lambda: committed("{params: 10}", lambda: spec("a.yaml", "{params: 1G}")),
        TO_HEAD,
        0,
        "limit raised: params 10 → 1,000,000,000",
    ),
    Case(
        LOOSER,
        lambda: committed(
            "", lambda: write("costcalc.yaml", "budget: {params: 11}\n"), settings="budget: {params: 10}\n"
        ),
        TO_HEAD,
        0,
        "costcalc.yaml:1:18: limit raised: params",
    ),
    Case(
        "in the config now or at the commit",
        lambda: committed(
            "",
            lambda: write("costcalc.yaml", "budget: {params: 11}\n"),
            settings="locked: true\nbudget: {params: 10}\n",
        ),
        TO_HEAD,
        1,
        "limit raised: params",
    ),
    Case(
        "in the config now or at the commit",
        lambda: committed(
            "{params: 10}",
            lambda: Path("costcalc.yaml").unlink(),
            settings="locked: true\nceiling: {params: 10}\n",
        ),
        TO_HEAD,
        1,
        "limit removed: ceiling",
    ),
    Case(
        "the baseline is from before limits were written down",
        lambda: known(change=lambda data: data.pop("limits"), locked=True),
        (),
        2,
        "from before limits were written down",
    ),
    *(
        Case(
            "limits are locked, and a spec that had some is gone",
            lambda budget=budget, settings=settings: committed(
                budget,
                lambda: moved("b.yaml", "input: 1\nlayers: [relu]\nbudget: {params: 1G}\n"),
                settings=settings,
            ),
            TO_HEAD,
            code,
            said,
        )
        for budget, settings, code, said in (
            ("{params: 10}", "locked: true\n", 2, "a.yaml is gone, with the limits that git:HEAD has of it"),
            (
                "",
                "locked: true\nbudget: {params: 10}\n",
                2,
                "a.yaml is gone, with the limits that git:HEAD has",
            ),
            ("", "locked: true\n", 0, "removed  a.yaml"),
            ("{params: 10}", "locked: false\n", 0, "removed  a.yaml"),
        )
    ),
    *(
        Case(
            "or not one of the `specs` any more",
            lambda change=change, before=before: committed(
                "{params: 10}",
                lambda: (spec("b.yaml", "{params: 9}", "input: 1\nlayers: [relu]\n"), change()),
                settings=f"locked: true\n{before}",
            ),
            TO_HEAD,
            code,
            said,
        )
        for change, before, code, said in (
            (
                lambda: write("costcalc.yaml", "locked: true\nspecs: [b.yaml]\n"),
                "",
                2,
                "a.yaml is no longer checked, with the limits that git:HEAD has of it, and limits are locked",
            ),
            (
                lambda: write("costcalc.yaml", "locked: true\nspecs: [b.yaml]\n"),
                'specs: ["*.yaml"]\n',
                2,
                "a.yaml is no longer checked",
            ),
            (
                lambda: (Path(".nets").mkdir(), Path("a.yaml").rename(".nets/a.yaml")),
                "",
                2,
                "a.yaml is gone, with the limits",
            ),
            (lambda: None, "", 0, "2 within budget"),
        )
    ),
    Case(
        "or not one of the `specs` any more",
        lambda: (
            limited({}, "{params: 10}", locked=True),
            spec("b.yaml", "{params: 10}"),
            write("costcalc.yaml", "specs: [b.yaml]\n"),
        ),
        (),
        2,
        f"a.yaml is no longer checked, with the limits that {BASELINE} has of it",
    ),
    Case(
        "limits are locked, and a spec that had some is gone",
        lambda: (
            limited({}, "", locked=True),
            moved("b.yaml", SMALL + "budget: {params: 1G}\n"),
            write("costcalc.yaml", "locked: true\n"),
        ),
        (),
        2,
        f"a.yaml is gone, with the limits that {BASELINE} has of it, and limits are locked",
    ),
    Case(
        "limits are locked, and there is no baseline",
        lambda: config("locked: true\n"),
        (),
        2,
        "costcalc.yaml:1:1: error: limits are locked, and there is no baseline to compare them with",
    ),
    Case(
        "limits are locked, and there is no baseline",
        lambda: spec("a.yaml", "{params: 10}"),
        ("--fail-on", "limits"),
        2,
        "error: limits are locked, and there is no baseline to compare them with",
    ),
    Case(
        "with `--no-baseline` a warning",
        lambda: config("locked: true\n"),
        ("--no-baseline",),
        0,
        "costcalc.yaml:1:1: warning: limits are locked, and there is no baseline to compare them with",
    ),
    *(
        Case(
            FILES, lambda more=more: on_board(lambda: write("boards/b.yaml", FASTER), *more), TO_HEAD, 0, told
        )
        for more, told in (
            ((), f"a.yaml:4:22: {TOLD}"),
            (("", f"budget: {ON_BOARD}\n"), f"costcalc.yaml:1:22: {TOLD}"),
            (("{time: 5ms}", "device: boards/b.yaml\n"), f"a.yaml:4:16: {TOLD}"),
            (("{time: 5ms}", "", "device: boards/b.yaml\n"), f"a.yaml:5:16: {TOLD}"),
        )
    ),
    Case(
        FILES,
        lambda: on_board(lambda: write("boards/b.yaml", FASTER)),
        (*TO_HEAD, "--fail-on", "limits"),
        1,
        "1 with looser limits, which are locked",
    ),
    Case(
        FILES,
        lambda: on_board(lambda: write("boards/b.yaml", "# anew\n" + BOARD)),
        (*TO_HEAD, "--fail-on", "warning"),
        0,
        "1 within budget",
    ),
    Case(FILES, lambda: on_board(linked), TO_HEAD, 0, TOLD),
    Case(
        FILES,
        lambda: (
            write("p.yaml", "name: p\nextends: live\nalignment: 64\n"),
            committed(
                "{peak_memory: {max: 1MB, planner: p.yaml}}",
                lambda: write("p.yaml", "name: p\nextends: live\nalignment: 1\n"),
            ),
        ),
        TO_HEAD,
        0,
        "limit changed: peak_memory (planner p.yaml) 1,000,000 B: p.yaml is not as the baseline has it",
    ),
    Case(FILES, lambda: recorded({"device": "0" * 64}), (), 0, TOLD),
    Case(FILES, recorded, (), 0, "boards/b.yaml is not known to the baseline"),
    *(
        Case(NUMBER, lambda files=files: recorded(files), (), 2, "files of a limit are")
        for files in ({"planner": ""}, {"device": 1}, [])
    ),
    Case(
        "a spec or a device's file that is a link since",
        lambda: committed(
            BOTH,
            lambda: (
                spec("b.yaml", "{params: 1M}", SMALL.replace("_size: 3", "_size: 5")),
                commit_all(),
                Path("a.yaml").unlink(),
                Path("a.yaml").symlink_to("b.yaml"),
            ),
        ),
        ("a.yaml", *TO_HEAD),
        0,
        "limit raised: params 10 → 1,000,000\n",
    ),
    # Which limits hold
    Case(
        "nothing overrides it",
        lambda: config("ceiling: {params: 9}\n"),
        (),
        1,
        "costcalc.yaml:1:19: over budget: ceiling.params 10 of 9",
    ),
    Case(
        "nothing overrides it",
        lambda: config("ceiling: {params: 9}\n"),
        ("--max-params", "99", "--override"),
        1,
        "ceiling.params 10 of 9",
    ),
    Case(
        "nothing overrides it",
        lambda: config("ceiling: {reduction: {params: 9x}}\n"),
        (),
        2,
        "a ceiling limits totals alone",
    ),
]
