"""Our reader of the wire against the onnx package: the same fields, the same graphs."""

from __future__ import annotations

from pathlib import Path

import pytest

from costcalc.interop.importers.onnx_model.proto import NUMBERS, RawTensor, Subgraph, read_model
from costcalc.interop.importers.onnx_model.wire import Wire
from importers.onnx_model.graphs import helper, model, node, onnx

FOLDER = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
MESSAGES = {
    "Tensor": onnx.TypeProto.Tensor,
    "Dimension": onnx.TensorShapeProto.Dimension,
    **{name: getattr(onnx, name) for name in NUMBERS if hasattr(onnx, name)},
}
TYPES = onnx.TensorProto


@pytest.mark.parametrize("message", NUMBERS)
def test_field_numbers(message):
    fields = MESSAGES[message].DESCRIPTOR.fields_by_name
    assert {name: fields[name].number for name in NUMBERS[message]} == NUMBERS[message]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.onnx")), ids=lambda path: path.stem)
def test_reads_what_the_onnx_package_reads(path):
    wanted = onnx.load(path)
    with open(path, "rb", buffering=0) as file:
        same(read_model(Wire(file, path.stat().st_size)), wanted)


def same(found, wanted):
    assert found.opsets == {each.domain: each.version for each in wanted.opset_import}
    assert (found.producer, found.ir_version) == (wanted.producer_name, wanted.ir_version)
    assert len(found.nodes) == len(wanted.graph.node)
    for ours, theirs in zip(found.nodes, wanted.graph.node, strict=True):
        assert (ours.op_type, ours.name, ours.domain) == (theirs.op_type, theirs.name, theirs.domain)
        assert (ours.inputs, ours.outputs) == (list(theirs.input), list(theirs.output))
        for attribute in theirs.attribute:
            assert plain(ours.attributes[attribute.name]) == plain(helper.get_attribute_value(attribute))
    assert list(found.initializers) == [tensor.name for tensor in wanted.graph.initializer]
    for tensor in wanted.graph.initializer:
        assert found.initializers[tensor.name].dims == tuple(tensor.dims)
        assert found.initializers[tensor.name].values() == numbers(tensor)


def plain(value):
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, RawTensor):
        return (value.dims, value.values())
    if isinstance(value, onnx.TensorProto):
        return (tuple(value.dims), numbers(value))
    return list(value) if hasattr(value, "__len__") and not isinstance(value, str) else value


def numbers(tensor):
    return tuple(onnx.numpy_helper.to_array(tensor).reshape(-1).tolist())


@pytest.mark.parametrize("raw", [False, True], ids=["list", "raw"])
@pytest.mark.parametrize(
    ("data_type", "values"),
    [
        (TYPES.FLOAT, [1.5, -2.0]),
        (TYPES.DOUBLE, [1.5, -2.0]),
        (TYPES.FLOAT16, [1.5, -2.0]),
        (TYPES.BFLOAT16, [1.5, -2.0]),
        (TYPES.INT64, [2**40, -3]),
        (TYPES.INT32, [7, -3]),
        (TYPES.INT8, [7, -3]),
        (TYPES.UINT8, [7, 200]),
        (TYPES.UINT64, [7, 2**40]),
        (TYPES.BOOL, [True, False]),
    ],
)
def test_elements(data_type, values, raw):
    import numpy

    given = values
    if raw:
        array = numpy.array(values, dtype=helper.tensor_dtype_to_np_dtype(data_type))
        given = array.tobytes()
    made = model([node("Relu", "x")])
    made.graph.initializer.append(helper.make_tensor("t", data_type, [len(values)], given, raw=raw))
    assert tensors_of(made)["t"].values() == tuple(values)


def test_elements_that_are_not_there():
    made = model([node("Relu", "x")])
    made.graph.initializer.append(onnx.TensorProto(name="t", dims=[3], data_type=1))
    made.graph.initializer.append(helper.make_tensor("s", TYPES.STRING, [1], [b"text"]))
    found = tensors_of(made)
    assert (found["t"].values(), found["s"].values()) == (None, None)


def test_graphs_inside_are_not_read():
    inner = helper.make_graph([], "inner", [], [])
    made = model([node("If", "x", then_branch=inner, else_branch=inner)])
    assert all(isinstance(value, Subgraph) for value in parsed(made).nodes[0].attributes.values())


def parsed(made):
    import io

    data = made.SerializeToString()
    return read_model(Wire(io.BytesIO(data), len(data)))


def tensors_of(made):
    return parsed(made).initializers
