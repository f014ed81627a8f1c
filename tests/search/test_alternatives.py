"""The forms of a convolution: each formula against its construction, published figures, and counting loops."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costcalc import analyze, load, loads
from costcalc.errors import CostcalcError
from costcalc.layers.conv import Conv
from costcalc.network import Network
from costcalc.search.alternatives import ALGORITHMS, FORMS, algorithm_named, form_named
from costcalc.search.alternatives.algorithms import valid_taps
from costcalc.search.alternatives.asking import parse_forms
from costcalc.search.alternatives.choosing import choose
from costcalc.search.alternatives.convolution import Convolution
from costcalc.search.alternatives.costing import (
    Alternative,
    alternatives,
    comparisons,
    network_alternatives,
    network_of,
)
from costcalc.search.alternatives.form import UnavailableError
from costcalc.shape import Shape

LETTER = re.compile(r"⌈[^⌉]+⌉|ΣK²|[A-Za-z]+(?:_[a-z]+)?²?|·")


def convolution(
    spatial: tuple[int, ...], channels: int, out_channels: int, kernel: Any = 3, **fields: Any
) -> Convolution:
    layer = Conv(type="conv", out_channels=out_channels, kernel_size=kernel, **fields)
    return Convolution(layer, Shape(spatial, channels))


def evaluated(formula: str, letters: dict[str, int]) -> Fraction:
    """A formula with numbers in the place of its letters."""
    text = LETTER.sub(lambda found: "*" if found[0] == "·" else f"Fraction({letters[found[0]]})", formula)
    return Fraction(eval(text, {"Fraction": Fraction}))


def weights(network: Network) -> int:
    return sum(node.tally.sum("weights") for node in network.nodes)


def multiplies(network: Network) -> int:
    return sum(node.tally.sum("multiplies") for node in network.nodes)


def counts(one: Alternative) -> dict[str, object] | None:
    """Its multiplies and params."""
    return None if one.values is None else {name: one.values[name] for name in ("multiplies", "params")}


@st.composite
def convolutions(draw: st.DrawFn) -> Convolution:
    rank = draw(st.sampled_from((1, 2, 2, 2, 3)))
    each = st.tuples(*[st.integers(1, 3)] * rank)
    kernel = draw(st.one_of(st.sampled_from((1, 3, 5)), st.tuples(*[st.integers(1, 5)] * rank)))
    padding = draw(st.sampled_from(("same", "valid", 1, 2)))
    return convolution(
        draw(st.tuples(*[st.integers(9, 20)] * rank)),
        draw(st.sampled_from((1, 3, 4, 6, 8, 16, 24))),
        draw(st.sampled_from((1, 2, 4, 8, 12, 32))),
        kernel if isinstance(kernel, int) else list(kernel),
        stride=list(draw(each)),
        padding=padding,
        dilation=draw(st.sampled_from((1, 1, 2))),
        bias=draw(st.booleans()),
        norm=draw(st.sampled_from(("none", "batch"))),
        activation=draw(st.sampled_from(("none", "relu"))),
    )


@given(convolutions(), st.sampled_from(sorted(FORMS)))
@settings(max_examples=400)
def test_a_form_costs_what_its_formula_says(convolution: Convolution, name: str) -> None:
    form = form_named(name)
    try:
        network, symbols = network_of(convolution, form)
    except (UnavailableError, CostcalcError):
        return
    letters = {**convolution.symbols, **symbols}
    assert multiplies(network) == evaluated(form.formula, letters)
    standard = convolution.taps * letters["C_in"] * letters["C_out"]
    assert weights(network) == evaluated(form.ratio, letters) * standard
    assert network.shape(network.output) == convolution.output


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_available_somewhere(name: str) -> None:
    network, _ = network_of(convolution((14, 14), 64, 128, stride=2, norm="batch"), form_named(name))
    assert network.shape(network.output) == Shape((7, 7), 128)


@pytest.mark.parametrize("name", [*FORMS, *ALGORITHMS])
def test_a_form_cites_a_source_and_is_named_by_its_line(name: str) -> None:
    form = form_named(name) if name in FORMS else algorithm_named(name)
    assert form.name == name
    assert re.search(r"arXiv:\d{4}\.\d{4,5}", form.source)


#: (form, H=W, C_in, C_out, kernel, stride, numbers) and what hand arithmetic makes of it: multiplies, weights.
ROWS = [
    ("standard", 8, 16, 32, 3, 1, (), 294_912, 4_608),
    ("grouped", 8, 16, 32, 3, 1, (), 73_728, 1_152),
    ("grouped", 8, 16, 32, 3, 1, (8,), 36_864, 576),
    ("separable", 8, 16, 32, 3, 1, (), 41_984, 656),
    ("separable", 8, 16, 32, 3, 1, (2,), 83_968, 1_312),
    ("spatial", 8, 16, 32, 3, 1, (), 294_912, 4_608),  # 3·16·32 + 3·32·32
    ("spatial", 8, 16, 32, 3, 2, (), 98_304, 4_608),  # (1,536·4·8) + (3,072·4·4)
    ("depthwise_spatial", 8, 16, 32, 3, 1, (), 38_912, 608),
    ("bottleneck", 8, 16, 32, 3, 1, (), 61_440, 960),
    ("bottleneck", 8, 16, 32, 3, 2, (4,), 8_448, 336),  # 64·64 + 144·16 + 128·16
    ("inverted_residual", 8, 16, 32, 3, 1, (), 350_208, 5_472),
    ("bsconv_u", 8, 16, 32, 3, 1, (), 51_200, 800),
    ("bsconv_u", 8, 16, 32, 3, 2, (), 37_376, 800),  # 512·64 + 288·16
    ("bsconv_s", 8, 16, 32, 3, 1, (), 30_720, 480),  # M = 4: 64 + 128 + 288
    ("low_rank", 8, 16, 32, 3, 1, (), 33_792, 528),  # R = ⌊656/176⌋ = 3
    ("low_rank", 8, 16, 32, 3, 1, (5,), 56_320, 880),
    ("tucker2", 8, 16, 32, 3, 1, (), 39_168, 612),  # 9·6² + 48·6 = 612 ≤ 656 < 9·7² + 48·7
    ("tucker2", 8, 16, 32, 3, 1, (2, 3), 11_648, 182),  # 32 + 54 + 96
    ("cp", 8, 16, 32, 3, 1, (), 41_472, 648),  # R = ⌊656/54⌋ = 12
    ("ghost", 8, 16, 32, 3, 1, (), 156_672, 2_448),  # 9·16·16 + 9·16
    ("mixconv", 8, 16, 32, 3, 1, (), 50_176, 784),  # 8·(9 + 25) + 512
    ("shift", 8, 16, 32, 3, 1, (), 32_768, 512),
]


@pytest.mark.parametrize(
    ("name", "size", "c_in", "c_out", "kernel", "stride", "numbers", "cost", "count"), ROWS
)
def test_by_hand(
    name: str,
    size: int,
    c_in: int,
    c_out: int,
    kernel: int,
    stride: int,
    numbers: tuple[int, ...],
    cost: int,
    count: int,
) -> None:
    network, _ = network_of(
        convolution((size, size), c_in, c_out, kernel, stride=stride), form_named(name), numbers
    )
    assert (multiplies(network), weights(network)) == (cost, count)


def test_params_have_the_norms_of_all_stages_but_the_linear_ones() -> None:
    source = convolution((8, 8), 16, 32, norm="batch", activation="relu", bias=True)
    params = {one.form.name: one.values and one.values["params"] for one in alternatives(source, {}, {})}
    assert params["standard"] == 4_608 + 3 * 32
    assert params["separable"] == 656 + 3 * (16 + 32)
    assert params["low_rank"] == 528 + 3 * 32
    assert params["tucker2"] == 612 + 3 * 32
    assert params["cp"] == 648 + 3 * 32
    assert params["bottleneck"] == 960 + 3 * (8 + 8 + 32)
    assert params["ghost"] == 2_448 + 3 * 32
    linear, _ = network_of(source, form_named("inverted_residual"))
    assert [node.layer.type for node in linear.nodes] == [
        "conv", "batch_norm", "relu", "depthwise_conv", "batch_norm", "relu", "conv", "batch_norm"
    ]  # fmt: skip
    plain, _ = network_of(source, form_named("low_rank"))
    assert [node.layer.type for node in plain.nodes] == ["conv", "conv", "batch_norm", "relu"]


@given(convolutions())
@settings(max_examples=100)
def test_default_ranks_are_the_largest_that_cost_no_more_than_separable(source: Convolution) -> None:
    try:
        limit = multiplies(network_of(source, form_named("separable"))[0])
    except (UnavailableError, CostcalcError):
        return
    for name in ("low_rank", "tucker2", "cp"):
        form = form_named(name)
        try:
            network, symbols = network_of(source, form)
        except (UnavailableError, CostcalcError):
            continue
        rank = max(symbols.values())
        more = (rank + 1, rank + 1) if name == "tucker2" else (rank + 1,)
        assert multiplies(network) <= limit or rank == 1
        assert multiplies(network_of(source, form, more)[0]) > limit


def counted_taps(source: Convolution) -> int:
    """Every position and tap of every axis, one by one: those that read the input."""
    total = 0
    for positions in product(*(range(size) for size in source.output.spatial)):
        for taps in product(*(range(kernel) for kernel in source.kernel)):
            reads = [
                stride * position + dilation * tap - before
                for position, tap, stride, dilation, (before, _) in zip(
                    positions, taps, source.stride, source.dilation, source.pads, strict=True
                )
            ]
            total += all(0 <= read < size for read, size in zip(reads, source.source.spatial, strict=True))
    return total


@given(convolutions().filter(lambda source: source.rank < 3))
@settings(max_examples=60)
def test_valid_taps_are_those_that_a_loop_counts(source: Convolution) -> None:
    try:
        assert source.output
    except CostcalcError:
        return
    assert valid_taps(source) == counted_taps(source)


def whole(name: str) -> dict[str, int]:
    found = network_alternatives(analyze(load(f"zoo:{name}")), {}, {})
    return {one.form.name: int(one.values["multiplies"]) for one in found if one.values}


def test_published_winograd_and_valid_taps() -> None:
    vgg, linear = whole("vgg16"), 123_633_664
    assert vgg["standard"] - linear == 15_346_630_656
    assert vgg["winograd_f2"] - linear == 6_820_724_736
    assert vgg["winograd_f4"] - linear == 3_942_825_984
    assert vgg["valid_taps"] - linear == 14_846_190_336
    mobilenet = whole("mobilenet_v1")
    assert mobilenet["valid_taps"] == 567_875_744
    assert (mobilenet["standard"], mobilenet["separable"]) == (4_867_293_184, 568_740_352)


@pytest.mark.parametrize("name", ["mobilenet_v1", "resnet50", "googlenet", "mobilenet_v2", "squeezenet1_1"])
def test_standard_and_separable_are_the_versions_of_the_same_name(name: str) -> None:
    analysis = analyze(load(f"zoo:{name}"))
    found = {one.form.name: counts(one) for one in network_alternatives(analysis, {}, {})}
    for version in ("standard", "separable"):
        cost = analysis.total(version)
        assert found[version] == {"multiplies": cost.multiplies, "params": cost.params}


def test_mobilenet_table_3() -> None:
    """An internal layer, 3×3 at 14×14 with 512 channels: 462 million against 52.3, 2.36 million params against 0.27."""
    found = {one.form.name: counts(one) for one in alternatives(convolution((14, 14), 512, 512), {}, {})}
    assert found["standard"] == {"multiplies": 462_422_016, "params": 2_359_296}
    assert found["separable"] == {"multiplies": 52_283_392, "params": 266_752}


def test_inception_saves_a_third_and_ghost_a_half() -> None:
    """Inception, section 3.2: 3x1 and 1x3 are 33% cheaper; GhostNet, equation 4: the speed-up is about s."""
    found = {one.form.name: one.ratio for one in alternatives(convolution((17, 17), 192, 192), {}, {})}
    assert found["spatial"] == Fraction(2, 3)
    assert found["ghost"] == Fraction(1, 2) + Fraction(1, 2 * 192)
    assert found["bsconv_u"] == found["separable"] == Fraction(1, 9) + Fraction(1, 192)


def test_honest_comparisons() -> None:
    known = comparisons(convolution((7, 7), 1024, 1024))
    assert known["reduction"] == Fraction(9 * 1024, 9 + 1024)
    assert known["reduction_of_valid_taps"] == Fraction(361 * 1024, 361 + 49 * 1024)
    assert known["reduction_against_winograd"] == Fraction(36 * 4 * 1024, 49 * (9 + 1024))
    assert known["break_even_rank"] == Fraction(9 * 1024 + 1024**2, 9 * 1024 + 1024)
    assert "reduction_against_winograd" not in comparisons(convolution((7, 7), 4, 4, 5))
    assert comparisons(convolution((7, 7), 4, 4, 1)) == {}


@pytest.mark.parametrize(
    ("name", "source", "numbers", "reason"),
    [
        ("grouped", convolution((8, 8), 3, 32), (), "4 groups do not divide 3 input channels"),
        ("grouped", convolution((8, 8), 4, 30), (), "4 groups do not divide 30 output channels"),
        ("separable", convolution((8, 8), 4, 8, 1), (), "one tap"),
        ("spatial", convolution((8,), 4, 8), (), "needs two spatial axes"),
        ("cp", convolution((8, 8), 4, 8, [3, 1]), (), "its kernel has one axis already"),
        ("tucker2", convolution((8, 8), 4, 8), (3,), "takes 2 numbers, not 1"),
        ("ghost", convolution((8, 8), 4, 9), (), "9 output channels are not 2 equal parts"),
        ("mixconv", convolution((8, 8), 3, 8), (), "3 input channels are not 2 equal parts"),
        ("mixconv", convolution((8, 8), 4, 8, padding=0), (3, 4), "no padding makes a kernel of 4 keep the size"),
        ("shift", convolution((8, 8), 4, 8, padding="valid"), (), "a shift keeps the size: padding must do so, too"),
        ("inverted_residual", convolution((8, 8), 4, 8), (1,), "an expansion of 1 expands nothing: that is separable"),
        (
            "bottleneck",
            convolution((8, 8), 4, 8, norm={"type": "group", "groups": 4}),
            (),
            'conv layer "conv_1" on 8x8x4: its group_norm on 8x8x2: in_channels (=2) must be divisible by groups (=4)',
        ),
    ],
)  # fmt: skip
def test_unavailable(name: str, source: Convolution, numbers: tuple[int, ...], reason: str) -> None:
    with pytest.raises(UnavailableError) as caught:
        network_of(source, form_named(name), numbers)
    assert str(caught.value) == reason


SHARING = """
input: 16x16x8
layers:
  - {type: conv, name: first, out_channels: 8, kernel_size: 3}
  - {shares: first, name: second}
  - {type: conv, name: third, out_channels: 6, kernel_size: 3}
