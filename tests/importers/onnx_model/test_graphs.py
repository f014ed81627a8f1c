"""Whole pieces of networks: attention, windows, shared weights, names, what is left out."""

from __future__ import annotations

import pytest

from costcalc.analysis.costs import analyze
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.flat import flat_network
from importers.onnx_model.graphs import flat_of, helper, model, node, onnx, read_of


def attention(heads, positions, width, batch=1):
    """Self-attention as PyTorch exports it: one linear for queries, keys and values, reshaped, reordered, gathered."""
    depth = width // heads
    nodes = [
        node("MatMul", "x qkv", "m"),
        node("Add", "m bias", "a"),
        node("Reshape", "a apart", "r"),
        node("Transpose", "r", "t", perm=[2, 0, 3, 1, 4]),
        node("Gather", "t first", "q"),
        node("Gather", "t second", "k"),
        node("Gather", "t third", "v"),
        node("Transpose", "k", "kt", perm=[0, 1, 3, 2]),
        node("MatMul", "q kt", "s"),
        node("Mul", "s scale", "z"),
        node("Softmax", "z", "p", axis=-1),
        node("MatMul", "p v", "o"),
        node("Transpose", "o", "ot", perm=[0, 2, 1, 3]),
        node("Reshape", "ot together", "w"),
        node("MatMul", "w out"),
    ]
    return model(
        nodes,
        {"x": (batch, positions, width)},
        {"qkv": (width, 3 * width), "bias": (3 * width,), "out": (width, width)},
        {
            "apart": [batch, positions, 3, heads, depth],
            "together": [batch, positions, width],
            "first": 0,
            "second": 1,
            "third": 2,
            "scale": 0.125,
        },
    )


def test_attention():
    heads, positions, width = 3, 10, 24
    found = read_of(attention(heads, positions, width))
    assert found.layers == [
        ("linear", {"out_features": 72, "per_position": True}),
        ("slice", {"part": 1, "of": 3}),
        ("slice", {"part": 2, "of": 3}),
        ("slice", {"part": 3, "of": 3}),
        ("matmul", {"transpose": True, "heads": heads}),
        ("softmax", {}),
        ("matmul", {"heads": heads}),
        ("linear", {"out_features": 24, "per_position": True, "bias": False}),
    ]
    products = 2 * positions * positions * width
    assert found.output == "10x24"
    assert found.multiplies == positions * width * 3 * width + products + positions * width * width
    assert found.params == width * 3 * width + 3 * width + width * width


def test_attention_costs_the_same_for_each_example():
    assert read_of(attention(3, 10, 24, batch=7)) == read_of(attention(3, 10, 24))


def test_attention_in_windows():
    """An 8×8 map in windows of 4×4: each attends to itself, by two heads."""
    nodes = [
        node("Transpose", "x", "last", perm=[0, 2, 3, 1]),
        node("Reshape", "last apart", "r"),
        node("Transpose", "r", "t", perm=[0, 1, 3, 2, 4, 5]),
        node("Reshape", "t windows", "w"),
        node("Reshape", "w heads", "h"),
        node("Transpose", "h", "q", perm=[0, 2, 1, 3]),
        node("Transpose", "h", "k", perm=[0, 2, 3, 1]),
        node("MatMul", "q k", "s"),
        node("Softmax", "s", "p"),
        node("MatMul", "p q", "o"),
        node("Transpose", "o", "u", perm=[0, 2, 1, 3]),
        node("Reshape", "u windows", "v"),
        node("MatMul", "v f"),
    ]
    numbers = {
        "apart": [1, 2, 4, 2, 4, 6],
        "windows": [4, 16, 6],
        "heads": [4, 16, 2, 3],
    }
    found = read_of(model(nodes, {"x": (1, 6, 8, 8)}, {"f": (6, 5)}, numbers))
    windows, inside, channels = 4, 16, 6
    assert found.multiplies == 2 * windows * inside * inside * channels + 64 * channels * 5
    assert [layer for layer in found.layers if layer[0] == "matmul"] == [
        ("matmul", {"transpose": True, "heads": 8}),
        ("matmul", {"heads": 8}),
    ]
    assert found.params == 30


def test_squeeze_and_excite_by_linear_layers():
    nodes = [
        node("GlobalAveragePool", "x", "g"),
        node("Flatten", "g", "f"),
        node("Gemm", "f a", "s"),
        node("Relu", "s", "r"),
        node("Gemm", "r b", "e"),
        node("Sigmoid", "e", "i"),
        node("Reshape", "i to", "j"),
        node("Mul", "x j"),
    ]
    made = model(nodes, weights={"a": (4, 2), "b": (2, 4)}, numbers={"to": [1, 4, 1, 1]})
    found = read_of(made)
    assert found.kinds == ["global_avg_pool", "linear", "relu", "linear", "sigmoid", "multiply"]
    assert (found.output, found.multiplies, found.params) == ("8x8x4", 16, 16)


