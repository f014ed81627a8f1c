"""What ``explain`` prints: every formula, evaluated, is the tally; every ratio is the theory."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from costcalc import Analysis, CostcalcError, analyze, load, loads
from costcalc.analysis.explanation import Explained, Formula, explain
from costcalc.analysis.explanation.pair import explain_pairs, replaced_nodes
from costcalc.analysis.explanation.primitive import TRAINED, explain_primitive
from costcalc.cli import run
from costcalc.conventions.convention import MULTIPLIES
from costcalc.errors import ShapeError
from costcalc.kinds import FAMILIES, by_family
from costcalc.layers import KINDS, kind_documentation, kind_model
from costcalc.layers.base import Primitive
from costcalc.layers.products import axes, product
from costcalc.network import GraphBuilder, Node, resolve
from costcalc.quantity import Numeral
from costcalc.reading.topics import topic_names
from costcalc.rendering.explain import render_explanation
from costcalc.rendering.kinds import render_kind, render_kinds
from costcalc.rendering.report.report import View
from costcalc.shape import Shape
from costcalc.spec import parse_spec

ROOT = Path(__file__).parent.parent
ZOO = sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))


@cache
def analysis_of(name: str) -> Analysis:
    return analyze(load(f"zoo:{name}"))


def evaluate(text: str, values: dict[str, int] | None = None) -> Fraction:
    """A formula as it is printed, by Python: ``3²·(64/4)`` is 144."""
    code = text
    for sign, operator in (
        ("²", "**2"),
        ("³", "**3"),
        ("·", "*"),
        ("−", "-"),
        ("⌊", "floor("),
        ("⌈", "ceil("),
    ):
        code = code.replace(sign, operator)
    code = re.sub("[⌋⌉]", ")", code)
    code = re.sub(r"(?<![\w*.])(\d+)", r"Fraction(\1)", code)
    names = {name: Fraction(value) for name, value in (values or {}).items()}
    scope = {"__builtins__": {}, "Fraction": Fraction, "floor": math.floor, "ceil": math.ceil}
    return Fraction(eval(code, scope, names))


@cache
def holds(formula: Formula) -> bool:
    return evaluate(formula.numbers) == formula.value


def check(node: Node) -> Explained:
    """Every formula of a node, evaluated, is what its tally and its output say, and none is missing."""
    explained = explain_primitive(node)
    formulas = [*explained.counts(), *(step.formula for step in explained.steps)]
    assert all(map(holds, formulas)), explained
    values = [formula.value for formula in explained.params.values()]
    assert sum(values) == MULTIPLIES.count_parameters(node.tally)
    assert (explained.multiplies.value if explained.multiplies else 0) == node.tally.sum("multiplies")
    assert (explained.statistics.value if explained.statistics else 0) == node.tally.sum("statistics")
    sizes = dict(zip(axes(len(node.output.spatial)), node.output.spatial, strict=True))
    sizes["C"] = node.output.channels
    for step in explained.steps:
        for name in step.name.split(" = "):
            assert sizes.get(name, step.formula.value) == step.formula.value
    return explained


def symbols_of(node: Node) -> dict[str, int]:
    """What the symbols of a convolution's formulas stand for, from its fields and shapes alone."""
    layer, source, output = node.layer, node.input_shapes[0], node.output
    kernel = getattr(layer, "kernel_size", 1)
    names = axes(len(source.spatial))
    kernels = kernel if isinstance(kernel, tuple) else (kernel,) * len(names)
    return {
        "K": kernels[0],
        **{f"K_{axis.lower()}": size for axis, size in zip(names, kernels, strict=True)},
        "C_in": source.channels,
        "C_out": output.channels,
        "C": source.channels,
        "m": getattr(layer, "depth_multiplier", 1),
        "g": getattr(layer, "groups", 1),
        **dict(zip(names, output.spatial, strict=True)),
        **{f"{axis}_in": size for axis, size in zip(names, source.spatial, strict=True)},
    }


#: ``    weights    = K²·C_in, …``: a quantity, its formula, and more words.
DOCUMENTED = re.compile(r"^    (\w+) += (.+?)(?:[,;].*| \(.*)?$", re.MULTILINE)
PRIMITIVES = [kind for kind in KINDS if issubclass(kind_model(kind), Primitive)]


