"""Fillings: equal arguments, however they were written, are the same body."""

from __future__ import annotations

import pytest

from costcalc.network.filling import FillingError, Fillings
from costcalc.spec.blocks import Block


def fillings(**blocks: Block) -> Fillings:
    return Fillings(blocks)


PIECE = Block(
    parameters={"w": 8, "n": "none"},
    layers=[
        {"type": "conv", "out_channels": "$w", "kernel_size": [1, "$w"]},
        {"type": "relu", "name": "r"},
        "$n",
    ],
)


def test_words_are_replaced_and_the_rest_is_the_same_object() -> None:
    body = fillings(piece=PIECE).of("piece", {"type": "piece", "w": 5}).body
    assert body == [
        {"type": "conv", "out_channels": 5, "kernel_size": [1, 5]},
        {"type": "relu", "name": "r"},
        "none",
    ]
    assert isinstance(body, list)
    assert body[1] is PIECE.layers[1]


def test_an_unknown_word_stays() -> None:
    block = Block(layers=[{"type": "$what"}])
    assert fillings(b=block).of("b", {}).body == [{"type": "$what"}]


def test_equal_arguments_are_filled_in_once() -> None:
    pieces = fillings(piece=PIECE)
    first = pieces.of("piece", {"w": [1, {"a": 2}]})
    assert pieces.of("piece", {"type": "piece", "name": "x", "w": [1, {"a": 2}]}) is first
    assert pieces.of("piece", {"w": [1, {"a": 3}]}) is not first
    assert pieces.of("piece", {"w": [1, {"a": True}]}) is not first
    assert pieces.of("piece", {"w": 1}) is not pieces.of("piece", {"w": True})
    assert pieces.of("piece", {"w": {"a": 1}}) is not pieces.of("piece", {"w": ["a", 1]})


def test_pieces_that_are_shared_without_end_take_no_time() -> None:
    pieces = fillings(piece=PIECE)
    value: list[object] = [1]
    for _ in range(200):
        value = [value, value]
    assert pieces.of("piece", {"w": value}) is pieces.of("piece", {"w": [value[0], value[1]]})


def test_the_limit() -> None:
    block = Block(parameters={"w": 1}, layers=[["$w"] * 10_000])
    pieces = fillings(b=block)
    for number in range(299):
        pieces.of("b", {"w": number})
    with pytest.raises(FillingError):
        pieces.of("b", {"w": 299})
    assert pieces.of("b", {"w": 0}).body == [[0] * 10_000]
