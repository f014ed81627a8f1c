"""Accidents with what is found, configured and written over."""

from __future__ import annotations

import os
from pathlib import Path

from gate.accidents import BASELINE, LAYERS, REGRESSION, Case, config, entry, known
from gate.projects import SMALL, spec, write

IDLE = "an override's `files` that is for no spec"
NEAR = "near misses"
LIMIT = ("--max-params", "9")
OVERRIDE = "budget: {{params: 10}}\noverrides: [{{files: {}, budget: {}}}]\n"

CASES = [
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
            "escapes.yaml": SMALL.replace("layers", r'"lay\x65rs"'),
            "merge.yaml": f"<<: {{layers: {LAYERS}}}\ninput: 8x8x1\n",
        }.items()
    ),
    *(
        Case(row, lambda text=text: write("a.yaml", text), ("--max-params", "9"), 2, said)
        for row, text, said in (
            ("text that is no YAML", "  input: 8x8x1\n  layers: [\n", "a.yaml:2:11: error"),
            ("`layer:`, `Layers:` and the like", SMALL.replace("layers", "layer"), 'unknown field "layer"'),
            ("`layer:`, `Layers:` and the like", SMALL.replace("layers", "Layers"), 'unknown field "Layers"'),
            *(
                ("`layer:`, `Layers:` and the like", SMALL.replace("layers", word), "broken   a.yaml")
                for word in ("l\u0430yers", "\uff4c\uff41\uff59\uff45\uff52\uff53", "layes", '"LAYER"')
            ),
            ("`layer:` without an `input`", "layer: 3\n", "no spec found"),
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
    Case("a file of another name", lambda: write("net.txt", SMALL), LIMIT, 2, "no spec found"),
    Case(
        "hidden folders, `node_modules`",
        lambda: write("node_modules/a.yaml", SMALL),
        LIMIT,
        2,
        "no spec found",
    ),
    Case("hidden folders, `node_modules`", lambda: write(".hidden/a.yaml", SMALL), LIMIT, 2, "no spec found"),
    Case("no spec at all", lambda: None, LIMIT, 2, "no spec found"),
    Case("no limit", lambda: spec("a.yaml"), (), 2, "error: no limit to check"),
    Case(
        "no limit", lambda: spec("a.yaml"), (), 2, "without any limit applied; next: give a spec a budget\n"
    ),
    Case(
        "no limit",
        lambda: config(f"budget: {REGRESSION}\n", ""),
        (),
        2,
        "without any limit applied; next: write a baseline\n",
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
    Case(
        "a glob of `specs` that matches nothing",
        lambda: config("specs: ['nets/*.yaml']\n"),
        (),
        2,
        'costcalc.yaml:1:9: error: "nets/*.yaml" matches no file',
    ),
    Case(
        "two configs side by side",
        lambda: (config("budget: {params: 10}\n"), write("pyproject.toml", "[tool.costcalc]\n")),
        (),
        2,
        "both",
    ),
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
    *(
        Case(
            "the override of a file that a link leads to",
            lambda: (
                config(OVERRIDE.format("nets/*", "{params: 1}"), "", "nets/a.yaml"),
                Path("b.yaml").symlink_to("nets/a.yaml"),
                Path("other").symlink_to("nets"),
                Path("../linked").symlink_to("project"),
            ),
            (path,),
            1,
            "over budget: params 10 of 1",
        )
        for path in ("b.yaml", "other/a.yaml", "../linked/nets/a.yaml")
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
        for name in (
            "Costcalc.yaml",
            ".costcalc.yaml",
            "cost-calc.yml",
            "costcalc.yaml.yml",
            "costcalc-budget.toml",
        )
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
        for table in ("costcalc", "tool.costcalc-budget", "tool.Costcalc", "tool.cost-calc", "tools.costcalc")
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
            "a config, a baseline, a model or a Python program",
            lambda name=name: (config("locked: false\n"), write(name, "x"), entry()),
            ("-o", f"json={name}"),
            2,
            "would replace the",
        )
        for name in (BASELINE, "model.onnx", "m.keras", "net.py", "pyproject.toml")
    ),
    Case(
        "a config, a baseline, a model or a Python program",
        lambda: config("locked: false\n"),
        ("-o", "json=costcalc.yaml"),
        2,
        'would replace the config "costcalc.yaml"',
    ),
    Case(
        "a config, a baseline, a model or a Python program",
        lambda: (known(), Path(BASELINE).rename("b.json")),
        ("--baseline", "b.json", "-o", "json=b.json"),
        2,
        "would replace the baseline",
    ),
]