@cache
def nodes_by_kind() -> dict[str, list[Node]]:
    """Nodes of the zoo, alike ones once; where a window slides only those in two dimensions, which K² is of."""
    found: dict[object, Node] = {}
    for node in (
        node for name in ZOO for layer in analysis_of(name).layers for node in layer.nodes["written"]
    ):
        if not hasattr(node.layer, "kernel_size") or len(node.output.spatial) == 2:
            found[
                node.layer.type, node.input_shapes, node.output, *map(str, node.layer.__dict__.values())
            ] = node
    kinds: dict[str, list[Node]] = {}
    for node in found.values():
        kinds.setdefault(node.layer.type, []).append(node)
    return kinds


@pytest.mark.parametrize("kind", PRIMITIVES)
def test_a_kind_documents_the_cost_that_it_states(kind: str) -> None:
    """The docstring's formulas, with the symbols of a node's factors, are what the node is counted as."""
    formulas = dict(DOCUMENTED.findall(kind_documentation(kind)))
    told = {"multiplies", *TRAINED, "statistics"}
    checked = {quantity for quantity, formula in formulas.items() if formula == "0"}
    for node in nodes_by_kind()[kind]:
        symbols, values = stated(node, told)
        assert formulas["multiplies"] != "0" or "multiplies" not in values
        assert "params" not in formulas or not set(values) & {*TRAINED}
        if "K_h" not in symbols:  # the docstring has square kernels
            for quantity, value in values.items():
                checked.add(quantity)
                both = quantity == "affine" and formulas[quantity].startswith("2·")  # a scale and a shift
                vectors = getattr(node.layer, "vectors", 2) if both else 2
                assert evaluate(formulas[quantity], symbols) * vectors == value * 2
    assert "multiplies" in checked


#: Composite kind -> an entry, the inputs it takes, and what the symbols of its docstring stand for there.
COMPOSITES: dict[str, tuple[str, str, dict[str, int]]] = {
    "separable_conv": (
        "out_channels: 6, kernel_size: 5, depth_multiplier: 2, stride: 2",
        "{a: 9x7x4}",
        {"K": 5, "C_in": 4, "m": 2, "C_out": 6, "H_out": 5, "W_out": 4},
    ),
    "inverted_residual": (
        "out_channels: 6, expanded_channels: 10, kernel_size: 5, stride: 2",
        "{a: 9x7x4}",
        {"K": 5, "C_in": 4, "E": 10, "C_out": 6, "H": 9, "W": 7, "H_out": 5, "W_out": 4},
    ),
    "squeeze_excite": ("squeeze_channels: 3", "{a: 9x7x8}", {"C": 8, "S": 3}),
    "deformable_conv": (
        "out_channels: 6, groups: 2",
        "{a: 9x7x4, b: 9x7x18}",
        {"K": 3, "C_in": 4, "g": 2, "C_out": 6, "H": 9, "W": 7},
    ),
    "lp_pool": ("kernel_size: 2", "{a: 9x7x4}", {}),
    "attention": (
        "heads: 4, kv_heads: 2, head_size: 5, value_size: 3, out_channels: 7, window_size: 3",
        "{a: 9x8, b: 6x10}",
        {"P": 9, "Q": 6, "w": 3, "C_in": 8, "C_m": 10, "h": 4, "k": 2, "d": 5, "d_v": 3, "C_out": 7},
    ),
}


@pytest.mark.parametrize("kind", sorted({*KINDS} - {*PRIMITIVES}))
def test_a_composite_documents_the_cost_of_its_parts(kind: str) -> None:
    formulas = dict(DOCUMENTED.findall(kind_documentation(kind)))
    if formulas["multiplies"].startswith("those of"):
        return  # what the user writes inside
    fields, shapes, symbols = COMPOSITES[kind]
    names = "[a, b]" if "b:" in shapes else "[a]"
    network = analyze(
        loads(f"inputs: {shapes}\nlayers: [{{type: {kind}, inputs: {names}, {fields}}}]\n")
    ).network
    tallies = [node.tally for node in network.nodes]
    counts = {
        "multiplies": sum(tally.sum("multiplies") for tally in tallies),
        "weights": sum(tally.sum("weights") for tally in tallies),
        "params": sum(map(MULTIPLIES.count_parameters, tallies)),
    }
    assert {quantity: evaluate(formula, symbols) for quantity, formula in formulas.items()} == {
        quantity: counts[quantity] for quantity in formulas
    }


