"""Models within models: which call is meant, in which order values go in and come out, which layers are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from costcalc.conventions.convention import MULTIPLIES
from costcalc.errors import CostcalcError
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.dispatch import read_model
from costcalc.tally import Tally
from importers.keras_archive.configs import functional, layer, saved, sequential, start, tensor

ONE = 36  # weights of a 3×3 convolution of 2 channels to 2, without bias
CALL = 16 * ONE


def conv(name: str, *calls: Any, number: int | None = None, filters: int = 2) -> dict[str, Any]:
    made = layer("Conv2D", name, *calls, filters=filters, kernel_size=[3, 3], padding="same", use_bias=False)
    return made if number is None else {**made, "shared_object_id": number}


def model(name: str, *layers: dict[str, Any], calls: list[Any], **more: Any) -> dict[str, Any]:
    """A functional model, called."""
    nodes = layer("Functional", name, *calls)["inbound_nodes"]
    return {**functional(start(f"{name}_in", 4, 4, 2), *layers, name=name, **more), "inbound_nodes": nodes}


def counts(config: Any, folder: Path) -> tuple[int, int]:
    conversion = convert(read_model(saved(config, folder)))
    tally = Tally.total(node.tally for node in conversion.network.nodes)
    return MULTIPLIES.count_operations(tally), MULTIPLIES.count_parameters(tally)


# Which call is meant


def test_keras_3_counts_a_functional_models_calls_from_1_in_outputs_only(tmp_path: Path) -> None:
    inner = model("m", conv("c", "m_in"), calls=["in", "m"])
    net = functional(start("in", 4, 4, 2), inner, outputs=["m", 2, 0])
    assert counts(net, tmp_path) == (2 * CALL, ONE)
    both = functional(start("in", 4, 4, 2), inner, outputs=[["m", 1, 0], ["m", 2, 0]])
    assert counts(both, tmp_path) == (2 * CALL, ONE)


def test_keras_3_counts_a_sequential_models_calls_from_0(tmp_path: Path) -> None:
    inner = {
        **sequential(conv("c"), name="m", sizes=(4, 4, 2)),
        "inbound_nodes": layer("Sequential", "m", "in", "m")["inbound_nodes"],
    }
    net = functional(start("in", 4, 4, 2), inner, outputs=["m", 1, 0])
    assert counts(net, tmp_path) == (2 * CALL, ONE)


@pytest.mark.parametrize("base", [0, 1])
def test_keras_2_counted_a_models_calls_from_1_if_it_was_made_with_an_input(
    base: int, tmp_path: Path
) -> None:
    inner = model("m", conv("c", "m_in"), calls=[])
    inner["inbound_nodes"] = [[["in", 0, 0, {}]], [["m", base, 0, {}]]]
    last = conv("d")
    last["inbound_nodes"] = [[["m", base + 1, 0, {}]]]
    net = functional(start("in", 4, 4, 2), inner, last)
    assert counts(net, tmp_path) == (3 * CALL, 2 * ONE)
    net = functional(start("in", 4, 4, 2), inner, outputs=["m", base + 1, 0])
    assert counts(net, tmp_path) == (2 * CALL, ONE)


# Mappings


def test_a_mapping_of_outputs_comes_by_its_keys(tmp_path: Path) -> None:
    inner = model(
        "m",
        conv("z", "m_in", filters=7),
        conv("a", "m_in", filters=5),
        calls=["in"],
        outputs={"z": ["z", 0, 0], "a": ["a", 0, 0]},
    )
    second = {"class_name": "__keras_tensor__", "config": {"keras_history": ["m", 0, 1]}}
    net = functional(start("in", 4, 4, 2), inner, layer("Dense", "d", (second,), units=1, use_bias=False))
    assert counts(net, tmp_path) == (16 * (12 * 18 + 7), 12 * 18 + 7)


@pytest.mark.parametrize("listed", [True, False])
def test_a_mapping_of_inputs_goes_by_its_keys(listed: bool, tmp_path: Path) -> None:
    layers = [
        start("x", 4, 4, 2),
        start("b", 12),
        conv("c", "x"),
        layer("Dense", "d", "b", units=2, use_bias=False),
        layer("Reshape", "r", "d", target_shape=[1, 1, 2]),
        layer("Add", "s", ["c", "r"]),
    ]
    inputs: Any = {"x": ["x", 0, 0], "b": ["b", 0, 0]}
    inner = functional(*layers, inputs=list(inputs.values()) if listed else inputs, name="m")
    call = {"args": [{"b": tensor("two"), "x": tensor("one")}], "kwargs": {"mask": {"b": None, "x": None}}}
    net = functional(
        start("one", 4, 4, 2),
        start("two", 12),
        {**inner, "inbound_nodes": [call]},
        outputs=["m", 1, 0],
    )
    assert counts(net, tmp_path) == (CALL + 24, ONE + 24)


# Which layers are the same


def test_layers_of_one_name_in_several_models_are_several(tmp_path: Path) -> None:
    net = functional(
        start("in", 4, 4, 2),
        model("a", conv("b.c", "a_in"), calls=["in"]),
        model("a.b", conv("c", "a.b_in"), calls=["in"]),
        layer("Add", "sum", ["a", "a.b"]),
    )
    assert counts(net, tmp_path) == (2 * CALL, 2 * ONE)


@pytest.mark.parametrize("number", [None, 9])
def test_a_layer_of_several_models_has_its_weights_once(number: int | None, tmp_path: Path) -> None:
    """The first time it stands in a model that is written by then: there it has no number."""
    net = functional(
        start("in", 4, 4, 2),
        model("a", conv("c", "a_in", number=number), calls=["in"]),
        model("b", conv("c", "b_in", number=9), calls=["in"]),
        conv("c", "in", number=9),
        layer("Add", "sum", ["a", "b", "c"]),
    )
    assert counts(net, tmp_path) == (3 * CALL, ONE)


def test_a_wrapped_layer_has_its_own_weights(tmp_path: Path) -> None:
    dense = {**layer("Dense", "d", units=5), "shared_object_id": 3}
    net = functional(
        start("in", 9, 6),
        layer("TimeDistributed", "t", "in", layer=dense),
        {**layer("Dense", "d", "in", units=5), "shared_object_id": 3},
        layer("Add", "sum", ["t", "d"]),
    )
    assert counts(net, tmp_path) == (2 * 9 * 30, 35)


def test_weights_that_could_be_several_layers_are_refused(tmp_path: Path) -> None:
    net = functional(
        start("in", 4, 4, 2),
        model("a", conv("c", "a_in"), calls=["in"]),
        model("b", conv("c", "b_in"), calls=["in"]),
        model("d", conv("c", "d_in", number=9), calls=["in"]),
        layer("Add", "sum", ["a", "b", "d"]),
    )
    message = '"d.c" (Conv2D): shares its weights with one of several layers of this name; which, the file leaves open'
    with pytest.raises(CostcalcError) as raised:
        read_model(saved(net, tmp_path))
    assert str(raised.value) == message
    again = functional(
        start("in", 4, 4, 2),
        model("a", conv("c", "a_in"), calls=["in"]),
        conv("c", "in", number=9),
        model("d", conv("c", "d_in", number=9), calls=["in"]),
        layer("Add", "sum", ["a", "c", "d"]),
    )
    with pytest.raises(CostcalcError, match="which, the file leaves open"):
        read_model(saved(again, tmp_path))


def test_calls_without_end_are_refused(tmp_path: Path) -> None:
    net = functional(start("in", 4, 4, 2), layer("Identity", "i", "in"))
    for index in range(20):
        nodes = layer("Functional", "m", "in", "m", "m#1", "m#2")["inbound_nodes"]
        inner = {**net, "name": "m", "inbound_nodes": nodes}
        net = functional(start("in", 4, 4, 2), inner, outputs=["m", 4, 0], name=f"n{index}")
    with pytest.raises(CostcalcError, match="refused: more than 100000 calls of layers"):
        read_model(saved(net, tmp_path))
