"""If and Loop: read where the condition or the count is known once sizes are, else refused by name."""

from __future__ import annotations

import pytest

from costcalc.interop.importers.errors import ModelError
from importers.onnx_model.graphs import FLOAT, INT64, flat_of, helper, model, node, onnx, read_of

BOOL = onnx.TensorProto.BOOL
MAP = {"x": (1, 4, 8, 8)}


def graph(nodes, inputs=(), outputs=("z",)):
    infos = [helper.make_tensor_value_info(name, kind, None) for name, kind in inputs]
    return helper.make_graph(
        nodes, "inner", infos, [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs]
    )


def branching(condition):
    then = graph([node("Conv", "x w", "a"), node("Relu", "a", "z")])
    other = graph([node("Sigmoid", "x", "z")])
    return model(
        [*condition, node("If", "c", "i", then_branch=then, else_branch=other), node("Tanh", "i")],
        MAP,
        {"w": (6, 4, 1, 1)},
        {"channels": [1], "four": [4]},
    )


BY_SIZE = [
    node("Shape", "x", "s"),
    node("Gather", "s channels", "n"),
    node("Equal", "n four", "c"),
]
OTHERWISE = [*BY_SIZE[:2], node("Less", "n four", "c")]


def looping(count, stacked=False, going="in"):
    nodes = [node("Conv", "h w", "a"), node("Relu", "a", "h2"), node("Identity", going, "out")]
    outputs = ["out", "h2"]
    if stacked:
        nodes.append(node("GlobalAveragePool", "h2", "p"))
        outputs.append("p")
    body = graph(nodes, [("i", INT64), ("in", BOOL), ("h", FLOAT)], outputs)
    return model(
        [node("Loop", "count - x", "y stack" if stacked else "y", body=body)],
        MAP,
        {"w": (4, 4, 1, 1)},
        {"count": count},
        outputs=("stack",) if stacked else ("y",),
    )


SEEDS = [branching(BY_SIZE), branching(OTHERWISE), looping(3), looping(3, stacked=True)]


def test_the_branch_that_runs():
    assert read_of(branching(BY_SIZE)).kinds == ["conv", "relu", "tanh"]
    assert read_of(branching(OTHERWISE)).kinds == ["sigmoid", "tanh"]


def test_a_condition_that_the_data_decide():
    condition = [node("ReduceMean", "x", "m", keepdims=0), node("Greater", "m half", "c")]
    made = branching(condition)
    made.graph.initializer.append(helper.make_tensor("half", FLOAT, [], [0.5]))
    with pytest.raises(ModelError, match="which of them runs, or how often, is not known before it does"):
        flat_of(made)


def test_a_loop_uses_its_weights_each_time():
    found = read_of(looping(3))
    assert found.kinds == ["conv", "relu"] * 3
    assert (found.multiplies, found.params) == (3 * 64 * 16, 16)


def test_a_loop_that_never_runs_changes_nothing():
    made = looping(0)
    made.graph.node.append(node("Tanh", "y", "t"))
    made.graph.output[0].name = "t"
    assert read_of(made).kinds == ["tanh"]


def test_results_of_each_run_side_by_side():
    found = read_of(looping(3, stacked=True))
    assert found.kinds.count("concat") == 1
    assert found.params == 16


def test_a_loop_without_end_is_refused():
    with pytest.raises(ModelError, match="runs more than 1000 times"):
        flat_of(looping(10**6))


def test_a_loop_whose_condition_is_not_known():
    nodes = [node("Relu", "h", "h2"), node("Greater", "h2 h", "out")]
    body = graph(nodes, [("i", INT64), ("in", BOOL), ("h", FLOAT)], ["out", "h2"])
    made = model([node("Loop", "count - x", "y", body=body)], MAP, numbers={"count": 3})
    with pytest.raises(ModelError, match="which of them runs, or how often, is not known before it does"):
        flat_of(made)


def test_graphs_inside_graphs_have_a_limit():
    inner = graph([node("Relu", "x", "z")])
    for _ in range(12):
        inner = graph([node("If", "c", "z", then_branch=inner, else_branch=inner)])
    made = model([*BY_SIZE, node("If", "c", "y", then_branch=inner, else_branch=inner)], MAP,
                 numbers={"channels": [1], "four": [4]})  # fmt: skip
    with pytest.raises(ModelError, match="more than 8 deep"):
        flat_of(made)


def test_a_graph_inside_takes_what_the_graph_around_it_makes():
    inner = graph([node("Relu", "a", "z")])
    then = graph([node("Conv", "x w", "a"), node("If", "c", "z", then_branch=inner, else_branch=inner)])
    made = model(
        [*BY_SIZE, node("If", "c", "y", then_branch=then, else_branch=graph([node("Tanh", "x", "z")]))],
        MAP,
        {"w": (6, 4, 1, 1)},
        {"channels": [1], "four": [4]},
    )
    assert read_of(made).kinds == ["conv", "relu"]