def test_weights_that_are_used_twice_are_counted_once():
    nodes = [node("Conv", "x w", "a"), node("Relu", "a", "r"), node("Conv", "r w")]
    made = model(nodes, weights={"w": (4, 4, 1, 1)})
    flat = flat_of(made)
    assert [layer.shares for layer in flat.layers] == [None, None, flat.layers[0].name]
    assert (read_of(made).multiplies, read_of(made).params) == (2 * 64 * 16, 16)


def test_weights_are_shared_by_layers_that_slide_otherwise():
    wide = {"dilations": [2, 2], "pads": [2, 2, 2, 2]}
    nodes = [
        node("Conv", "x w", "a", pads=[1, 1, 1, 1], strides=[2, 2], name="one"),
        node("Conv", "x w", "b", name="two", **wide),
        node("MaxPool", "b", "c", kernel_shape=[2, 2], strides=[2, 2]),
        node("Add", "a c"),
    ]
    made = model(nodes, weights={"w": (4, 4, 3, 3)})
    own = {"stride": 1, "padding": "same", "dilation": 2}
    entries = convert(flat_of(made)).spec["layers"]
    paths = [path for entry in entries for path in entry.get("paths", [[entry]])]
    assert [entry for path in paths for entry in path if "shares" in entry] == [
        {"shares": "one", "name": "two", "inputs": ["input"], **own}
    ]
    assert (read_of(made).multiplies, read_of(made).params) == ((16 + 64) * 144, 144)


def test_layers_that_have_one_bias_share_their_weights_further_on():
    """Two kernels with the biases of one tensor, each slid twice: the biases count at the first of all."""
    nodes = [
        node("Conv", "x w b", "p"),
        node("Conv", "x v b", "q"),
        node("Conv", "x w b", "r", strides=[2, 2]),
        node("Conv", "x v b", "s", strides=[2, 2]),
        node("Add", "p q", "t"),
        node("Add", "r s", "u"),
        node("MaxPool", "t", "m", kernel_shape=[2, 2], strides=[2, 2]),
        node("Add", "m u"),
    ]
    found = read_of(model(nodes, weights={"w": (6, 4, 1, 1), "v": (6, 4, 1, 1), "b": (6,)}))
    assert (found.multiplies, found.params) == (2 * (64 + 16) * 24, 24 + 24 + 6)


def test_weights_shared_by_unequal_layers_are_refused():
    nodes = [node("Conv", "x w", "a", name="one", group=2), node("Slice", "a from to axis", "b")]
    nodes.append(node("Conv", "b w", name="two"))
    with pytest.raises(ModelError) as caught:
        flat_of(model(nodes, weights={"w": (4, 2, 1, 1)}, numbers={"from": [0], "to": [2], "axis": [1]}))
    assert str(caught.value).endswith(
        'node "two" (Conv): shares its weights with one, a conv of other fields: only how it slides may be its own'
    )


def test_norm_vectors_that_are_stored_once_are_counted_once():
    nodes = [
        node("Conv", "x v", "a"),
        node("BatchNormalization", "a s b m v4", "c"),
        node("Conv", "c w", "d"),
        node("BatchNormalization", "d s b m v4"),
    ]
    weights = {"v": (4, 4, 1, 1), "w": (4, 4, 1, 1), **dict.fromkeys(("s", "b", "m", "v4"), (4,))}
    assert read_of(model(nodes, weights=weights)).params == 32 + 8


def test_a_scale_that_two_norms_use_is_counted_once():
    nodes = [node("BatchNormalization", "x s b m v", "a"), node("BatchNormalization", "a s c m v")]
    flat = flat_of(model(nodes, weights=dict.fromkeys("sbcmv", (4,))))
    assert [dict(layer.fields) for layer in flat.layers] == [{}, {"affine": "shift"}]
    assert flat.notes == ("tensors that the file holds once and several layers use: 1; each is counted once",)


def test_a_bias_that_two_convolutions_use_is_counted_once():
    nodes = [node("Conv", "x v b", "a"), node("Conv", "a w b")]
    weights = {"v": (4, 4, 1, 1), "w": (4, 4, 3, 3), "b": (4,)}
    assert read_of(model(nodes, weights=weights)).params == 16 + 144 + 4