"""


def test_shared_weights_stay_shared_in_every_form() -> None:
    found = {one.form.name: one for one in network_alternatives(analyze(loads(SHARING)), {}, {})}
    separable = found["separable"]
    assert counts(separable) == {"multiplies": 256 * (2 * (72 + 64) + 72 + 48), "params": 72 + 64 + 72 + 48}
    assert (found["grouped"].replaced, found["grouped"].of) == (2, 3)  # 6 channels are no 4 groups


def test_layers_that_share_weights_and_would_have_others_in_a_form_stay() -> None:
    layers = [
        "{type: separable_conv, name: a, kernel_size: 2, out_channels: 4}",
        "{shares: a, name: b}",
        "{shares: a, name: c, stride: 2, dilation: 2}",
    ]
    analysis = analyze(loads(f"input: 5x6x4\nlayers: [{', '.join(layers)}]\n"))
    found = {one.form.name: one for one in network_alternatives(analysis, {}, {})}
    assert found["tucker2"].unavailable == "layers that share weights would have others"
    assert (found["separable"].replaced, found["separable"].of) == (3, 3)


def test_choosing() -> None:
    analysis = analyze(load("zoo:mobilenet_v1"))
    assert choose(analysis, "separable_conv_7").equal == 5
    assert choose(analysis, "separable_conv_1").convolution.symbols["C_out"] == 64
    text = (
        "input: 8x8x4\nlayers: [{type: conv, out_channels: 8, kernel_size: 3, repeat: 2}, global_avg_pool]\n"
    )
    analysis = analyze(loads(text))
    for path, message in {
        "conv_1": '"conv_1" holds 2 different convolutions; name one: conv_1.1, conv_1.2',
        "conv_2": 'no layer "conv_2"; did you mean "conv_1"?',
        "global_avg_pool_1": '"global_avg_pool_1" has no standard convolution, written or behind a separable one',
    }.items():
        with pytest.raises(CostcalcError) as caught:
            choose(analysis, path)
        assert str(caught.value) == message
    assert choose(analysis, "conv_1.2").convolution.source.channels == 8


def test_forms_as_they_are_asked_for() -> None:
    assert parse_forms(["separable,grouped:8", "tucker2:32,48"]) == {
        "separable": (),
        "grouped": (8,),
        "tucker2": (32, 48),
    }
    for text, message in {
        "grouped,grouped:2": "names grouped twice",
        "winograd_f2": "takes forms, and winograd_f2 is an algorithm for the same layer, which has no numbers",
        "shift:2": "gives shift a number, and it takes none",
        "cp:0": "gives cp rank that must be between 1 and 2147483647, not 0",
        "cp:1e3000000": "gives cp rank that has an exponent out of range: 1e3000000",
    }.items():
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared whole
            parse_forms([text])
        assert str(caught.value) == message


def test_a_whole_network_has_a_limit() -> None:
    layer = "{type: conv, name: a, out_channels: 8, kernel_size: 3}"
    text = f"input: 8x8x8\nlayers: [{layer}, {{shares: a, repeat: 10000}}]\n"
    message = "alternatives of a whole network take at most 10,000 operations, not 10,001: name a LAYER"
    with pytest.raises(CostcalcError, match=message):
        network_alternatives(analyze(loads(text)), {}, {})


#: MobileNet V1 for CIFAR-10, and the same with BSConv-U: width, then MFLOPs of both, from the authors' own tables.
BSCONV = [
    ("1", "179.34", "254.64"),
    ("3/4", "102.66", "144.98"),
    ("1/2", "47.21", "65.98"),
    ("1/4", "12.99", "17.66"),
]


@pytest.mark.parametrize(("width", "separable", "blueprint"), BSCONV)
def test_figures_of_bsconv(width: str, separable: str, blueprint: str) -> None:
    """Source: results of github.com/zeiss-microscopy/BSConv (Haase and Amthor, arXiv:2003.13549).

    Its profiler counts multiply-adds, 2 for each element of a batch norm (one on the image, too), 1 of a ReLU, 1 for
    each that is pooled, and the classifier's biases. BSConv-U has no norm and no ReLU behind its 1x1.
    """
    scaled = [
        int(channels * Fraction(width)) for channels in (32, 64, 128, 128, 256, 256, *[512] * 6, 1024, 1024)
    ]
    strides = [1, 1, 1, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
    stem, *blocks = [
        f"{{type: conv, out_channels: {channels}, kernel_size: 3, stride: {stride}"
        for channels, stride in zip(scaled, strides, strict=True)
    ]
    entries = [f"{stem}, separable: never}}", *(f"{block}}}" for block in blocks), "global_avg_pool"]
    text = "input: 32x32x3\nlayers:\n" + "".join(f"  - {entry}\n" for entry in entries)
    analysis = analyze(loads(text + "  - {type: linear, out_features: 10}\n"))
    found = {one.form.name: one for one in network_alternatives(analysis, {}, {})}
    outputs = [node.output.elements for node in analysis.network.nodes[:14]]
    sides = [32, *(32 // stride for stride in (1, 1, 1, 2, 2, 4, 4, 4, 4, 4, 4, 8, 8))]
    depthwise = [side * side * channels for side, channels in zip(sides[1:], scaled, strict=False)]
    besides = 2 * 32 * 32 * 3 + 4 * 4 * scaled[-1] + 10
    for name, normed, printed in (
        ("separable", sum(outputs) + sum(depthwise), separable),
        ("bsconv_u", sum(outputs), blueprint),
    ):
        values = found[name].values
        assert values is not None
        assert f"{(values['multiplies'] + 3 * normed + besides) / 10**6:.2f}" == printed
