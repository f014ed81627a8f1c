"""Every network of the zoo to ONNX and back: the same integers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from costcalc.analysis.costs import analyze
from costcalc.application.load import load, loads
from costcalc.errors import CostcalcError
from costcalc.interop.exporters.onnx_model import WRITERS, export
from costcalc.interop.importers.conversion import convert
from costcalc.layers import KINDS, kind_model
from costcalc.layers.base import Primitive
from costcalc.network import Network
from costcalc.reading.zoo import zoo_names
from costcalc.rendering.spec_yaml import render_spec
from costcalc.rewrite.separable import separable
from costcalc.rewrite.standard import standard
from costcalc.tally import TENSOR_QUANTITIES
from importers.onnx_model.graphs import flat_of, onnx

HERE = Path(__file__).parent
#: Networks that differ from a shipped one in sizes alone.
_ALIKE = (*(f"efficientnet_b{size}" for size in (1, 2, 3, 5, 6)), "shufflenet_v1_g2", "shufflenet_v1_g4")


def facts(network: Network) -> dict[str, int]:
    """The totals, and every kind of learned or stored number."""
    written = analyze(network).written
    return {
        "multiplies": written.multiplies,
        "params": written.params,
        **{
            quantity: written.tally.sum(quantity)
            for quantity in sorted(TENSOR_QUANTITIES - {"norm_channels"})
        },
    }


_ONE_BIAS = {
    "elman": "rnn_1: ONNX has no rnn with one bias a gate",
    "keyword_crnn": "gru_1.1: ONNX has no gru with one bias a gate",
}


@pytest.mark.parametrize("name", [name for name in zoo_names() if name not in _ALIKE])
def test_zoo(name):
    network = load(f"zoo:{name}")
    refused = [node for node in network.nodes if node.layer.type not in WRITERS]
    if refused or name in _ONE_BIAS:
        message = _ONE_BIAS.get(name) or (
            f"{refused[0].path}: no ONNX operations are written for {refused[0].layer.type}"
        )
        with pytest.raises(CostcalcError, match=f"^{re.escape(message)}$"):
            export(network)
        return
    data = export(network)
    onnx.checker.check_model(onnx.load_from_string(data), full_check=True)
    back = convert(flat_of(data))
    assert facts(loads(render_spec(back.spec))) == facts(network)


@pytest.mark.parametrize("rewrite", [standard, separable])
@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet50", "unet"])
def test_its_versions(name, rewrite):
    network = rewrite(load(f"zoo:{name}")).network
    assert facts(convert(flat_of(export(network))).network) == facts(network)


ODD = {
    "layer norm and group norm without scale": """
        input: 6x6x8
        layers:
          - {type: layer_norm, affine: false}
          - {type: group_norm, groups: 2, affine: false}
          - {type: instance_norm, affine: false}
          - instance_norm
    """,
    "a pool to a size that does not divide": """
        input: 7x10x3
        layers:
          - {type: adaptive_avg_pool, output_size: [3, 4]}
    """,
    "transposed convolutions": """
        input: 6x5x8
        layers:
          - {type: conv_transpose, out_channels: 4, kernel_size: 3, stride: 2}
          - {type: conv_transpose, out_channels: 6, kernel_size: [4, 3], stride: 2, padding: 1, groups: 2, bias: true}
          - {type: conv_transpose, out_channels: 4, kernel_size: 3, stride: 2, padding: 1, output_padding: 1}
    """,
    "pieces and rows": """
        input: 12x8
        layers:
          - {type: slice, spatial: [2, 10]}
          - {type: slice, channels: [1, 7]}
          - {type: gather, positions: 20}
          - {type: pad, channels: [1, 1], padding: 2}
    """,
    "parameters, learned and not": """
        input: 4x8
        layers:
          - {type: parameter, name: scale, shape: 1x8}
          - {type: multiply, inputs: [input, scale]}
          - {type: parameter, name: more, shape: 2x8, trainable: false}
          - {type: concat, inputs: [multiply_1, more], axis: width}
    """,
    "every activation": """
        input: 4x4x8
        layers: [relu, relu6, leaky_relu, prelu, {type: prelu, shared: true}, elu, selu, sigmoid, hard_sigmoid, tanh,
                 swish, hard_swish, gelu, mish, softplus, softmax, log_softmax]
    """,
    "functions of elements": """
        input: 4x4x8
        layers:
          - {type: conv, name: one, out_channels: 8, kernel_size: 1}
          - {type: conv, name: two, inputs: [input], out_channels: 8, kernel_size: 3}
          - {type: subtract, name: a, inputs: [one, two]}
          - {type: divide, name: b, inputs: [one, a]}
          - {type: maximum, name: c, inputs: [a, b, two]}
          - {type: minimum, name: d, inputs: [c, two]}
          - {type: compare, name: e, inputs: [one, two]}
          - {type: where, name: f, inputs: [e, d, one]}
          - {type: elementwise, function: abs}
          - {type: elementwise, function: acos}
          - {type: elementwise, function: asin}
          - {type: elementwise, function: atan}
          - {type: elementwise, function: ceil}
          - {type: elementwise, function: clip}
          - {type: elementwise, function: cos}
          - {type: elementwise, function: cosh}
          - {type: elementwise, function: cumsum}
          - {type: elementwise, function: erf}
          - {type: elementwise, function: exp}
          - {type: elementwise, function: floor}
          - {type: elementwise, function: log}
          - {type: elementwise, function: negate}
          - {type: elementwise, function: not}
          - {type: elementwise, function: pow}
          - {type: elementwise, function: reciprocal}
          - {type: elementwise, function: round}
          - {type: elementwise, function: rsqrt}
          - {type: elementwise, function: sign}
          - {type: elementwise, function: sin}
          - {type: elementwise, function: sinh}
          - {type: elementwise, function: sqrt}
          - {type: elementwise, function: square}
          - {type: elementwise, function: tan}
    """,
    "reductions": """
        input: 4x4x8
        layers:
          - {type: conv, name: one, out_channels: 8, kernel_size: 1}
          - {type: reduce, name: a, function: sum, axes: channels}
          - {type: reduce, name: b, inputs: [one], function: l2}
          - {type: reduce, name: c, inputs: [one], function: logsumexp, axes: height}
          - {type: multiply, name: d, inputs: [one, a]}
          - {type: multiply, name: e, inputs: [d, b]}
          - {type: multiply, name: f, inputs: [e, c]}
          - {type: reduce, function: product, axes: height, keep: false}
          - {type: reduce, name: g, inputs: [one], function: argmax, axes: channels}
          - {type: multiply, inputs: [one, g]}
    """,
    "indices, and what is read step by step": """
        input: 12x1
        layers:
          - {type: embedding, num_embeddings: 30, embedding_dim: 6}
          - {type: lstm, hidden_size: 5, direction: both}
          - {type: gru, hidden_size: 4, direction: backward, biases: 0}
          - {type: rnn, hidden_size: 7}
          - {type: lstm, hidden_size: 4, peepholes: true, returns: last}
    """,
    "rows of a map are sequences": """
        input: 3x12x6
        layers: [{type: gru, hidden_size: 5}, {type: lstm, hidden_size: 4, returns: last, direction: both}]
    """,
    "a table that is not trained": """
        input: 3x4x2
        layers: [{type: embedding, num_embeddings: 30, embedding_dim: 6, trainable: false}]
    """,
    "attention": """
        input: 10x24
        layers: [{type: attention, heads: 3, kv_heads: 1}, rms_norm, {type: attention, heads: 4, causal: true},
                 {type: rms_norm, affine: false}]
    """,
    "pools of another sort": """
        input: 18x18x4
        layers: [{type: lp_pool, kernel_size: 2}, {type: lp_pool, kernel_size: 3, p: 3, stride: 1}, {type: top_k, k: 3},
                 {type: max_pool, kernel_size: 2, stride: 1, dilation: 2}, {type: top_k, k: 2, axis: height}]
    """,
    "windows added up": """
        input: 3x2x36
        layers: [{type: fold, size: [5, 6], kernel_size: [2, 3], stride: [2, 3], padding: [1, 0, 0, 0]},
                 {type: conv, out_channels: 3, kernel_size: 3}]
    """,
    "windows of a row added up": """
        input: 6x12
        layers: [{type: fold, size: 6, kernel_size: 3, padding: same}, {type: conv, out_channels: 3, kernel_size: 3}]
    """,
    "axes in another order": """
        input: 4x6x8
        layers: [{type: transpose, order: [channels, width, height]}, {type: conv, out_channels: 3, kernel_size: 3}]
    """,
    "weights that slide otherwise": (HERE.parents[1] / "exporters/slid.yaml").read_text(encoding="utf-8"),
    "blocks of positions": """
        input: 4x4x8
        layers: [{type: conv, out_channels: 8, kernel_size: 1}, {type: depth_to_space, block_size: 2},
                 {type: space_to_depth, block_size: 2}, {type: conv, out_channels: 3, kernel_size: 3}]
    """,
    "shared weights": """
        input: 8x8x4
        layers:
          - {type: conv, name: one, out_channels: 4, kernel_size: 3, norm: batch, activation: relu}
          - {shares: one}
          - {type: conv, out_channels: 2, kernel_size: 1, bias: true}
    """,
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_odd_layers(text):
    network = loads(text)
    data = export(network)
    onnx.checker.check_model(onnx.load_from_string(data), full_check=True)
    back = convert(flat_of(data)).network
    assert facts(back) == facts(network)
    assert [node.output for node in back.nodes if node.tally.sum("multiplies")] == [
        node.output for node in network.nodes if node.tally.sum("multiplies")
    ]


@pytest.mark.parametrize(
    ("layer", "lack"),
    [
        ("{type: batch_norm, affine: false}", "batch_norm with affine: false"),
        ("{type: batch_norm, affine: scale}", "batch_norm with affine: scale"),
        ("{type: layer_norm, affine: shift}", "layer_norm with affine: shift"),
        ("{type: group_norm, groups: 2, affine: scale}", "group_norm with affine: scale"),
        ("{type: instance_norm, affine: shift}", "instance_norm with affine: shift"),
    ],
)
def test_a_norm_that_onnx_cannot_hold_is_refused(layer, lack):
    network = loads(f"input: 6x6x8\nlayers:\n  - {layer[:-1]}, name: norm}}\n")
    with pytest.raises(CostcalcError) as caught:
        export(network)
    assert str(caught.value) == f"norm: ONNX has no {lack}"


UNWRITTEN = {
    "{type: reduce, name: it, function: variance}": "reduce variance",
    "{type: reduce, name: it, function: argmax}": "reduce argmax of several axes",
    "{type: unfold, name: it, kernel_size: 3}": "unfold",
    "{type: dynamic_conv, name: it, inputs: [input, input], out_channels: 36, kernel_size: 1}": "dynamic_conv",
}


@pytest.mark.parametrize(("layer", "kind"), UNWRITTEN.items())
def test_what_is_not_written_is_refused_by_name(layer, kind):
    with pytest.raises(CostcalcError) as caught:
        export(loads(f"input: 6x6x8\nlayers: [{layer}]"))
    assert str(caught.value) == f"it: no ONNX operations are written for {kind}"


@pytest.mark.parametrize(
    ("layer", "lack"),
    [
        ("{type: lstm, name: it, hidden_size: 4, projection: 2}", "lstm with a projection"),
        ("{type: gru, name: it, hidden_size: 4, biases: 1}", "gru with one bias a gate"),
        (
            "{type: depth_to_space, name: it, block_size: [2, 1]}",
            "depth_to_space but of square blocks of two axes",
        ),
    ],
)
def test_what_onnx_has_not_is_refused_by_name(layer, lack):
    with pytest.raises(CostcalcError) as caught:
        export(loads(f"input: 6x6x8\nlayers: [{layer}]"))
    assert str(caught.value) == f"it: ONNX has no {lack}"


def test_every_kind_is_written_or_refused():
    made_of_others = {kind for kind in KINDS if not issubclass(kind_model(kind), Primitive)}
    assert set(KINDS) - made_of_others - set(WRITERS) == {"unfold", "dynamic_conv"}


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_layers_of_a_recurrent_one_are_a_node_each(kind):
    network = loads(f"input: 12x6\nlayers: [{{type: {kind}, hidden_size: 5, layers: 3, direction: both}}]")
    back = convert(flat_of(export(network))).network
    assert [node.layer.type for node in back.nodes] == [kind] * 3
    assert facts(back) == facts(network)
