"""The story of a matrix product: what its symbols stand for."""

from __future__ import annotations

from costcalc.analysis.explanation.formula import formula
from costcalc.analysis.explanation.story import Story, positions_step
from costcalc.layers.matmul import HEAD_CHANNELS, Matmul, P, Q
from costcalc.network import Node


def explain_matmul(node: Node) -> Story:
    layer, (left, right) = node.layer, node.input_shapes
    assert isinstance(layer, Matmul)
    remarks = []
    if layer.heads > 1:
        size = right.channels // layer.heads
        each = formula((P(left.positions), Q(right.positions), HEAD_CHANNELS(right.channels, layer.heads)))
        remarks.append(f"h = {layer.heads} heads of {size} channels, each {each}")
    return Story((positions_step("P", left), positions_step("Q", right)), tuple(remarks))
