"""Nothing passes by accident: each line of docs/gate.md, through the real process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gate.projects import SMALL, commit_all, git, spec, write

DOCS = Path(__file__).parent.parent.parent / "docs/gate.md"
BASELINE = "costcalc-baseline.json"
LAYERS = "[{type: conv, out_channels: 1, kernel_size: 3, bias: true}]"
REGRESSION = "{regression: {params: 0%}}"
BOTH = "{params: 10, regression: {params: 0%}}"


def costcalc(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "costcalc", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **more)


class Case(NamedTuple):
    """A row of the docs (a part of it), what makes the project, what is asked, how it ends and what is said."""

    row: str
    project: Callable[[], object]
    words: tuple[str, ...]
    code: int
    said: str


def entry(name: str = "a.yaml", change: Callable[[Any], None] = lambda entry: None, **more: Any) -> None:
    """A baseline of one spec that costs what SMALL does."""
    numbers = {"multiplies": 576, "params": 10}
    layer = {"name": "conv_1", "type": "conv", "input": "8x8x1", "output": "8x8x1", **numbers}
    data = {**numbers, "limits": [], "layers": [layer]}
    change(data)
    head = {"schema_version": 1, "convention": "multiplies 1", **more}
    write(BASELINE, json.dumps({**head, "specs": {name: data}}))


def known(budget: str = BOTH, **more: Any) -> None:
    entry(**more)
    spec("a.yaml", budget)


def limited(limit: dict[str, Any], budget: str, **more: Any) -> None:
    whole = {"kind": "total", "metric": "params", "layers": "", "bound": 10, "slack": 0, **limit}
    known(budget, change=lambda data: data.update(limits=[whole]), **more)


def config(text: str, budget: str = "{params: 10}", path: str = "a.yaml") -> None:
    write("costcalc.yaml", text)
    spec(path, budget)


def files(**texts: str) -> None:
    for name, text in texts.items():
        write(name.replace("__", "/").replace("_", "."), text)


def committed(budget: str, now: Callable[[], object], text: str = SMALL, settings: str = "") -> None:
    """A repository whose one commit has a spec (and a config), and what was changed since."""
    git("init", "-q")
    spec("a.yaml", budget, text)
    if settings:
        write("costcalc.yaml", settings)
    commit_all("first")
    now()


def moved(path: str, text: str) -> None:
    Path("a.yaml").unlink()
    write(path, text)


TO_HEAD = ("--baseline", "git:HEAD")
NEW = "a spec that the baseline does not have, all of whose limits compare with it"
PARTLY = "a spec that the baseline does not have, and some of its limits compare with it"
LOOSER = "a limit that lets pass more than before, or is gone"
NUMBER = "a baseline with a number that is no whole number"
IDLE = "an override's `files` that is for no spec"
NEAR = "near misses"
OVERRIDE = "budget: {{params: 10}}\noverrides: [{{files: {}, budget: {}}}]\n"

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
        lambda: (
            entry(
                change=lambda data: (
                    data.update(multiplies=57600),
                    data["layers"][0].update(multiplies=57600),
                )
            ),
            spec("a.yaml", "{multiplies: 50000}"),
        ),
        ("--ratchet",),
        1,
        "well under its limit: ratchet.multiplies 576 of at least 49,500 (the limit's 50,000 - 1%)",
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
    # Which specs are found
    *(
        Case(
            "`layers` however YAML writes it",
            lambda text=text, name=name: write(name, text),
            ("--max-params", "9"),
            1,
            "over budget: params 10 of 9",
        )
        for name, text in {
            "A.YAML": SMALL,
            "a.Yml": SMALL,
            "indented.yaml": "".join(f"  {line}\n" for line in SMALL.splitlines()),
            "cr.yaml": SMALL.replace("\n", "\r"),
            "question.yaml": SMALL.replace("layers:\n", "? layers\n:\n"),
            "tag.yaml": SMALL.replace("layers:", "!!str layers:"),
            "anchor.yaml": f"--- &spec\n{SMALL.replace('layers:', '&l layers:')}",
            "directive.yaml": f"%YAML 1.2\n---\n{SMALL}",
            "flow.yaml": f"%YAML 1.2\n--- &a\n{{input: 8x8x1, 'layers': {LAYERS}}}\n",
            "merge.yaml": f"<<: {{layers: {LAYERS}}}\ninput: 8x8x1\n",
        }.items()
    ),
    *(
        Case(row, lambda text=text: write("a.yaml", text), ("--max-params", "9"), 2, said)
        for row, text, said in (
            ("text that is no YAML", "  input: 8x8x1\n  layers: [\n", "a.yaml:2:11: error"),
            ("`layer:`, `Layers:` and the like", SMALL.replace("layers", "layer"), 'unknown field "layer"'),
            ("`layer:`, `Layers:` and the like", SMALL.replace("layers", "Layers"), 'unknown field "Layers"'),
            ("passed over", "layer: 3\n", "no spec found"),
        )
    ),
    *(
        Case(
            "UTF-16 and UTF-32 text",
            lambda code=code: Path("a.yaml").write_bytes(SMALL.encode(code)),
            ("--max-params", "9"),
            2,
            "a.yaml:1:1: error: ",
        )
        for code in ("utf-16", "utf-16-le", "utf-16-be", "utf-32")
    ),
    Case("pipes", lambda: os.mkfifo("a.yaml"), (), 2, "no spec found"),
    Case(
        "pipes",
        lambda: os.mkfifo("f.keras"),
        ("f.keras", "--max-params", "9"),
        2,
        "f.keras:1:1: error: not a regular file",
    ),
    # The config
    *(
        Case(
            IDLE,
            lambda text=text, budget=budget: config(OVERRIDE.format(text, budget), path="nets/a.yaml"),
            words,
            2,
            said,
        )
        for text, budget, words, said in (
            ("nest/**", "{params: 1}", (), 'costcalc.yaml:2:21: error: "nest/**" matches no spec'),
            ("nest/**", "{params: 1}", ("nets/a.yaml",), '"nest/**" matches no spec'),
            ("Nets/**", "{params: 1}", (), "upper and lower case differ"),
            ("[nets/*, nest/*]", "{params: 1}", (), 'costcalc.yaml:2:30: error: "nest/*" matches no spec'),
            ("[]", "{params: 1}", (), "must name a file or a glob"),
        )
    ),
    Case("an empty value", lambda: config(OVERRIDE.format("a.yaml", "null")), (), 2, "must not be empty"),
    Case("an empty value", lambda: config("budget:\n"), (), 2, "budget of the config must not be empty"),
    Case("an empty value", lambda: config("baseline:\n"), (), 2, "baseline of the config must not be empty"),
    Case(
        "a glob of layers that matches no layer",
        lambda: config("budget: {layers: {fc: {params: 1}}}\n"),
        (),
        2,
        'error: "fc" matches no layer',
    ),
    Case(
        "a glob of layers that matches no layer",
        lambda: config("budget: {layers: {fc: {params: 1}}}\n"),
        ("a.yaml", "--fail-on", "warning"),
        1,
        'warning: "fc" matches no layer',
    ),
    Case(
        "a glob of layers in a spec's own budget",
        lambda: spec("a.yaml", "{layers: {fc: {params: 1}}}"),
        (),
        2,
        '"fc" matches no layer',
    ),
    *(
        Case(
            NEAR,
            lambda name=name: (write(name, "budget: {params: 1}\n"), spec("a.yaml", "{params: 10}")),
            (),
            0,
            f"{name}:1:1: warning: {name} is not read",
        )
        for name in ("Costcalc.yaml", ".costcalc.yaml", "cost-calc.yml")
    ),
    *(
        Case(
            NEAR,
            lambda table=table: (
                write("pyproject.toml", f"[{table}]\nx = 1\n"),
                spec("a.yaml", "{params: 10}"),
            ),
            (),
            0,
            f"pyproject.toml:1:1: warning: [{table}] is not read",
        )
        for table in ("costcalc", "tool.costcalc-budget", "tool.Costcalc")
    ),
    Case(
        "a config in a folder between",
        lambda: (write("nets/costcalc.yaml", "budget: {params: 1}\n"), spec("nets/a.yaml", "{params: 10}")),
        ("nets/a.yaml",),
        0,
        "nets/costcalc.yaml:1:1: warning: costcalc.yaml is not read from here: costcalc check in nets reads it",
    ),
    # What is written
    *(
        Case(
            "over a spec, however it was found",
            lambda: (spec("a.yaml", "{params: 10}"), spec("b.yaml")),
            words,
            2,
            "would replace the",
        )
        for words in (
            ("-o", "json=a.yaml"),
            ("b.yaml", "--max-params", "10", "-o", "json=a.yaml"),
            ("-o", "json=./x/../a.yaml"),
        )
    ),
    *(
        Case(
            "a config, a baseline or a model",
            lambda name=name: (config("locked: false\n"), write(name, "x"), entry()),
            ("-o", f"json={name}"),
            2,
            "would replace the",
        )
        for name in (BASELINE, "model.onnx", "m.keras", "pyproject.toml")
    ),
    Case(
        "a config, a baseline or a model",
        lambda: config("locked: false\n"),
        ("-o", "json=costcalc.yaml"),
        2,
        'would replace the config "costcalc.yaml"',
    ),
    Case(
        "a config, a baseline or a model",
        lambda: (known(), Path(BASELINE).rename("b.json")),
        ("--baseline", "b.json", "-o", "json=b.json"),
        2,
        "would replace the baseline",
    ),
]


# What a table of one command cannot say


def test_two_updates_at_once_lose_nothing() -> None:
    names = [f"{number}.yaml" for number in range(4)]
    for name in names:
        spec(name)
    command = [sys.executable, "-m", "costcalc", "baseline", "update"]
    running = [subprocess.Popen([*command, name], stderr=subprocess.DEVNULL) for name in names]
    assert [process.wait(60) for process in running] == [0] * len(names)
    assert sorted(json.loads(Path(BASELINE).read_text())["specs"]) == names


@pytest.mark.skipif(os.name != "posix", reason="locks as POSIX has them")
def test_an_update_reads_what_it_keeps_while_it_has_the_lock() -> None:
    import fcntl

    for name in ("a.yaml", "b.yaml"):
        spec(name)
    assert costcalc("baseline", "update", "a.yaml").returncode == 0
    both = Path(BASELINE).read_text().replace('"a.yaml"', '"c.yaml"')
    folder = os.open(".", os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    command = [sys.executable, "-m", "costcalc", "baseline", "update", "b.yaml"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as waiting:
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(2)
        write(BASELINE, both)
        os.close(folder)
        assert waiting.wait(60) == 0
    assert sorted(json.loads(Path(BASELINE).read_text())["specs"]) == ["b.yaml", "c.yaml"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("b.yaml", "spec"), ("costcalc.yaml", "config"), ("m.onnx", "model"), ("a.yaml", "spec")],
)
def test_a_baseline_replaces_nothing_else(name: str, kind: str) -> None:
    config("budget: {params: 10}\n")
    spec("b.yaml")
    write("m.onnx", "x")
    before = Path(name).read_text()
    done = costcalc("baseline", "update", "a.yaml", "--baseline", name)
    assert (done.returncode, f'a baseline would replace the {kind} "{name}"' in done.stderr) == (2, True)
    assert Path(name).read_text() == before


def test_a_report_replaces_no_spec_of_another_name_or_link() -> None:
    config("specs: [net.txt]\n", path="net.txt")
    Path("hard.json").hardlink_to("net.txt")
    Path("soft.json").symlink_to("net.txt")
    for name in ("net.txt", "hard.json", "soft.json"):
        done = costcalc("check", "-o", f"json={name}")
        assert (done.returncode, "would replace the spec" in done.stderr) == (2, True), done.stderr
    assert costcalc("check", "-o", "json=new.json").returncode == 0
    assert costcalc("check", "-o", "json=new.json").returncode == 0, "a report of ours may be replaced"


def test_a_conversion_does_not_replace_what_it_reads() -> None:
    spec("a.yaml")
    done = costcalc("convert", "a.yaml", "--to", "pytorch", "-o", "a.yaml", "--force")
    assert (done.returncode, "is what is read" in done.stderr) == (2, True)


def test_what_if_nothing_is_otherwise_has_its_verdicts() -> None:
    spec("a.yaml", "{params: 9}")
    for words, code in (
        (("--width-multiplier", "1"), 1),
        (("--resolution", "8"), 1),
        (("--width-multiplier", "1.0", "--resolution", "8x8"), 1),
        (("--resolution", "16"), 0),
    ):
        done = costcalc("analyze", "a.yaml", *words)
        assert (done.returncode, "over budget" in done.stdout) == (code, code == 1)
        assert ("no verdict on the budget" in done.stdout) == (code == 0)


HOSTILE = ("##[error]x", "##vso[task.complete]", "::error::x", "##VSO[y]")


def test_no_name_becomes_a_command_of_a_build_log() -> None:
    """In the standard output of each format of check, analyze and diff, of validate, explain and convert."""
    layers = "".join(
        f'  - {{type: conv, name: "{name}", out_channels: 2, kernel_size: 3}}\n' for name in HOSTILE
    )
    text = f'name: "{HOSTILE[0]}"\ninput: 8x8x1\nlayers:\n{layers}'
    path = "##[group]##vso[x].yaml"
    spec(path, '{params: 1, layers: {"*": {params: 0}}, message: "##[error]"}', text)
    spec("b.yaml", text=text.replace("out_channels: 2", "out_channels: 3"))
    formats = ("table", "json", "csv", "markdown", "junit", "sarif", "github", "gitlab", "openmetrics")
    commands = [("check", path, "-f", name) for name in formats]
    commands += [
        ("analyze", path, "-f", name) for name in ("table", "json", "csv", "markdown", "openmetrics")
    ]
    commands += [("diff", path, "b.yaml", "-f", name) for name in ("table", "json", "markdown")]
    commands += [("validate", path), ("explain", path, HOSTILE[1])]
    commands += [("convert", path, "--to", "pytorch"), ("convert", path, "--to", "keras")]
    for words in commands:
        done = costcalc(*words)
        assert done.returncode in (0, 1), (words, done.stderr)
        assert done.stdout, words
        for stream in (done.stdout, done.stderr):
            assert not re.search(r"##(\[|vso\[)", stream, re.IGNORECASE), words
            starts = [line for line in stream.splitlines() if line.lstrip().startswith("::")]
            assert words[-1] == "github" or not starts, words
        if words[-1] == "json":
            assert HOSTILE[1] in repr(json.loads(done.stdout)), "the same names, by another escape"


def test_json_of_any_emoji_is_a_spec() -> None:
    layer = {"type": "conv", "name": "a😀b", "out_channels": 1, "kernel_size": 3, "bias": True}
    write(
        "a.yaml",
        json.dumps({"name": "😀 \\ud83d", "input": "8x8x1", "layers": [layer], "budget": {"params": 9}}),
    )
    done = costcalc("check")
    assert (done.returncode, "a.yaml:1:" in done.stdout) == (1, True)
    where = int(done.stdout.split("a.yaml:1:")[1].split(":")[0])
    assert Path("a.yaml").read_text()[where - 1 :].startswith("9")


@pytest.mark.parametrize("case", CASES, ids=[f"{n}-{case.row[:40]}" for n, case in enumerate(CASES)])
def test_nothing_passes_by_accident(case: Case) -> None:
    case.project()
    before = {
        path: path.read_bytes() for path in Path().rglob("*") if path.is_file() and ".git" not in path.parts
    }
    done = costcalc("check", *case.words)
    assert (done.returncode, case.said in done.stdout + done.stderr) == (case.code, True), (
        done.stdout + done.stderr
    )
    assert "Traceback" not in done.stderr
    assert (done.stdout + done.stderr).count(case.said) == 1, "told twice"
    assert {path: path.read_bytes() for path in before} == before, "an input was written over"


def test_each_case_is_a_line_of_the_docs() -> None:
    text = " ".join(DOCS.read_text(encoding="utf-8").split())
    assert [case.row for case in CASES if case.row not in text] == []
