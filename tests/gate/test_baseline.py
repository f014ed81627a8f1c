"""Baselines in a file: who writes them, what they hold, what a check makes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gate.projects import MULTIPLIES, PARAMS, SMALL, Cli, spec, write

FILE = "costcalc-baseline.json"


def conv(channels: int) -> str:
    """A spec of 9·64·channels multiplies and 9·channels params."""
    return f"input: 8x8x1\nlayers:\n  - {{type: conv, out_channels: {channels}, kernel_size: 3}}\n"


def edit(change: Callable[[Any], None]) -> None:
    data = json.loads(Path(FILE).read_text())
    change(data)
    write(FILE, json.dumps(data))


def test_the_file_is_sorted_whole_and_the_same_each_time(cli: Cli) -> None:
    spec("nets/b.yaml")
    spec("a.yaml")
    result = cli("baseline", "update")
    assert (result.code, result.out) == (0, "")
    assert result.err == f"wrote 2 specs to {FILE}; commit it\n"
    layer = (
        '        {"name": "conv_1", "type": "conv", "input": "8x8x1", "output": "8x8x1", '
        '"multiplies": 576, "params": 10, "activations": 64, "peak_memory": 512, "weight_memory": 40}\n'
    )
    entry = (
        f': {{\n      "multiplies": 576,\n      "params": 10,\n      "activations": 64,\n'
        '      "peak_memory": 512,\n      "weight_memory": 40,\n      "limits": [],\n'
        f'      "layers": [\n{layer}      ]\n    }}'
    )
    expected = (
        '{\n  "schema_version": 1,\n  "convention": "multiplies 1",\n  "specs": {\n'
        f'    "a.yaml"{entry},\n    "nets/b.yaml"{entry}\n  }}\n}}\n'
    )
    assert Path(FILE).read_text() == expected
    cli("baseline", "update")
    assert Path(FILE).read_text() == expected
    assert sorted(path.name for path in Path().iterdir()) == ["a.yaml", FILE, "nets"]


@pytest.mark.parametrize(
    ("budget", "channels", "code", "said"),
    [
        ("{regression: {multiplies: 0%}}", 100, 0, "ok       a.yaml"),
        (
            "{regression: {multiplies: 0%}}",
            101,
            1,
            "58,176 of 57,600 (the baseline's 57,600 + 0%), 576 too many",
        ),
        ("{regression: {multiplies: 1%}}", 101, 0, "multiplies +1.0% since costcalc-baseline.json"),
        (
            "{regression: {multiplies: 1%}}",
            102,
            1,
            "58,752 of 58,176 (the baseline's 57,600 + 1%), 576 too many",
        ),
        ("{regression: {multiplies: {max_increase: 0%, and_at_least: 577}}}", 101, 0, "ok"),
        (
            "{regression: {multiplies: {max_increase: 0%, and_at_least: 576}}}",
            101,
            1,
            "+ 0%, or less than + 576), 1 too many",
        ),
        ("{regression: {params: 0%}}", 99, 0, "params -1.0% since"),
    ],
)
def test_regressions(cli: Cli, budget: str, channels: int, code: int, said: str) -> None:
    spec("a.yaml", text=conv(100))
    cli("baseline", "update")
    spec("a.yaml", budget, text=conv(channels))
    result = cli("check")
    assert (result.code, said in result.out) == (code, True), result.out


def test_a_failure_says_what_changed(cli: Cli) -> None:
    spec("a.yaml", text=conv(100))
    cli("baseline", "update")
    spec(
        "a.yaml",
        "{regression: {multiplies: 1%}}",
        text=conv(200) + "  - {type: conv, out_channels: 1, kernel_size: 1}\n",
    )
    assert cli("check").out.splitlines()[1:7] == [
        "  a.yaml:5:35: over budget: regression.multiplies 128,000 of 58,176 (the baseline's 57,600 + 1%), "
        "69,824 too many",
        "    heaviest layers: conv_1 115k (90.0%), conv_2 12.8k (10.0%)",
        "    since costcalc-baseline.json: +70.4k (57.6k → 128k)",
        "      ~ conv_1: output 8x8x100 → 8x8x200: +57.6k (57.6k → 115k)",
        "      + conv_2: conv to 8x8x1: +12.8k",
        "",
    ]


def test_new_and_removed_specs_are_neither_gains_nor_losses(cli: Cli) -> None:
    spec("old.yaml")
    cli("baseline", "update")
    Path("old.yaml").unlink()
    spec("new.yaml", "{regression: {params: 0%}}", text=conv(500))
    assert cli("check", "--ratchet").code == 2
    result = cli("check", "--ratchet", "--allow-new")
    assert result.code == 0
    assert "ok       new.yaml: new since costcalc-baseline.json" in result.out
    assert "removed  old.yaml, which costcalc-baseline.json has\n" in result.out
    assert "%" not in result.out
    assert "removed" not in cli("check", "new.yaml", "--allow-new").out
    facts = json.loads(cli("check", "-f", "json", "--allow-new").out)
    assert facts["specs"][0]["baseline"] == {"name": FILE, "state": "new"}
    assert facts["summary"]["removed"] == ["old.yaml"]


def test_an_update_of_some_keeps_the_others_and_one_of_all_drops_what_is_gone(cli: Cli) -> None:
    for name in ("a", "b"):
        spec(f"{name}.yaml")
    cli("baseline", "update")
    spec("a.yaml", text=conv(3))
    spec("b.yaml", text=conv(3))
    cli("baseline", "update", "a.yaml")
    entries = json.loads(Path(FILE).read_text())["specs"]
    assert [entries[name]["params"] for name in ("a.yaml", "b.yaml")] == [27, PARAMS]
    Path("a.yaml").unlink()
    cli("baseline", "update")
    assert list(json.loads(Path(FILE).read_text())["specs"]) == ["b.yaml"]


def test_only_update_writes_and_not_under_ci(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    spec("a.yaml", "{params: 10}")
    cli("check")
    assert not Path(FILE).exists()
    for value in ("true", "1", "woodpecker"):
        monkeypatch.setenv("CI", value)
        result = cli("baseline", "update")
        assert result.code == 2
        assert result.err == (
            "error: a baseline is not updated under CI\n  = run it here and commit the file, or say --force\n"
        )
        assert not Path(FILE).exists()
    assert cli("baseline", "update", "--force").code == 0
    for value in ("", "false", "0"):
        monkeypatch.setenv("CI", value)
        assert cli("baseline", "update").code == 0


def test_a_broken_spec_leaves_the_file_as_it_was(cli: Cli) -> None:
    spec("a.yaml")
    cli("baseline", "update")
    before = Path(FILE).read_text()
    spec("a.yaml", text=conv(3))
    write("b.yaml", "layers: [\n")
    result = cli("baseline", "update")
    assert result.code == 2
    assert "b.yaml:1:9" in result.err
    assert result.err.endswith(f"{FILE}: not written\n")
    assert Path(FILE).read_text() == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(schema_version=2), "schema_version is 2, and this costcalc reads 1"),
        (lambda d: d.update(schema_version=True), "schema_version is true, and this costcalc reads 1"),
        (lambda d: d.update(convention="multiplies 2"), 'convention is "multiplies 2"'),
        (lambda d: d.pop("specs"), "not a baseline"),
        (
            lambda d: d["specs"]["a.yaml"].update(params=11),
            '"a.yaml": its layers do not add up to its params',
        ),
        (lambda d: d["specs"]["a.yaml"].pop("layers"), '"a.yaml" has no layers'),
        (
            lambda d: d["specs"]["a.yaml"]["layers"][0].pop("name"),
            "a layer has activations, input, multiplies, name",
        ),
        (lambda d: d["specs"]["a.yaml"]["layers"][0].update(params=1.0), "params of a layer is 1.0"),
        (lambda d: d["specs"]["a.yaml"]["layers"][0].update(params=-1), "params of a layer is -1"),
    ],
)
def test_a_file_that_is_not_ours_is_an_error_with_the_remedy(
    cli: Cli, change: Callable[[Any], None], said: str
) -> None:
    spec("a.yaml", "{regression: {params: 0%}}")
    cli("baseline", "update")
    edit(change)
    result = cli("check")
    assert result.code == 2
    assert said in result.err
    assert "costcalc baseline update writes it anew" in result.err


@pytest.mark.parametrize(
    "text",
    [
        "<<<<<<< ours\n{}\n",
        "[" * 100_000,
        '{"schema_version": ' + "9" * 5000 + "}",
        '{"specs": {}, "specs": {}}',
        "",
        "null",
    ],
    ids=["conflict", "deep", "long", "twice", "empty", "null"],
)
def test_a_file_that_is_no_json_of_ours(cli: Cli, text: str) -> None:
    spec("a.yaml", "{params: 10}")
    write(FILE, text)
    result = cli("check")
    assert result.code == 2
    assert f"error: {FILE}" in result.err
    assert "costcalc baseline update writes it anew" in result.err


def test_the_default_file_lies_beside_the_config(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    write("costcalc.yaml", "specs: [nets/*.yaml]\nbudget: {regression: {params: 0%}}\n")
    spec("nets/a.yaml")
    monkeypatch.chdir("nets")
    assert cli("baseline", "update").err == f"wrote 1 spec to ../{FILE}; commit it\n"
    assert list(json.loads(Path(f"../{FILE}").read_text())["specs"]) == ["nets/a.yaml"]
    assert cli("check").code == 0
    spec("a.yaml", text=conv(4))
    assert cli("check").code == 1


def test_the_configured_file(cli: Cli) -> None:
    write("costcalc.yaml", "baseline: ci/costs.json\nbudget: {regression: {params: 0%}}\n")
    spec("a.yaml")
    assert cli("check").code == 2
    Path("ci").mkdir()
    assert cli("baseline", "update").code == 0
    assert list(json.loads(Path("ci/costs.json").read_text())["specs"]) == ["../a.yaml"]
    assert cli("check").code == 0
    assert cli("check", "--baseline", "ci/costs.json").code == 0
    assert cli("baseline", "update", "--baseline", "git:HEAD").code == 2


@pytest.mark.parametrize(
    ("limits", "channels", "code"),
    [
        ("{params: 1000}", 100, 0),
        ("{params: 1000}", 99, 0),
        ("{params: 1000}", 98, 1),
        ("{params: 882, multiplies: 56448}", 98, 0),
    ],
    ids=["equal", "one percent under", "more", "more, and the budget keeps it"],
)
def test_a_ratchet_keeps_gains(cli: Cli, limits: str, channels: int, code: int) -> None:
    spec("a.yaml", text=conv(100))
    cli("baseline", "update")
    spec("a.yaml", limits, text=conv(channels))
    result = cli("check", "--ratchet")
    assert result.code == code
    if code:
        assert (
            "well under its baseline: ratchet.params 882 of at least 891 (the baseline's 900 - 1%), 9 too few"
            in result.out
        )
        assert "next: keep the gain: lower the budget, or run costcalc baseline update" in result.out
    assert cli("check").code == 0


def test_the_numbers_of_the_small_spec(cli: Cli) -> None:
    write("a.yaml", SMALL)
    totals = json.loads(cli("check", "--max-params", "10", "-f", "json").out)["specs"][0]["totals"]
    written = totals["written"]
    assert (written["multiplies"], written["params"]) == (MULTIPLIES, PARAMS)