def test_standardised_weights_are_what_they_are_computed_from():
    nodes = [
        node("Reshape", "w rows", "r"),
        node("ReduceMean", "r a", "m"),
        node("Sub", "r m", "d"),
        node("Mul", "d d", "q"),
        node("ReduceMean", "q a", "v"),
        node("Sqrt", "v", "s"),
        node("Div", "d s", "n"),
        node("Mul", "n gain", "g"),
        node("Reshape", "g back", "k"),
        node("Conv", "x k b", pads=[1] * 4),
    ]
    numbers = {"rows": [6, 36], "a": [1], "back": [6, 4, 3, 3]}
    made = model(nodes, weights={"w": (6, 4, 3, 3), "b": (6,), "gain": (6, 1)}, numbers=numbers, opset=18)
    found = read_of(made)
    assert found.kinds == ["parameter", "conv"]
    assert (found.multiplies, found.params) == (64 * 9 * 4 * 6, 6 * 36 + 6 + 6)


def test_weights_of_the_input_are_no_weights():
    nodes = [node("Reshape", "x to", "w"), node("Conv", "x w")]
    with pytest.raises(ModelError, match="its weights are computed in the graph, not stored"):
        flat_of(model(nodes, numbers={"to": [64, 4, 1, 1]}))


def test_a_table_that_the_output_uses_too_is_one():
    nodes = [node("Gather", "t x", "e"), node("Transpose", "t", "tt", perm=[1, 0]), node("MatMul", "e tt")]
    found = read_of(model(nodes, {"x": (1, 7)}, {"t": (100, 8)}))
    assert found.kinds == ["embedding", "parameter", "matmul"]
    assert (found.multiplies, found.params) == (7 * 8 * 100, 800)


def test_norm_of_a_shared_convolution_is_shared():
    nodes = [
        node("Conv", "x w", "a"),
        node("BatchNormalization", "a s b m v", "c"),
        node("Conv", "c w", "d"),
        node("BatchNormalization", "d s b m v"),
    ]
    weights = {"w": (4, 4, 1, 1), **dict.fromkeys("sbmv", (4,))}
    assert read_of(model(nodes, weights=weights)).params == 16 + 8


def test_weights_through_identity_reshape_and_transpose_are_weights():
    nodes = [
        node("Identity", "w", "i"),
        node("Transpose", "i", "t", perm=[1, 0]),
        node("Reshape", "t to", "r"),
        node("Conv", "x r"),
    ]
    found = read_of(model(nodes, weights={"w": (4, 6)}, numbers={"to": [6, 4, 1, 1]}))
    assert found.layers == [("conv", {"out_channels": 6, "kernel_size": 1})]
    assert found.params == 24


def test_initialisers_among_the_inputs_are_weights():
    made = model([node("Conv", "x w")], {"x": (1, 4, 8, 8), "w": (6, 4, 1, 1)}, {"w": (6, 4, 1, 1)}, opset=7)
    flat = flat_of(made)
    assert list(flat.inputs) == ["input"]
    assert read_of(made).params == 24


def test_weights_beside_the_file_are_not_looked_for():
    made = model([node("Conv", "x w", pads=[1, 1, 1, 1])])
    made.graph.initializer.append(onnx.TensorProto(name="w", dims=[6, 4, 3, 3], data_type=1, data_location=1))
    made.graph.initializer[0].external_data.add(key="location", value="missing.data")
    assert read_of(made).params == 216


def test_a_constant_is_not_learned_and_an_initialiser_is():
    values = helper.make_tensor("c", 1, [1, 16, 24], [0.0] * 384)
    nodes = [node("Constant", "", "c", value=values), node("Add", "x c", "a"), node("Relu", "a")]
    assert read_of(model(nodes, {"x": (1, 16, 24)})).layers == [("relu", {})]
    nodes = [node("Add", "x w", "a"), node("Relu", "a")]
    assert read_of(model(nodes, {"x": (1, 16, 24)}, {"w": (1, 16, 24)})).params == 384


def test_a_buffer_that_pytorch_notes_as_one_is_not_learned():
    made = model([node("Add", "x w", "a"), node("Relu", "a")], {"x": (1, 16, 24)}, {"w": (1, 16, 24)})
    noted = helper.make_tensor_value_info("w", 1, [1, 16, 24])
    noted.metadata_props.add(key="pkg.torch.export.graph_signature.InputSpec.kind", value="BUFFER")
    made.graph.value_info.append(noted)
    assert read_of(made).layers == [("relu", {})]


def noted(made, key, **notes):
    """A model with PyTorch's notes on some of its tensors."""
    for name, value in notes.items():
        info = helper.make_tensor_value_info(name, 1, None)
        info.metadata_props.add(key=key, value=value)
        made.graph.value_info.append(info)
    return made


