"""What is refused, each with its operation, its node and the reason."""

from __future__ import annotations

import pytest

from costcalc.interop.importers.errors import ModelError
from importers.onnx_model.graphs import flat_of, helper, model, node, onnx

SEQUENCE = {"x": (1, 10, 6)}


def graph(*nodes):
    return helper.make_graph(list(nodes), "inner", [], [helper.make_tensor_value_info("z", 1, None)])


def with_function():
    made = model([node("Twice", "x", domain="own", name="call")])
    made.functions.append(
        helper.make_function("own", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], [])
    )
    return made


REFUSED = {
    "an unknown operation": (
        model([node("Frobnicate", "x", name="strange")]),
        'node "strange" (Frobnicate): is an operation that costcalc does not know: Frobnicate',
    ),
    "an unknown domain": (
        model([node("Conv", "x x", domain="acme.ai", name="odd")]),
        'node "odd" (Conv): is an operation that costcalc does not know: acme.ai:Conv',
    ),
    "a recurrent layer whose weights do not fit": (
        model([node("LSTM", "x w r", hidden_size=4)], SEQUENCE, {"w": (1, 12, 6), "r": (1, 16, 4)}),
        'node "lstm" (LSTM): its weights of shape [1, 12, 6] and [1, 16, 4] do not fit 6 channels, '
        "1 directions and a hidden_size of 4",
    ),
    "a function of the model": (
        with_function(),
        'node "call" (Twice): is a function that the model defines: functions are not read',
    ),
    "If": (
        model(
            [
                node(
                    "If",
                    "x",
                    then_branch=graph(node("Relu", "x", "z")),
                    else_branch=graph(node("Abs", "x", "z")),
                )
            ]
        ),
        'node "if" (If): has graphs inside, and which of them runs, or how often, is not known before it does',
    ),
    "a function without a kind": (
        model([node("Frexp", "x")]),
        'node "frexp" (Frexp): is an operation that costcalc does not know: Frexp',
    ),
    "a known operation without a kind": (
        model([node("Det", "x")]),
        'node "det" (Det): has no layer kind',
    ),
    "a power that is computed": (
        model([node("Pow", "x x")]),
        'node "pow" (Pow): raises to a power that the model computes, which there is no layer kind for',
    ),
    "a triangle of a map": (
        model([node("Trilu", "x")]),
        'node "trilu" (Trilu): takes a triangle of a map, which there is no layer kind for',
    ),
    "a pool without a kind": (
        model([node("MaxRoiPool", "x rois", pooled_shape=[2, 2])], weights={"rois": (1, 5)}),
        'node "maxroipool" (MaxRoiPool): has no layer kind',
    ),
    "weights that the model computes": (
        model([node("Conv", "x x")]),
        'node "conv" (Conv): its weights are computed in the graph, not stored',
    ),
    "a shape that depends on the data": (
        model([node("NonZero", "x", "n"), node("Reshape", "x n")]),
        'node "nonzero" (NonZero): makes a tensor whose shape depends on the data',
    ),
    "places of a map that the model is given": (
        model([node("Relu", "x", "r"), node("Gather", "r x")]),
        'node "gather" (Gather): looks up places of a map that the model computes or is given, '
        "which there is no layer kind for",
    ),
    "a tensor from nowhere": (
        model([node("Relu", "nothing")]),
        'node "relu" (Relu): its input nothing is made by no earlier node',
    ),
    "channels that do not fit": (
        model([node("Conv", "x w")], weights={"w": (6, 5, 1, 1)}),
        'node "conv" (Conv): its weights take 5 channels in 1 groups, but 4 come in',
    ),
    "groups that do not divide": (
        model([node("Conv", "x w", group=2)], weights={"w": (5, 2, 1, 1)}),
        'node "conv" (Conv): its weights take 4 channels in 2 groups, but 4 come in',
    ),
    "a kernel larger than its input": (
        model([node("Conv", "x w")], weights={"w": (5, 4, 9, 9)}),
        'node "conv" (Conv): kernel_size (=9) is larger than its padded input (=8)',
    ),
    "a reshape of another size": (
        model([node("Reshape", "x to")], numbers={"to": [1, 7, -1]}),
        'node "reshape" (Reshape): makes [1, 7, -1] of 256 elements',
    ),
    "matrices that do not fit": (
        model([node("MatMul", "x w")], {"x": (1, 10)}, {"w": (9, 5)}),
        'node "matmul" (MatMul): multiplies [1, 10] by [9, 5]',
    ),
    "a pool whose taps have no distance": (
        model([node("MaxPool", "x", kernel_shape=[2, 2], dilations=[0, 2])]),
        'node "maxpool" (MaxPool): has a dilation of [0, 2]',
    ),
    "a norm of no order": (
        model([node("GlobalLpPool", "x", p=0)]),
        'node "globallppool" (GlobalLpPool): is a norm of order 0',
    ),
    "a length of no order": (
        model([node("LpNormalization", "x", p=3)]),
        'node "lpnormalization" (LpNormalization): is a norm of order 3: 1 and 2 are known',
    ),
    "windows of another image": (
        model([node("Col2Im", "x size block")], {"x": (1, 18, 5)}, numbers={"size": [5, 6], "block": [2, 3]}),
        'node "col2im" (Col2Im): [5, 6] has [4, 4] windows of [2, 3], not [18, 5]',
    ),
    "blocks of no image": (
        model([node("Col2Im", "x size block")], {"x": (1, 18, 5)}, numbers={"size": [5, 6], "block": [2]}),
        'node "col2im" (Col2Im): adds up blocks of [2] to [5, 6] from [1, 18, 5]',
    ),
    "a middle of nothing": (
        model([node("CenterCropPad", "x sizes", axes=[2, 3])], numbers={"sizes": [3]}),
        'node "centercroppad" (CenterCropPad): makes [3] of 2 axes',
    ),
    "offsets of other taps": (
        model([node("DeformConv", "x w x")], weights={"w": (6, 4, 3, 3)}),
        'node "deformconv" (DeformConv): its input 3 has [4, 8, 8] numbers for [18, 6, 6] of its taps',
    ),
    "more of the largest than there are": (
        model([node("TopK", "x k", "v i", axis=1)], numbers={"k": [5]}, outputs=["v"]),
        'node "topk" (TopK): takes the 5 largest of 4',
    ),
    "an attribute of the wrong type": (
        model([node("Conv", "x w", group="two")], weights={"w": (6, 4, 1, 1)}),
        'node "conv" (Conv): its attribute group is of the wrong type',
    ),
    "a norm across the batch": (
        model(
            [node("Conv", "x w", "c"), node("ReduceMean", "c a")],
            {"x": (8, 4, 8, 8)},
            {"w": (4, 4, 1, 1)},
            {"a": [0]},
        ),
        'node "reducemean" (ReduceMean): works across the examples of the batch',
    ),
    "padding of no known kind": (
        model([node("Conv", "x w", auto_pad="FULL")], weights={"w": (6, 4, 1, 1)}),
        'node "conv" (Conv): its auto_pad is "FULL": neither NOTSET, VALID, SAME_UPPER nor SAME_LOWER',
    ),
    "a list of fractions where whole numbers are due": (
        model([node("Conv", "x w", strides=[1.5, 2.5])], weights={"w": (6, 4, 1, 1)}),
        'node "conv" (Conv): its attribute strides is of the wrong type',
    ),
    "repeats that are none": (
        model([node("Tile", "x r")], numbers={"r": [1, -1, 1, 1]}),
        'node "tile" (Tile): repeats as often as [1, -1, 1, 1]',
    ),
    "an axis that is none": (
        model([node("Softmax", "x", axis=4)]),
        'node "softmax" (Softmax): has no axis 4: the tensor has 4',
    ),
    "a tensor of too many axes": (
        model([node("Reshape", "x to")], numbers={"to": [256] + [1] * 64}),
        'node "reshape" (Reshape): makes a tensor that has 65 axes, and 64 is the most that is read',
    ),
    "a tensor that is made twice": (
        model([node("Relu", "x"), node("Sigmoid", "x")]),
        'node "sigmoid" (Sigmoid): makes "y", which is made already',
    ),
    "a tensor that is given, and made": (
        model([node("Relu", "x", "x"), node("Relu", "x")]),
        'node "relu" (Relu): makes "x", which is made already',
    ),
    "an output that no layer makes": (
        model([node("Relu", "x", "r")], outputs=("x",)),
        "small.onnx: the model has no layers",
    ),
}


