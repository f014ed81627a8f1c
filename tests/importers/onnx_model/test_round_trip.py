"""Every network of the zoo to ONNX and back: the same integers."""

from __future__ import annotations

import re

import pytest

from costcalc.analysis.costs import analyze
from costcalc.application.load import load, loads
from costcalc.errors import CostcalcError
from costcalc.interop.exporters.onnx_model import WRITERS, export
from costcalc.interop.importers.conversion import convert
from costcalc.network import Network
from costcalc.reading.zoo import zoo_names
from costcalc.rendering.spec_yaml import render_spec
from costcalc.rewrite.separable import separable
from costcalc.rewrite.standard import standard
from costcalc.tally import TENSOR_QUANTITIES
from importers.onnx_model.graphs import flat_of, onnx

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


@pytest.mark.parametrize("name", [name for name in zoo_names() if name not in _ALIKE])
def test_zoo(name):
    network = load(f"zoo:{name}")
    refused = [node for node in network.nodes if node.layer.type not in WRITERS]
    if refused:
        message = f"{refused[0].path}: no ONNX operations are written for {refused[0].layer.type}"
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
          - {type: elementwise, function: abs}
          - {type: elementwise, function: ceil}
          - {type: elementwise, function: cos}
          - {type: elementwise, function: erf}
          - {type: elementwise, function: exp}
          - {type: elementwise, function: floor}
          - {type: elementwise, function: log}
          - {type: elementwise, function: reciprocal}
          - {type: elementwise, function: round}
          - {type: elementwise, function: sign}
          - {type: elementwise, function: sin}
          - {type: elementwise, function: sqrt}
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
          - {type: multiply, inputs: [e, c]}
    """,
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
    "{type: rms_norm, name: it}": "rms_norm",
    "{type: transpose, name: it, order: [width, height, channels]}": "transpose",
    "{type: elementwise, name: it, function: cumsum}": "elementwise cumsum",
    "{type: reduce, name: it, function: argmax}": "reduce argmax",
    "{type: reduce, name: it, function: sum, keep: false}": "reduce with keep: false",
    "{type: lstm, name: it, hidden_size: 4}": "lstm",
    "{type: gru, name: it, hidden_size: 4}": "gru",
    "{type: rnn, name: it, hidden_size: 4}": "rnn",
    "{type: compare, name: it, inputs: [input, input]}": "compare",
    "{type: where, name: it, inputs: [input, input, input]}": "where",
}


@pytest.mark.parametrize(("layer", "kind"), UNWRITTEN.items())
def test_what_is_not_written_is_refused_by_name(layer, kind):
    with pytest.raises(CostcalcError) as caught:
        export(loads(f"input: 6x6x8\nlayers: [{layer}]"))
    assert str(caught.value) == f"it: no ONNX operations are written for {kind}"
