"""Stored tensors: bytes by dtype, batch norms folded where they can be, shared weights once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import costcalc
from costcalc.analysis.memory.stored import folded_norms, stored_tensors
from costcalc.dtype import FLOAT32, parse_dtype
from memory.networks import INT8, layers

REFERENCE = json.loads(
    (Path(__file__).parent.parent / "reference" / "memory.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("published", REFERENCE["weights"], ids=lambda row: row["network"])
def test_published_bytes(published: dict[str, object]) -> None:
    network = costcalc.load(f"zoo:{published['network']}")
    dtype = parse_dtype(published["dtype"]).over(FLOAT32)
    assert sum(stored_tensors(network, dtype).bytes) == published["bytes"]


@pytest.mark.parametrize(
    ("text", "folded", "unfolded"),
    [
        # 3·3·4·8 weights and 8 biases of 4 bytes in the place of the norm; as trained, its scale, shift, mean, variance
        ("{type: conv, out_channels: 8, kernel_size: 3, norm: batch}", 288 + 32, 288 + 4 * 8 * 4),
        (
            "{type: conv, out_channels: 8, kernel_size: 3, norm: {type: batch, affine: false}}",
            320,
            288 + 2 * 8 * 4,
        ),
        ("{type: conv, out_channels: 8, kernel_size: 3, bias: true, norm: batch}", 320, 288 + 5 * 8 * 4),
        ("{type: depthwise_conv, norm: batch}", 36 + 16, 36 + 4 * 4 * 4),
        ("{type: conv_transpose, out_channels: 2, kernel_size: 2, norm: batch}", 32 + 8, 32 + 4 * 2 * 4),
        # a norm that stands alone keeps a scale and a shift
        ("batch_norm", 2 * 4 * 4, 4 * 4 * 4),
        ("{type: batch_norm, affine: false}", 2 * 4 * 4, 2 * 4 * 4),
        ("layer_norm", 2 * 4 * 4, 2 * 4 * 4),
        ("{type: layer_norm, affine: false}", 0, 0),
        ("{type: group_norm, groups: 2}", 2 * 4 * 4, 2 * 4 * 4),
        ("prelu", 4 * 4, 4 * 4),
        ("{type: prelu, shared: true}", 4, 4),
        ("relu\n{type: parameter, name: p, shape: 3x5}\n{type: relu, inputs: [p]}", 15, 15),
        ("relu\n{type: parameter, shape: 3x5, trainable: false}", 15, 15),
        ("{type: embedding, num_embeddings: 9, embedding_dim: 5, trainable: false}", 45, 45),
        ("flatten\n{type: linear, out_features: 3}", 256 * 3 + 3 * 4, 256 * 3 + 3 * 4),
        # a norm whose convolution somebody else reads, too
        (
            "{type: conv, name: c, out_channels: 2, kernel_size: 1}\n{type: batch_norm, name: n}\n"
            "{type: add, inputs: [c, n]}",
            8 + 2 * 2 * 4,
            8 + 4 * 2 * 4,
        ),
        # after an activation it is no change of the weights any more
        ("{type: conv, out_channels: 2, kernel_size: 1, activation: relu}\nbatch_norm", 8 + 16, 8 + 32),
    ],
)
def test_bytes_of_int8(text: str, folded: int, unfolded: int) -> None:
    network = layers(text)
    assert sum(stored_tensors(network, INT8).bytes) == folded
    assert sum(stored_tensors(network, INT8, unfolded=True).bytes) == unfolded


def test_as_trained_it_is_params_and_statistics() -> None:
    for name in ("mobilenet_v2", "resnet8", "densenet121", "swin_t", "siamese"):
        network = costcalc.load(f"zoo:{name}")
        numbers = costcalc.analyze(network).written.params + network_statistics(network)
        assert sum(stored_tensors(network, FLOAT32, unfolded=True).bytes) == 4 * numbers


def network_statistics(network: costcalc.Network) -> int:
    return sum(node.tally.sum("statistics") for node in network.nodes)


SHARED = """
{type: conv, name: a, out_channels: 4, kernel_size: 1}
{type: batch_norm, name: first}
{shares: a, name: b}
"""


def test_shared_weights_count_once_and_are_read_again() -> None:
    network = layers(
        "{type: conv, name: a, out_channels: 4, kernel_size: 1, norm: batch}\n{shares: a, name: b}"
    )
    stored = stored_tensors(network, INT8)
    assert stored.bytes == (16 + 16, 0, 0, 0)
    assert stored.read == (32, 0, 32, 0)


@pytest.mark.parametrize(
    ("second", "folds"), [("{shares: first, name: n}", True), ("batch_norm", False), ("relu", False)]
)
def test_weights_that_are_used_again_fold_only_the_same_norm(second: str, folds: bool) -> None:
    network = layers(SHARED + second)
    assert len(folded_norms(network)) == (2 if folds else 0)


@pytest.mark.parametrize(
    ("dtype", "size"),
    [
        ("float32", 5 * 4 + 1 * 4),
        ("bfloat16", 5 * 2 + 1 * 2),
        ("int16", 5 * 2 + 4),
        ("int4", 3 + 4),  # 20 bits, rounded up
        ("int2", 2 + 4),
        ("int1", 1 + 4),
        ({"weights": "int8", "biases": "int16"}, 5 + 2),
        ({"biases": "float16"}, 5 * 4 + 2),
    ],
)
def test_bits_are_rounded_up_to_bytes_per_tensor(dtype: object, size: int) -> None:
    network = layers("{type: linear, out_features: 1}", input="5")
    assert sum(stored_tensors(network, parse_dtype(dtype).over(FLOAT32)).bytes) == size


def test_a_layer_says_its_own_dtype_and_a_block_that_of_its_layers() -> None:
    network = costcalc.loads(
        """
input: 8x8x4
dtype: int8
blocks:
  b:
    layers:
      - {type: conv, out_channels: 4, kernel_size: 1, dtype: {weights: int4}}
      - {type: conv, out_channels: 4, kernel_size: 1}
layers:
  - {type: conv, out_channels: 4, kernel_size: 1, dtype: float16}
  - {type: b, dtype: {activations: int16}}
  - {type: conv, out_channels: 4, kernel_size: 1}
"""
    )
    assert network.spec.dtype is not None
    base = network.spec.dtype.over(FLOAT32)
    assert [str((node.dtype or parse_dtype("int8")).over(base)) for node in network.nodes] == [
        "float16",
        "int4 weights, int16 activations, int32 biases",
        "int8 weights, int16 activations, int32 biases",
        "int8",
    ]
    assert stored_tensors(network, base).bytes == (32, 8, 16, 16)
