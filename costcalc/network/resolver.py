"""Resolution: from a spec to its network. Everything that is wrong is collected, and said at once."""

from __future__ import annotations

from collections.abc import Sequence

from costcalc.errors import Problem, SpecError
from costcalc.layers import KINDS
from costcalc.network.entries import Place
from costcalc.network.filling import Fillings
from costcalc.network.graph import Network
from costcalc.network.ledger import Ledger, TooManyProblemsError
from costcalc.network.limits import SizeError, check_size
from costcalc.network.placing import Placer
from costcalc.network.scope import SEVERAL, Named, Scope, Value
from costcalc.network.warnings import warn_of_unused_blocks, warn_of_unused_inputs, warn_of_unused_layers
from costcalc.spec.frame import NetworkSpec


def resolve(spec: NetworkSpec, problems: Sequence[Problem] = ()) -> Network:
    """The network of a spec; ``problems`` are those already found in its frame.

    Raises SpecError with all that is wrong, frame and layers together.
    """
    ledger = Ledger(problems)
    network = None
    try:
        network = _network(spec, ledger)
    except SizeError as error:
        ledger.problems.append(error.problem)
    except TooManyProblemsError:
        pass
    if ledger.problems or network is None:
        raise SpecError(ledger.problems)
    return network


def _network(spec: NetworkSpec, ledger: Ledger) -> Network | None:
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
    nodes = placer.graph.nodes
    consumed = {source for node in nodes for source in node.inputs} | {output}
    warn_of_unused_inputs(spec, consumed, ledger)
    warn_of_unused_blocks(fillings.unused(), ledger)
    warn_of_unused_layers(placer.written, consumed, ledger)
    return Network(
        spec,
        spec.input_shapes,
        tuple(nodes),
        tuple(placer.rows),
        output,
        tuple(ledger.warnings),
        (*spec.notes, *(placer.width.notes() if placer.width is not None else ())),
    )


def _input_values(spec: NetworkSpec) -> dict[str, Value]:
    """The network's inputs as values; unknown ones where their shapes cannot be relied on."""
    if spec.unread_inputs:
        return dict.fromkeys(spec.unread_inputs)
    return {name: ~index for index, name in enumerate(spec.input_shapes)}
