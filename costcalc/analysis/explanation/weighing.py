"""The stories of the other kinds that multiply or have params."""

from __future__ import annotations

from costcalc.analysis.explanation.formula import Factor, number, positions_factor, product
from costcalc.analysis.explanation.story import Story, positions_step
from costcalc.layers.activation import Prelu
from costcalc.layers.linear import Linear
from costcalc.layers.matmul import Matmul
from costcalc.network import Node


def explain_linear(node: Node) -> Story:
    layer, source = node.layer, node.input_shapes[0]
    assert isinstance(layer, Linear)
    weights = [number("C_in", source.channels), number("C_out", layer.out_features)]
    positions = positions_factor(source.spatial) if layer.per_position else None
    return Story(
        {
            "multiplies": [*weights, positions],
            "weights": weights,
            "biases": [number("C_out", layer.out_features)],
        }
    )


def explain_matmul(node: Node) -> Story:
    layer, (left, right) = node.layer, node.input_shapes
    assert isinstance(layer, Matmul)
    remarks = []
    if layer.heads > 1:
        size = right.channels // layer.heads
        each = product(
            [
                number("P", left.positions),
                number("Q", right.positions),
                Factor("(C/h)", f"({right.channels}/{layer.heads})"),
            ],
            left.positions * right.positions * size,
        )
        remarks.append(f"h = {layer.heads} heads of {size} channels, each {each}")
    return Story(
        {
            "multiplies": [
                number("P", left.positions),
                number("Q", right.positions),
                number("C", right.channels),
            ]
        },
        (positions_step("P", left), positions_step("Q", right)),
        tuple(remarks),
    )


def explain_norm(node: Node) -> Story:
    channels = number("C", node.input_shapes[0].channels)
    both = [number("2", 2), channels]
    one = getattr(node.layer, "vectors", 2) == 1
    return Story({"affine": [channels] if one else both, "statistics": both})


def explain_prelu(node: Node) -> Story:
    layer = node.layer
    assert isinstance(layer, Prelu)
    return Story({"slopes": [] if layer.shared else [number("C", node.input_shapes[0].channels)]})


def explain_parameter(node: Node) -> Story:
    return Story({"weights": [positions_factor(node.output.spatial), number("C", node.output.channels)]})
