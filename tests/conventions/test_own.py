"""A convention of the user's own: what it counts, and what is wrong with one, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from costcalc import analyze, load
from costcalc.cli import run
from costcalc.conventions import CONVENTIONS, convention
from costcalc.conventions.convention import ANY, TRAINABLE
from costcalc.errors import CostcalcError, SpecError
from costcalc.spec.named import find_convention
from costcalc.tally import Fact, Tally


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str) -> str:
    Path("my.yaml").write_text(text, encoding="utf-8")
    return "my.yaml"


def lenet() -> Tally:
    return analyze(load("zoo:lenet5")).written.tally


def test_it_weighs_what_it_says() -> None:
    path = write(
        'name: ours\nunit: steps\noperations:\n  "*": {multiplies: 3}\n  linear: {multiplies: 0, outputs: -2}\n'
        'ignores: "*"\n'
    )
    rule = find_convention(path)
    assert (rule.stamp, rule.unit) == ("ours 1", "steps")
    assert rule.operations == {(ANY, "multiplies"): 3, ("linear", "multiplies"): 0, ("linear", "outputs"): -2}
    assert rule.parameters == TRAINABLE
    # 405,600 multiplies of convolutions; the linear layers make 84 and 10
    assert rule.count_operations(lenet()) == 3 * 405_600 - 2 * 94
    assert rule.count_parameters(lenet()) == 61_706


def test_it_may_alter_another_one() -> None:
    path = write(
        "name: ours\nversion: 2.1\nunit: flops\nextends: fvcore\nsource: a talk\n"
        "operations: {batch_norm: {affine_inputs: 0}}\nparameters: {'*': {statistics: 1}}\n"
    )
    rule, base = find_convention(path), convention("fvcore")
    assert rule.operations == {**base.operations, ("batch_norm", "affine_inputs"): 0}
    assert rule.parameters == {**base.parameters, (ANY, "statistics"): 1}
    assert (rule.stamp, rule.source, rule.summary) == ("ours 2.1", "a talk", "the user's own, over fvcore")


@pytest.mark.parametrize(
    ("table", "operations", "parameters"),
    [
        ("", {}, {}),
        ("operations: {relu: {inputs: 1}}", {("relu", "inputs"): 1}, {}),
        ("parameters: {relu: {slopes: 2}}", {}, {("relu", "slopes"): 2}),
    ],
)
def test_what_it_does_not_say_is_the_other_ones(
    table: str, operations: dict[Fact, int], parameters: dict[Fact, int]
) -> None:
    rule = find_convention(write(f"name: ours\nunit: flops\nextends: fvcore\n{table}\n"))
    base = convention("fvcore")
    assert rule.operations == {**base.operations, **operations}
    assert rule.parameters == {**base.parameters, **parameters}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_those_that_come_with_costcalc_are_found_by_name(name: str) -> None:
    assert find_convention(name) is convention(name)


def test_a_kind_that_it_says_nothing_of_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    start = 'name: ours\nunit: steps\noperations: {"*": {multiplies: 3}}\n'
    rule = find_convention(write(f"{start}ignores: [tanh, avg_pool]\n"))
    with pytest.raises(CostcalcError) as caught:
        rule.count_operations(lenet())
    message = (
        'convention "ours" neither weighs nor ignores flatten: '
        "a file of your own may, under operations or ignores"
    )
    assert str(caught.value) == rule.refuses(lenet()) == message
    assert run(["analyze", "zoo:lenet5", "--convention", "my.yaml"]) == 2
    assert capsys.readouterr().err == f"error: {message}\n"
    for more in (
        "ignores: [tanh, avg_pool, flatten]",
        "ignores: [tanh, avg_pool]\nunknown_to_tool: [flatten]",
    ):
        rule = find_convention(write(f"{start}{more}\n"))
        assert rule.refuses(lenet()) is None
        assert rule.count_operations(lenet()) == 3 * 416_520


def test_it_ignores_what_the_other_one_ignores_and_more() -> None:
    path = write("name: ours\nunit: flops\nextends: fvcore\nignores: [sigmoid]\nunknown_to_tool: [mish]\n")
    rule, base = find_convention(path), convention("fvcore")
    assert rule.ignores == base.ignores | {"sigmoid"}
    assert rule.unknown_to_tool == base.unknown_to_tool | {"mish"}


WRONG = [
    (
        'name: a\nunit: b\noperations: {"*": {inputs: 1}}\n',
        'my.yaml:3:20: error: "*" weighs multiplies and tensors: give "inputs" its weight kind by kind',
    ),
    (
        "name: a\nunit: b\noperations: {}\nignores: relu\n",
        'my.yaml:4:10: error: ignores of the convention must be a list of kinds, or "*" for all that are not weighed, '
        'not "relu"',
    ),
    (
        'name: a\nunit: b\noperations: {}\nunknown_to_tool: "*"\n',
        'my.yaml:4:18: error: unknown_to_tool of the convention must be a list of kinds, not "*"',
    ),
    (
        "name: a\nunit: b\noperations: {}\nignores: [relu, rleu, 3, residual]\n",
        'my.yaml:4:17: error: unknown kind of layer "rleu"; did you mean "relu"?',
    ),
    ("", "my.yaml:1:1: error: the convention is empty"),
    (
        "[1]",
        "my.yaml:1:1: error: the convention must be a mapping with name, unit and operations, not a list",
    ),
    (
        "name: a\nunit: b\n",
        "my.yaml:1:1: error: the convention needs operations, or extends with the name of another",
    ),
    ("unit: b\noperations: {}\n", "my.yaml:1:1: error: the convention needs name"),
    (
        "name: thop\nunit: b\noperations: {}\n",
        'my.yaml:1:7: error: name of the convention is that of one that comes with costcalc: "thop"',
    ),
    (
        "name: a\nunit: b\nextends: fvcor\n",
        'my.yaml:3:10: error: extends of the convention names no convention: "fvcor"; did you mean "fvcore"?',
    ),
    (
        "name: a\nunit: b\nopertions: {}\noperations: {}\n",
        'my.yaml:3:1: error: unknown field "opertions" of the convention',
    ),
    ("name: a\nunit: 3\noperations: {}\n", "my.yaml:2:7: error: unit of the convention must be text, not 3"),
    (
        "name: a\nunit: b\nversion: [1]\noperations: {}\n",
        "my.yaml:3:10: error: version of the convention must be a number or text, not a list",
    ),
    (
        "name: a\nunit: b\noperations: 3\n",
        "my.yaml:3:13: error: operations of the convention must be a mapping of kinds of layers, not 3",
    ),
    (
        "name: a\nunit: b\noperations: {conv: 3}\n",
        'my.yaml:3:20: error: "conv" in operations must be a mapping of quantities, not 3',
    ),
    (
        "name: a\nunit: b\noperations: {cnov: {outputs: 1}}\n",
        'my.yaml:3:14: error: unknown kind of layer "cnov"; did you mean "conv"?',
    ),
    (
        "name: a\nunit: b\noperations: {residual: {outputs: 1}}\n",
        'my.yaml:3:14: error: "residual" counts nothing itself: weigh what it expands into',
    ),
    (
        "name: a\nunit: b\noperations: {conv: {output: 1}}\n",
        'my.yaml:3:21: error: unknown quantity "output"; did you mean "outputs"?',
    ),
    (
        "name: a\nunit: b\nparameters: {conv: {weights: 0.5}}\noperations: {}\n",
        'my.yaml:3:30: error: weight of "weights" must be a whole number up to 1000000, not 0.5',
    ),
    (
        "name: a\nunit: b\noperations: {conv: {outputs: true}}\n",
        'my.yaml:3:30: error: weight of "outputs" must be a whole number up to 1000000, not true',
    ),
    (
        "name: a\nunit: b\noperations: {conv: {outputs: 1000001}}\n",
        'my.yaml:3:30: error: weight of "outputs" must be a whole number up to 1000000, not 1000001',
    ),
    ("name: a\nunit: b\noperations: {*: {outputs: 1}}\n", "my.yaml:3:14: error: "),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_what_is_wrong_has_its_place(text: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SpecError) as caught:
        find_convention(write(text))
    assert str(caught.value.problems[0]).startswith(message)
    assert run(["analyze", "zoo:lenet5", "--convention", "my.yaml"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.splitlines()[0].startswith(message)) == ("", True)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        find_convention(write("name: thop\noperations: {cnov: {output: 1}}\nextends: x\n"))
    assert len(caught.value.problems) >= 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fvcor", 'no convention "fvcor"; did you mean "fvcore"?'),
        ("nothing like it", 'no convention "nothing like it"; costcalc conventions lists what there is'),
        ("not_there.yaml", "not_there.yaml: cannot be read: no such file or directory"),
    ],
)
def test_what_is_not_there(name: str, message: str) -> None:
    with pytest.raises(CostcalcError) as caught:
        find_convention(name)
    assert str(caught.value) == message
