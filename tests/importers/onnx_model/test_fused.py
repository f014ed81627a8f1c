"""What onnxruntime and newer operator sets say as one operation: hand-derived layers and numbers."""

from __future__ import annotations

import pytest

from importers.onnx_model.graphs import model, node, read_of

SEQUENCE = {"x": (1, 16, 24)}
MAP = {"x": (1, 4, 8, 8)}


def microsoft(kind, inputs, outputs="y", **attributes):
    return node(kind, inputs, outputs, domain="com.microsoft", **attributes)


ROWS = {
    "FusedConv": (
        model(
            [microsoft("FusedConv", "x w b", activation="Relu", pads=[1] * 4)],
            MAP,
            {"w": (6, 4, 3, 3), "b": (6,)},
        ),
        ["conv", "relu"],
        8 * 8 * 9 * 4 * 6,
        9 * 4 * 6 + 6,
    ),
    "FusedConv with a sum": (
        model([microsoft("FusedConv", "x w b x", activation="Relu")], MAP, {"w": (4, 4, 1, 1), "b": (4,)}),
        ["conv", "add", "relu"],
        8 * 8 * 16,
        20,
    ),
    "FusedGemm": (
        model(
            [microsoft("FusedGemm", "x w b", activation="LeakyRelu")],
            {"x": (1, 24)},
            {"w": (24, 7), "b": (7,)},
        ),
        ["linear", "leaky_relu"],
        24 * 7,
        24 * 7 + 7,
    ),
    "FusedMatMul": (
        model([microsoft("FusedMatMul", "x z", transB=1, alpha=0.5)], {"x": (1, 16, 24), "z": (1, 10, 24)}),
        ["matmul"],
        16 * 10 * 24,
        0,
    ),
    "BiasGelu": (
        model(
            [node("MatMul", "x w", "m"), microsoft("BiasGelu", "m b")], SEQUENCE, {"w": (24, 30), "b": (30,)}
        ),
        ["linear", "gelu"],
        16 * 24 * 30,
        24 * 30 + 30,
    ),
    "FastGelu without a bias": (model([microsoft("FastGelu", "x")], SEQUENCE), ["gelu"], 0, 0),
    "SkipLayerNormalization": (
        model([microsoft("SkipLayerNormalization", "x x s b c")], SEQUENCE, dict.fromkeys("sbc", (24,))),
        ["add", "parameter", "add", "layer_norm"],
        0,
        3 * 24,
    ),
    "SkipSimplifiedLayerNormalization": (
        model([microsoft("SkipSimplifiedLayerNormalization", "x x s")], SEQUENCE, {"s": (24,)}),
        ["add", "rms_norm"],
        0,
        24,
    ),
    "MatMulNBits": (
        model(
            [microsoft("MatMulNBits", "x w", K=24, N=10, bits=4, block_size=16)], SEQUENCE, {"w": (10, 2, 8)}
        ),
        ["linear"],
        16 * 24 * 10,
        24 * 10,
    ),
    "Attention with projections": (
        model([microsoft("Attention", "x w b", num_heads=4)], SEQUENCE, {"w": (24, 72), "b": (72,)}),
        ["linear", "slice", "slice", "slice", "attention"],
        16 * 24 * 72 + 2 * 16 * 16 * 24,
        24 * 72 + 72,
    ),
    "MultiHeadAttention": (
        model(
            [microsoft("MultiHeadAttention", "q k v b", num_heads=4)],
            {"q": (1, 16, 24), "k": (1, 10, 24), "v": (1, 10, 24)},
            {"b": (72,)},
        ),
        ["parameter", "add", "parameter", "add", "parameter", "add", "attention"],
        2 * 16 * 10 * 24,
        72,
    ),
    "GroupQueryAttention": (
        model(
            [microsoft("GroupQueryAttention", "q k v", num_heads=4, kv_num_heads=2)],
            {"q": (1, 16, 24), "k": (1, 16, 12), "v": (1, 16, 12)},
        ),
        ["attention"],
        2 * 16 * 16 * 24,
        0,
    ),
    "GroupQueryAttention in one tensor, after a run before": (
        model(
            [microsoft("GroupQueryAttention", "q - - k v", "y pk pv", num_heads=4, kv_num_heads=2)],
            {"q": (1, 1, 48), "k": (1, 2, 9, 6), "v": (1, 2, 9, 6)},
            outputs=("y", "pk", "pv"),
        ),
        None,
        2 * 1 * 10 * 24,
        0,
    ),
    "Attention whose heads share keys": (
        model(
            [node("Attention", "q k v", q_num_heads=6, kv_num_heads=2, is_causal=1)],
            {"q": (1, 16, 24), "k": (1, 12, 8), "v": (1, 12, 8)},
            opset=23,
        ),
        ["attention"],
        2 * 16 * 12 * 24,
        0,
    ),
    "RotaryEmbedding": (
        model(
            [node("RotaryEmbedding", "x c s", num_heads=4)], SEQUENCE, {"c": (16, 3), "s": (16, 3)}, opset=23
        ),
        None,
        0,
        0,
    ),
    "EmbedLayerNormalization": (
        model(
            [microsoft("EmbedLayerNormalization", "ids types w p t s b")],
            {"ids": (1, 16), "types": (1, 16)},
            {"w": (100, 8), "p": (20, 8), "t": (2, 8), "s": (8,), "b": (8,)},
        ),
        ["embedding", "parameter", "slice", "add", "embedding", "add", "layer_norm"],
        0,
        8 * (100 + 20 + 2) + 16,
    ),
    "DynamicQuantizeLSTM": (
        model(
            [microsoft("DynamicQuantizeLSTM", "x w r b - - - - a c d e", hidden_size=3)],
            {"x": (7, 1, 5)},
            {"w": (1, 5, 12), "r": (1, 3, 12), "b": (1, 24)},
            dict.fromkeys("acde", 1.0),
        ),
        ["lstm"],
        7 * 12 * 8,
        12 * 8 + 24,
    ),
}


@pytest.mark.parametrize(("made", "kinds", "multiplies", "params"), ROWS.values(), ids=ROWS.keys())
def test_fused(made, kinds, multiplies, params):
    found = read_of(made)
    assert kinds is None or found.kinds == kinds
    assert (found.multiplies, found.params) == (multiplies, params)
