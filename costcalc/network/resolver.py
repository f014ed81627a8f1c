"""Resolution: from a spec to its network. Everything that is wrong is collected, and said at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from costcalc.errors import Problem, SpecError
from costcalc.layers import KINDS
from costcalc.network.entries import Place
from costcalc.network.filling import Fillings
from costcalc.network.graph import Network, Placed
from costcalc.network.ledger import Ledger, TooManyProblemsError
from costcalc.network.limits import SizeError, check_size
from costcalc.network.placing import Placer
from costcalc.network.scope import SEVERAL, Named, Scope, Value
from costcalc.network.warnings import (
    warn_of_channels_first,
    warn_of_unused_blocks,
    warn_of_unused_inputs,
    warn_of_unused_layers,
)
from costcalc.quantity import listed
from costcalc.spec.choices import Choice
from costcalc.spec.frame import NetworkSpec

#: So many choices at most are told one by one.
_TOLD = 12


def resolve(spec: NetworkSpec, problems: Sequence[Problem] = ()) -> Network:
    """The network of a spec; ``problems`` are those already found in its frame.

    Raises SpecError with all that is wrong, frame and layers together.
    """
    return _resolved(spec, problems)[0]


def resolve_with_places(
    spec: NetworkSpec, problems: Sequence[Problem] = ()
) -> tuple[Network, Sequence[Placed]]:
    """The network of a spec, and where each of its entries was placed, in order. Raises as :func:`resolve` does."""
    network, placer = _resolved(spec, problems)
    return network, placer.placed()


def _resolved(spec: NetworkSpec, problems: Sequence[Problem]) -> tuple[Network, Placer]:
    ledger = Ledger(problems)
    found = None
    try:
        found = _network(spec, ledger)
    except SizeError as error:
        ledger.problems.append(error.problem)
    except TooManyProblemsError:
        pass
    if ledger.problems or found is None:
        raise SpecError(ledger.problems)
    return found


def _network(spec: NetworkSpec, ledger: Ledger) -> tuple[Network, Placer] | None:
    """The network; None where there are problems. Raises SizeError, TooManyProblemsError."""
    fillings = Fillings({name: block for name, block in spec.blocks.items() if name not in KINDS})
    check_size(spec.layers, fillings, spec.defaults)
    values = _input_values(spec)
    first = next(iter(values.values()), None)
    if len(values) > 1 and "input" not in spec.unread_inputs:
        first = SEVERAL
    scope = Scope(names={name: Named(value) for name, value in values.items()})
    placer = Placer(spec, fillings, ledger)
    output = placer.place(spec.layers, Place(("layers",), scope), first)
    if ledger.problems or output is None:
        return None
    for kind in spec.called.keys() - placer.graph.call(0, spec.called):
        message = f"the spec has no {listed([kind])} that could be called"
        ledger.note(Problem(message, ("called", kind), at="key"))
    if ledger.problems:
        return None
    nodes = placer.graph.nodes
    consumed = {source for node in nodes for source in node.inputs} | {output}
    warn_of_unused_inputs(spec, consumed, ledger)
    warn_of_channels_first(spec, ledger)
    warn_of_unused_blocks(fillings.unused(), ledger)
    warn_of_unused_layers(((each.value, each.entry) for each in placer.written), consumed, ledger)
    choices = {**spec.chosen, **placer.chooser.made}
    network = Network(
        spec,
        spec.input_shapes,
        tuple(nodes),
        tuple(placer.rows),
        output,
        tuple(ledger.warnings),
        (*_choices_said(choices), *spec.notes, *(placer.width.notes() if placer.width is not None else ())),
        choices,
    )
    return network, placer


def _choices_said(choices: Mapping[str, Choice]) -> list[str]:
    """A note on the choices that were made, if there are any."""
    if not choices:
        return []
    each = [f"{listed([name])} = {listed([choice.labels[choice.taken]])}" for name, choice in choices.items()]
    more = f" and {len(each) - _TOLD} more" if len(each) > _TOLD else ""
    first = "the first of each" if not any(choice.taken for choice in choices.values()) else "as chosen"
    return [f"choices, {first}: {', '.join(each[:_TOLD])}{more}; --set NAME=VALUE takes others"]


def _input_values(spec: NetworkSpec) -> dict[str, Value]:
    """The network's inputs as values; unknown ones where their shapes cannot be relied on."""
    if spec.unread_inputs:
        return dict.fromkeys(spec.unread_inputs)
    return {name: ~index for index, name in enumerate(spec.input_shapes)}
