"""The config, what it finds and what it refuses; discovery; globs."""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costcalc.reading.discovery import find_specs, matches
from gate.projects import SMALL, Cli, spec, write

PYPROJECT = """\
[project]
name = "x"
description = '''
[tool.costcalc]
budget = 3 '''

[tool.costcalc]
specs = [
  "nets/*.yaml",  # ]
]
[tool.costcalc.budget]
params = {max = "10", warn = "90%"}
layers."conv*" = {multiplies = 575}
"""


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("costcalc.yaml", "budget: {params: 9}\n", "costcalc.yaml:1:18"),
        ("costcalc.yml", "budget:\n  params:\n    max: 9\n", "costcalc.yml:3:10"),
        ("pyproject.toml", "[tool.costcalc]\nbudget = {params = 9}\n", "pyproject.toml:2:11"),
        ("pyproject.toml", "[tool.costcalc]\nbudget.params.max = 9\n", "pyproject.toml:2:15"),
        ("pyproject.toml", "[tool]\n[tool.costcalc.budget]\n\n# a\nparams = '9'\n", "pyproject.toml:5:1"),
    ],
)
def test_where_a_limit_stands(cli: Cli, name: str, text: str, place: str) -> None:
    spec("a.yaml")
    write(name, text)
    result = cli("check")
    assert result.code == 1
    assert f"\n  {place}: over budget: params 10 of 9" in result.out


def test_a_table_of_pyproject(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    write("pyproject.toml", PYPROJECT)
    spec("nets/a.yaml")
    spec("other/b.yaml")
    Path("nets/deep").mkdir()
    monkeypatch.chdir("nets/deep")
    result = cli("check", "-v")
    assert result.code == 1
    assert "config: ../../pyproject.toml\n" in result.err
    assert (
        "FAILED   ../a.yaml\n  ../../pyproject.toml:13:19: over budget: layers.conv_1.multiplies"
        in result.out
    )
    assert "../../pyproject.toml:12:11: near budget: params 10 of 10" in result.out
    assert "b.yaml" not in result.out


def test_the_nearest_config_up_to_the_top(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("costcalc.yaml", "budget: {params: 1}\n")
    write("sub/costcalc.yaml", "budget: {params: 100}\n")
    spec("sub/a.yaml")
    spec("sub/deeper/b.yaml", "{params: 100}")
    write("pyproject.toml", "[tool.other]\ncostcalc = 1\n")
    monkeypatch.chdir("sub/deeper")
    assert cli("check", "-v").err == "config: ../costcalc.yaml\n"
    (project / "sub/.git").mkdir()
    (project / "sub/costcalc.yaml").unlink()
    assert cli("check", "-v").err == "config: none\n"


def test_the_last_match_wins_limit_by_limit(cli: Cli) -> None:
    write(
        "costcalc.yaml",
        "budget: {params: 1, multiplies: 1000}\n"
        "overrides:\n"
        '  - {files: ["nets/**"], budget: {params: 2}}\n'
        '  - {files: "nets/mcu/*.yaml", budget: {params: 3}}\n'
        '  - {files: "other/**", budget: {params: 4}}\n',
    )
    spec("a.yaml")
    spec("nets/b.yaml")
    spec("nets/mcu/c.yaml")
    spec("nets/mcu/d.yaml", "{params: 5}")
    spec("nets/mcu/e.yaml", "{params: 5}")
    spec("other/f.yaml")
    out = cli("check").out
    limits = re.findall(r"(\w)\.yaml\n  (\S+): over budget: params 10 of (\d+)", out)
    assert limits == [
        ("a", "costcalc.yaml:1:18", "1"),
        ("b", "costcalc.yaml:3:43", "2"),
        ("c", "costcalc.yaml:4:49", "3"),
        ("d", "nets/mcu/d.yaml:4:18", "5"),
        ("e", "nets/mcu/e.yaml:4:18", "5"),
        ("f", "costcalc.yaml:5:42", "4"),
    ]
    out = cli("check", "--max-params", "10", "--override").out
    assert out.startswith("ok       a.yaml: multiplies 576 of 1,000 (57.6%), params 10 of 10 (100.0%)\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "spec: [a]\n",
            'costcalc.yaml:1:1: error: unknown field "spec" of the config; did you mean "specs"?',
        ),
        (
            "budget: {parms: 1}\n",
            'costcalc.yaml:1:10: error: unknown field "parms" of the budget; did you mean',
        ),
        (
            "overrides: [{files: a, budget: {params: x}}]\n",
            'costcalc.yaml:1:41: error: params of the budget must be a number, not "x"',
        ),
        (
            "overrides: [{budget: {params: 1}}]\n",
            "costcalc.yaml:1:13: error: overrides[0] of the config needs files",
        ),
        (
            "specs: [../*.yaml]\n",
            'costcalc.yaml:1:9: error: a path in a config stays inside its folder, and "../*.yaml"',
        ),
        ("specs: [nets/../../x]\n", "costcalc.yaml:1:9: error: a path in a config stays inside"),
        ("specs: [/etc/passwd]\n", "costcalc.yaml:1:9: error: a path in a config stays inside"),
        ("baseline: ../b.json\n", "costcalc.yaml:1:11: error: a path in a config stays inside"),
        ("baseline: out/b.json\n", "costcalc.yaml:1:11: error: a path in a config stays inside"),
        ('specs: ["a\\0b"]\n', "costcalc.yaml:1:9: error: a path in a config stays inside"),
        ("overrides: [{files: ../x, budget: {}}]\n", "error: a path in a config stays inside"),
        ("specs: [none/*.yaml]\n", 'costcalc.yaml:1:9: error: "none/*.yaml" matches no file'),
        ("specs: [out/*.yaml]\n", 'costcalc.yaml:1:9: error: "out/*.yaml" matches no file'),
        ("specs: [link.yaml]\n", 'costcalc.yaml:1:9: error: "link.yaml" matches no file'),
        ("specs: [folder]\n", "= for all specs in that folder: folder/**/*.yaml"),
        ("specs: 3\n", "error: specs of the config must be a list, not 3"),
        ("[1]\n", "error: the config must be a mapping, not a list"),
        ("specs: [\n", 'costcalc.yaml:1:8: error: this "[" is never closed'),
    ],
)
def test_a_config_that_is_wrong(cli: Cli, project: Path, text: str, said: str) -> None:
    write("costcalc.yaml", text)
    spec("a.yaml", "{params: 10}")
    spec("folder/a.yaml")
    spec("../secret/s.yaml")
    Path("out").symlink_to(project.parent / "secret")
    Path("link.yaml").symlink_to(project.parent / "secret/s.yaml")
    result = cli("check")
    assert (result.code, said in result.err) == (2, True), result.err


