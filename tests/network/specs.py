"""What the tests of resolution share: a spec's text, and what comes of it."""

from __future__ import annotations

import pytest

import costcalc
from costcalc.errors import Problem, SpecError
from costcalc.network import Network


def network(layers: str, head: str = "input: 8x8x4") -> Network:
    """The network of these layers: a list in brackets, or one of lines."""
    return costcalc.loads(f"{head}\nlayers:{' ' if layers.startswith('[') else ''}{layers}")


def problems(layers: str, head: str = "input: 8x8x4") -> tuple[Problem, ...]:
    """All that is wrong with these layers."""
    with pytest.raises(SpecError) as caught:
        network(layers, head)
    return caught.value.problems


def messages(layers: str, head: str = "input: 8x8x4") -> list[str]:
    """What is said to be wrong with these layers."""
    return [problem.message for problem in problems(layers, head)]


def message(layers: str, head: str = "input: 8x8x4") -> str:
    """The one thing that is wrong with these layers."""
    (said,) = messages(layers, head)
    return said


def outputs(made: Network) -> dict[str, str]:
    """The output of every row by its name."""
    return {row.name: str(row.output) for row in made.rows}


def paths(made: Network) -> list[str]:
    """The paths of all nodes."""
    return [node.path for node in made.nodes]


def totals(made: Network) -> tuple[int, int]:
    """Multiplies and params, as written."""
    written = costcalc.analyze(made).written
    return written.multiplies, written.params