def stated(node: Node, told: set[str]) -> tuple[dict[str, int], dict[str, int]]:
    """What the symbols of a node's factors stand for (1 where they are left out), and its counts by quantity."""
    symbols = dict.fromkeys(("K", "m", "g", "H", "W", "H_in", "W_in"), 1)
    values: dict[str, int] = {}
    for quantity, factors in node.layer.products(node.input_shapes, node.output):
        if quantity in told:
            values[quantity] = values.get(quantity, 0) + product(factors)
            for symbol, _, sizes in factors:
                written = symbol.written(sizes)
                symbols |= dict(zip(written.meanings, sizes, strict=False)) if written else {}
    return symbols, values


CONVOLUTIONS = ("conv", "depthwise_conv", "conv_transpose")


@pytest.mark.parametrize("name", ZOO)
def test_every_formula_of_every_node_of_the_zoo_is_its_tally(name: str) -> None:
    analysis = analysis_of(name)
    for layer in analysis.layers:
        for nodes in layer.nodes.values():
            for node in nodes:
                explained = check(node)
                if node.layer.type in CONVOLUTIONS and explained.multiplies is not None:
                    assert (
                        evaluate(explained.multiplies.symbols, symbols_of(node)) == explained.multiplies.value
                    )


@pytest.mark.parametrize("name", ZOO)
def test_every_replaced_convolution_of_the_zoo_keeps_to_the_theory(name: str) -> None:
    analysis = analysis_of(name)
    nodes = {v: [n for layer in analysis.layers for n in layer.nodes[v]] for v in ("standard", "separable")}
    replacements = [replacement for layer in analysis.layers for replacement in layer.replacements]
    pairs = explain_pairs(
        replaced_nodes(replacements, nodes["standard"], nodes["separable"]), lambda node: True
    )
    assert sum(pair.count for pair in pairs) == len(replacements)
    for pair in pairs:
        assert pair.whole
        assert all(map(holds, pair.formulas()))
        assert evaluate(pair.theory.numbers) == pair.theory.value
        assert Fraction(*pair.multiplies) == Fraction(*pair.weights) == pair.theory.value


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18", "siamese", "shufflenet_v1_g3", "vit_b_16"])
def test_the_layers_contribute_the_whole_network(name: str) -> None:
    analysis = analysis_of(name)
    explanations = [explain(analysis, layer.name) for layer in analysis.layers]
    for layer, explanation in zip(analysis.layers, explanations, strict=True):
        for version, own in explanation.contributions.items():
            cost = getattr(layer, version)
            assert (own.here.multiplies, own.here.params) == (cost.multiplies, cost.params)
        units = [(unit.count, primitive) for unit in explanation.units for primitive in unit.primitives]
        written = sum(count * p.multiplies.value for count, p in units if p.multiplies is not None)
        assert written == layer.written.multiplies
        params = sum(count * f.value for count, p in units for f in p.params.values())
        assert params == layer.written.params
    for version in ("written", "standard", "separable"):
        own = [explanation.contributions[version] for explanation in explanations]
        assert sum(part.here.multiplies for part in own) == own[0].whole.multiplies
        assert sum(part.here.params for part in own) == own[0].whole.params


@pytest.mark.parametrize("name", ["mobilenet_v3_large", "dcgan", "siamese"])
def test_every_path_is_explained_and_rendered(name: str) -> None:
    analysis = analysis_of(name)
    for layer in analysis.layers:
        for version in ("written", "separable"):
            for path in dict.fromkeys(node.path for node in layer.nodes[version]):
                explanation = explain(analysis, path)
                assert explanation.units[0].primitives[0].path == path
                assert explanation.row == layer.name
                assert path in render_explanation(explanation, name, (), View())


@st.composite
def window_layers(draw: st.DrawFn) -> tuple[Primitive, Shape]:
    rank = draw(st.integers(1, 3))
    kind = draw(st.sampled_from([*CONVOLUTIONS, "max_pool", "avg_pool"]))
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    shape = Shape(
        tuple(draw(st.lists(st.integers(1, 12), min_size=rank, max_size=rank))),
        groups * draw(st.integers(1, 4)),
    )

    def sizes(most: int, least: int = 1) -> object:
        one = st.integers(least, most)
        return draw(st.one_of(one, st.lists(one, min_size=rank, max_size=rank)))

    counts = st.integers(0, 4)
    padding = draw(
        st.one_of(
            st.sampled_from(["same", "valid"]),
            counts,
            st.lists(counts, min_size=rank, max_size=rank),
            st.lists(counts, min_size=2 * rank, max_size=2 * rank),
        )
    )
    fields = {"type": kind, "kernel_size": sizes(5), "stride": sizes(3), "padding": padding}
    if kind in CONVOLUTIONS:
        fields |= {"dilation": sizes(3), "bias": draw(st.booleans())}
        fields["norm"] = draw(st.sampled_from(["none", "batch", "layer", {"type": "batch", "affine": False}]))
        fields["activation"] = draw(
            st.sampled_from(["none", "relu", "prelu", {"type": "prelu", "shared": True}])
        )
    else:
        fields["ceil_mode"] = draw(st.booleans())
    if kind == "depthwise_conv":
        fields["depth_multiplier"] = draw(st.integers(1, 3))
    elif kind in CONVOLUTIONS:
        fields |= {"groups": groups, "out_channels": groups * draw(st.integers(1, 4))}
    if kind == "conv_transpose" and padding != "same":
        fields["output_padding"] = sizes(2, 0)
    layer = kind_model(kind).model_validate(fields)
    assert isinstance(layer, Primitive)
    return layer, shape