@pytest.mark.parametrize(
    ("sources", "params"),
    [
        ("['arange', 'arange_1', 'ge', 'val_3', 'convert_element_type_default']", 0),
        ("['v', 'val_3']", 0),
        ("['a', 'val_3']", 0),
        ("['encoder.position', 'val_3']", 384),
        ("['class_token', 'expand']", 384),
    ],
    ids=[
        "steps",
        "an input's shape",
        "a node's shape",
        "a parameter by its path",
        "a parameter of the whole model",
    ],
)
def test_what_pytorch_computed_is_learned_if_it_follows_from_a_parameter(sources, params):
    nodes = [node("Add", "v w", "a"), node("Relu", "a")]
    made = model(nodes, {"v": (1, 16, 24)}, {"w": (1, 16, 24)})
    noted(made, "pkg.torch.export.graph_signature.InputSpec.kind", other="PARAMETER")
    noted(made, "pkg.onnxscript.optimizer.folded_from", w=sources)
    assert read_of(made).params == params


@pytest.mark.parametrize("kind", ["InstanceNormalization", "LayerNormalization", "BatchNormalization"])
@pytest.mark.parametrize(("learned", "params"), [("", 0), ("s", 1), ("b", 1), ("sb", 2)])
def test_ones_and_zeros_that_were_never_learned_are_no_params(kind, learned, params):
    """Exporters write them where a norm has no scale or no shift of its own: a constant, not an initialiser."""
    channels = 8 if kind == "LayerNormalization" else 4
    tensors = {"s": [1.0] * channels, "b": [0.0] * channels}
    nodes = [
        node("Constant", "", name, name=name, value=helper.make_tensor(name, 1, [channels], values))
        for name, values in tensors.items()
        if name not in learned
    ]
    statistics = " m v" if kind == "BatchNormalization" else ""
    weights = dict.fromkeys((*learned, *statistics.split()), (channels,))
    read = read_of(model([*nodes, node(kind, f"x s b{statistics}")], weights=weights))
    affine = {"": False, "s": "scale", "b": "shift"}.get(learned)
    fields = {} if affine is None else {"affine": affine}
    norms = [layer for layer in read.layers if layer[0].endswith("_norm")]
    assert norms == [(norms[0][0], fields)]
    assert read.params == params * channels


def test_ones_and_zeros_in_an_initialiser_are_learned_ones():
    """A norm that was not trained yet."""
    made = model([node("InstanceNormalization", "x s b")], weights={"b": (4,)})
    made.graph.initializer.append(helper.make_tensor("s", 1, [4], [1.0] * 4))
    assert read_of(made).params == 8


def test_two_inputs_and_two_outputs():
    nodes = [
        node("Conv", "left w", "a"),
        node("Conv", "right v", "b"),
        node("Concat", "a b", "y", axis=1),
        node("Relu", "a", "z"),
    ]
    inputs = {"left": (1, 4, 8, 8), "right": (1, 3, 8, 8)}
    weights = {"w": (2, 4, 1, 1), "v": (2, 3, 1, 1)}
    flat = flat_of(model(nodes, inputs, weights, outputs=("y", "z")))
    assert {name: str(shape) for name, shape in flat.inputs.items()} == {"left": "8x8x4", "right": "8x8x3"}
    assert flat.outputs[-1] == "concat"
    assert read_of(model(nodes, inputs, weights, outputs=("y", "z"))).multiplies == 64 * (8 + 6)


def test_an_example_costs_the_same_whatever_the_batch():
    for batch in (1, 8, "batch", -1, 0):
        made = model(
            [node("Conv", "x w", "c"), node("Flatten", "c", "f"), node("Gemm", "f v")],
            {"x": (batch, 4, 8, 8)},
            {"w": (6, 4, 1, 1), "v": (384, 10)},
        )
        assert read_of(made).multiplies == 64 * 24 + 3840


def test_a_first_axis_that_the_model_works_along_is_no_batch():
    """A sequence of ten vectors, one sequence at a time, as PyTorch's attention takes it unless told otherwise."""
    nodes = [node("Transpose", "x", "t", perm=[1, 2, 0]), node("MatMul", "t w", "m"), node("MatMul", "m x2")]
    nodes.insert(0, node("Transpose", "x", "x2", perm=[1, 0, 2]))
    flat = flat_of(model(nodes, {"x": (10, 1, 6)}, {"w": (10, 10)}))
    assert flat.notes == (
        'the first axis of the inputs (10) is taken for no batch: node "matmul" (MatMul) works along it',
    )
    assert analyze(flat_network(flat)).written.multiplies == 6 * 10 * 10 + 6 * 10 * 6


