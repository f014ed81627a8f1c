"""Numbers that are computed in the graph: as the onnx package's reference evaluator computes them."""

from __future__ import annotations

import io

import pytest

from costcalc.interop.importers.onnx_model.importer import Importer
from costcalc.interop.importers.onnx_model.proto import read_model
from costcalc.interop.importers.onnx_model.wire import Wire
from importers.onnx_model.graphs import helper, model, node, onnx

reference = pytest.importorskip("onnx.reference")

NUMBERS = {
    "a": [3, 1, 4, 1, 5, 9],
    "b": [2, 7, 1, 8, 2, 8],
    "pairs": [0, 5, 2],
    "two": 2,
    "minus": -7,
    "one": [1],
    "six": [6],
    "shape": [2, 3],
    "wide": [4, 2, 3],
    "twice": [2, 1],
    "zero": 0,
    "axis": [0],
    "half": 2.5,
    "last": [-1],
}
TABLE = [node("Reshape", "a shape", "t"), node("Reshape", "b shape", "u")]
COMPUTED = {
    "Add": [node("Add", "a b")],
    "Sub": [node("Sub", "a b")],
    "Mul": [node("Mul", "t two")],
    "Div": [node("Div", "a two")],
    "Div towards zero": [node("Div", "minus two")],
    "Mod": [node("Mod", "a two")],
    "Pow": [node("Pow", "a two")],
    "Min": [node("Min", "a b")],
    "Max": [node("Max", "a b two")],
    "Sum": [node("Sum", "half half")],
    "Neg": [node("Neg", "a")],
    "Abs": [node("Abs", "minus")],
    "Sqrt": [node("Sqrt", "half")],
    "Reciprocal": [node("Reciprocal", "half")],
    "Floor": [node("Floor", "half")],
    "Ceil": [node("Ceil", "half")],
    "Equal": [node("Equal", "a b")],
    "Less": [node("Less", "a b")],
    "Greater": [node("Greater", "t u")],
    "GreaterOrEqual": [node("GreaterOrEqual", "a two")],
    "Not": [node("Equal", "a b", "e"), node("Not", "e")],
    "And": [node("Less", "a b", "l"), node("Less", "a six", "m"), node("And", "l m")],
    "Where": [node("Less", "a b", "l"), node("Where", "l a b")],
    "Cast to whole": [node("Cast", "half", to=7)],
    "Cast to truth": [node("Cast", "a", to=9)],
    "Range": [node("Range", "zero minus minus")],
    "Shape": [node("Shape", "t")],
    "Shape of a map, from its second axis": [node("Shape", "x", start=1)],
    "Size": [node("Size", "t")],
    "Gather": [node("Gather", "a pairs")],
    "Gather along the second axis": [node("Gather", "t two", axis=1)],
    "Slice": [node("Slice", "a one six axis two1")],
    "Slice backwards": [node("Slice", "t last neg axis1 last")],
    "Concat": [node("Concat", "t u", axis=1)],
    "Concat of the first axis": [node("Concat", "t u", axis=0)],
    "Split": [node("Split", "a", "p y", num_outputs=2)],
    "Transpose": [node("Transpose", "t")],
    "Transpose of three": [node("Expand", "t wide", "w"), node("Transpose", "w", perm=[2, 0, 1])],
    "Expand": [node("Expand", "t wide")],
    "Tile": [node("Tile", "t twice")],
    "Squeeze": [node("Unsqueeze", "a axis", "q"), node("Squeeze", "q axis")],
    "Flatten": [node("Flatten", "t")],
    "ReduceProd": [node("ReduceProd", "t axis", keepdims=0)],
    "ReduceSum": [node("ReduceSum", "t axis")],
    "ReduceMax of all": [node("ReduceMax", "t", keepdims=0)],
    "Trilu": [node("Trilu", "t")],
    "Trilu below a diagonal": [node("Expand", "t wide", "w"), node("Trilu", "w one0", upper=0)],
    "NonZero": [node("Less", "t u", "l"), node("NonZero", "l")],
    "ConstantOfShape": [
        node("ConstantOfShape", "shape", value=helper.make_tensor("v", onnx.TensorProto.INT64, [1], [7]))
    ],
    "Constant of one": [node("Constant", "", value_int=5)],
    "Constant of several": [node("Constant", "", value_floats=[1.5, 2.5])],
    "Identity": [node("Identity", "t")],
}


@pytest.mark.parametrize("nodes", COMPUTED.values(), ids=COMPUTED.keys())
def test_as_the_reference_computes_it(nodes):
    numbers = {**NUMBERS, "two1": [2], "one0": 1, "neg": [-9], "axis1": [1]}
    made = model([*TABLE, *nodes], {"x": (1, 4, 8, 8)}, numbers=numbers, opset=20)
    wanted = reference.ReferenceEvaluator(made).run(
        None, {"x": __import__("numpy").zeros((1, 4, 8, 8), "float32")}
    )[0]
    found = importer_of(made).find("y")
    assert found.dims == wanted.shape
    assert list(found.values()) == pytest.approx(wanted.reshape(-1).tolist())


def importer_of(made):
    """The state after the nodes were read; nothing is asked of the outputs, which may be numbers."""
    data = made.SerializeToString()
    parsed = read_model(Wire(io.BytesIO(data), len(data)))
    importer = Importer(parsed, {"x": (1, 4, 8, 8)})
    importer.model.outputs.clear()
    importer.run()
    return importer


@pytest.mark.parametrize(
    "nodes",
    [
        [node("ScatterND", "a places b")],
        [node("Mod", "a zero")],
        [node("Cast", "big", to=7)],
    ],
    ids=["written into", "divided by zero", "too many"],
)
def test_numbers_that_are_not_known_keep_their_dims(nodes):
    numbers = {**NUMBERS, "places": [0]}
    made = model(nodes, {"x": (1, 4, 8, 8)}, {"big": (2**17,)}, numbers=numbers)
    found = importer_of(made).find("y")
    assert found.dims in ((6,), (2**17,))
    assert found.values() is None
