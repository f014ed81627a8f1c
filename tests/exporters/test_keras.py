"""The Keras exporter: golden source code, hostile names, and, with keras, what the code builds."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from approved import approved
from costcalc.application.load import load, loads
from costcalc.conventions.convention import MULTIPLIES
from costcalc.errors import CostcalcError
from costcalc.interop.exporters import TARGETS
from costcalc.interop.exporters.keras.layers import KNOWN
from costcalc.interop.exporters.keras.layers import REFUSED as UNWRITTEN
from costcalc.layers import KINDS
from costcalc.network import Network
from costcalc.rewrite.separable import separable
from costcalc.rewrite.standard import standard
from costcalc.tally import Tally

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
ZOO = sorted(path.stem for path in (HERE.parents[1] / "specs").glob("*.yaml"))
BUILTINS = {"super", "range", "sum", "print", "float", "len", "list", "enumerate", "slice", "build"}


def exported(network: Network) -> str:
    code = TARGETS["keras"].export(network)
    assert isinstance(code, str)
    return code


@pytest.mark.parametrize("name", ["mobilenet_v1", "resnet18", "siamese", "vit_b_16"])
def test_the_code_is_the_golden_one(name: str) -> None:
    path = GOLDEN / f"{name}.keras.py.txt"
    code = exported(load(f"zoo:{name}"))
    assert code == approved(path, code)


TWO_BIASES = {"crnn": "lstm_1.1: Keras has no lstm with two biases a gate"}


@pytest.mark.parametrize("name", ZOO)
def test_every_network_is_code_with_its_costs_on_top(name: str) -> None:
    network = load(f"zoo:{name}")
    refused = [node for node in network.nodes if node.layer.type in UNWRITTEN]
    if refused or name in TWO_BIASES:
        message = TWO_BIASES.get(name) or (
            f"{refused[0].path}: no Keras code is written for {refused[0].layer.type}"
        )
        with pytest.raises(CostcalcError, match=f"^{re.escape(message)}$"):
            exported(network)
        return
    for version in (network, standard(network).network, separable(network).network):
        code = exported(version)
        tally = Tally.total(node.tally for node in version.nodes)
        assert f"# multiplies: {MULTIPLIES.count_operations(tally):,}\n" in code
        assert f"# params: {MULTIPLIES.count_parameters(tally):,}\n" in code
        check_statements(code)


def check_statements(code: str) -> None:
    """Only imports of math and keras, helper layers, functions, the main guard; only calls of what is theirs."""
    tree = ast.parse(code)
    classes = {each.name for each in tree.body if isinstance(each, ast.ClassDef)}
    functions = {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
    for statement in tree.body:
        match statement:
            case ast.Import(names=names):
                assert {each.name for each in names} <= {"math", "keras"}
            case ast.ImportFrom(module=module):
                assert module == "keras"
            case ast.ClassDef() | ast.FunctionDef():
                pass
            case ast.If():
                assert statement is tree.body[-1]
            case _:
                pytest.fail(f"unexpected {ast.dump(statement)}")
    calls = [each.func for each in ast.walk(tree) if isinstance(each, ast.Call)]
    named = {each.id for each in calls if isinstance(each, ast.Name)}
    again = {each for each in named if each.removesuffix(f"_{each.rpartition('_')[2]}").endswith("_layer")}
    assert {each for each in named if not each.endswith("_layer")} - again <= classes | functions | BUILTINS
    roots = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
    assert not roots & {"os", "sys", "exec", "eval", "open", "__import__", "importlib"}


def test_hostile_names_are_comments_and_identifiers() -> None:
    code = exported(load(str(HERE / "hostile.yaml")))
    check_statements(code)
    first, second, *_ = code.splitlines()
    assert first == "# A network in Keras, written by costcalc."
    assert second == "#"
    assert code.isascii()


def test_every_kind_has_code() -> None:
    composites = {
        "separable_conv",
        "inverted_residual",
        "squeeze_excite",
        "residual",
        "branches",
        "attention",
        "deformable_conv",
        "lp_pool",
    }
    assert set(KINDS) - composites == KNOWN | UNWRITTEN
    assert not KNOWN & UNWRITTEN


LAYERS_OF = {
    "rms_norm": "",
    "elementwise": ", function: sqrt",
    **dict.fromkeys(("subtract", "divide", "maximum", "minimum", "compare"), ", inputs: [input, input]"),
    "where": ", inputs: [input, input, input]",
    "reduce": ", function: l2",
    "transpose": ", order: [width, height, channels]",
    "depth_to_space": ", block_size: 2",
    "space_to_depth": ", block_size: 2",
    "unfold": ", kernel_size: 3",
    "fold": ", size: 7, kernel_size: 2",
    "top_k": ", k: 3",
    "dynamic_conv": ", inputs: [input, input], out_channels: 36, kernel_size: 1",
}
REFUSED = [
    (
        "{type: conv_transpose, out_channels: 4, kernel_size: 3, groups: 2}",
        "Keras has no transposed convolution with groups (=2)",
    ),
    (
        "{type: conv, out_channels: 4, kernel_size: 3, stride: 2, dilation: 2}",
        "Keras has no convolution with both a stride and a dilation",
    ),
    (
        "{type: upsample, scale: 1.5, mode: nearest}",
        "Keras has no upsampling of 3 axes that is no whole multiple",
    ),
    (
        "{type: upsample, scale: 2, mode: trilinear}",
        "Keras has no upsampling of 3 axes by trilinear interpolation",
    ),
]


RECURRENT = """
input: 12x1
layers:
  - {type: embedding, num_embeddings: 30, embedding_dim: 6}
  - {type: lstm, hidden_size: 5, biases: 1, layers: 2, direction: both}
  - {type: gru, hidden_size: 4}
  - {type: gru, hidden_size: 4, biases: 1}
  - {type: lstm, hidden_size: 3, biases: 0}
  - {type: rnn, hidden_size: 7, biases: 1, direction: backward, returns: last}
