"""Blocks are recognised, and memory still goes by the order of the file."""

from __future__ import annotations

from typing import Any

import costcalc
from costcalc.analysis.memory.measures import peak_memory, run_by
from costcalc.dtype import parse_dtype
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.flat import FlatLayer, FlatNetwork
from costcalc.network import Network
from costcalc.network.counterparts import counterparts
from costcalc.planners import planner
from costcalc.shape import Shape
from memory.networks import layers

INT8 = parse_dtype("int8")


def conv(name: str, source: str, channels: int, kernel: int = 1) -> FlatLayer:
    fields: dict[str, Any] = {"out_channels": channels, "kernel_size": kernel}
    return FlatLayer(name, "conv", (source,), Shape((8, 8), channels), fields)


def concat(name: str, channels: int, *sources: str) -> FlatLayer:
    return FlatLayer(name, "concat", sources, Shape((8, 8), channels))


def network_of(*layers: FlatLayer) -> Network:
    flat = FlatNetwork("net", "", {"input": Shape((8, 8), 4)}, layers, (layers[-1].name,))
    return convert(flat).network


#: The file computes the shortcut first; a residual has it last.
RESIDUAL = network_of(
    conv("stem", "input", 4),
    conv("shortcut", "stem", 8),
    conv("a", "stem", 16, 3),
    conv("b", "a", 8, 3),
    FlatLayer("sum", "add", ("b", "shortcut"), Shape((8, 8), 8)),
)
#: Maps that are joined anew each time: the chain of concatenations that a spec has joins what is joined already.
DENSE = network_of(
    conv("a", "input", 2, 3),
    concat("a+", 6, "input", "a"),
    conv("b", "a+", 2, 3),
    concat("b+", 8, "input", "a", "b"),
    conv("c", "b+", 2, 3),
    concat("c+", 10, "input", "a", "b", "c"),
)


def peaks(network: Network, name: str = "live") -> list[int]:
    return peak_memory(network, INT8, planner(name))


def test_a_shortcut_that_the_file_computes_first_waits() -> None:
    assert [row.type for row in RESIDUAL.rows] == ["conv", "residual"]
    assert RESIDUAL.flat is not None
    assert [node.kind for node in RESIDUAL.nodes] == ["conv", "conv", "conv", "conv", "add"]
    by_name = dict(zip((node.path for node in RESIDUAL.flat.nodes), peaks(RESIDUAL.flat), strict=True))
    assert by_name == {
        "stem": 512,
        "shortcut": 256 + 512,
        "a": 256 + 512 + 1024,
        "b": 512 + 1024 + 512,
        "sum": 3 * 512,
    }
    assert peaks(RESIDUAL) == [by_name[name] for name in ("stem", "a", "b", "shortcut", "sum")]
    # in the order of the spec the shortcut's input waits, which is smaller
    assert max(peaks(RESIDUAL._replace(flat=None))) == 256 + 1024 + 512
    assert costcalc.analyze(RESIDUAL).given(dtype=INT8).written["peak_memory"] == 2048


def test_the_versions_go_by_the_order_of_the_file_too() -> None:
    analysis = costcalc.analyze(RESIDUAL).given(dtype=INT8)
    separable = analysis.versions.network("separable")
    assert separable.flat is not None
    assert analysis.separable["peak_memory"] == max(peaks(separable.flat)) == 512 + 1024 + 1024
    assert analysis.versions.network("standard") is RESIDUAL


def test_what_is_concatenated_again_is_read_from_where_it_is() -> None:
    places = counterparts(DENSE, DENSE.flat) if DENSE.flat is not None else None
    assert places == [(place,) for place in range(6)]
    map_, two = 256, 128
    assert peaks(DENSE) == [
        map_ + two,
        map_ + two + (map_ + two),
        map_ + two + (map_ + two) + two,
        map_ + 2 * two + (map_ + 2 * two),
        map_ + 2 * two + (map_ + 2 * two) + two,
        map_ + 3 * two + (map_ + 3 * two),
    ]


def test_networks_that_compute_something_else_have_no_counterparts() -> None:
    assert RESIDUAL.flat is not None
    assert counterparts(RESIDUAL, RESIDUAL.flat) == [(0,), (2,), (3,), (1,), (4,)]
    assert counterparts(RESIDUAL, DENSE) is None
    other = network_of(conv("a", "input", 4), conv("b", "a", 4, 3), conv("c", "b", 4))
    swapped = network_of(conv("a", "input", 4, 3), conv("b", "a", 4), conv("c", "b", 4))
    assert counterparts(other, swapped) is None
    assert run_by(other._replace(flat=swapped))[0] == other._replace(flat=swapped)


def test_views_are_looked_through_and_no_step_is_lost() -> None:
    """What a view of the file takes is told where the spec has what it views."""
    line = "{type: linear, name: %s, out_features: %d, per_position: true, bias: false, inputs: [%s]}"
    other = layers(
        f"""
        {{type: reshape, name: v, to: 64x4}}
        {line % ("a", 8, "v")}
        {{type: reshape, name: w, to: 4x16x8}}
        {line % ("b", 2, "w")}
        {line % ("c", 2, "a")}
        """
    )
    network = layers(f"{line % ('a', 8, 'input')}\n{line % ('b', 2, 'a')}\n{line % ('c', 2, 'a')}")
    assert counterparts(network, other) == [(1, 0, 2), (3,), (4,)]
    assert counterparts(other, network) == [(), (0,), (0,), (1,), (2,)]
    assert (
        max(peaks(network._replace(flat=other))) == max(peaks(other)) == 512 + 512 + 128
    )  # b, beside what c waits for


def test_two_inputs_are_told_apart() -> None:
    line = "{type: conv, name: %s, out_channels: 4, kernel_size: 1, inputs: [%s]}"
    head = "inputs: {left: 8x8x4, right: 8x8x4}\nlayers:\n"
    pairs = (("a", "left"), ("b", "right")), (("b", "right"), ("a", "left"))
    one, other = (
        costcalc.loads(
            head + "".join(f"  - {line % pair}\n" for pair in each) + "  - {type: add, inputs: [a, b]}"
        )
        for each in pairs
    )
    assert counterparts(one, other) == [(1,), (0,), (2,)]