def placed(layer: Primitive, *shapes: Shape) -> list[Node]:
    graph = GraphBuilder(shapes)
    graph.add(layer, "layer", tuple(~index for index in range(len(shapes))), 0)
    return graph.nodes


@given(window_layers())
def test_every_formula_of_any_window_is_its_tally(drawn: tuple[Primitive, Shape]) -> None:
    layer, shape = drawn
    try:
        nodes = placed(layer, shape)
    except ShapeError:
        assume(False)
    for node in nodes:
        explained = check(node)
        if node.layer.type in CONVOLUTIONS and explained.multiplies is not None:
            assert evaluate(explained.multiplies.symbols, symbols_of(node)) == explained.multiplies.value


@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(1, 5),
    st.integers(1, 5),
    st.integers(1, 3),
    st.booleans(),
)
def test_any_separable_convolution_keeps_to_the_theory(
    inputs: int, outputs: int, height: int, width: int, multiplier: int, bias: bool
) -> None:
    analysis = analyze(
        loads(
            f"input: 7x6x{inputs}\nlayers:\n  - {{type: separable_conv, out_channels: {outputs}, "
            f"kernel_size: [{height}, {width}], depth_multiplier: {multiplier}, bias: {str(bias).lower()}}}\n"
        )
    )
    (pair,) = explain(analysis, "separable_conv_1").pairs
    theory = multiplier * (Fraction(1, outputs) + Fraction(1, height * width))
    assert pair.theory.value == evaluate(pair.theory.numbers) == theory
    assert Fraction(*pair.multiplies) == Fraction(*pair.weights) == theory


