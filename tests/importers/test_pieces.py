"""Pieces that a network has several times are uses of one block, whatever comes into them."""

from __future__ import annotations

import pytest

import costcalc
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.flat import FlatLayer, FlatNetwork
from costcalc.rendering.spec_yaml import render_spec
from costcalc.shape import Shape


def of(side, channels):
    return Shape((side, side), channels)


def conv(name, source, channels, shares=None, side=8):
    fields = {"out_channels": channels, "kernel_size": 3}
    return FlatLayer(name, "conv", (source,), of(side, channels), fields, shares)


def cell(number, before, last, channels=4, shares=None):
    """Two maps, each through a layer, and their sum."""
    name = f"cells.{number}"
    parts = [f"{shares}.left" if shares else None, f"{shares}.right" if shares else None]
    return (
        conv(f"{name}.left", before, channels, parts[0]),
        conv(f"{name}.right", last, channels, parts[1]),
        FlatLayer(f"{name}.sum", "add", (f"{name}.left", f"{name}.right"), of(8, channels)),
    )


def spec(*layers):
    """The spec that is made, which costs the same (convert sees to that)."""
    flat = FlatNetwork("net", "", {"input": of(8, 4)}, layers, (layers[-1].name,))
    made = convert(flat)
    assert costcalc.loads(render_spec(made.spec)).rows
    return made.spec


def chain(*widths, names="cells.{}.sum"):
    """Cells of which each takes the last two."""
    layers = [conv("stem", "input", 4)]
    before, last = "input", "stem"
    for number, width in enumerate(widths):
        layers += cell(number, before, last, width)
        before, last = last, names.format(number)
    return layers


def test_cells_that_take_the_last_two_maps():
    made = spec(*chain(4, 4, 4))
    assert made["blocks"] == {
        "cells": {
            "layers": [
                {"type": "conv", "name": "left", "out_channels": 4, "kernel_size": 3},
                {"type": "conv", "name": "right", "inputs": ["input_2"], "out_channels": 4, "kernel_size": 3},
                {"type": "add", "name": "sum", "inputs": ["left", "right"]},
            ]
        }
    }
    assert made["layers"] == [
        {"type": "conv", "name": "stem", "out_channels": 4, "kernel_size": 3},
        {"type": "cells", "name": "cells.0", "inputs": ["input", "stem"]},
        {"type": "cells", "name": "cells.1", "inputs": ["stem", "cells.0"]},
        {"type": "cells", "name": "cells.2", "inputs": ["cells.0", "cells.1"]},
    ]


def test_sizes_that_differ_are_parameters():
    made = spec(*chain(4, 6, 6))
    assert made["blocks"]["cells"]["parameters"] == {"out_channels": "required"}
    assert [layer["out_channels"] for layer in made["layers"]] == [4, 4, 6, 6]


@pytest.mark.parametrize("seen", ["cells.0.left", "cells.1.right"])
def test_a_cell_of_which_more_than_its_last_map_is_seen_is_none(seen):
    layers = [*chain(4, 4, 4), FlatLayer("end", "add", ("cells.2.sum", seen), of(8, 4))]
    made = spec(*layers)
    assert [layer["type"] for layer in made["layers"]].count("cells") == 2
    assert seen in made["layers"][-1]["inputs"]


def test_two_cells_of_which_one_is_none_are_no_block():
    made = spec(*chain(4, 4), FlatLayer("end", "add", ("cells.1.sum", "cells.0.left"), of(8, 4)))
    assert "blocks" not in made


def test_a_piece_whose_weights_are_those_of_another_shares_it():
    layers = [
        conv("stem", "input", 4),
        *cell(0, "input", "stem"),
        *cell(1, "stem", "cells.0.sum", 4, "cells.0"),
    ]
    made = spec(*layers)
    assert made["layers"][1:] == [
        {"type": "cells", "name": "cells.0", "inputs": ["input", "stem"]},
        {"shares": "cells.0", "name": "cells.1", "inputs": ["stem", "cells.0"]},
    ]
    written = costcalc.analyze(costcalc.loads(render_spec(made))).written
    assert (written.multiplies, written.params) == (5 * 64 * 9 * 16, 3 * 9 * 16)


def test_weights_that_are_shared_in_part_stay_where_they_are():
    layers = [conv("stem", "input", 4), *cell(0, "input", "stem"), *cell(1, "stem", "cells.0.sum")]
    layers[-3] = conv("cells.1.left", "stem", 4, "cells.0.left")
    made = spec(*layers)
    assert "blocks" not in made
    assert [layer.get("shares") for layer in made["layers"]].count("cells.0.left") == 1


def long_cell(number, source, channels=4, **owners):
    """Layers of eleven kernels, some with the weights of others, and the sum of three of their maps."""
    name = f"cells.{number}"
    layers, before = [], source
    kernels = {"first": 3, "a": 1, "b": 5, "c": 7, "d": 5, "e": 3, "f": 1, "g": 7, "h": 3, "i": 5, "j": 1}
    for step, kernel in kernels.items():
        fields = {"out_channels": channels, "kernel_size": kernel}
        at = f"{name}.{step}"
        layers.append(FlatLayer(at, "conv", (before,), of(8, channels), fields, owners.get(step)))
        before = at
    parts = (f"{name}.first", f"{name}.c", before)
    return [*layers, FlatLayer(f"{name}.sum", "add", parts, of(8, channels))]


