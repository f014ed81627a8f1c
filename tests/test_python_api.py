"""What Python users meet: names, short words for long objects, plain data, checks, errors, pickles, types."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import costcalc
from costcalc.metrics import plain_number
from costcalc.reading.zoo import zoo_names

SPEC: dict[str, Any] = {
    "name": "Two",
    "input": "8x8x3",
    "layers": [
        {"type": "conv", "out_channels": 4, "kernel_size": 3},
        {"type": "conv", "out_channels": 8, "kernel_size": 3},
    ],
}
CONV_1, CONV_2 = 9 * 3 * 4 * 64, 9 * 4 * 8 * 64

SCRIPT = """
from pathlib import Path

import costcalc

network: costcalc.Network = costcalc.load(Path("net.yaml"), width_multiplier="0.5")
analysis: costcalc.Analysis = costcalc.analyze(network)
multiplies: int = analysis.written["multiplies"]
rows: list[dict[str, object]] = analysis.records()
names: list[str] = [layer.name for layer in analysis.layers]
found: costcalc.Check = costcalc.check(network, {"multiplies": "600M"})
passed: bool = found.passed
costcalc.assert_within("zoo:mobilenet_v1", {"params": 4_300_000})
try:
    costcalc.loads("input: 8x8x3")
except costcalc.SpecError as error:
    messages: list[str] = [problem.message for problem in error.problems]
