"""Laws that hold for every network, tried on random ones."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

import costcalc
from costcalc.analysis.costs import VERSIONS, Analysis, analyze
from costcalc.network import Network
from costcalc.network.filling import Fillings
from costcalc.network.limits import count_nodes
from costcalc.rewrite.separable import separable
from costcalc.rewrite.standard import standard
from random_specs import RandomSpec, specs

laws = settings(max_examples=100)


def facts(network: Network) -> list[tuple[str, str, str, Any]]:
    """All that the nodes are and cost, without their names."""
    return [
        (node.layer.type, " ".join(map(str, node.input_shapes)), str(node.output), node.tally)
        for node in network.nodes
    ]


def costs(analysis: Analysis) -> list[tuple[str, int, int]]:
    return [
        (version, layer_cost.multiplies, layer_cost.params)
        for layer in analysis.layers
        for version, layer_cost in (
            ("written", layer.written),
            ("standard", layer.standard),
            ("separable", layer.separable),
        )
    ]


@laws
@given(specs())
def test_rows_sum_to_totals_in_every_version(spec: RandomSpec) -> None:
    analysis = analyze(costcalc.loads(spec.text))
    for version in VERSIONS:
        total = analysis.total(version)
        rows = [getattr(layer, version) for layer in analysis.layers]
        assert sum(row.multiplies for row in rows) == total.multiplies
        assert sum(row.params for row in rows) == total.params
        for layer in analysis.layers:
            nodes = layer.expanded(version)
            assert sum(node.cost.multiplies for node in nodes) == getattr(layer, version).multiplies
            assert sum(node.cost.params for node in nodes) == getattr(layer, version).params


@laws
@given(specs())
def test_separable_never_multiplies_more_than_written(spec: RandomSpec) -> None:
    for layer in analyze(costcalc.loads(spec.text)).layers:
        assert layer.separable.multiplies <= layer.written.multiplies


@laws
@given(specs())
def test_the_standard_of_the_separable_is_the_standard(spec: RandomSpec) -> None:
    network = costcalc.loads(spec.text)
    there_and_back = analyze(separable(network).network)
    assert standard_costs(there_and_back) == standard_costs(analyze(network))


def standard_costs(analysis: Analysis) -> list[tuple[str, int, int]]:
    return [(layer.name, layer.standard.multiplies, layer.standard.params) for layer in analysis.layers]


@laws
@given(specs())
def test_rewriting_twice_changes_nothing_more(spec: RandomSpec) -> None:
    network = costcalc.loads(spec.text)
    for rewrite in (separable, standard):
        once = rewrite(network).network
        assert facts(rewrite(once).network) == facts(once)


@laws
@given(specs())
def test_every_version_makes_the_same_output(spec: RandomSpec) -> None:
    network = costcalc.loads(spec.text)
    for rewrite in (separable, standard):
        made = rewrite(network).network
        assert made.shape(made.output) == network.shape(network.output)
        assert [row.output for row in made.rows] == [row.output for row in network.rows]


@laws
@given(specs())
def test_resolving_is_deterministic(spec: RandomSpec) -> None:
    assert costcalc.loads(spec.text) == costcalc.loads(spec.text)
    assert costs(analyze(costcalc.loads(spec.text))) == costs(analyze(costcalc.loads(spec.text)))


@laws
@given(specs())
def test_blocks_and_repeats_written_out_by_hand_are_the_same_network(spec: RandomSpec) -> None:
    written, by_hand = costcalc.loads(spec.text), costcalc.loads(spec.text_by_hand)
    assert facts(written) == facts(by_hand)
    for version in VERSIONS:
        assert analyze(written).total(version).multiplies == analyze(by_hand).total(version).multiplies
        assert analyze(written).total(version).params == analyze(by_hand).total(version).params


@laws
@given(specs())
def test_multipliers_of_one_are_the_identity(spec: RandomSpec) -> None:
    plain = costcalc.loads(spec.text)
    assert costcalc.loads(spec.text, width_multiplier="1", resolution="1.0") == plain
    assert costcalc.loads(spec.text, width_multiplier="1.0") == plain


@laws
@given(specs(), st.sampled_from(["0.25", "0.5", "0.75", "1.4", "2"]))
def test_a_wider_network_costs_no_less(spec: RandomSpec, alpha: str) -> None:
    assume("projection" not in spec.text)  # which the narrower one may need and the wider not
    plain = costcalc.loads(spec.text)
    try:
        scaled = costcalc.loads(spec.text, width_multiplier=alpha)
    except (
        costcalc.SpecError
    ):  # the input keeps its channels: what was added to it, or shared, may fit no more
        reject()
    more, less = (scaled, plain) if Fraction(alpha) > 1 else (plain, scaled)
    assert analyze(less).written.multiplies <= analyze(more).written.multiplies
    assert [row.name for row in plain.rows] == [row.name for row in scaled.rows]


@laws
@given(specs())
def test_what_is_counted_before_bounds_what_is_made(spec: RandomSpec) -> None:
    network = costcalc.loads(spec.text)
    assert len(network.nodes) <= count_nodes(
        network.spec.layers, Fillings(network.spec.blocks), network.spec.defaults
    )


@laws
@given(specs())
def test_shared_params_count_once(spec: RandomSpec) -> None:
    """Without sharing, the same layers have as many params as those of the shared ones again."""
    shared = costcalc.loads(spec.text)
    by_name = {item["name"]: item for item in spec.written if "name" in item}
    own = [
        {
            key: value
            for key, value in {**by_name[item["shares"]], **item}.items()
            if key not in ("name", "shares")
        }
        if "shares" in item
        else item
        for item in spec.written
    ]
    apart = costcalc.loads(json.dumps({**spec.head, "layers": own}))
    again = sum(
        node.layer.tally(node.input_shapes).sum(quantity)
        for node in shared.nodes
        if node.shares is not None
        for quantity in ("weights", "biases", "affine", "slopes")
    )
    assert analyze(shared).written.params + again == analyze(apart).written.params
    assert analyze(shared).written.multiplies == analyze(apart).written.multiplies


sizes = st.integers(1, 40)
counts = st.integers(1, 24)


def one_layer(text: str, size: str) -> tuple[int, int]:
    written = analyze(costcalc.loads(f"input: {size}\nlayers: [{text}]")).written
    return written.multiplies, written.params


@given(sizes, counts, counts, counts, st.integers(1, 7), st.integers(1, 3))
def test_groups_divide_the_cost_and_one_group_is_a_convolution(
    size: int, groups: int, per_group: int, out: int, kernel: int, stride: int
) -> None:
    shape = f"{size}x{size}x{groups * per_group}"
    fields = f"type: conv, out_channels: {groups * out}, kernel_size: {kernel}, stride: {stride}"
    whole = one_layer(f"{{{fields}}}", shape)
    assert one_layer(f"{{{fields}, groups: 1}}", shape) == whole
    multiplies, params = one_layer(f"{{{fields}, groups: {groups}}}", shape)
    assert (multiplies * groups, params * groups) == whole


@given(sizes, st.integers(2, 24), st.integers(1, 3), st.integers(1, 7), st.integers(1, 3), st.booleans())
def test_a_depthwise_is_a_convolution_with_a_group_a_channel(
    size: int, channels: int, multiplier: int, kernel: int, stride: int, bias: bool
) -> None:
    fields = f"kernel_size: {kernel}, stride: {stride}, bias: {str(bias).lower()}"
    depthwise = costcalc.loads(
        f"input: {size}x{size}x{channels}\n"
        f"layers: [{{type: depthwise_conv, depth_multiplier: {multiplier}, {fields}}}]"
    )
    grouped = costcalc.loads(
        f"input: {size}x{size}x{channels}\n"
        f"layers: [{{type: conv, out_channels: {multiplier * channels}, groups: {channels}, {fields}}}]"
    )
    assert depthwise.nodes[0].tally == grouped.nodes[0].tally
    assert depthwise.nodes[0].output == grouped.nodes[0].output


@given(
    sizes, counts, counts, st.integers(1, 3), st.sampled_from([2, 3, 5, [1, 3], [3, 5]]), st.integers(1, 3)
)
def test_the_theory_is_the_exact_ratio(
    size: int, channels: int, out: int, multiplier: int, kernel: Any, stride: int
) -> None:
    fields = f"out_channels: {out}, kernel_size: {kernel}, stride: {stride}"
    (row,) = analyze(
        costcalc.loads(
            f"input: {size}x{size}x{channels}\n"
            f"layers: [{{type: separable_conv, depth_multiplier: {multiplier}, {fields}}}]"
        )
    ).layers
    taps = kernel * kernel if isinstance(kernel, int) else kernel[0] * kernel[1]
    assert row.theory == multiplier * (Fraction(1, out) + Fraction(1, taps))
    assert Fraction(row.written.multiplies, row.standard.multiplies) == row.theory
    assert Fraction(row.written.params, row.standard.params) == row.theory

    (row,) = analyze(
        costcalc.loads(f"input: {size}x{size}x{channels}\nlayers: [{{type: conv, {fields}}}]")
    ).layers
    if row.theory is None:  # kept, since multiplies would not fall
        assert Fraction(1, out) + Fraction(1, taps) >= 1
        assert row.separable == row.standard == row.written
    else:
        assert row.theory == Fraction(1, out) + Fraction(1, taps) < 1
        assert Fraction(row.separable.multiplies, row.standard.multiplies) == row.theory
        assert Fraction(row.separable.params, row.standard.params) == row.theory


@laws
@given(specs(), st.integers(2, 5))
def test_a_repeated_block_is_that_many_copies(spec: RandomSpec, count: int) -> None:
    channels = spec.head["input"].split("x")[-1]
    whole = [item for item in spec.written if "shares" not in item]
    back = {"type": "conv", "out_channels": int(channels), "kernel_size": 1}  # so that the next copy fits
    size = [{"type": "upsample", "size": list(map(int, spec.head["input"].split("x")[:2]))}]
    blocks = {**spec.head["blocks"], "whole": {"layers": [*whole, back, *size]}}
    head = {**spec.head, "blocks": blocks}
    repeated = costcalc.loads(json.dumps({**head, "layers": [{"type": "whole", "repeat": count}]}))
    copies = costcalc.loads(json.dumps({**head, "layers": ["whole"] * count}))
    assert facts(repeated) == facts(copies)
