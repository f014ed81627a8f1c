"""Conventions against what the tools themselves print, on exact integers.

`reference/peers.json` holds what they print for whole networks, `reference/peer_layers.json` for single layers.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from costcalc import Analysis, CostcalcError, analyze, conventions, kinds, load
from costcalc.conventions import CONVENTIONS, convention
from costcalc.conventions.convention import ANY, Difference
from costcalc.layers import KINDS, kind_model
from costcalc.layers.base import Primitive
from costcalc.reading.zoo import zoo_names
from costcalc.tally import QUANTITIES, Tally
from layers.table import network

REFERENCE = Path(__file__).parent.parent / "reference"
PEERS: dict[str, Any] = json.loads((REFERENCE / "peers.json").read_text(encoding="utf-8"))["networks"]
LAYERS: list[dict[str, Any]] = json.loads((REFERENCE / "peer_layers.json").read_text(encoding="utf-8"))[
    "layers"
]
TOOLS = ("fvcore", "thop", "torchinfo", "flop-counter", "ptflops", "ptflops-aten", "calflops")

#: MobileNet V1 as conv-BN-ReLU with a global average pool and a biased linear layer, and its standard twin.
MOBILENET = {
    "multiplies": (568_740_352, 4_867_293_184),
    "weights": (568_740_352, 4_867_293_184),
    "slim": (568_740_352, 4_867_293_184),
    "keras": (568_740_352, 4_867_293_184),
    "ptflops-aten": (568_741_352, 4_867_294_184),
    "torchinfo": (568_763_240, 4_867_306_152),
    "fvcore": (578_875_904, 4_873_565_184),
    "thop": (588_962_304, 4_879_788_032),
    "ptflops": (589_012_456, 4_879_838_184),
    "flop-counter": (1_137_480_704, 9_734_586_368),
    "flops": (1_137_481_704, 9_734_587_368),
    "calflops": (1_152_658_944, 9_743_969_280),
    # by hand: the multiplies, 1,024,000 more in the linear layer, 2 · 5,042,688 (3,110,912) for the norms,
    # 50,176 + 1,024 for the pool
    "thop-0.0.31": (579_900_928, 4_874_590_208),
    # by hand: the multiplies, 3 · 5,042,688 (3,110,912) for the norms and relus, 50,176 for the pool
    "ptflops-0.6": (583_918_592, 4_876_676_096),
}
#: Weights of conv and linear; TF-slim's three numbers a channel of a norm; with norm statistics.
PARAMETERS = {"weights": 4_209_088, "slim": 4_242_920, "keras": 4_253_864}


@cache
def analysis(name: str) -> Analysis:
    return analyze(load(f"zoo:{name}"))


def differences(name: str, of: str) -> Iterator[Difference]:
    return (found for found in convention(name).differences if found.network == of)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_mobilenet_v1_and_its_standard_twin(name: str) -> None:
    mobilenet, rule = analysis("mobilenet_v1"), convention(name)
    tallies = mobilenet.written.tally, mobilenet.standard.tally
    assert tuple(map(rule.count_operations, tallies)) == MOBILENET[name]
    assert rule.count_parameters(tallies[0]) == PARAMETERS.get(name, 4_231_976)


def test_every_network_that_the_tools_were_run_on_is_in_the_zoo() -> None:
    assert set(PEERS) <= set(zoo_names())


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("of", PEERS)
def test_a_tools_operations(of: str, name: str) -> None:
    ours = convention(name).count_operations(analysis(of).written.tally)
    assert ours + sum(found.operations for found in differences(name, of)) == PEERS[of][name]


@pytest.mark.parametrize("name", ["thop", "torchinfo", "ptflops", "ptflops-aten", "calflops"])
@pytest.mark.parametrize("of", PEERS)
def test_a_tools_parameters(of: str, name: str) -> None:
    ours = convention(name).count_parameters(analysis(of).written.tally)
    assert ours + sum(found.parameters for found in differences(name, of)) == PEERS[of]["parameters"][name]


@pytest.mark.parametrize("name", TOOLS)
def test_no_difference_is_listed_in_vain(name: str) -> None:
    listed = [found.network for found in convention(name).differences]
    assert len(listed) == len(set(listed))
    assert set(listed) <= set(PEERS)
    assert all(found.operations or found.parameters for found in convention(name).differences)


@pytest.mark.parametrize("row", LAYERS, ids=lambda row: f"{row['layer']} on {row['input']}")
def test_a_single_layer(row: dict[str, Any]) -> None:
    tally = Tally.total(node.tally for node in network(row["layer"], row["input"]).nodes)
    counted = {name: convention(name).count_operations(tally) for name in TOOLS if name in row}
    assert counted == {name: row[name] for name in counted}


def test_the_single_layers_are_of_every_kind_that_a_tool_may_count() -> None:
    measured = {node.layer.type for row in LAYERS for node in network(row["layer"], row["input"]).nodes}
    weighed = {kind for name in TOOLS for kind, _ in convention(name).operations} - {ANY}
    assert weighed <= measured


def test_thop_and_ptflops_of_early_2020_on_mobilenet_v2_as_their_users_reported_it() -> None:
    """603,134,720 in single precision, and 610.1 M; torchvision's global pool was no module then."""
    tally = analyze(load("zoo:mobilenet_v2", width_multiplier="1.4")).written.tally
    seen = Tally({fact: count for fact, count in tally.facts.items() if fact[0] != "global_avg_pool"})
    assert convention("thop-0.0.31").count_operations(seen) == 603_134_672
    assert convention("ptflops-0.6").count_operations(seen) == 610_097_600