def test_pieces_that_share_some_weights_are_uses_that_say_which():
    layers = [conv("stem", "input", 4), *long_cell(0, "stem"), conv("between", "cells.0.sum", 4)]
    layers += [*long_cell(1, "between", first="cells.0.first"), conv("after", "cells.1.sum", 4)]
    layers += [*long_cell(2, "after", first="cells.0.first"), conv("end", "cells.2.sum", 4, "cells.0.first")]
    made = spec(*layers)
    assert made["layers"][1:] == [
        {"type": "cells", "name": "cells.0"},
        {"type": "conv", "name": "between", "out_channels": 4, "kernel_size": 3},
        {"type": "cells", "name": "cells.1", "shares": {"first": "cells.0/first"}},
        {"type": "conv", "name": "after", "out_channels": 4, "kernel_size": 3},
        {"type": "cells", "name": "cells.2", "shares": {"first": "cells.0/first"}},
        {"shares": "cells.0/first", "name": "end"},
    ]
    written = costcalc.analyze(costcalc.loads(render_spec(made))).written
    # two of the three cells have one 3x3 less of their own
    cells = 3 * 16 * (3 * 9 + 3 * 1 + 3 * 25 + 2 * 49)
    assert (written.multiplies, written.params) == (64 * (4 * 144 + cells), 3 * 144 + cells - 2 * 144)


def test_pieces_inside_which_weights_are_shared():
    layers = [
        conv("stem", "input", 6),
        *long_cell(0, "stem", d="cells.0.b"),
        conv("between", "cells.0.sum", 4),
    ]
    layers += long_cell(1, "between", 5, d="cells.1.b")
    made = spec(*layers)
    assert {"shares": "b", "name": "d"} in made["blocks"]["cells"]["layers"]
    assert [layer.get("out_channels") for layer in made["layers"]] == [6, 4, 4, 5]
    written = costcalc.analyze(costcalc.loads(render_spec(made))).written
    first = 9 * 6 * 4 + 16 * (2 * 9 + 3 * 1 + 2 * 25 + 2 * 49)
    second = 9 * 4 * 5 + 25 * (2 * 9 + 3 * 1 + 2 * 25 + 2 * 49)
    assert written.params == 9 * 4 * 6 + first + 144 + second


def test_a_piece_with_weights_beside_those_that_it_shares_is_none():
    layers = [
        conv("stem", "input", 4),
        *cell(0, "input", "stem"),
        *cell(1, "stem", "cells.0.sum", 4, "cells.0"),
    ]
    layers += [*cell(2, "cells.0.sum", "cells.1.sum"), *cell(3, "cells.1.sum", "cells.2.sum")]
    made = spec(*layers)
    assert [layer.get("shares", layer.get("type")) for layer in made["layers"]] == [
        "conv",
        "cells",
        "cells.0",
        "cells",
        "cells",
    ]


def test_pieces_of_one_input_in_a_row_repeat():
    layers, last = [], "input"
    for number in range(3):
        name = f"cells.{number}"
        layers += [
            conv(f"{name}.a", last, 4),
            conv(f"{name}.b", f"{name}.a", 4),
            FlatLayer(f"{name}.c", "add", (f"{name}.a", f"{name}.b"), of(8, 4)),
            FlatLayer(f"{name}.d", "multiply", (f"{name}.a", f"{name}.c"), of(8, 4)),
            FlatLayer(f"{name}.e", "add", (f"{name}.d", last), of(8, 4)),
        ]
        last = f"{name}.e"
    made = spec(*layers)
    assert len(made["layers"]) == 1
    assert made["layers"][0]["repeat"] == 3


def test_groups_that_repeat_inside_a_path_are_a_block():
    """Beside the identity: four times a convolution and what it is added to, then another one."""
    layers, last = [conv("way.first", "input", 4)], "way.first"
    for number in range(4):
        name = f"way.steps.{number}"
        layers += [
            conv(f"{name}.a", last, 4),
            FlatLayer(f"{name}.b", "add", (f"{name}.a", last), of(8, 4)),
            FlatLayer(f"{name}.c", "sigmoid", (f"{name}.b",), of(8, 4)),
            conv(f"{name}.d", f"{name}.c", 4),
        ]
        last = f"{name}.d"
    made = spec(*layers, FlatLayer("join", "concat", ("input", last), of(8, 8)))
    (entry,) = made["layers"]
    assert [[each["type"] for each in path] for path in entry["paths"]] == [[], ["conv", "steps"]]
    assert entry["paths"][1][1]["repeat"] == 4
    assert [layer["type"] for layer in made["blocks"]["steps"]["layers"]] == ["residual", "conv"]