"""


def test_recurrent_layers_are_a_call_each() -> None:
    code = exported(loads(RECURRENT))
    check_statements(code)
    for line in (
        "layers.Embedding(30, 6)",
        "layers.Bidirectional(layers.LSTM(5, return_sequences=True))",
        "layers.GRU(4, return_sequences=True)",
        "layers.GRU(4, return_sequences=True, reset_after=False)",
        "layers.LSTM(3, return_sequences=True, use_bias=False)",
        "layers.SimpleRNN(7, go_backwards=True)",
    ):
        assert f"{line}(x)" in code


@pytest.mark.parametrize(
    ("layer", "lack"),
    [
        ("{type: lstm, name: it, hidden_size: 4}", "lstm with two biases a gate"),
        ("{type: lstm, name: it, hidden_size: 4, biases: 1, projection: 2}", "lstm with a projection"),
        ("{type: lstm, name: it, hidden_size: 4, biases: 1, peepholes: true}", "lstm with peepholes"),
        (
            "{type: gru, name: it, hidden_size: 4, direction: backward}",
            "gru that returns what it reads backward in the order of the steps",
        ),
    ],
)
def test_what_keras_reads_otherwise_is_refused(layer: str, lack: str) -> None:
    with pytest.raises(CostcalcError) as caught:
        exported(loads(f"input: 6x8\nlayers: [{layer}]"))
    assert str(caught.value) == f"it: Keras has no {lack}"


@pytest.mark.parametrize("kind", sorted(UNWRITTEN))
def test_what_no_code_is_written_for_is_refused_by_name(kind: str) -> None:
    layer = LAYERS_OF[kind]
    with pytest.raises(CostcalcError) as caught:
        exported(loads(f"input: 6x6x8\nlayers: [{{type: {kind}, name: it{layer}}}]"))
    assert str(caught.value) == f"it: no Keras code is written for {kind}"


def test_weights_that_slide_otherwise_are_refused() -> None:
    with pytest.raises(CostcalcError) as caught:
        exported(load(str(HERE / "slid.yaml")))
    assert str(caught.value) == (
        "conv_1: Keras has no conv with the weights of another one and a stride, padding or dilation of its own"
    )


@pytest.mark.parametrize(("layer", "message"), REFUSED)
def test_what_keras_has_not_is_an_error(layer: str, message: str) -> None:
    with pytest.raises(CostcalcError) as raised:
        exported(loads(f"input: 8x8x8x4\nlayers: [{layer}]"))
    assert str(raised.value).endswith(message)


def test_a_shared_layer_is_one_object() -> None:
    code = exported(
        loads(
            "inputs: {a: 8x8x4, b: 8x8x4}\nlayers:\n"
            "  - {type: conv, name: one, inputs: [a], out_channels: 2, kernel_size: 3, padding: 2}\n"
            "  - {shares: one, name: two, inputs: [b]}\n"
            "  - {type: add, inputs: [one, two]}\n"
        )
    )
    assert code.count("layers.Conv2D(") == 1
    assert code.count("one_layer(") == 2
    assert code.count("layers.ZeroPadding2D(2)(") == 2


@pytest.mark.parametrize(
    ("size", "padding", "line"),
    [
        (8, "1, stride: 1", 'layers.MaxPooling2D(3, strides=1, padding="same")(x)'),
        (8, "1, stride: 2", "layers.MaxPooling2D(3, strides=2)(x)"),
        (8, "[0, 1, 0, 1], stride: 2", 'layers.MaxPooling2D(3, strides=2, padding="same")(x)'),
        (7, "1, stride: 2", 'layers.MaxPooling2D(3, strides=2, padding="same")(x)'),
    ],
)
def test_a_maximums_padding_is_same_where_it_comes_to_that(size: int, padding: str, line: str) -> None:
    layer = f"{{type: max_pool, kernel_size: 3, padding: {padding}}}"
    code = exported(loads(f"input: {size}x{size}x4\nlayers: [{layer}]"))
    assert f"    x = {line}\n" in code
    assert ("x = padded(x, ((1, 0), (1, 0), (0, 0)), float(" in code) == ("same" not in line)


UNUSED = """
input: 8x8x4
layers:
  - {type: conv, name: stem, out_channels: 4, kernel_size: 3}
  - {type: conv, name: aside, out_channels: 5, kernel_size: 3}
  - {type: conv, name: main, inputs: [stem], out_channels: 6, kernel_size: 3}