def test_a_glob_without_match_is_reported_beside_what_is_over(cli: Cli) -> None:
    write("costcalc.yaml", "specs: [a.yaml, none.yaml]\nbudget: {params: 9}\n")
    spec("a.yaml")
    result = cli("check")
    assert result.code == 2
    assert 'costcalc.yaml:1:17: error: "none.yaml" matches no file' in result.err
    assert "over budget: params 10 of 9" in result.out


def test_a_configured_layer_glob_must_match_in_some_spec(cli: Cli) -> None:
    write("costcalc.yaml", 'budget: {layers: {"conv*": {params: 99}, "fc*": {params: 99}}}\n')
    spec("a.yaml")
    result = cli("check")
    assert result.code == 2
    said = 'costcalc.yaml:1:42: {}: "fc*" matches no layer of any spec that it is for\n'
    assert said.format("error") in result.err
    result = cli("check", "a.yaml")  # the glob may be for others
    assert result.code == 0
    assert said.format("warning") in result.err
    spec("b.yaml", text="input: 4\nlayers:\n  - {type: linear, name: fc1, out_features: 2}\n")
    assert cli("check").code == 0


def test_two_configs_side_by_side(cli: Cli) -> None:
    spec("a.yaml", "{params: 10}")
    write("costcalc.yaml", "budget: {params: 10}\n")
    write("pyproject.toml", "[tool.costcalc]\n")
    result = cli("check")
    assert result.code == 2
    assert result.err == "error: costcalc.yaml and pyproject.toml both configure costcalc: keep one of them\n"


@pytest.mark.parametrize(
    "text",
    ["costcalc = [\n", "costcalc = " + "[" * 100_000, "costcalc = " + "9" * 5000, '"costcalc\n'],
    ids=["open", "nested", "digits", "quote"],
)
def test_a_pyproject_that_is_no_toml(cli: Cli, text: str) -> None:
    spec("a.yaml", "{params: 10}")
    write("pyproject.toml", text)
    result = cli("check")
    assert result.code == 2
    assert result.err.startswith("error: pyproject.toml: ")


def test_a_config_that_is_a_link_out_is_not_followed(cli: Cli) -> None:
    write("../secret.yaml", "top: secret\n")
    spec("a.yaml", "{params: 10}")
    for name in ("costcalc.yaml", "pyproject.toml"):
        Path(name).symlink_to("../secret.yaml")
        result = cli("check")
        assert result.code == 2
        assert result.err == f"error: {name}: a link that leads out of its folder is not followed\n"
        Path(name).unlink()