def test_a_learned_tensor_along_the_first_axis_is_counted_whole():
    read = read_of(model([node("Add", "x w")], {"x": (4, 3, 8, 8)}, {"w": (4, 3, 8, 8)}))
    assert (read.output, read.params) == ("4x8x8x3", 4 * 3 * 8 * 8)
    nodes = [node("Conv", "x v", "c"), node("Add", "c w")]
    made = model(nodes, {"x": (4, 3, 8, 8)}, {"w": (4, 3, 8, 8), "v": (3, 3, 1, 1)})
    with pytest.raises(ModelError, match="joins each example with numbers of its own"):
        flat_of(made)


@pytest.mark.parametrize(
    ("inputs", "output", "batch"),
    [
        ({"x": (1, 4, 6), "z": (5, 6, 7)}, None, 1),
        ({"x": (1, 4, 6), "z": (5, 6, 7)}, (1, 4, 7), 1),
        ({"x": (1, 4, 6), "z": (5, 6, 7)}, (5, 4, 7), 5),
        ({"x": (1, 4, 6), "z": ("N", 6, 7)}, ("N", 4, 7), 5),
        ({"x": (5, 4, 6), "z": (5, 6, 7)}, None, 5),
    ],
)
def test_what_is_larger_than_others_on_its_first_axis_is_a_batch_if_the_output_is(inputs, output, batch):
    made = model([node("MatMul", "x z")], inputs)
    made.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, output))
    said = ["z=5x6x7"] if "N" in inputs["z"] else []
    flat = flat_of(made, *said)
    assert analyze(flat_network(flat)).written.multiplies == 5 * 4 * 6 * 7 // batch


def test_a_sum_of_a_vector_and_a_map_of_one_position_is_a_map():
    """A vector of the network's, then a map: as an unrolled recurrent layer of PyTorch's begins."""
    nodes = [
        node("MatMul", "x w", "m"),
        node("Split", "m", "a b", axis=1, num_outputs=2),
        node("Tanh", "a", "t"),
        node("MatMul", "t v", "r"),
        node("Add", "r b", "s"),
        node("Add", "s p"),
    ]
    read = read_of(model(nodes, {"x": (1, 2, 6)}, {"w": (6, 8), "v": (8, 8), "p": (1, 1, 8)}))
    assert (read.output, read.multiplies, read.params) == ("1x8", 2 * 6 * 8 + 64, 48 + 64 + 8)


def test_names_are_the_models_own():
    nodes = [
        node("Conv", "x layer1.0.conv1.weight", "a", name="/layer1/layer1.0/conv1/Conv"),
        node("Relu", "a", "b", name="/layer1/layer1.0/relu/Relu"),
        node("Conv", "b onnx::Conv_3", "c", name="/layer1/layer1.0/conv2/Conv"),
        node("GlobalAveragePool", "c", "y", name="/GlobalAveragePool"),
    ]
    weights = {"layer1.0.conv1.weight": (4, 4, 1, 1), "onnx::Conv_3": (4, 4, 1, 1)}
    flat = flat_of(model(nodes, weights=weights))
    assert [layer.name for layer in flat.layers] == [
        "layer1.0.conv1",
        "layer1.0.relu",
        "layer1.0.conv2",
        "global_average_pool",
    ]


def test_names_are_cleaned_and_unique():
    nodes = [
        node("Relu", "x", "a", name="gpu_0/one two\u2028"),
        node("Sigmoid", "a", "b", name="gpu_0/one two\u2028"),
        node("Tanh", "b", "y", name="gpu_0/input"),
    ]
    assert [layer.name for layer in flat_of(model(nodes)).layers] == ["one_two", "one_two_2", "input_2"]


def test_the_modules_that_pytorch_notes_name_the_layers():
    nodes = [
        node("Conv", "x w", "a", name="node_conv2d"),
        node("Relu", "a", "b", name="node_relu_4"),
        node("GlobalAveragePool", "b", name="node_mean"),
    ]
    made = model(nodes, weights={"w": (4, 4, 1, 1)})
    around = ": nets.Net/body: nets.Body/"
    made.graph.node[0].metadata_props.add(
        key="namespace", value=around + "body.conv: torch.nn.modules.conv.Conv2d/conv2d: aten.conv2d.default"
    )
    made.graph.node[1].metadata_props.add(key="namespace", value=around + "relu_4: aten.relu.default")
    assert [layer.name for layer in flat_of(made).layers] == ["body.conv", "body.relu", "mean"]
