"""``costcalc conventions`` and ``analyze --convention``: every number is stamped, in each format."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from costcalc.cli import run
from costcalc.conventions import CONVENTIONS, convention

THOP = convention("thop")
STAMP = {"name": "thop", "version": THOP.version, "unit": THOP.unit}
MOBILENET = {
    "written": {"multiplies": 568_740_352, "params": 4_231_976},
    "standard": {"multiplies": 4_867_293_184, "params": 29_294_088},
}


def out(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run(words) == 0
    found, err = capsys.readouterr()
    assert err == ""
    return found


@pytest.mark.parametrize("format", ["table", "markdown"])
def test_all_are_listed_with_version_and_unit(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "conventions", "-f", format)
    for rule in map(convention, CONVENTIONS):
        assert rule.name in text
        assert rule.version in text
        assert rule.unit in text


def test_all_are_listed_with_what_they_make_of_a_network(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(out(capsys, "conventions", "--spec", "zoo:mobilenet_v1", "-f", "json"))
    assert found["network"] == "MobileNet V1"
    operations = {rule["name"]: (rule["operations"], rule["parameters"]) for rule in found["conventions"]}
    assert list(operations) == list(CONVENTIONS)
    assert operations["thop"] == (588_962_304, 4_231_976)
    assert operations["keras"] == (568_740_352, 4_253_864)
    made_of = {rule["name"]: rule["made_of"] for rule in found["conventions"]}
    assert made_of["calflops"] == (
        "2 × multiplies + 10,085,376 (batch_norm) + 5,042,688 (relu) + 50,176 (global_avg_pool)"
    )
    text = out(capsys, "conventions", "--spec", "zoo:mobilenet_v1")
    (line,) = [line for line in text.splitlines() if line.startswith("thop ")]
    assert line.split("  ")[0] == "thop"
    assert line.split()[1:4] == ["588,962,304", "4,231,976", "MACs,"]


@pytest.mark.parametrize("name", CONVENTIONS)
def test_one_in_full_sums_to_what_it_makes_of_a_network(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = json.loads(
        out(capsys, "conventions", name, "--spec", "zoo:lraspp_mobilenet_v3_large", "-f", "json")
    )
    text = out(capsys, "conventions", name, "--spec", "zoo:lraspp_mobilenet_v3_large")
    for metric in ("operations", "parameters"):
        table = text.partition(f"{metric} of ")[2].partition("\n\n")[0].splitlines()[3:]
        assert table[-1].split() == ["total", f"{whole['convention'][metric]:,}"]
        weighed = [line[line.index(line.split()[-1]) :] for line in table[:-2]]
        assert len(weighed) == len(table) - 2


def test_one_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "conventions", "fvcore")
    for part in (
        "convention fvcore 0.1.5.post20221221",
        "operations: flops, 1 per multiply-add",
        "source: fvcore.nn.FlopCountAnalysis(model, inputs).total()",
        "versions: 0.1.5",
        "all others              1  multiplies",
        "layer_norm              4  inputs",
        "what counts nothing\nchannel_shuffle, concat, depth_to_space, dropout, embedding, flatten, fold, gather, ",
        "what the tool does not know\nadd, avg_pool, compare, divide, elementwise, elu, ",
        "in training mode a batch norm is 5 an element, not 2",
        "zoo:mnasnet1_0             -62,720          +0  its mean over positions is Tensor.mean",
    ):
        assert part in text
    whole = json.loads(out(capsys, "conventions", "fvcore", "-f", "json"))["convention"]
    assert whole["weights"]["operations"]["layer_norm"] == {"inputs": 4, "affine_inputs": 1}
    assert "relu" in whole["ignores"]
    assert "add" in whole["unknown_to_tool"]
    assert whole["differences"][0]["operations"] == -62_720


def test_one_of_the_users_own_in_full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(
        'name: "[red]ours\\e[0m"\nunit: "##[error]x"\noperations: {conv: {multiplies: 2}}\nignores: "*"\n'
    )
    text = out(capsys, "conventions", str(path))
    assert "what counts nothing\nall others\n" in text
    assert "convention [red]ours\\x1b[0m 1" in text
    assert "operations: ##\\[error]x" in text
    text = out(capsys, "analyze", "zoo:lenet5", "--convention", str(path), "-f", "markdown")
    assert "\\[red\\]ours\\\\x1b\\[0m 1" in text
    text = out(capsys, "analyze", "zoo:lenet5", "--full", "--convention", str(path))
    assert "operations by [red]ours\\x1b[0m 1 (##\\[error]x)" in text


@pytest.mark.parametrize(("words", "code"), [(["thpo"], 2), (["--spec", "zoo:nothing"], 2), (["my.yaml"], 2)])
def test_what_is_not_there(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conventions", *words]) == code
    assert capsys.readouterr().out == ""


# analyze --convention


def test_json_is_stamped_and_ours_stays(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(
        out(capsys, "analyze", "zoo:mobilenet_v1", "--convention", "thop", "-f", "json", "--expand")
    )
    assert found["convention"] == STAMP
    written = {**MOBILENET["written"], "operations": 588_962_304, "parameters": 4_231_976}
    memory = {"activations", "peak_memory", "weight_memory"}
    ours = {
        version: {metric: total for metric, total in totals.items() if metric not in memory}
        for version, totals in found["totals"].items()
    }
    assert ours["written"] == written
    assert ours["standard"] == {
        **MOBILENET["standard"],
        "operations": 4_879_788_032,
        "parameters": 29_294_088,
    }
    for version in ("written", "standard", "separable"):
        for metric, total in ours[version].items():
            assert sum(layer[version][metric] for layer in found["layers"]) == total
            nodes = [node[version] for layer in found["layers"] for node in layer["nodes"] if node[version]]
            assert sum(node[metric] for node in nodes) == total
    assert [verdict["value"] for verdict in found["budget"]] == [568_740_352, 4_231_976]


def test_csv_is_stamped(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "analyze", "zoo:mobilenet_v1", "--convention", "thop", "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {(row["convention"], row["unit"]) for row in rows} == {(THOP.stamp, THOP.unit)}
    assert sum(int(row["written_operations"]) for row in rows) == 588_962_304
    assert sum(int(row["written_multiplies"]) for row in rows) == 568_740_352


def test_openmetrics_are_stamped(capsys: pytest.CaptureFixture[str]) -> None:
    labels = f'version="written",convention="thop",convention_version="{THOP.version}",unit="{THOP.unit}"'
    text = out(capsys, "analyze", "zoo:mobilenet_v1", "--convention", "thop", "-f", "openmetrics")
    assert f'costcalc_operations{{spec="zoo:mobilenet_v1",{labels}}} 588962304\n' in text
    assert "costcalc_operations" not in out(capsys, "analyze", "zoo:mobilenet_v1", "-f", "openmetrics")


@pytest.mark.parametrize("format", ["table", "markdown"])
def test_people_see_the_stamp(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "analyze", "zoo:mobilenet_v1", "--convention", "thop", "--exact", "-f", format)
    assert f"operations and parameters: by {THOP.stamp}, {THOP.unit}" in text
    assert "588,962,304" in text
    assert "568,740,352" in text


def test_the_reduction_stays_ours(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "analyze", "zoo:mobilenet_v1", "--convention", "thop")
    ours, _, theirs = text.partition("operations by thop")
    assert "8.56x" in ours
    assert "x  " not in theirs.partition("parameters by thop")[0].replace("112x112x", "")
    assert "theory" not in theirs.partition("parameters by thop")[0]


def test_our_own_convention_adds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    plain = out(capsys, "analyze", "zoo:mobilenet_v1")
    assert out(capsys, "analyze", "zoo:mobilenet_v1", "--convention", "multiplies") == plain


def test_several_networks_are_compared_under_it(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "analyze", "zoo:lenet5", "zoo:alexnet", "--convention", "flops", "--exact")
    header, _, *rows = text.partition("comparison\n")[2].splitlines()
    assert header.split()[-2:] == ["operations", "parameters"]
    assert rows[1].split()[-2:] == ["1,428,871,144", "61,100,840"]


def test_an_unknown_one_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", "zoo:lenet5", "--convention", "fvcor"]) == 2
    assert capsys.readouterr() == ("", 'error: no convention "fvcor"; did you mean "fvcore"?\n')


@pytest.mark.parametrize("spec", ["zoo:mobilenet_v1", "zoo:vit_b_16", "zoo:dcgan", "zoo:fsrcnn"])
def test_what_a_number_is_made_of_sums_to_it(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(out(capsys, "conventions", "--spec", spec, "-f", "json"))["conventions"]
    ours = found[0]["operations"]
    for rule in found:
        text = rule["made_of"].replace("2 × multiplies", f"{2 * ours}").replace("multiplies", f"{ours}")
        terms = re.sub(r" \(\w+\)", "", text).replace(",", "").replace("+ ", "+").replace("- ", "-").split()
        assert sum(map(int, terms)) == rule["operations"]