#: kind, fields, input shapes -> the facts that are printed.
FACTS = [
    (
        {"type": "conv", "out_channels": 128, "kernel_size": 3},
        ["56x56x64"],
        "H = W ⌈in/s⌉ = ⌈56/1⌉ = 56 (padding same: 1 before, 1 after)"
        "|multiplies K²·C_in·C_out·H·W = 3²·64·128·56·56 = 231,211,008"
        "|weights K²·C_in·C_out = 3²·64·128 = 73,728",
    ),
    (
        {
            "type": "conv",
            "out_channels": 8,
            "kernel_size": [3, 1, 5],
            "padding": [0, 1, 0, 0, 2, 2],
            "bias": True,
        },
        ["4x5x6x2"],
        "D ⌊(in + before + after − K)/s⌋ + 1 = ⌊(4 + 0 + 1 − 3)/1⌋ + 1 = 3"
        "|H ⌊(in + before + after − K)/s⌋ + 1 = ⌊(5 + 0 + 0 − 1)/1⌋ + 1 = 5"
        "|W ⌊(in + before + after − K)/s⌋ + 1 = ⌊(6 + 2 + 2 − 5)/1⌋ + 1 = 6"
        "|multiplies K_d·K_h·K_w·C_in·C_out·D·H·W = 3·1·5·2·8·3·5·6 = 21,600"
        "|weights K_d·K_h·K_w·C_in·C_out = 3·1·5·2·8 = 240|biases C_out = 8",
    ),
    (
        {"type": "conv", "out_channels": 16, "kernel_size": 3, "groups": 4, "dilation": 2, "padding": 2},
        ["16x8"],
        "W ⌊(in + before + after − d·(K − 1) − 1)/s⌋ + 1 = ⌊(16 + 2 + 2 − 2·(3 − 1) − 1)/1⌋ + 1 = 16"
        "|multiplies K·(C_in/g)·C_out·W = 3·(8/4)·16·16 = 1,536|weights K·(C_in/g)·C_out = 3·(8/4)·16 = 96",
    ),
    (
        {"type": "conv_transpose", "out_channels": 8, "kernel_size": 4, "stride": 2, "padding": 1},
        ["8x8x4"],
        "H = W (in − 1)·s + K − before − after = (8 − 1)·2 + 4 − 1 − 1 = 16"
        "|multiplies K²·C_in·C_out·H_in·W_in = 4²·4·8·8·8 = 32,768|weights K²·C_in·C_out = 4²·4·8 = 512"
        "|note multiplies are counted on the input's grid: every input position is multiplied with the whole kernel",
    ),
    (
        {"type": "max_pool", "kernel_size": 3, "stride": 2, "ceil_mode": True, "padding": [0, 1, 0, 1]},
        ["4x6x3"],
        "H ⌈(in + before + after − K)/s⌉ + 1 = ⌈(4 + 0 + 1 − 3)/2⌉ + 1 = 2"
        "|W ⌈(in + before + after − K)/s⌉ + 1 = ⌈(6 + 0 + 1 − 3)/2⌉ + 1 = 3|cost no multiplies, no params",
    ),
    (
        {"type": "avg_pool", "kernel_size": 1, "stride": 3, "ceil_mode": True, "padding": [0, 1, 0, 1]},
        ["5x5x3"],
        "H = W ⌈(in + before + after − K)/s⌉ + 1 − 1 = ⌈(5 + 0 + 1 − 1)/3⌉ + 1 − 1 = 2|cost no multiplies, no params"
        "|note ceil_mode: a last window that would start behind the input falls away",
    ),
    (
        {"type": "linear", "out_features": 10, "per_position": True},
        ["4x4x3"],
        "multiplies C_in·C_out·H·W = 3·10·4·4 = 480|weights C_in·C_out = 3·10 = 30|biases C_out = 10",
    ),
    (
        {"type": "matmul", "transpose": True, "heads": 2},
        ["4x4x6", "9x6"],
        "P H_in·W_in = 4·4 = 16|Q W_in = 9|multiplies P·Q·C = 16·9·6 = 864|params none"
        "|note h = 2 heads of 3 channels, each P·Q·(C/h) = 16·9·(6/2) = 432",
    ),
    ({"type": "parameter", "shape": "197x768"}, [], "multiplies none|weights W·C = 197·768 = 151,296"),
    ({"type": "prelu", "shared": True}, ["5x5x3"], "multiplies none|slopes 1"),
    ({"type": "layer_norm", "affine": False}, ["5x5x3"], ""),
    (
        {"type": "batch_norm"},
        ["5x5x3"],
        "multiplies none|affine 2·C = 2·3 = 6|statistics 2·C = 2·3 = 6 (running, not trained: no params)",
    ),
    ({"type": "global_avg_pool"}, ["7x5x3"], "window H_in·W_in = 7·5 = 35|cost no multiplies, no params"),
    ({"type": "flatten"}, ["7x5x3"], "C H_in·W_in·C_in = 7·5·3 = 105|cost no multiplies, no params"),
    ({"type": "reshape", "to": "5x21"}, ["7x5x3"], "elements W·C = 5·21 = 105|cost no multiplies, no params"),
    (
        {"type": "pad", "padding": [0, 0, 1, 2], "channels": [3, 4]},
        ["7x5x3"],
        "W in + before + after = 5 + 1 + 2 = 8|C in + before + after = 3 + 3 + 4 = 10|cost no multiplies, no params",
    ),
    (
        {"type": "upsample", "scale": Numeral("1.5")},
        ["5x7x3"],
        "H ⌊in·scale⌋ = ⌊5·3/2⌋ = 7|W ⌊in·scale⌋ = ⌊7·3/2⌋ = 10|cost no multiplies, no params",
    ),
    ({"type": "slice", "part": 2, "of": 3}, ["7x6"], "C C_in/of = 6/3 = 2|cost no multiplies, no params"),
    (
        {"type": "slice", "spatial": [1, 3], "channels": [0, 4]},
        ["7x6"],
        "W stop − start = 3 − 1 = 2|C stop − start = 4 − 0 = 4|cost no multiplies, no params",
    ),
    (
        {"type": "concat"},
        ["7x6", "7x3"],
        "C the inputs' channels = 6 + 3 = 9|cost no multiplies, no params",
    ),
    (
        {"type": "concat", "axis": "width"},
        ["7x6", "1x6"],
        "W the inputs' width = 7 + 1 = 8|cost no multiplies, no params",
    ),
    ({"type": "multiply"}, ["7x7x6", "6"], "cost no multiplies, no params|note axes of size 1 are repeated"),
]


