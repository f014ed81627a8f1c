"""Whole files: those that packages ship, against the package ``tflite`` alone; what is refused; what is damaged."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

import costcalc
from costcalc.errors import CostcalcError
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.tflite_model import read
from costcalc.interop.importers.tflite_model.operators.refused import REASONS
from costcalc.rendering.spec_yaml import render_spec

pytest.importorskip("tflite", reason="needs tflite, of the dev extra")

from importers.tflite_model.builder import Graph
from importers.tflite_model.evaluator import counted
from importers.tflite_model.reading import flat_of, layers_of, map_graph

DATA = Path(__file__).parent / "data"
FILES = sorted(DATA.glob("*.tflite"))
MAP = (1, 8, 6, 4)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_shipped(file: Path) -> None:
    conversion = convert(read(str(file)))
    written = costcalc.analyze(conversion.network).written
    assert (written.multiplies, written.params) == counted(file.read_bytes())
    text = render_spec(conversion.spec)
    assert costcalc.analyze(costcalc.loads(text)).written.multiplies == written.multiplies


def test_streaming() -> None:
    flat = read(str(DATA / "hey_jarvis.tflite"))
    assert {name: str(shape) for name, shape in flat.inputs.items()} == {
        "input_audio": "3x1x40",
        "stream.states": "2x1x40",
        "stream_1.states": "4x1x30",
        "stream_2.states": "8x1x60",
        "stream_3.states": "12x1x60",
        "stream_4.states": "20x1x60",
        "stream_5.states": "4x1x60",
    }
    assert flat.notes == ("what the model keeps from one run to the next is an input here: 6 variables",)


def convolved(**more: object) -> Graph:
    """A convolution whose weights are as said."""
    graph = map_graph()
    graph.tensor("out", (1, 8, 6, 5))
    graph.weight("w", (5, 3, 3, 4), **more)
    return graph


def test_half_precision() -> None:
    graph = convolved(type="FLOAT16")
    graph.tensor("whole", (5, 3, 3, 4))
    graph.add("DEQUANTIZE", ["w"], ["whole"])
    graph.add("CONV_2D", ["x", "whole"], ["out"], stride_w=1, stride_h=1)
    flat = flat_of(graph.file(["x"], ["out"]))
    assert layers_of(flat) == [("conv", {"out_channels": 5, "kernel_size": 3}, "8x6x5")]
    assert (flat.notes, flat.dtype) == ((), {"weights": "float16", "activations": "float32"})


def test_sparse() -> None:
    graph = convolved(sparse=True)
    graph.tensor("dense", (5, 3, 3, 4))
    graph.add("DENSIFY", ["w"], ["dense"])
    graph.add("CONV_2D", ["x", "dense"], ["out"], stride_w=1, stride_h=1)
    flat = flat_of(graph.file(["x"], ["out"]))
    assert layers_of(flat) == [("conv", {"out_channels": 5, "kernel_size": 3}, "8x6x5")]
    assert flat.notes == (
        "1 weights are stored sparse; multiplies and params are counted as if they were dense",
    )


def test_quantised() -> None:
    graph = convolved(type="INT8", scales=[0.5] * 5)
    graph.weight("b", (5,), type="INT32", scales=[0.25] * 5)
    graph.add("CONV_2D", ["x", "w", "b"], ["out"], stride_w=1, stride_h=1)
    flat = flat_of(graph.file(["x"], ["out"]))
    written = costcalc.analyze(convert(flat).network).written
    assert (written.multiplies, written.params) == (8 * 6 * 5 * 36, 5 * 36 + 5)
    assert flat.dtype == {"weights": "int8", "activations": "float32"}


def test_dtypes() -> None:
    """The network says what most of its weights are in; a layer of another says so."""
    graph = Graph()
    for name in ("x", "one", "out"):
        graph.tensor(name, MAP, type="INT8", scales=[0.5])
    graph.weight("w", (4, 3, 3, 4), type="INT8", scales=[0.5])
    graph.weight("v", (4, 1, 1, 4), type="INT16", scales=[0.5])
    graph.weight("b", (4,), type="INT32", scales=[0.25])
    graph.add("CONV_2D", ["x", "w", "b"], ["one"], stride_w=1, stride_h=1, fused_activation_function=1)
    graph.add("CONV_2D", ["one", "v", "b"], ["out"], stride_w=1, stride_h=1)
    flat = flat_of(graph.file(["x"], ["out"]))
    assert flat.dtype == "int8"
    assert layers_of(flat)[2] == (
        "conv",
        {"out_channels": 4, "kernel_size": 1, "bias": True, "dtype": {"weights": "int16"}},
        "8x6x4",
    )
    text = render_spec(convert(flat).spec)
    assert "dtype: int8\n" in text
    assert "dtype: {weights: int16}" in text


def test_weights_that_are_used_twice_count_once() -> None:
    graph = map_graph()
    for name in ("one", "out"):
        graph.tensor(name, MAP)
    graph.weight("w", (4, 3, 3, 4))
    graph.add("CONV_2D", ["x", "w"], ["one"], stride_w=1, stride_h=1)
    graph.add("CONV_2D", ["one", "w"], ["out"], stride_w=1, stride_h=1)
    written = costcalc.analyze(convert(flat_of(graph.file(["x"], ["out"]))).network).written
    assert (written.multiplies, written.params) == (2 * 8 * 6 * 4 * 36, 4 * 36)


def test_biases_of_weights_that_are_used_twice_are_quantised_for_each_use() -> None:
    graph = Graph()
    for name in ("x", "one", "out"):
        graph.tensor(name, MAP, type="INT8", scales=[0.5])
    graph.weight("w", (4, 3, 3, 4), type="INT8", scales=[0.5])
    for bias, given, out in (("b", "x", "one"), ("c", "one", "out")):
        graph.weight(bias, (4,), type="INT32", scales=[0.25])
        graph.add("CONV_2D", [given, "w", bias], [out], stride_w=1, stride_h=1)
    written = costcalc.analyze(convert(flat_of(graph.file(["x"], ["out"]))).network).written
    assert (written.multiplies, written.params) == (2 * 8 * 6 * 4 * 36, 4 * 36 + 4)


def test_variables() -> None:
    graph = map_graph()
    graph.tensor("handle", (), type="RESOURCE")
    graph.tensor("before", (1, 2, 6, 4))
    graph.tensor("both", (1, 10, 6, 4))
    graph.tensor("kept", (1, 2, 6, 4))
    graph.add("CALL_ONCE", [], [])
    graph.add("VAR_HANDLE", [], ["handle"], shared_name="past")
    graph.add("READ_VARIABLE", ["handle"], ["before"])
    graph.add("CONCATENATION", ["before", "x"], ["both"], axis=1)
    graph.numbers("begins", [0, 8, 0, 0])
    graph.numbers("sizes", [-1] * 4)
    graph.add("SLICE", ["both", "begins", "sizes"], ["kept"])
    graph.add("ASSIGN_VARIABLE", ["handle", "kept"], [])
    graph.tensor("out", (1, 10, 6, 4))
    graph.add("RELU", ["both"], ["out"])
    flat = flat_of(graph.file(["x"], ["out"]))
    assert {name: str(shape) for name, shape in flat.inputs.items()} == {"x": "8x6x4", "past": "2x6x4"}
    assert layers_of(flat) == [
        ("concat", {"axis": "height"}, "10x6x4"),
        ("slice", {"spatial": [[8, 10], [0, 6]]}, "2x6x4"),
        ("relu", {}, "10x6x4"),
    ]


def test_channels_first() -> None:
    """A model whose first step puts the channels last says so."""
    graph = map_graph((1, 4, 8, 6))
    graph.tensor("last", MAP)
    graph.tensor("out", (1, 8, 6, 5))
    graph.weight("w", (5, 3, 3, 4))
    graph.add("TRANSPOSE", ["x", graph.numbers("order", [0, 2, 3, 1])], ["last"])
    graph.add("CONV_2D", ["last", "w"], ["out"], stride_w=1, stride_h=1)
    flat = flat_of(graph.file(["x"], ["out"]))
    assert [str(shape) for shape in flat.inputs.values()] == ["8x6x4"]
    assert layers_of(flat) == [("conv", {"out_channels": 5, "kernel_size": 3}, "8x6x5")]


def test_open_sizes() -> None:
    graph = Graph()
    graph.tensor("x", (1, 1, 1, 4), open=(-1, -1, -1, 4))
    graph.tensor("out", (1, 1, 1, 5))
    graph.weight("w", (5, 3, 3, 4))
    graph.add("CONV_2D", ["x", "w"], ["out"], stride_w=1, stride_h=1)
    data = graph.file(["x"], ["out"])
    assert layers_of(flat_of(data, ["1x8x6x4"])) == [("conv", {"out_channels": 5, "kernel_size": 3}, "8x6x5")]
    with pytest.raises(
        ModelError, match=re.escape('the input "x" has sizes that the file leaves open: ?x?x?x4')
    ):
        flat_of(data)


def custom() -> bytes:
    graph = map_graph()
    graph.tensor("made", MAP)
    graph.add("custom:TransformLandmarks", ["x"], ["made"])
    return graph.file(["x"], ["made"])


def plain(operator: str) -> Callable[[], bytes]:
    def made() -> bytes:
        graph = map_graph()
        graph.tensor("made", MAP)
        graph.add(operator, ["x"], ["made"])
        return graph.file(["x"], ["made"])

    return made


def computed_weights() -> bytes:
    graph = map_graph(MAP, (5, 3, 3, 4))
    graph.tensor("out", (1, 8, 6, 5))
    graph.add("CONV_2D", ["x", "y"], ["out"], stride_w=1, stride_h=1)
    return graph.file(["x", "y"], ["out"])


def computed_slice() -> bytes:
    graph = map_graph(MAP, (4,), (4,))
    graph.tensor("out", MAP)
    graph.add("SLICE", ["x", "y", "z"], ["out"])
    return graph.file(["x", "y", "z"], ["out"])


def no_number() -> bytes:
    graph = map_graph()
    graph.tensor("out", MAP)
    graph.tensor("nan", (4,), data=[float("nan")] * 4)
    graph.add("SLICE", ["x", "nan", "nan"], ["out"])
    return graph.file(["x"], ["out"])


def sign_bit() -> bytes:
    graph = map_graph(MAP, MAP)
    graph.tensor("out", MAP)
    graph.add("ADD", ["x", "y"], ["out"], fused_activation_function=5)
    return graph.file(["x", "y"], ["out"])


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "a custom operator": (
        custom,
        'operator 0 "custom:TransformLandmarks" "made": is a custom operator: what it computes is in the program '
        "that runs it",
    ),
    **{
        name: (plain(name), f'operator 0 "{name}" "made": {reason}')
        for name, reason in (*REASONS.items(), ("SIN", "is an operator that costcalc does not know"))
    },
    "weights that are computed": (
        computed_weights,
        'operator 0 "CONV_2D" "out": its weights are computed in the graph, not stored',
    ),
    "a slice that is computed": (
        computed_slice,
        'operator 0 "SLICE" "out": its begins: not in the file, and not known before the model runs',
    ),
    "no numbers": (
        no_number,
        'operator 0 "SLICE" "out": is not written as it should be: ValueError: cannot convert float NaN to integer',
    ),
    "an activation without a kind": (
        sign_bit,
        'operator 0 "ADD" "out": has the fused activation 5, which costcalc does not know',
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    make, message = REFUSED[name]
    with pytest.raises(ModelError) as caught:
        flat_of(make())
    assert str(caught.value).partition("m.tflite: ")[2] == message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "an empty file"),
        (b"\0", "not a TFLite model, or a damaged one: its bytes 5 to 8 are not TFL3"),
        (b"\x1c\0\0\0TFL3", "not a TFLite model, or a damaged one: cut off, or no offset, at byte 28"),
    ],
)
def test_no_model(data: bytes, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        flat_of(data)
    assert str(caught.value).endswith(f"m.tflite: {message}")


def test_damaged(tmp_path: Path) -> None:
    """Whatever stands in the file: an answer, or an error of ours."""
    source = random.Random(3)
    path = tmp_path / "m.tflite"
    for file in FILES[1:]:
        data = file.read_bytes()
        for _ in range(150):
            changed = bytearray(data)
            for _ in range(source.choice((1, 3, 20))):
                changed[source.randrange(len(data))] = source.choice(
                    (0, 1, 127, 128, 255, source.randrange(256))
                )
            path.write_bytes(changed[: source.choice((None, source.randrange(len(data))))])
            with suppress(CostcalcError):
                convert(read(str(path)))
