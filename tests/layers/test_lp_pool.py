"""lp_pool: powers, a mean and a root, each a layer of its own."""

from __future__ import annotations

import pytest

from costcalc import analyze
from network.specs import message, network, outputs, totals

ROWS = [
    ("kernel_size: 2", ["square", "avg_pool", "sqrt"], "4x4x4"),
    ("kernel_size: 3, p: 3, stride: 1, padding: 1", ["pow", "avg_pool", "pow"], "8x8x4"),
    ("kernel_size: 3, p: 1, stride: 2, dilation: 2, ceil_mode: true", ["abs", "avg_pool"], "3x3x4"),
]


@pytest.mark.parametrize(("fields", "steps", "output"), ROWS)
def test_its_steps(fields: str, steps: list[str], output: str) -> None:
    made = network(f"[{{type: lp_pool, name: it, {fields}}}]")
    assert [getattr(node.layer, "function", node.layer.type) for node in made.nodes] == steps
    assert (outputs(made), totals(made)) == ({"it": output}, (0, 0))


def test_its_facts() -> None:
    # 8·8·4 squares, 4·4·4 windows of 4, 4·4·4 roots
    tally = analyze(network("[{type: lp_pool, kernel_size: 2}]")).written.tally
    assert (tally.sum("powers"), tally.sum("window_reads")) == (256 + 64, 256)


def test_what_does_not_fit() -> None:
    assert message("[{type: lp_pool, kernel_size: 9}]") == (
        'lp_pool layer "lp_pool_1" on 8x8x4: its mean on 8x8x4: '
        "kernel_size (=9) is larger than its padded input (=8)"
    )
    assert message("[{type: lp_pool, kernel_size: 2, p: 0}]") == (
        'p of lp_pool layer "lp_pool_1" must be between 1 and 2147483647, not 0'
    )
