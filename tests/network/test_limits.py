"""Limits: nodes are counted before anything is expanded, and nesting ends at 64."""

from __future__ import annotations

import pytest

from costcalc.network import Network
from costcalc.network.filling import MAX_FILLED, Fillings
from costcalc.network.limits import MAX_CHARACTERS, MAX_DEPTH, count_nodes
from network.specs import message, network, problems

HEAD = "input: 8x8x4\ndefaults: {norm: batch, activation: relu}\nblocks: {twice: {layers: [relu, relu]}}"


def counted(made: Network) -> int:
    return count_nodes(made.spec.layers, Fillings(made.spec.blocks), made.spec.defaults)


@pytest.mark.parametrize(
    "layers",
    [
        "[relu]",
        "[{type: conv, out_channels: 4, kernel_size: 3}]",
        "[{type: conv, out_channels: 4, kernel_size: 3, norm: none}]",
        "[{type: separable_conv, out_channels: 4, repeat: 3}]",
        "[{type: separable_conv, out_channels: 4, between: none}]",
        "[{type: inverted_residual, out_channels: 4, expansion: 6, squeeze_excite: {reduction: 4}}]",
        "[squeeze_excite]",
        "[flatten, {type: linear, out_features: 3, activation: relu}]",
        "[{type: residual, activation: relu, body: [{type: conv, out_channels: 4, kernel_size: 1}]}]",
        "[{type: residual, shortcut: projection, body: [{type: conv, out_channels: 5, kernel_size: 1}]}]",
        "[{type: branches, merge: concat, paths: [[relu], [], [twice]]}]",
        "[{type: add, inputs: [input, input, input, input]}]",
        "[twice, {type: twice, name: a}, {shares: a, repeat: 4}, {shares: twice_1}]",
        "[{type: twice, name: a, repeat: 3}, {shares: a}, {type: residual, body: [{shares: a}]}]",
    ],
)
def test_what_is_counted_bounds_what_is_made(layers: str) -> None:
    made = network(layers, HEAD)
    assert len(made.nodes) <= counted(made) <= 2 * len(made.nodes) + 2


def test_as_many_nodes_as_the_limit() -> None:
    made = network("[{type: relu, repeat: 60000}]")
    assert len(made.nodes) == counted(made) == 60_000


TOO_MANY = "the network has more than 60,000 nodes (limit)"


@pytest.mark.parametrize(
    ("layers", "route"),
    [
        ("[{type: relu, repeat: 100001}]", ("layers", 0, "repeat")),
        ("[relu, {type: relu, repeat: 60000}]", ("layers", 1, "repeat")),
        ("[{type: relu, repeat: 60000}, tanh]", ("layers", 1)),
        ("[{type: relu, repeat: 600000000}]", ("layers", 0, "repeat")),
        ("[{type: twice, repeat: 33334}]", ("layers", 0, "repeat")),
        ("[{type: conv, out_channels: 4, kernel_size: 1, repeat: 33334}]", ("layers", 0, "repeat")),
        ("[{type: residual, body: [{type: relu, repeat: 100001}]}]", ("layers", 0, "body", 0, "repeat")),
        ("[{type: relu, name: a, repeat: 60000}, {shares: a}]", ("layers", 1)),
        ("[{type: relu, repeat: 60000}, {shares: relu_1}]", ("layers", 1)),
        ("[{type: relu, name: a}, {shares: a, repeat: 60000}]", ("layers", 1, "repeat")),
        (
            "[{type: twice, name: a, repeat: 1000}, {type: residual, repeat: 1000, body: [{shares: a}]}]",
            ("layers", 1, "repeat"),
        ),
    ],
)
def test_more_nodes_than_the_limit(layers: str, route: tuple[str | int, ...]) -> None:
    (problem,) = problems(layers, HEAD)
    assert (problem.message, problem.route) == (TOO_MANY, route)


def test_the_place_in_a_block_names_its_use() -> None:
    head = "input: 8x8x4\nblocks: {big: {layers: [{type: relu, repeat: 600000}]}}"
    (problem,) = problems("[relu, big]", head)
    assert (problem.message, problem.route) == (TOO_MANY, ("blocks", "big", "layers", 0, "repeat"))
    assert problem.used == (("layers", 1),)


def test_repeats_multiply_through_blocks() -> None:
    blocks = ", ".join(f"b{n}: {{layers: [{{type: b{n + 1}, repeat: 1000}}]}}" for n in range(20))
    assert message("[b0]", f"input: 8x8x4\nblocks: {{{blocks}, b20: {{layers: [relu]}}}}") == TOO_MANY


