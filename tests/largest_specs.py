"""Specs of under 1 MB that are as large as a limit allows, each in one way; and some that are far too large."""

from __future__ import annotations

from costcalc.network.limits import MAX_CHARACTERS, MAX_NODES
from costcalc.reading.composer import MAX_VALUES
from costcalc.rendering.report.parts import MAX_EXPANDED

HEAD = "input: 8x8x4\n"
#: All that a convolution may say, in 22 values.
WORDY = (
    "{type: conv, out_channels: 8, kernel_size: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], "
    "groups: 1, bias: false, norm: none, activation: none, separable: auto}"
)
MOST_WORDY = MAX_VALUES // 22
CONV = "{type: conv, out_channels: %d, kernel_size: 3, norm: batch, activation: relu, repeat: %d}"


def as_many_nodes(most: int) -> dict[str, str]:
    """Specs that count as just so many nodes, each of another kind."""
    return {
        "copies in a block": (
            f"{HEAD}blocks: {{many: {{layers: [{{type: relu, repeat: {most - 1}}}]}}}}\nlayers: [many]"
        ),
        "copies of a convolution": f"{HEAD}layers: [{CONV % (8, most // 3)}]",
        "copies of a separable convolution": (
            f"{HEAD}layers: [{{type: separable_conv, out_channels: 8, norm: batch, repeat: {most // 4}}}]"
        ),
        "copies of an inverted residual": (
            f"{HEAD}layers: [{{type: inverted_residual, out_channels: 4, expansion: 6, norm: batch, activation: relu, "
            f"squeeze_excite: {{}}, repeat: {most // 16}}}]"
        ),
        "copies of a residual": f"{HEAD}layers: [{{type: residual, body: [relu], repeat: {most // 3}}}]",
        "copies of shared weights": f"{HEAD}layers: [prelu, {{shares: prelu_1, repeat: {most - 1}}}]",
        "uses that share weights": (
            f"{HEAD}blocks: {{b: {{layers: [prelu]}}}}\n"
            f"layers: [prelu, {{type: b, shares: {{prelu_1: prelu_1}}, repeat: {most // 2 - 1}}}]"
        ),
        "uses of a block": f"{HEAD}blocks: {{b: {{layers: [relu]}}}}\nlayers: [{'b,' * (most // 2)}]",
        "uses of blocks in blocks": f"{_chain(60, 'bN', 'relu')}layers: [{{type: b0, repeat: {most // 62}}}]",
        "projections in projections": (
            _chain(
                6,
                "{type: residual, shortcut: projection, body: [bN, {type: conv, out_channels: N, kernel_size: 1}]}",
                f"{{type: relu, repeat: {most - 25}}}",
            )
            + "layers: [b0]"
        ),
        "empty branches": f"{HEAD}layers: [{{type: branches, merge: add, paths: [{'[],' * (most - 1)}]}}]",
        "layers": f"{HEAD}layers: [{'tanh,' * most}]",
        "inputs": f"{HEAD}layers: [{{type: concat, inputs: [{'input,' * (most + 1)}]}}]",
    }


def _chain(count: int, link: str, last: str) -> str:
    """Blocks of which each uses the next by ``link``, in which ``N`` is its number."""
    blocks = "".join(f"  b{n}: {{layers: [{link.replace('N', str(n + 1))}]}}\n" for n in range(count))
    return f"{HEAD}blocks:\n{blocks}  b{count}: {{layers: [{last}]}}\n"


LARGEST = {
    **as_many_nodes(MAX_NODES),
    "convolutions": f"{HEAD}layers: [" + ", ".join(CONV % (n + 1, 1) for n in range(10_000)) + "]",
    "uses of shared weights": f"{HEAD}layers: [prelu, {'{shares: prelu_1},' * 55_000}]",
    "a long name": f"{HEAD}layers: [{{type: relu, name: {'x' * 1000}, repeat: {MAX_CHARACTERS // 1020}}}]",
    "values": f"{HEAD}layers: [&a {WORDY}, {'*a,' * (MOST_WORDY - 1)}]",
    "as many primitives as are listed": f"{HEAD}layers: [{CONV % (8, MAX_EXPANDED // 3)}]",
}

TOO_LARGE = {
    **{name: text for name, text in as_many_nodes(2 * MAX_NODES).items() if len(text) < 1_000_000},
    "copies without end": f"{HEAD}layers: [{{type: relu, repeat: 1000000000}}]",
    "a very long name": f"{HEAD}layers: [{{type: relu, name: {'x' * 900_000}, repeat: {MAX_NODES}}}]",
    "values where none are due": f"{HEAD}source: &a [{'1,' * 39_990}]\npublished: [{'*a,' * 9}]\nlayers: [relu]",
    "values, and a few more": f"{HEAD}layers: [&a {WORDY}, {'*a,' * MOST_WORDY}]",
    "values without end": f"{HEAD}a: &a [{'1,' * 900}]\nb: &b [{'*a,' * 900}]\nlayers: [{'*b,' * 900}]",
}
