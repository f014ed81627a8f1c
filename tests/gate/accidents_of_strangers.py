"""Accidents with specs and models that a stranger wrote: what is refused, and in whose words."""

from __future__ import annotations

from pathlib import Path

from gate.accidents import Case
from gate.projects import write
from importers.onnx_model.graphs import model, node

LIMIT = ("--max-params", "9")
MANY = "the network has more than 60,000 nodes (limit)"
BROKEN = "a spec that is broken, however deep"
SHORT = "a spec of more operations than"
LARGE = "a model with more axes or elements than"
TARGET = "a PyTorch target that cannot be imported"


def _onnx(*dims: int) -> None:
    Path("m.onnx").write_bytes(
        model([node("Relu", "x", "y")], {"x": dims}, outputs=("y",)).SerializeToString()
    )


CASES = [
    *(
        Case(BROKEN, lambda text=text: write("a.yaml", text), ("a.yaml", *LIMIT), 2, said)
        for text, said in (
            (f"input: 8x8x1\nlayers: {'[' * 2000}\n", "nested deeper than 64 levels"),
            (f"input: 8x8x1\nlayers: {'[' * 2000}{']' * 2000}\n", "nested deeper than 64 levels"),
            (f"input: 8x8x1\nlayers: {'{a: ' * 90_000}\n", "nested deeper than 64 levels"),
            *(
                (f"inputs: {value}\nlayers: [relu]\n", f"a.yaml:1:{place}: error: ")
                for value, place in (("true", 9), ("null", 9), ("false", 9), ("5", 9))
            ),
            *(
                (
                    f"input: 8x8x1\nlayers: [{{type: relu, inputs: {value}}}]\n",
                    f"must be a list of names, not {value}",
                )
                for value in ("true", "false", "5")
            ),
        )
    ),
    *(
        Case(SHORT, lambda text=text: write("a.yaml", f"input: 8x8x1\n{text}\n"), ("a.yaml", *LIMIT), 2, MANY)
        for text in (
            "blocks: {many: {layers: [{type: relu, repeat: 499000}]}}\nlayers: [many]",
            "layers: [{type: conv, out_channels: 1, kernel_size: 1, name: a}, {shares: a, repeat: 499000}]",
            "layers:\n" + "- relu\n" * 160_000,
            f"layers: [{{type: branches, paths: [{'[], ' * 300_000}[]]}}]",
        )
    ),
    *(
        Case(LARGE, lambda dims=dims: _onnx(*dims), ("m.onnx", *LIMIT), 2, said)
        for dims, said in (
            ((2**31 - 1,) * 500, "has 500 axes, and 64 is the most"),
            ((1,) * 20_000, "has 20000 axes, and 64 is the most that is read"),
            ((2**31 - 1,) * 4, "more than 10^18 elements"),
        )
    ),
    Case(TARGET, lambda: None, ("nosuch.module:net", *LIMIT), 2, "nosuch.module:net:1:1: error: "),
    Case(
        "`specs` names files, no targets",
        lambda: write("costcalc.yaml", "specs: ['nosuch.module:net']\nbudget: {params: 9}\n"),
        (),
        2,
        'costcalc.yaml:1:9: error: "nosuch.module:net" matches no file',
    ),
]