def test_shared_weights_are_parameters_once_and_operations_each_time() -> None:
    tally = analysis("siamese").written.tally
    for name in TOOLS:
        assert convention(name).count_parameters(tally) == analysis("siamese").written.params
    # as if each branch had weights of its own
    alone = Tally.total(node.layer.tally(node.input_shapes) for node in load("zoo:siamese").nodes)
    for name in CONVENTIONS:
        assert convention(name).count_operations(tally) == convention(name).count_operations(alone)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_convention_says_what_it_is(name: str) -> None:
    found = convention(name)
    assert found.name == name
    assert found.version
    assert found.unit
    assert found.summary
    assert found.source
    assert name not in TOOLS or found.versions


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_convention_weighs_facts_that_there_are(name: str) -> None:
    primitives = {kind for kind in KINDS if issubclass(kind_model(kind), Primitive)}
    for weights in (convention(name).operations, convention(name).parameters):
        assert weights
        for kind, quantity in weights:
            assert kind in primitives | {ANY}
            assert quantity in QUANTITIES


def test_layers_count_no_quantity_without_a_meaning() -> None:
    nodes = [node for row in LAYERS for node in network(row["layer"], row["input"]).nodes]
    tallies = [*(analysis(name).written.tally for name in zoo_names()), *(node.tally for node in nodes)]
    assert {quantity for tally in tallies for _, quantity in tally.facts} <= set(QUANTITIES)


#: The primitive kinds, each under which it is counted.
#: What is only ever counted as another kind.
COUNTED_AS_OTHERS = {"dynamic_conv"}
PRIMITIVES = [
    kind for kind in KINDS if issubclass(kind_model(kind), Primitive) and kind not in COUNTED_AS_OTHERS
]


@pytest.mark.parametrize("name", CONVENTIONS)
def test_every_kind_is_weighed_or_ignored_and_none_is_both(name: str) -> None:
    rule = convention(name)
    listed = rule.ignores | rule.unknown_to_tool
    assert listed <= set(PRIMITIVES)
    assert not rule.ignores & rule.unknown_to_tool
    assert not listed & {kind for kind, _ in rule.operations}
    for kind in PRIMITIVES:
        others = "multiplies" if kind in WITH_MULTIPLIES else "outputs"
        assert rule.refuses(Tally.of(kind, **{others: 1})) is None
        assert kind in WITH_MULTIPLIES or kind in listed or any(kind == of for of, _ in rule.operations)


WITH_MULTIPLIES = kinds.PRODUCTS | kinds.RECURRENT


def test_the_lists_of_kinds_hold_every_kind_once() -> None:
    groups = (kinds.ACTIVATIONS, kinds.NORMS, kinds.POOLS, kinds.MOVES, kinds.ELEMENTWISE)
    assert sum(map(len, groups)) == len(frozenset().union(*groups))
    assert {*PRIMITIVES} - WITH_MULTIPLIES == kinds.WITHOUT_MULTIPLIES
    assert not kinds.VIEWS & kinds.REARRANGING


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_kind_that_nobody_has_looked_at_is_refused_by_name(name: str) -> None:
    rule = convention(name)
    new = Tally.of("new_kind", inputs=4, outputs=4)
    with pytest.raises(CostcalcError, match=f'^convention "{name}" neither weighs nor ignores new_kind: '):
        rule.count_operations(new)
    assert rule.count_parameters(new) == 0  # it has no tensors
    # among others, and in spite of the tensors that the * of the parameters covers
    norm = analysis("mobilenet_v1").written.tally + Tally.of("new_norm", inputs=4, outputs=4, weights=2)
    assert (rule.refuses(norm) is None) == (name == "multiplies")


def test_the_multiplies_of_a_new_kind_count_wherever_those_of_all_others_do() -> None:
    new = Tally.of("new_kind", inputs=4, outputs=4, multiplies=9, weights=3)
    assert [name for name in CONVENTIONS if convention(name).refuses(new)] == ["torchinfo"]
    assert convention("flops").count_operations(new) == 18


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_convention_is_data_and_no_code(name: str) -> None:
    module = import_module(CONVENTIONS[name])
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    docstring, *statements = tree.body
    assert isinstance(docstring, ast.Expr)
    assert {type(statement) for statement in statements} <= {ast.ImportFrom, ast.Assign}
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert calls <= {"Convention", "Difference"}
    assert not any(isinstance(node, (ast.IfExp, ast.comprehension, ast.Lambda)) for node in ast.walk(tree))


def test_every_convention_has_its_line_in_the_table() -> None:
    files = {path.stem for path in Path(str(conventions.__file__)).parent.glob("[!_]*.py")}
    files -= {"convention"}
    assert {module.rpartition(".")[2] for module in CONVENTIONS.values()} == files
