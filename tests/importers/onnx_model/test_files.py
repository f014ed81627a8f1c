"""Files that are no models, damaged ones, and hostile ones: a clear message, and little memory."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costcalc.errors import CostcalcError
from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.flat import flat_network
from costcalc.interop.importers.onnx_model import proto, read, wire
from importers.onnx_model.graphs import flat_of, helper, model, node

SMALL = model([node("Conv", "x w", "c"), node("Relu", "c")], weights={"w": (6, 4, 3, 3)}).SerializeToString()


def varint(number):
    data = b""
    while number > 127:
        data, number = data + bytes([number & 127 | 128]), number >> 7
    return data + bytes([number])


def field(number, content):
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def refused(path):
    with pytest.raises(ModelError) as caught:
        read(str(path))
    return str(caught.value).removeprefix(f"{path}: ")


def written(tmp_path, data):
    path = tmp_path / "m.onnx"
    path.write_bytes(data)
    return path


def test_no_file(tmp_path):
    assert refused(tmp_path / "none.onnx") == "cannot be read: no such file or directory"


def test_a_folder(tmp_path):
    assert refused(tmp_path) == "not a regular file" or refused(tmp_path).startswith("cannot be read")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.onnx")
    assert refused(tmp_path / "pipe.onnx") == "not a regular file"


def test_a_path_with_a_nul():
    assert refused("a\0b.onnx") == "cannot be read: embedded null byte"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "an empty file"),
        (b"<!doctype html><html>", "not an ONNX model, or a damaged one: "),
        (b"\0" * 100, "not an ONNX model, or a damaged one: no message at byte 0"),
        (b"\xff" * 100, "not an ONNX model, or a damaged one: a number that is cut off, or too long"),
        (SMALL[: len(SMALL) // 2], "not an ONNX model, or a damaged one: cut off at byte"),
        (field(1, 8), "not an ONNX model: it has no graph"),
        (field(7, b""), "not an ONNX model: it has no operator set"),
        (field(7, b"") + field(8, field(2, 17)), "the model has no output"),
    ],
    ids=["empty", "a page", "zeros", "ones", "half", "no graph", "no operators", "no output"],
)
def test_what_is_no_model(tmp_path, data, message):
    assert refused(written(tmp_path, data)).startswith(message)


def test_lengths_that_lie(tmp_path):
    graph = field(5, field(1, 2**40) + field(8, b"w"))
    assert "a tensor of the impossible shape" in refused(written(tmp_path, field(7, graph)))
    assert "cut off at byte" in refused(written(tmp_path, varint(7 << 3 | 2) + varint(2**62) + b"\0"))


def test_two_tensors_of_one_name(tmp_path):
    made = model([node("Conv", "x w")], weights={"w": (6, 4, 1, 1)})
    made.graph.initializer.append(made.graph.initializer[0])
    assert refused(written(tmp_path, made.SerializeToString())).endswith('two tensors of the name "w"')


def test_two_inputs_of_one_name(tmp_path):
    made = model([node("Relu", "x")])
    made.graph.input.append(made.graph.input[0])
    assert refused(written(tmp_path, made.SerializeToString())).endswith('two inputs of the name "x"')


@pytest.mark.parametrize(
    "values",
    [
        field(2, b""),
        field(3, 1) + field(8, 2),
        field(2, bytes(4)) + field(7, bytes(4)),
        field(6, b"") + field(9, b"a"),
    ],
    ids=["no number", "a number and a list", "a fraction and a list", "a graph and a list"],
)
def test_attributes_of_several_types(tmp_path, values):
    attribute = field(1, b"alpha") + values
    relu = field(1, b"x") + field(2, b"y") + field(4, b"LeakyRelu") + field(5, attribute)
    data = field(7, field(1, relu)) + field(8, field(2, 17))
    assert "the model has no output" in refused(written(tmp_path, data))


def test_too_many_nodes(tmp_path, monkeypatch):
    monkeypatch.setattr(proto, "MAX_NODES", 1)
    assert "the model has more than 1 nodes, the most that are read" in refused(written(tmp_path, SMALL))


def test_too_many_tensors(tmp_path, monkeypatch):
    monkeypatch.setattr(proto, "MAX_TENSORS", 0)
    assert "the model has more than 0 tensors, the most that are read" in refused(written(tmp_path, SMALL))


def test_too_many_fields(tmp_path, monkeypatch):
    monkeypatch.setattr(wire, "MAX_FIELDS", 20)
    assert "the model has more than 20 fields, the most that are read" in refused(written(tmp_path, SMALL))


def test_too_many_names(tmp_path, monkeypatch):
    monkeypatch.setattr(wire, "MAX_TEXT", 20)
    assert "MiB of names and lists" in refused(written(tmp_path, SMALL))


def test_too_many_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(wire, "MAX_NUMBERS", 5)
    attribute = field(1, b"pads") + field(8, bytes(6))
    relu = field(1, b"x") + field(2, b"y") + field(4, b"Relu") + field(5, attribute)
    data = field(7, field(1, relu)) + field(8, field(2, 17))
    assert refused(written(tmp_path, data)).endswith("more than 5 numbers in lists")


def test_numbers_that_do_not_fit_their_tensor(tmp_path):
    raw = field(1, 1) + field(2, 7) + field(8, b"to") + field(9, bytes(2**20))
    made = model([node("Reshape", "x to")]).SerializeToString()
    data = made + field(7, field(5, raw))
    assert refused(written(tmp_path, data)).endswith(
        "its shape: not in the file, and not known before the model runs"
    )


def test_numbers_that_would_fill_the_memory():
    nodes = [
        node("ConstantOfShape", "big", "c"),
        node("Expand", "one big", "e"),
        node("Add", "c e", "s"),
        node("Reshape", "x s"),
    ]
    made = model(nodes, numbers={"big": [2**19, 2**19, 2**19], "one": [1]})
    with pytest.raises(ModelError, match=r"its shape: not in the file, and not known before the model runs"):
        flat_of(made)
    with pytest.raises(ModelError, match="computes a tensor of more than 65536 numbers"):
        flat_of(
            model([node("Range", "z l o", "r"), node("Reshape", "x r")], numbers={"z": 0, "l": 2**40, "o": 1})
        )


def chain(kind, length, inputs):
    """A node after another, each of the numbers that the one before makes; a reshape needs the last."""
    nodes = [node(kind, inputs(f"c{at}"), f"c{at + 1}", name=f"n{at}") for at in range(length)]
    return [node("Add", "a a", "c0"), *nodes, node("Reshape", f"x c{length}")]


@pytest.mark.parametrize(
    ("kind", "inputs", "a", "message"),
    [
        ("Mul", "{0} {0}", [2**62], "its shape: not in the file, and not known before the model runs"),
        ("Concat", "{0} {0}", [1], "makes a tensor that has more than 10^18 elements"),
        ("Add", "{0} a", [0] * 60000, "computes with the file's numbers, more than 8388608 in all"),
        (
            "Sum",
            "{0}" + " a" * 4000,
            [0] * 60000,
            "computes with the file's numbers, more than 8388608 in all",
        ),
    ],
    ids=["squares of squares", "twice as long each time", "many sums", "sums of many"],
)
def test_arithmetic_without_an_end(kind, inputs, a, message):
    nodes = chain(kind, 100, inputs.format)
    if kind == "Concat":
        for each in nodes[1:-1]:
            each.attribute.append(helper.make_attribute("axis", 0))
    with pytest.raises(ModelError) as caught:
        flat_of(model(nodes, numbers={"a": a}))
    assert message in str(caught.value)


def test_a_product_without_an_end():
    nodes = [node("ReduceProd", "a", "p", keepdims=0), node("Reshape", "x p")]
    with pytest.raises(ModelError, match=r"its shape: not in the file, and not known before the model runs"):
        flat_of(model(nodes, numbers={"a": [2**62] * 60000}))


def test_a_long_chain_of_numbers_is_no_deep_one():
    nodes = [*chain("Add", 3000, "{0} b".format), node("Relu", "y", "z")]
    numbers = {"a": [0, 0, 0, 4 - 1500], "b": [0, 0, 0, 1]}
    flat = flat_of(model(nodes, {"x": (1, 4, 8, 8)}, numbers=numbers, outputs=("z",)))
    assert [layer.kind for layer in flat.layers] == ["relu"]


def test_sizes_that_no_network_has():
    made = model([node("Conv", "x w", pads=[2**31 - 1] * 4)], weights={"w": (6, 4, 1, 1)})
    with pytest.raises(ModelError, match=r"makes a tensor that has more than 10\^18 elements"):
        flat_of(made)
    made = model([node("Conv", "x w", pads=[2**31 - 1, 0] * 2)], weights={"w": (6, 4, 1, 1)})
    with pytest.raises(CostcalcError, match="and a size is at most 2147483647"):
        flat_network(flat_of(made))


def test_a_long_chain_is_no_deep_one():
    nodes = [node("Add", f"t{at} x", f"t{at + 1}") for at in range(3000)]
    nodes[0] = node("Relu", "x", "t1")
    flat = flat_of(model([*nodes, node("Relu", "t3000")]))
    assert len(flat.layers) == 3001


def test_weights_in_the_file_are_stepped_over(tmp_path):
    """A file of 1 GiB, almost all of it a weight (and a hole on the disk), under a limit of 400 MB in all."""
    size = 2**30
    dims = (2**14, 2**12, 2, 2)
    header = (
        b"".join(field(1, each) for each in dims)
        + field(2, 1)
        + field(8, b"w")
        + varint(9 << 3 | 2)
        + varint(size)
    )
    graph = helper.make_graph(
        [node("Conv", "x w")],
        "big",
        [helper.make_tensor_value_info("x", 1, [1, 2**12, 8, 8])],
        [helper.make_tensor_value_info("y", 1, None)],
    ).SerializeToString()
    start = varint(5 << 3 | 2) + varint(len(header) + size) + header
    whole = (
        field(8, field(2, 17)) + varint(7 << 3 | 2) + varint(len(graph) + len(start) + size) + graph + start
    )
    path = tmp_path / "big.onnx"
    with open(path, "wb") as file:
        file.write(whole)
        file.truncate(len(whole) + size)
    limit = 400 * 10**6
    script = (
        "import resource, sys; from costcalc.interop.importers.onnx_model import read; flat = read(sys.argv[1]);"
        f"resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit})); flat = read(sys.argv[1]);"
        "print(flat.layers[0].kind, flat.layers[0].output)"
    )
    found = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    assert found.stdout == "conv 7x7x16384\n"


@given(st.randoms(use_true_random=False))
def test_a_damaged_file_is_refused_or_read(chance: random.Random):
    data = bytearray(SMALL)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(data))
        if chance.random() < 0.7:
            data[at] = chance.randrange(256)
        else:
            del data[at : at + chance.randrange(1, 9)]
    with suppress(CostcalcError):  # anything else is a bug
        flat_network(flat_of(bytes(data)))


@given(st.binary(max_size=200))
def test_noise_is_refused(data):
    with pytest.raises(ModelError):
        flat_of(data)


def test_names_from_a_stranger_are_only_text():
    hostile = "\x1b[31m##[error][red]`|<b>$(x)"
    flat = flat_of(model([node("Relu", "x", name=hostile)]))
    assert flat.layers[0].name == "31m_error_red_b_x"