@pytest.mark.parametrize(
    ("fields", "shapes", "facts"),
    FACTS,
    ids=[f"{fields['type']}-{index}" for index, (fields, *_) in enumerate(FACTS)],
)
def test_the_facts_of_a_primitive(fields: dict[str, object], shapes: list[str], facts: str) -> None:
    inputs = {f"in_{index}": shape for index, shape in enumerate(shapes or ["1"])}
    named = {"inputs": list(inputs)} if shapes else {}
    spec, problems = parse_spec({"inputs": inputs, "layers": [{"name": "layer", **named, **fields}]})
    analysis = analyze(resolve(spec, problems))
    text = render_explanation(explain(analysis, "layer"), "x", (), View())
    first = next(part for part in text.split("\n\n") if part.startswith("layer: "))
    assert "|".join(re.sub(" +", " ", line.strip()) for line in first.splitlines()[1:]) == facts


PAPER = """\
name: Table 3
input: 14x14x512
defaults: {norm: batch, bias: true}
layers:
  - {type: conv, out_channels: 512, kernel_size: 3}
"""


def test_the_paper_s_layer_in_full() -> None:
    analysis = analyze(loads(PAPER))
    assert (
        render_explanation(explain(analysis, "conv_1"), "Table 3", ("a note",), View())
        == """\
conv_1 (conv) of Table 3
a note

conv_1: conv, 14x14x512
  H = W       ⌈in/s⌉ = ⌈14/1⌉ = 14 (padding same: 1 before, 1 after)
  multiplies  K²·C_in·C_out·H·W = 3²·512·512·14·14 = 462,422,016
  weights     K²·C_in·C_out = 3²·512·512 = 2,359,296
  biases      C_out = 512

conv_1/batch_norm: batch_norm, 14x14x512
  multiplies  none
  affine      2·C = 2·512 = 1,024
  statistics  2·C = 2·512 = 1,024 (running, not trained: no params)

sum
  params      2,359,296 + 512 + 1,024 = 2,360,832

standard or separable: conv_1
  standard    K²·C_in·C_out·H·W = 3²·512·512·14·14 = 462,422,016
  depthwise   K²·C_in·H·W = 3²·512·14·14 = 903,168
  pointwise   C_in·C_out·H·W = 512·512·14·14 = 51,380,224
  separable   depthwise + pointwise = 903,168 + 51,380,224 = 52,283,392
  ratio       52,283,392 / 462,422,016 = 521/4608 = 11.31% (8.84x)
  theory      1/C_out + 1/K² = 1/512 + 1/3² = 521/4608 = 11.31% (8.84x)
  weights     K²·C_in·C_out = 3²·512·512 = 2,359,296; 4,608 + 262,144 = 266,752
  ratio       266,752 / 2,359,296 = 521/4608 = 11.31% (8.84x)

memory
  activations    100,352
  weight_memory  2,359,296·4 + 512·4 = 9,439,232 bytes
  peak_memory    in + out = 401,408 + 401,408 = 802,816 bytes at conv_1 (float32)

in the network
              multiplies    share     params    share
  written    462,422,016  100.00%  2,360,832  100.00%
  standard   462,422,016  100.00%  2,360,832  100.00%
  separable   52,283,392  100.00%    269,824  100.00%
  separable / standard, all params: 269,824 / 2,360,832 = 527/4611 = 11.43% (8.75x)
  The theory holds for multiplies and for weights; the params here also have the biases, norms and slopes, \
and whatever else the layer holds.

K: kernel_size; C_in: input channels; C_out: output channels; H: output height; W: output width; C: channels; \
in: the input's size along the axis; s: stride
"""
    )


TWO_ROWS = """\
input: 8x8x4
layers:
  - {type: depthwise_conv, name: filter}
  - {type: conv, name: mix, out_channels: 6, kernel_size: 1}
  - {type: conv, name: more, out_channels: 6, kernel_size: 3, repeat: 3}
  - {type: conv, name: apart, out_channels: 6, kernel_size: 3, groups: 2}
  - {shares: more, name: again}
"""


def rendered(path: str, spec: str = TWO_ROWS) -> str:
    return render_explanation(explain(analyze(loads(spec)), path), "x", (), View())


