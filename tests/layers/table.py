"""What the tests of the layer kinds share: one layer as YAML on some shapes, and what comes of it."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from costcalc.analysis.costs import analyze
from costcalc.errors import SpecError
from costcalc.network import Network, resolve
from costcalc.reading.document import parse
from costcalc.spec import parse_spec


class Row(NamedTuple):
    """A layer, the shapes it takes (with spaces between), and by hand: its output, multiplies and params."""

    layer: str
    inputs: str
    output: str
    multiplies: int = 0
    params: int = 0


def network(layer: str, inputs: str, rest: str = "") -> Network:
    """A network of one layer; ``rest`` is more of the spec, such as ``defaults: {…}``."""
    fields = parse(layer, "layer").data
    shapes = {f"input_{number}": shape for number, shape in enumerate(inputs.split(), 1)}
    entry = {**(fields if isinstance(fields, dict) else {"type": fields})}
    if shapes:
        entry["inputs"] = list(shapes)
    frame = parse(rest, "rest").data or {}
    spec, problems = parse_spec({"inputs": shapes or {"unused": "1x1x1"}, **frame, "layers": [entry]})
    return resolve(spec, problems)


def check(row: Row) -> None:
    """The layer makes the output, with these multiplies and params, and nothing else."""
    analysis = analyze(network(row.layer, row.inputs))
    cost = analysis.written
    assert (str(analysis.output), cost.multiplies, cost.params) == row[2:]


def refusal(layer: str, inputs: str) -> str:
    """What is wrong with the layer on these shapes: one message."""
    with pytest.raises(SpecError) as caught:
        network(layer, inputs)
    (problem,) = caught.value.problems
    return problem.message


def facts(layer: str, inputs: str, quantity: str) -> int:
    """One quantity of the layer's facts, summed over all that it expands into."""
    return sum(node.tally.sum(quantity) for node in network(layer, inputs).nodes)


def steps(layer: str, inputs: str, rest: str = "") -> list[tuple[str, str, str]]:
    """The nodes that the layer expands into: path below it, type, output."""
    made = network(layer, inputs, rest)
    top = made.rows[0].name
    return [
        (node.path.removeprefix(top).lstrip("/"), node.layer.type, str(node.output)) for node in made.nodes
    ]