def test_blocks_that_double() -> None:
    blocks = ", ".join(f"b{n}: {{layers: [b{n + 1}, b{n + 1}]}}" for n in range(60))
    assert message("[b0]", f"input: 8x8x4\nblocks: {{{blocks}, b60: {{layers: [relu]}}}}") == TOO_MANY


def test_arguments_that_double() -> None:
    blocks = ", ".join(
        f"b{n}: {{parameters: {{x: 1}}, layers: [{{type: b{n + 1}, x: [$x, $x]}}]}}" for n in range(60)
    )
    head = (
        f"input: 8x8x4\nblocks: {{{blocks}, b60: {{parameters: {{x: 1}}, layers: [{{type: relu, x: $x}}]}}}}"
    )
    assert message("[b0]", head) == 'unknown field "x" of relu layer "relu_1"'


def test_many_different_fillings() -> None:
    junk = ", ".join(["$x"] * 4000)
    head = f"input: 8x8x4\nblocks: {{b: {{parameters: {{x: 1}}, layers: [{{type: relu, junk: [{junk}]}}]}}}}"
    uses = ", ".join(f"{{type: b, x: {number}}}" for number in range(2000))
    assert message(f"[{uses}]", head) == f"uses of blocks fill in more than {MAX_FILLED:,} values (limit)"


def test_blocks_of_blocks_count_though_they_hold_one_layer() -> None:
    assert message("[{type: b0, repeat: 2000}]", chain(60)) == TOO_MANY
    assert len(network("[{type: b0, repeat: 900}]", chain(60)).nodes) == 900


@pytest.mark.parametrize(
    "layers",
    [
        "[{type: relu, name: %s, repeat: 40000}]",
        "[{type: twice, name: %s, repeat: 20000}]",
        "[{type: residual, name: %s, body: [{type: relu, repeat: 40000}]}]",
        "[{type: residual, name: %s, repeat: 15000, body: [relu]}]",
    ],
)
def test_names_that_are_long_and_stand_in_many_paths(layers: str) -> None:
    (problem,) = problems(layers % ("x" * 1200), HEAD)
    assert problem.message == f"the paths of the layers have more than {MAX_CHARACTERS:,} characters (limit)"
    assert problem.hint == "give shorter names"
    assert len(network(layers % ("x" * 100), HEAD).nodes) >= 30_000


TOO_DEEP = f"layers nest deeper than {MAX_DEPTH} levels (limit)"


def chain(count: int) -> str:
    blocks = ", ".join(f"b{n}: {{layers: [b{n + 1}]}}" for n in range(count - 1))
    return f"input: 8x8x4\nblocks: {{{blocks}, b{count - 1}: {{layers: [relu]}}}}"


def test_as_deep_as_the_limit() -> None:
    assert len(network("[b0]", chain(64)).nodes) == 1


@pytest.mark.parametrize("count", [65, 10_000])
def test_deeper_than_the_limit(count: int) -> None:
    assert message("[b0]", chain(count)) == TOO_DEEP


def test_deeper_than_the_limit_from_the_inside_out() -> None:
    # every block is known already, and shallow, when the next one uses it
    uses = ", ".join(f"b{number}" for number in reversed(range(100)))
    (problem,) = problems(f"[{uses}]", chain(100))
    assert problem.message == TOO_DEEP


def test_bodies_and_blocks_nest_together() -> None:
    body = "[{type: residual, body: [{type: branches, merge: add, paths: [[], [%s]]}]}]"
    blocks = ", ".join(f"b{n}: {{layers: {body % f'b{n + 1}'}}}" for n in range(30))
    assert message("[b0]", f"input: 8x8x4\nblocks: {{{blocks}, b30: {{layers: [relu]}}}}") == TOO_DEEP


def test_a_network_at_the_depth_limit_is_resolved() -> None:
    body = "relu"
    for _ in range(20):
        body = f"{{type: residual, body: [{body}]}}"
    blocks = ", ".join(f"b{n}: {{layers: [b{n + 1}]}}" for n in range(43))
    made = network("[b0]", f"input: 8x8x4\nblocks: {{{blocks}, b43: {{layers: [{body}]}}}}")
    assert len(made.nodes) == 21
    assert (
        message(
            "[{type: residual, body: [b0]}]", f"input: 8x8x4\nblocks: {{{blocks}, b43: {{layers: [{body}]}}}}"
        )
        == TOO_DEEP
    )


@pytest.mark.parametrize(
    "name", ["resnet50", "efficientnet_b0", "googlenet_original", "vit_b_16", "mobilenet_v3_large"]
)
def test_on_the_zoo(name: str) -> None:
    from costcalc import load

    made = load(f"zoo:{name}")
    assert len(made.nodes) <= counted(made) <= 2 * len(made.nodes)