@pytest.mark.parametrize(
    ("path", "said", "unsaid"),
    [
        ("filter", ["standard or separable: filter and mix", 'its cost stands in "mix"'], ["all params"]),
        ("mix", ["standard or separable: filter and mix"], ["all params"]),
        ("more", ["3 equal copies, more.1 to more.3; each:", "more.1, and 2 more like it"], ["more.2:"]),
        ("more.2", ["more.2 (conv) of x", "more.2: conv, 8x8x6"], ["equal copies", "more like it"]),
        ("more.2/depthwise", ["(depthwise_conv), in the separable version of x"], ["all params"]),
        ("apart", ["(C_in/g)·C_out", "convolution kept: grouped"], ["standard or separable"]),
        ("again", ["counted at more.1, whose weights it uses again"], ["biases", "all params"]),
    ],
)
def test_what_is_said_of_a_layer(path: str, said: list[str], unsaid: list[str]) -> None:
    text = rendered(path)
    assert [part for part in said if part not in text] == []
    assert [part for part in unsaid if part in text] == []


def test_a_part_carries_its_row_s_notes_with_the_row_s_name() -> None:
    spec = (
        "input: 4x4x4\nlayers:\n  - {type: residual, body: [{type: conv, out_channels: 4, kernel_size: 1}]}\n"
    )
    assert "layer residual_1: convolution kept: one tap" in rendered("residual_1/body/conv_1", spec)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("mux", 'no layer "mux"; did you mean "mix"?'),
        ("more.2/depthwize", 'no layer "more.2/depthwize"; did you mean "more.2/depthwise"?'),
        ("nothing like it at all", 'no layer "nothing like it at all"'),
        ("more.9", 'no layer "more.9"; did you mean "more.3"?'),
    ],
)
def test_an_unknown_layer_is_refused_with_a_guess(path: str, message: str) -> None:
    with pytest.raises(CostcalcError) as caught:
        explain(analyze(loads(TWO_ROWS)), path)
    assert str(caught.value) == message


def test_names_of_strangers_are_escaped() -> None:
    spec = (
        "input: 4x4x4\nlayers:\n"
        '  - {type: conv, name: "::error::\\e[31m\\u202e[red]\\n", out_channels: 4, kernel_size: 3}\n'
    )
    text = rendered("::error::\x1b[31m\u202e[red]\n", spec)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not [line for line in text.splitlines() if line.startswith("::")]
    assert "\\::error::\\x1b[31m\\u202e[red]\\x0a (conv) of x" in text


