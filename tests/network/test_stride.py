"""The stride of a projection is that of all that stands in its body, projections in it included."""

from __future__ import annotations

from costcalc.layers.conv import Conv
from network.specs import network

CONV = "{type: conv, out_channels: %d, kernel_size: 3, stride: %d}"
INNER = f"{{type: residual, name: inner, shortcut: projection, body: [{CONV % (8, 2)}, relu]}}"


def strides(layers: str) -> dict[str, object]:
    made = network(layers, "input: 64x64x4")
    return {
        node.path: node.layer.stride
        for node in made.nodes
        if isinstance(node.layer, Conv) and node.path.endswith("/projection")
    }


def test_strides_multiply_from_the_inside_out() -> None:
    outer = f"{{type: residual, name: outer, shortcut: projection, body: [{CONV % (6, 2)}, {INNER}, {CONV % (5, 3)}]}}"
    last = f"{{type: residual, name: last, shortcut: projection, body: [{outer}, {CONV % (7, 1)}]}}"
    assert strides(f"[{last}]") == {
        "last/body/outer/body/inner/shortcut/projection": (2, 2),
        "last/body/outer/shortcut/projection": (12, 12),
        "last/shortcut/projection": (12, 12),
    }


def test_each_copy_has_a_way_of_its_own() -> None:
    copies = INNER.replace("{type: residual", "{type: residual, repeat: 2", 1)
    assert strides(f"[{copies}, {{type: residual, shortcut: projection, body: [{CONV % (9, 4)}]}}]") == {
        "inner.1/shortcut/projection": (2, 2),
        "inner.2/shortcut/projection": (2, 2),
        "residual_1/shortcut/projection": (4, 4),
    }