@pytest.mark.parametrize(("made", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(made, message):
    with pytest.raises(ModelError) as caught:
        flat_of(made)
    assert message in str(caught.value)
    assert str(caught.value).split(": ", 1)[0].endswith("small.onnx")


def test_the_remedy_for_what_works_across_the_batch():
    with pytest.raises(ModelError) as caught:
        flat_of(REFUSED["a norm across the batch"][0])
    assert caught.value.hint == "say one example, if the first axis is the batch: --input x=1x4x8x8"


def test_functions_come_with_a_remedy():
    with pytest.raises(ModelError) as caught:
        flat_of(with_function())
    assert caught.value.hint == "onnx.inliner.inline_local_functions puts their nodes in the graph"


def test_what_no_result_needs_is_not_in_the_way():
    nodes = [node("NonZero", "w", "n"), node("Relu", "x")]
    assert [layer.kind for layer in flat_of(model(nodes, weights={"w": (3, 3)})).layers] == ["relu"]


def test_sparse_weights():
    made = model([node("Conv", "x w")])
    values = helper.make_tensor("w", 1, [1], [1.0])
    indices = helper.make_tensor("i", 7, [1], [0])
    made.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [6, 4, 1, 1]))
    with pytest.raises(ModelError, match=r"\(Conv\): its input w is a sparse tensor, which is not read"):
        flat_of(made)


@pytest.mark.parametrize("opset", [1, 6])
def test_too_old(opset):
    with pytest.raises(ModelError) as caught:
        flat_of(model([node("Relu", "x")], opset=opset))
    assert f"the model is of operator set {opset}; 7 is the oldest that is read" in str(caught.value)
    assert caught.value.hint == "onnx.version_converter.convert_version makes it newer"


@pytest.mark.parametrize("opset", range(7, onnx.defs.onnx_opset_version() + 1))
def test_every_operator_set_from_the_oldest(opset):
    nodes = [node("Conv", "x w b", "c"), node("Relu", "c", "r"), node("GlobalAveragePool", "r")]
    flat = flat_of(model(nodes, weights={"w": (6, 4, 3, 3), "b": (6,)}, opset=opset))
    assert [layer.kind for layer in flat.layers] == ["conv", "relu", "global_avg_pool"]