# The command


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run(["explain", *words])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_explained_by_its_docstring_and_its_fields(
    capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    code, out, err = answer(capsys, kind)
    assert (code, err) == (0, "")
    assert out.startswith(f"{kind}\n\n")
    for line in kind_documentation(kind).strip().splitlines():
        assert line.replace("``", "") in out
    for field in kind_model(kind).model_fields:
        assert (f"\n  {field} " in out) == (field != "type")


def test_fields_are_listed_with_default_and_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = answer(capsys, "depthwise_conv")
    fields = out[out.index("fields\n") :]
    assert (
        fields
        == """\
fields
  bias              false  true or false
  norm              none   none, batch, layer, instance, rms, or a mapping such as {type: group, groups: 32}
  activation        none   none, an activation such as relu, or {type: prelu, shared: true}
  kernel_size       3      a whole number from 1, or one for each spatial axis
  depth_multiplier  1      a whole number from 1
  stride            1      a whole number from 1, or one for each spatial axis
  padding           same   same, valid, a whole number, or a list: one for each spatial axis, or two (before, after)
  dilation          1      a whole number from 1, or one for each spatial axis

every layer: name, inputs, repeat; shares: NAME instead of type uses the weights of layer NAME again
takes one input: the layer before it, if it names none
the spec's defaults reach it: norm, activation, bias, padding
a bare word will do: depthwise_conv
"""
    )


@pytest.mark.parametrize("words", [(), ("kinds",)])
def test_all_kinds_are_listed_by_families(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    code, out, _ = answer(capsys, *words)
    assert code == 0
    *lines, gap, topics = out.splitlines()
    assert (gap, topics) == ("", f"topics: {', '.join(topic_names())}")
    found: dict[str, list[str]] = {}
    for line in lines:
        if not line.startswith(" "):
            title = line
        elif not line.startswith(" " * 20):
            found.setdefault(title, []).extend(re.split(r"  +", line.strip())[0].split(", "))
    assert found == by_family(KINDS)


def test_a_kind_has_one_family_or_stands_last() -> None:
    members = [kind for family in FAMILIES.values() for kind in family]
    assert len(members) == len({*members})
    assert {*members} <= {*KINDS}
    assert by_family([*KINDS, "brand_new"])["others"] == ["brand_new"]


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_the_list_of_kinds_keeps_to_the_terminal_and_loses_no_word(width: int) -> None:
    narrow = render_kinds(View(width=width))
    assert max(map(len, narrow.splitlines())) <= width
    assert narrow.split() == render_kinds(View()).split()


@pytest.mark.parametrize("topic", topic_names())
def test_a_topic_is_its_page_without_markup(capsys: pytest.CaptureFixture[str], topic: str) -> None:
    code, out, _ = answer(capsys, topic)
    page = (ROOT / f"docs/topics/{topic}.md").read_text(encoding="utf-8")
    assert code == 0
    assert out.startswith(page.partition("\n")[0].removeprefix("# ") + "\n\n")
    assert not re.search(r"```|<!--|\]\(|^#", out, re.MULTILINE)
    assert max(map(len, out.splitlines())) <= 80
    words = re.findall(r"\w+", re.sub(r"<!--.*-->|\]\([^)]+\)|^```\w*", "", page, flags=re.MULTILINE))
    assert re.findall(r"\w+", out) == words


def test_a_topic_is_no_kind_and_no_spec(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of a topic's name is reached by its path, and by naming a layer."""
    assert not {*topic_names()} & {*KINDS}
    monkeypatch.chdir(tmp_path)
    Path("budget").write_text("input: 8x8x3\nlayers:\n  - {type: conv, out_channels: 8, kernel_size: 3}\n")
    assert answer(capsys, "budget")[1].startswith("Budgets\n")
    assert answer(capsys, "budget", "conv_1")[1].startswith("conv_1 (conv)")
    assert answer(capsys, "./budget")[2].startswith('error: which layer of "./budget"?')


def test_a_topic_on_a_terminal_has_its_title_in_bold(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = answer(capsys, "padding", "--color", "always")
    assert (code, out.partition("\n")[0]) == (0, "\x1b[1mPadding\x1b[0m")


def test_a_layer_of_a_spec_is_explained_at_a_width_and_a_resolution(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("zoo:mobilenet_v1", "separable_conv_2", "--width-multiplier", "0.5", "--resolution", "192")
    code, out, err = answer(capsys, *words)
    assert (code, err) == (0, "")
    assert out.startswith("separable_conv_2 (separable_conv) of MobileNet V1\nwidth multiplier α = 0.5: ")
    assert "resolution: input 192x192x3 instead of 224x224x3" in out
    assert "  standard    K²·C_in·C_out·H·W = 3²·32·64·48·48 = 42,467,328\n" in out
    cost = analyze(load("zoo:mobilenet_v1", width_multiplier="0.5", resolution="192")).layers[2].written
    assert f"  written    {cost.multiplies:>10,} " in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["con"], 'error: no layer kind or topic "con"; did you mean "conv"?'),
        (["budgets"], 'error: no layer kind or topic "budgets"; did you mean "budget"?'),
        (["xyzzy"], 'error: no layer kind or topic "xyzzy"\n  = topics: blocks, budget, '),
        (["zoo:lenet5"], 'error: which layer of "zoo:lenet5"?'),
        (["zoo:lenet5", "c9"], 'error: no layer "c9"'),
        (["missing.yaml", "conv_1"], "error: missing.yaml: cannot be read: no such file or directory"),
        (
            ["conv", "--resolution", "9"],
            "error: --width-multiplier, --resolution, --set, --device, --dtype and --planner are for a spec's layer",
        ),
        (["zoo:lenet5", "conv_1", "--resolution", "x"], "error: --resolution must be a size such as 192"),
    ],
)
def test_bad_usage_exits_with_2(capsys: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    code, out, err = answer(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith(message)


@pytest.mark.parametrize("more", [[], ["no such layer"]])
def test_where_no_layer_is_named_the_layers_are_listed(
    capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    _, _, err = answer(capsys, "zoo:lenet5", *more)
    names = ", ".join(layer.name for layer in analysis_of("lenet5").layers)
    assert err.splitlines()[1] == f"  = layers: {names}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_keeps_to_the_terminal_and_loses_no_word(kind: str) -> None:
    natural, narrow = render_kind(kind, View()), render_kind(kind, View(width=80))
    assert max(map(len, narrow.splitlines())) <= 80
    assert narrow.split() == natural.split()


def test_a_layer_keeps_to_the_terminal() -> None:
    analysis = analysis_of("vit_b_16")
    text = render_explanation(explain(analysis, "encoder_1"), "ViT-B/16", (), View(width=80))
    assert [line for line in text.splitlines() if len(line) > 80] == []