"""


def network() -> costcalc.Network:
    return costcalc.load(SPEC)


def test_the_public_names_are_shown_and_there() -> None:
    assert dir(costcalc) == sorted([*costcalc.__all__, "__version__"])
    assert all(getattr(costcalc, name) for name in costcalc.__all__)


def test_a_repr_is_short() -> None:
    analysis = costcalc.analyze(network())
    assert repr(network()) == "Network('Two', 8x8x3 → 8x8x8, 2 layers)"
    assert repr(analysis) == f"Analysis({network()!r}, multiplies=25,344, params=396)"
    assert repr(analysis.written) == "Cost(multiplies=25,344, params=396)"
    assert repr(analysis.layers[0]) == "LayerCost('conv_1', conv, 8x8x4, multiplies=6,912, params=108)"


def test_a_spec_is_loaded_from_wherever_it_is(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("{name: Two, input: 8x8x3, layers: [" + "{type: conv, out_channels: 4, kernel_size: 3}]}")
    assert costcalc.analyze(costcalc.load(path)).written.multiplies == CONV_1
    assert costcalc.load(path) == costcalc.load(str(path))
    assert costcalc.load("zoo:mobilenet_v1").name == "MobileNet V1"


def test_mistakes_in_a_dict_are_told_as_those_in_a_file() -> None:
    with pytest.raises(costcalc.SpecError, match=r'unknown field "strides" .* did you mean "stride"'):
        costcalc.load({**SPEC, "layers": [{**SPEC["layers"][0], "strides": 2}]})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: costcalc.load(3), "load takes a path, zoo:NAME, or a spec as a dict, not int"),  # type: ignore[arg-type]
        (lambda: costcalc.load({"input": {1, 2}}), "a spec is dicts, lists, strings and numbers"),
        (lambda: costcalc.loads(b""), "loads takes the text of a spec, not bytes"),  # type: ignore[arg-type]
        (lambda: costcalc.analyze("net.yaml"), "analyze takes a Network, .*, not str"),  # type: ignore[arg-type]
        (lambda: costcalc.check(3, {}), "check takes a Network, an Analysis or a path, not int"),  # type: ignore[arg-type]
        (lambda: costcalc.check(network(), "600M"), "a budget is a dict, .*, not str"),  # type: ignore[arg-type]
        (
            lambda: costcalc.check(network(), {"params": {1}}),
            "a budget is made of dicts, strings and numbers",
        ),
    ],
)
def test_a_wrong_type_is_told_in_a_sentence(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()


def test_plain_data_has_the_exact_numbers() -> None:
    analysis = costcalc.analyze(network())
    document = analysis.to_dict()
    assert document["totals"]["written"]["multiplies"] == CONV_1 + CONV_2
    assert [layer["written"]["multiplies"] for layer in document["layers"]] == [CONV_1, CONV_2]
    assert document["layers"][1]["theory"] == Fraction(1, 8) + Fraction(1, 9)
    first = analysis.records()[0]
    assert first["name"] == "conv_1"
    assert first["standard_multiplies"] == first["multiplies"] == CONV_1
    assert first["separable_multiplies"] == 64 * (9 * 3 + 3 * 4)
    assert analysis.written.to_dict()["params"] == 9 * 3 * 4 + 9 * 4 * 8


def test_records_sum_to_the_totals_of_a_published_network() -> None:
    analysis = costcalc.analyze(costcalc.load("zoo:mobilenet_v2"))
    records = analysis.records()
    assert sum(record["multiplies"] for record in records) == analysis.written.multiplies
    assert sum(record["separable_params"] for record in records) == analysis.separable.params


def test_a_notebook_gets_a_table_in_which_names_are_no_markup() -> None:
    hostile = {**SPEC, "name": "<script>", "layers": [{**SPEC["layers"][0], "name": "<b>"}]}
    html = costcalc.analyze(costcalc.load(hostile))._repr_html_()
    assert "&lt;script&gt;" in html
    assert "<td>&lt;b&gt;</td>" in html
    assert f"<td>{CONV_1:,}</td>" in html


def test_a_check_holds_exactly_and_equal_passes() -> None:
    assert costcalc.check(network(), {"multiplies": 25_344})
    over = costcalc.check(network(), {"multiplies": 25_343})
    assert not over.passed
    assert repr(over) == "Check(over budget: multiplies 25,344 of 25,343 (100.0%), 1 too many)"
    with pytest.raises(AssertionError, match=r"over budget: multiplies 25,344 of 25,343"):
        costcalc.assert_within(network(), {"multiplies": 25_343})
    costcalc.assert_within(network(), {"multiplies": "26k", "layers": {"conv_*": {"params": 288}}})


def test_a_budget_given_only_tightens_that_of_the_spec() -> None:
    spec = costcalc.load({**SPEC, "budget": {"params": 300}})
    assert not costcalc.check(spec)
    assert not costcalc.check(spec, {"params": "1M"})


def test_python_gives_the_verdicts_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    from costcalc.cli import run

    assert run(["check", "zoo:mobilenet_v1", "--max-multiplies", "500M"]) == 1
    printed = capsys.readouterr().out
    found = costcalc.check("zoo:mobilenet_v1", {"multiplies": "500M"})
    said = [line for line in str(found).splitlines() if line.startswith("over")]
    assert said
    assert all(line.removeprefix("over budget: ") in printed for line in said)


def test_what_cannot_be_checked_does_not_pass() -> None:
    with pytest.raises(costcalc.CostcalcError, match="no limit to check"):
        costcalc.check(network())
    with pytest.raises(costcalc.SpecError, match="matches no layer"):
        costcalc.check(network(), {"layers": {"dense*": {"params": 1}}})
    with pytest.raises(costcalc.CostcalcError, match="needs a baseline"):
        costcalc.check(network(), {"regression": {"multiplies": "1%"}})
    with pytest.raises(costcalc.SpecError, match="multiplys"):
        costcalc.check(network(), {"multiplys": 1})


@pytest.mark.parametrize("name", sorted(zoo_names()))
def test_what_is_computed_pickles(name: str) -> None:
    analysis = costcalc.analyze(costcalc.load(f"zoo:{name}"))
    again = pickle.loads(pickle.dumps(analysis))
    assert again.to_dict() == analysis.to_dict()
    assert pickle.loads(pickle.dumps(analysis.layers[0])).separable == analysis.layers[0].separable


def test_a_check_pickles_with_its_verdicts() -> None:
    found = costcalc.check("zoo:mobilenet_v1", {"multiplies": "500M"})
    again = pickle.loads(pickle.dumps(found))
    assert repr(again) == repr(found)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width_multiplier": "x"}, 'width_multiplier must be a number, not "x"'),
        (
            {"resolution": "x"},
            'resolution must be a size such as 192 or 192x160, or a multiplier such as 0.714, not "x"',
        ),
    ],
)
def test_what_an_argument_must_be_is_said_with_its_name(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        costcalc.load("zoo:lenet5", **arguments)


def test_a_check_of_a_file_keeps_its_places_in_a_pickle(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    budget = "{params: 9, layers: {'conv_*': {params: 8}}}"
    layer = "{type: conv, out_channels: 4, kernel_size: 3}"
    spec.write_text(f"input: 8x8x3\nlayers: [{layer}]\nbudget: {budget}\n", encoding="utf-8")
    found = costcalc.check(spec)
    again = pickle.loads(pickle.dumps(found))
    assert str(again) == str(found)
    assert f"{spec}:3:18: over budget: params 108 of 9" in str(again)
    places = [(verdict.rule.location, verdict.rule.glob_location) for verdict in found.verdicts]
    assert [(verdict.rule.location, verdict.rule.glob_location) for verdict in again.verdicts] == places


def test_a_module_is_gated_in_its_own_tests() -> None:
    torch = pytest.importorskip("torch", reason="the extra torch")
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, padding=1, bias=False))
    costcalc.assert_within(costcalc.from_torch(net, "8x8x3"), {"multiplies": CONV_1})
    assert not costcalc.check(costcalc.from_torch(net, "8x8x3"), {"multiplies": CONV_1 - 1})


def test_a_users_script_is_typed(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="a tool of the dev extra")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(script)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "Success: no issues found in 1 source file")


def test_arguments_of_metrics_are_the_words_of_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    from costcalc.cli import run

    words = {"dtype": "int8", "planner": "in_place", "device": "edge_tpu"}
    analysis = costcalc.analyze(costcalc.load("zoo:mobilenet_v2"))
    given = analysis.given(dtype="int8", planner="in_place", device="rtx4090", convention="fvcore", batch=4)
    assert given.written["peak_memory"] == 1_404_928
    assert given.written["operations"] == 314_193_216
    options = [f"--{name}={word}" for name, word in words.items()]
    assert run(["analyze", "zoo:mobilenet_v2", "-f", "json", *options]) == 0
    totals = json.loads(capsys.readouterr().out)["totals"]["written"]
    here = analysis.given(**words).written
    assert {name: plain_number(here[name]) for name in totals} == totals
    for mixed in ("weights=int4,activations=int8", {"weights": "int4", "activations": "int8"}):
        assert analysis.given(dtype=mixed).written["weight_memory"] == 1_807_104


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"dtpe": "int8"}, TypeError, 'no metric takes "dtpe"; did you mean "dtype"?'),
        (
            {"dtype": "int9"},
            ValueError,
            'dtype must be float32, float16, .*, not "int9"; did you mean "int8"?',
        ),
        ({"dtype": {"weigths": "int8"}}, ValueError, 'not of "weigths"; did you mean "weights"?'),
        ({"dtype": 8}, TypeError, "dtype takes a word, not int"),
        ({"planner": "liv"}, costcalc.CostcalcError, 'no planner "liv"; did you mean "live"?'),
        ({"device": "rtx490"}, costcalc.CostcalcError, 'no device "rtx490"; did you mean "rtx4090"?'),
        ({"convention": "fvcor"}, costcalc.CostcalcError, 'no convention "fvcor"; did you mean "fvcore"?'),
        ({"batch": 0}, ValueError, "batch must be a whole number from 1, not 0"),
        ({"batch": "4"}, ValueError, 'batch must be a whole number from 1, not "4"'),
    ],
)
def test_an_argument_that_is_none_is_told(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message.replace("?", r"\?")):
        costcalc.analyze(network()).given(**arguments)