def test_a_default_baseline_that_is_a_link_out_is_not_followed(cli: Cli) -> None:
    write("../secret.json", "top: secret\n")
    spec("a.yaml", "{params: 10}")
    Path("costcalc-baseline.json").symlink_to("../secret.json")
    for words in (["check"], ["baseline", "update"]):
        result = cli(*words)
        assert result.code == 2
        assert (
            result.err
            == "error: costcalc-baseline.json: a link that leads out of its folder is not followed\n"
        )
    assert Path("../secret.json").read_text() == "top: secret\n"


# Discovery


def test_what_is_found(project: Path) -> None:
    for name in (
        "a.yaml",
        "b.yml",
        "nets/deep/c.yaml",
        ".hidden/no.yaml",
        "node_modules/x/no.yaml",
        "env/no.yaml",
        "conda/no.yaml",
        "notes.txt",
    ):
        spec(name)
    write("env/pyvenv.cfg", "")
    write("conda/conda-meta/history", "")
    write("workflow.yaml", "jobs: {layers: 3}\n")
    write("nested.yaml", "x:\n  layers: []\n")
    write("quoted.yaml", '"layers": []\n')
    write("single.yaml", "'layers' : []\n")
    write("bom.yaml", "\ufefflayers: []\n")
    write("crlf.yaml", "input: 3\r\nlayers:\r\n")
    write("broken.yaml", "layers: [\n")
    write("flow.yaml", "# a spec\n---\n{input: 3, layers: [relu]}\n")
    write("flow_broken.yaml", "{input: 3, layers: [relu}\n")
    write("flow_nested.yaml", "{input: {layers: 3}}\n")
    write("colon.yaml", "layers:x\n")
    write("../elsewhere/s.yaml", SMALL)
    Path("out").symlink_to(project.parent / "elsewhere")
    Path("out.yaml").symlink_to("../elsewhere/s.yaml")
    Path("in.yaml").symlink_to("a.yaml")
    Path("gone.yaml").symlink_to("nowhere.yaml")
    Path("loop").symlink_to(".")
    os.mkfifo("pipe.yaml")
    Path("folder.yaml").mkdir()
    assert find_specs("") == [
        "a.yaml",
        "b.yml",
        "bom.yaml",
        "broken.yaml",
        "crlf.yaml",
        "flow.yaml",
        "flow_broken.yaml",
        "in.yaml",
        "nets/deep/c.yaml",
        "quoted.yaml",
        "single.yaml",
    ]


def test_folders_and_doubles_among_the_arguments(cli: Cli) -> None:
    spec("nets/a.yaml", "{params: 10}")
    spec("b.yaml", "{params: 10}")
    out = cli("check", "nets", "./nets/a.yaml", "b.yaml", "nets/../b.yaml").out
    assert out.endswith("2 specs, 2 limits: 2 within budget\n")
    Path("empty").mkdir()
    result = cli("check", "empty")
    assert result.code == 2
    assert result.err == (
        "error: no spec found: no *.yaml or *.yml file under empty has a top-level layers:\n"
    )


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*.yaml", "a.yaml", True),
        ("*.yaml", "x/a.yaml", False),
        ("**/*.yaml", "a.yaml", True),
        ("**/*.yaml", "x/y/a.yaml", True),
        ("nets/**", "nets/x/a.yaml", True),
        ("nets/**", "netsx/a.yaml", False),
        ("nets/**/b/*.y?ml", "nets/b/a.yaml", True),
        ("nets/**/b/**/a.yaml", "nets/x/b/y/z/a.yaml", True),
        ("nets/**/b/**/a.yaml", "nets/x/c/y/z/a.yaml", False),
        ("[ab].yaml", "b.yaml", True),
        ("[!ab].yaml", "b.yaml", False),
        ("**", "a/b/c", True),
        ("a/**/**/c", "a/c", True),
        ("A.yaml", "a.yaml", False),
    ],
)
def test_globs(pattern: str, path: str, expected: bool) -> None:
    assert matches(path, pattern) is expected


@given(
    st.lists(st.sampled_from(["a", "*", "**", "b?"]), min_size=1, max_size=6),
    st.lists(st.sampled_from(["a", "b", "ba"]), min_size=1, max_size=6),
)
def test_globs_mean_what_a_search_through_all_readings_finds(pattern: list[str], path: list[str]) -> None:
    def search(steps: list[str], parts: list[str]) -> bool:
        if not steps:
            return not parts
        if steps[0] == "**":
            return any(search(steps[1:], parts[count:]) for count in range(len(parts) + 1))
        return bool(parts) and fnmatchcase(parts[0], steps[0]) and search(steps[1:], parts[1:])

    assert matches("/".join(path), "/".join(pattern)) is search(pattern, path)


def test_a_hostile_glob_takes_no_time() -> None:
    assert not matches("a" * 255 + "/" + "/".join("a" * 60), "/".join(["**", "*a" * 60] * 20) + "/b")