"""


def test_what_nothing_uses_is_a_further_output() -> None:
    code = exported(loads(UNUSED))
    assert "    aside = layers.Conv2D(5, 3, " in code
    assert 'return keras.Model(inputs, [x, aside], name="network")' in code


def test_what_nothing_uses_inside_a_function_is_refused() -> None:
    unused = "{type: conv, name: aside, out_channels: 4, kernel_size: 3}"
    body = (
        f"[{{type: conv, name: a, out_channels: 4, kernel_size: 3}}, {unused}, {{type: relu, inputs: [a]}}]"
    )
    with pytest.raises(CostcalcError) as raised:
        exported(loads(f"input: 8x8x4\nlayers: [{{type: residual, name: r, body: {body}}}, relu]"))
    assert str(raised.value) == "r/body/aside: nothing uses it, and a Keras model would leave it out"


# With keras


SHARED = """
inputs: {large: 16x16x3, small: 8x8x3, vector: 5}
layers:
  - {type: conv, name: head, inputs: [large], out_channels: 4, kernel_size: 3, padding: 1, stride: 2}
  - {shares: head, name: again, inputs: [small]}
  - {type: upsample, name: up, scale: 2}
  - {type: add, name: sum, inputs: [head, up]}
  - {type: linear, name: scale, inputs: [vector], out_features: 4}
  - {type: multiply, inputs: [sum, scale]}
"""


@pytest.mark.parametrize("spec", [SHARED, UNUSED, RECURRENT])
def test_the_model_has_all_params(spec: str) -> None:
    pytest.importorskip("keras")
    network = loads(spec)
    found: dict[str, Any] = {"__name__": "generated"}
    exec(compile(exported(network), "generated.py", "exec"), found)
    model = found["build"]()
    tally = Tally.total(node.tally for node in network.nodes)
    assert sum(int(each.value.size) for each in model.trainable_weights) == MULTIPLIES.count_parameters(tally)


@pytest.mark.parametrize("spec", ["hostile.yaml", "keras_kinds.yaml"])
def test_the_model_has_the_params_and_the_shape(spec: str) -> None:
    pytest.importorskip("keras")
    network = load(str(HERE / spec))
    found: dict[str, Any] = {"__name__": "generated"}
    exec(compile(exported(network), "generated.py", "exec"), found)
    model = found["build"]()
    tally = Tally.total(node.tally for node in network.nodes)
    assert sum(int(each.value.size) for each in model.trainable_weights) == MULTIPLIES.count_parameters(tally)
    shape = network.shape(network.output)
    assert tuple(model.output_shape) == (None, *shape.spatial, shape.channels)
