"""The choices of a whole spec, made: their words replaced in its layers and blocks."""

from __future__ import annotations

from collections.abc import Mapping

from costcalc.errors import Problem
from costcalc.network.choosing import no_such_value, taken_of
from costcalc.network.filling import MAX_FILLED, FillingError, Fillings
from costcalc.spec import NetworkSpec
from costcalc.spec.choices import Choice, readable


def at_choices(spec: NetworkSpec, settings: Mapping[str, str]) -> tuple[NetworkSpec, list[Problem]]:
    """The network with the values that are asked for, else the first ones; and what is wrong with what is asked for.

    ``settings`` also hold those of choices inside blocks, by place: they are made where the blocks are used.
    """
    if not spec.choices:
        return (spec.with_settings(settings, {}), []) if settings else (spec, [])
    problems = []
    chosen = {}
    for name, values in readable(spec.choices).items():
        taken = taken_of(values, settings.get(name))
        if taken is None:
            problems.append(no_such_value(name, values, settings[name], ("choices", name)))
        chosen[name] = Choice(values, taken or 0)
    arguments = {name: choice.values[choice.taken] for name, choice in chosen.items()}
    fillings = Fillings({})
    try:
        layers = fillings.fill(spec.layers, arguments)
        blocks = {
            name: block.model_copy(update={"layers": fillings.fill(block.layers, arguments)})
            for name, block in spec.blocks.items()
        }
    except FillingError:
        said = f"choices fill in more than {MAX_FILLED:,} values (limit)"
        return spec.model_copy(update={"layers": []}), [*problems, Problem(said, ("choices",), at="key")]
    filled = spec.model_copy(update={"layers": layers, "blocks": blocks})
    return filled.with_settings(settings, chosen), problems
