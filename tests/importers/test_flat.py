"""What every front end produces, made into a spec: the names of a stranger's model included."""

from __future__ import annotations

import pytest

import costcalc
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.flat import FlatLayer, FlatNetwork
from costcalc.rendering.spec_yaml import render_spec
from costcalc.shape import Shape

SHAPE = Shape((8, 8), 4)


def model(*names: str) -> FlatNetwork:
    layers, before = [], "input"
    for name in names:
        fields = {"out_channels": 4, "kernel_size": 3, "padding": 1}
        layers.append(FlatLayer(name, "conv", (before,), SHAPE, fields))
        layers.append(FlatLayer(f"{name}/pool", "max_pool", (name,), SHAPE, {"kernel_size": 1}))
        before = f"{name}/pool"
    return FlatNetwork("$net", "$home/net", {"input": SHAPE}, tuple(layers), (before,))


@pytest.mark.parametrize("structured", [True, False])
@pytest.mark.parametrize(
    "names",
    [
        ("$w", "$x"),
        ("a.$w", "a._w", "a.$w_2"),
        ("type.1", "type.2", "type.3"),
        ("conv.1", "conv.2"),
        ("=cmd()", "::error::", "a\nb", "[red]", "\U0001f600", "\u202e", "1", "null"),
    ],
)
def test_any_name_makes_a_spec_that_costs_the_same(names: tuple[str, ...], structured: bool) -> None:
    conversion = convert(model(*names), structured=structured)
    network = costcalc.loads(render_spec(conversion.spec))
    assert network.name == "_net"
    for written in (costcalc.analyze(network).written, costcalc.analyze(conversion.network).written):
        assert (written.multiplies, written.params) == (len(names) * 64 * 9 * 16, len(names) * 9 * 16)


def test_names_that_would_become_equal_stay_apart() -> None:
    spec = convert(model("$w", "_w", "$w_2"), structured=False).spec
    assert [layer["name"] for layer in spec["layers"][::2]] == ["_w_2", "_w", "_w_2_2"]
