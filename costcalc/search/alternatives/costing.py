"""What each form of a convolution costs: its layers are built as a spec's are, and counted by the same code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from costcalc.analysis.costs import Analysis
from costcalc.analysis.measures import Measured
from costcalc.errors import CostcalcError, SpecError
from costcalc.layers.conv import Conv
from costcalc.layers.depthwise_conv import DepthwiseConv
from costcalc.metrics import Number, available
from costcalc.network import Network, resolve
from costcalc.rewrite.substitution import substitute
from costcalc.search.alternatives import ALGORITHMS, FORMS, algorithm_named, form_named
from costcalc.search.alternatives.choosing import replaceable
from costcalc.search.alternatives.convolution import Convolution
from costcalc.search.alternatives.decompositions import break_even_rank
from costcalc.search.alternatives.form import Algorithm, Arguments, Form, UnavailableError
from costcalc.spec import parse_spec

#: A whole network in some twenty forms is built and counted as often.
MAX_LAYERS = 10_000

#: The numbers that forms are given, by the form's name.
Given = Mapping[str, Arguments]


@dataclass(frozen=True, slots=True)
class Alternative:
    """One form, and what it costs here: its metrics by name, or why there is none.

    ``ratio`` is multiplies ÷ those of the standard form. Of a whole network ``replaced`` of ``of`` convolutions have
    the form, the others stay as they are in the standard version.
    """

    form: Form | Algorithm
    symbols: Mapping[str, int]
    values: Mapping[str, Number] | None
    ratio: Fraction | None = None
    unavailable: str = ""
    replaced: int = 0
    of: int = 0


def network_of(
    convolution: Convolution, form: Form, given: Arguments = ()
) -> tuple[Network, Mapping[str, int]]:
    """The layers of a form as a network on the convolution's input, and the form's letters.

    Raises UnavailableError where the convolution has no such form.
    """
    built = form.build(convolution, given)
    data = {"input": str(convolution.source), "layers": convolution.entries(built.stages)}
    spec, problems = parse_spec(data)
    try:
        network = resolve(spec, problems)
    except SpecError as error:  # the norm's groups do not divide the channels between, say
        raise UnavailableError(error.problems[0].message) from None
    if network.shape(network.output) != convolution.output:
        raise UnavailableError(f"makes {network.shape(network.output)}, not {convolution.output}")
    return network, built.symbols


def alternatives(convolution: Convolution, given: Given, arguments: Mapping[str, Any]) -> list[Alternative]:
    """One convolution in every form and by every algorithm; ``arguments`` are those of the metrics.

    ``given`` holds the numbers of forms that are not to have their defaults.
    """
    standard, _ = network_of(convolution, form_named("standard"))
    base = _values(standard, arguments)
    forms = [_in_form(convolution, form_named(name), given.get(name, ()), base, arguments) for name in FORMS]
    windows = [(convolution, int(base["multiplies"]))]
    return forms + [_by_algorithm(algorithm_named(name), windows, base) for name in ALGORITHMS]


def network_alternatives(analysis: Analysis, given: Given, arguments: Mapping[str, Any]) -> list[Alternative]:
    """A whole network with its convolutions in every form, and by every algorithm.

    Forms stand in the standard version, where a separable form could; algorithms compute what is written. Raises
    CostcalcError where the network has more than ``MAX_LAYERS`` operations.
    """
    if (count := len(analysis.network.nodes)) > MAX_LAYERS:
        raise CostcalcError(
            f"alternatives of a whole network take at most {MAX_LAYERS:,} operations, not {count:,}: name a LAYER"
        )
    standard, places = analysis.versions.network("standard"), replaceable(analysis)
    base = _values(standard, arguments)
    forms = [
        _all_in_form(standard, places, form_named(name), given.get(name, ()), base, arguments)
        for name in FORMS
    ]
    written = analysis.network
    windows = [
        (Convolution(node.layer, node.input_shapes[0]), node.tally.sum("multiplies"))
        for node in written.nodes
        if isinstance(node.layer, (Conv, DepthwiseConv))
    ]
    direct = _values(written, arguments)
    return forms + [_by_algorithm(algorithm_named(name), windows, direct) for name in ALGORITHMS]


def _values(network: Network, arguments: Mapping[str, Any]) -> dict[str, Number]:
    measured = Measured(network, arguments)
    return {name: measured.whole(name) for name in available(arguments)}


def _in_form(
    convolution: Convolution,
    form: Form,
    given: Arguments,
    base: Mapping[str, Number],
    arguments: Mapping[str, Any],
) -> Alternative:
    try:
        network, symbols = network_of(convolution, form, given)
    except UnavailableError as error:
        return Alternative(form, {}, None, unavailable=str(error), of=1)
    values = _values(network, arguments)
    return Alternative(form, symbols, values, _ratio(values, base), replaced=1, of=1)


def _all_in_form(
    network: Network,
    places: Mapping[int, Convolution],
    form: Form,
    given: Arguments,
    base: Mapping[str, Number],
    arguments: Mapping[str, Any],
) -> Alternative:
    """The network with the form wherever it is to be had; what shares weights has it on both sides, or on none."""
    built: dict[Convolution, Network | str] = {}
    for convolution in places.values():
        if convolution not in built:
            try:
                built[convolution] = network_of(convolution, form, given)[0]
            except UnavailableError as error:
                built[convolution] = str(error)
    substitutes = {index: made for index, of in places.items() if isinstance(made := built[of], Network)}
    for uses in _uses_of_shared_weights(network):
        if len({_weights(substitutes[use]) if use in substitutes else None for use in uses}) > 1:
            for use in uses:
                substitutes.pop(use, None)
    if not substitutes:
        reasons = [made for made in built.values() if isinstance(made, str)]
        other = (
            "layers that share weights would have others" if built else "no convolution has a separable form"
        )
        reason = reasons[0] if reasons else other
        return Alternative(form, {}, None, unavailable=reason, of=len(places))
    values = _values(substitute(network, substitutes), arguments)
    return Alternative(form, {}, values, _ratio(values, base), replaced=len(substitutes), of=len(places))


def _uses_of_shared_weights(network: Network) -> list[list[int]]:
    """The nodes that have the same weights, wherever several have."""
    found: dict[int, list[int]] = {}
    for index, node in enumerate(network.nodes):
        if node.shares is not None:
            found.setdefault(node.shares, [node.shares]).append(index)
    return [*found.values()]


def _weights(network: Network) -> tuple[object, ...]:
    """The kinds and tensors of a network: one of other weights cannot stand for another use of the same."""
    return tuple((node.layer.type, frozenset(node.tally.tensors().facts.items())) for node in network.nodes)


def _by_algorithm(
    algorithm: Algorithm, windows: Sequence[tuple[Convolution, int]], direct: Mapping[str, Number]
) -> Alternative:
    """The same layers by an algorithm: other multiplies, wherever it is to be had, and all else as it was."""
    saved, replaced, reason = Fraction(0), 0, "no convolution"
    symbols: Mapping[str, int] = {}
    for convolution, multiplies in windows:
        try:
            saved += multiplies * (1 - algorithm.share(convolution))
        except UnavailableError as error:
            reason = str(error)
            continue
        replaced += 1
        symbols = algorithm.symbols(convolution) if len(windows) == 1 else {}
    if not replaced:
        return Alternative(algorithm, {}, None, unavailable=reason, of=len(windows))
    values = {**direct, "multiplies": direct["multiplies"] - int(saved)}
    values.pop("time", None)  # a roofline is for direct algorithms
    return Alternative(algorithm, symbols, values, _ratio(values, direct), replaced=replaced, of=len(windows))


def _ratio(values: Mapping[str, Number], base: Mapping[str, Number]) -> Fraction | None:
    return Fraction(values["multiplies"]) / base["multiplies"] if base["multiplies"] else None


def comparisons(convolution: Convolution) -> dict[str, Fraction]:
    """What to know of separable beside its ratio; what is not to be had for a convolution is absent.

    ``break_even_rank``: the rank at which low rank costs as many multiplies as separable. ``reduction``: standard ÷
    separable; ``reduction_against_winograd``: the same with Winograd's F(4x4, 3x3) for the standard convolution;
    ``reduction_of_valid_taps``: the same with no multiply that reads padding on either side.
    """
    if convolution.taps == 1:
        return {}
    even, per_rank = break_even_rank(convolution)
    taps, positions = convolution.taps, convolution.output.positions
    channels, source = convolution.output.channels, convolution.source.channels
    standard = taps * source * channels * positions
    separable = source * (taps + channels) * positions
    found = {"break_even_rank": Fraction(even, per_rank), "reduction": Fraction(standard, separable)}
    with suppress(UnavailableError):
        winograd = standard * algorithm_named("winograd_f4").share(convolution)
        found["reduction_against_winograd"] = winograd / separable
    valid = algorithm_named("valid_taps").share(convolution) * taps
    found["reduction_of_valid_taps"] = (
        valid * source * channels * positions / (source * positions * (valid + channels))
    )
    return found
