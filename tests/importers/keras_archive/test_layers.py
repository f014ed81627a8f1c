"""Each layer of Keras: kind, fields, output, on one map; and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from costcalc.conventions.convention import MULTIPLIES
from costcalc.errors import CostcalcError
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.dispatch import read_model
from costcalc.interop.importers.keras_archive.layers import HANDLERS
from costcalc.interop.importers.keras_archive.layers.refused import REASONS
from costcalc.interop.importers.keras_archive.layers.sequences import SEVERAL
from costcalc.tally import Tally
from importers.keras_archive.configs import functional, layer, saved, sequential, start

MAP, LINE, BOX, VECTOR = (8, 10, 6), (9, 6), (4, 5, 6, 3), (12,)

#: class, config, sizes, and the layers it becomes: kind, output, fields.
ROWS: list[tuple[str, dict[str, Any], tuple[int, ...], list[tuple[str, str, dict[str, Any]]]]] = [
    ("Conv2D", {"filters": 4, "kernel_size": [3, 3]}, MAP,
     [("conv", "6x8x4", {"out_channels": 4, "kernel_size": 3, "padding": "valid", "bias": True})]),
    ("Conv2D", {"filters": 4, "kernel_size": [3, 5], "strides": [2, 1], "padding": "same", "groups": 2,
                "dilation_rate": [1, 1], "use_bias": False, "activation": "relu"}, MAP,
     [("conv", "4x10x4", {"out_channels": 4, "kernel_size": [3, 5], "stride": [2, 1], "groups": 2}),
      ("relu", "4x10x4", {})]),
    ("Conv1D", {"filters": 4, "kernel_size": [3], "padding": "causal", "dilation_rate": [2]}, LINE,
     [("conv", "9x4", {"out_channels": 4, "kernel_size": 3, "padding": [4, 0], "dilation": 2, "bias": True})]),
    ("Conv3D", {"filters": 2, "kernel_size": [2, 2, 2], "use_bias": False}, BOX,
     [("conv", "3x4x5x2", {"out_channels": 2, "kernel_size": 2, "padding": "valid"})]),
    ("DepthwiseConv2D", {"kernel_size": [3, 3], "depth_multiplier": 2, "padding": "same", "use_bias": False}, MAP,
     [("depthwise_conv", "8x10x12", {"kernel_size": 3, "depth_multiplier": 2})]),
    ("DepthwiseConv1D", {"kernel_size": [3], "use_bias": False}, LINE,
     [("depthwise_conv", "7x6", {"kernel_size": 3, "padding": "valid"})]),
    ("SeparableConv2D", {"filters": 5, "kernel_size": [3, 3], "padding": "same", "activation": "swish"}, MAP,
     [("depthwise_conv", "8x10x6", {"kernel_size": 3}),
      ("conv", "8x10x5", {"out_channels": 5, "kernel_size": 1, "bias": True}),
      ("swish", "8x10x5", {})]),
    ("Conv2DTranspose", {"filters": 3, "kernel_size": [2, 2], "strides": [3, 3]}, MAP,
     [("conv_transpose", "24x30x3", {"out_channels": 3, "kernel_size": 2, "stride": 3, "padding": "valid",
                                     "output_padding": 1, "bias": True})]),
    ("Conv2DTranspose", {"filters": 3, "kernel_size": [4, 4], "strides": [2, 2], "padding": "same"}, MAP,
     [("conv_transpose", "16x20x3", {"out_channels": 3, "kernel_size": 4, "stride": 2, "bias": True})]),
    ("Conv2DTranspose", {"filters": 3, "kernel_size": [3, 3], "strides": [2, 2], "padding": "same",
                         "output_padding": [1, 1]}, MAP,
     [("conv_transpose", "16x20x3", {"out_channels": 3, "kernel_size": 3, "stride": 2, "padding": 1,
                                     "output_padding": 1, "bias": True})]),
    ("Conv1DTranspose", {"filters": 3, "kernel_size": [3], "strides": [2], "use_bias": False}, LINE,
     [("conv_transpose", "19x3", {"out_channels": 3, "kernel_size": 3, "stride": 2, "padding": "valid"})]),
    ("Dense", {"units": 7, "activation": "softmax"}, VECTOR,
     [("linear", "7", {"out_features": 7}), ("softmax", "7", {})]),
    ("Dense", {"units": 7, "use_bias": False}, MAP,
     [("linear", "8x10x7", {"out_features": 7, "bias": False, "per_position": True})]),
    ("LSTM", {"units": 3, "return_sequences": True}, LINE,
     [("lstm", "9x3", {"hidden_size": 3, "biases": 1})]),
    ("LSTM", {"units": 3, "use_bias": False, "go_backwards": True}, LINE,
     [("lstm", "3", {"hidden_size": 3, "biases": 0, "direction": "backward", "returns": "last"})]),
    ("GRU", {"units": 3, "return_sequences": True}, LINE, [("gru", "9x3", {"hidden_size": 3})]),
    ("GRU", {"units": 3, "reset_after": False}, LINE,
     [("gru", "3", {"hidden_size": 3, "biases": 1, "returns": "last"})]),
    ("SimpleRNN", {"units": 3}, LINE, [("rnn", "3", {"hidden_size": 3, "biases": 1, "returns": "last"})]),
    ("Bidirectional", {"layer": {"class_name": "LSTM", "config": {"units": 3, "return_sequences": True}}}, LINE,
     [("lstm", "9x6", {"hidden_size": 3, "biases": 1, "direction": "both"})]),
    ("Bidirectional", {"layer": {"class_name": "GRU", "config": {"units": 3}}, "merge_mode": "sum"}, LINE,
     [("gru", "3", {"hidden_size": 3, "returns": "last"}),
      ("gru", "3", {"hidden_size": 3, "direction": "backward", "returns": "last"}), ("add", "3", {})]),
    ("RNN", {"cell": {"class_name": "LSTMCell", "config": {"units": 3}}}, LINE,
     [("lstm", "3", {"hidden_size": 3, "biases": 1, "returns": "last"})]),
    ("Embedding", {"input_dim": 20, "output_dim": 5}, VECTOR,
     [("embedding", "12x5", {"num_embeddings": 20, "embedding_dim": 5})]),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 4}, LINE,
     [("linear", "9x8", {"out_features": 8, "per_position": True})] * 3
     + [("matmul", "9x18", {"transpose": True, "heads": 2}), ("softmax", "9x18", {}),
        ("matmul", "9x8", {"heads": 2}), ("linear", "9x6", {"out_features": 6, "per_position": True})]),
    ("EinsumDense", {"equation": "abc,cde->abde", "output_shape": [None, 2, 4], "bias_axes": "de"}, LINE,
     [("linear", "9x8", {"out_features": 8, "per_position": True}), ("reshape", "9x2x4", {"to": "9x2x4"})]),
    ("TimeDistributed", {"layer": {"class_name": "Conv2D", "config": {"filters": 4, "kernel_size": [3, 3]}}},
     BOX, [("conv", "4x3x4x4", {"out_channels": 4, "kernel_size": [1, 3, 3], "padding": "valid", "bias": True})]),
    ("TimeDistributed", {"layer": {"class_name": "Flatten", "config": {}}}, MAP, [("reshape", "8x60", {"to": "8x60"})]),
    ("TimeDistributed", {"layer": {"class_name": "Dense", "config": {"units": 7}}}, LINE,
     [("linear", "9x7", {"out_features": 7, "per_position": True})]),
    ("BatchNormalization", {"axis": 3}, MAP, [("batch_norm", "8x10x6", {})]),
    ("BatchNormalization", {"axis": [3], "scale": False}, MAP, [("batch_norm", "8x10x6", {"affine": "shift"})]),
    ("BatchNormalization", {"axis": -1, "center": False}, MAP, [("batch_norm", "8x10x6", {"affine": "scale"})]),
    ("LayerNormalization", {"axis": [-1], "scale": False, "center": False}, LINE,
     [("layer_norm", "9x6", {"affine": False})]),
    ("GroupNormalization", {"groups": 3}, MAP, [("group_norm", "8x10x6", {"groups": 3})]),
    ("GroupNormalization", {"groups": -1}, MAP, [("instance_norm", "8x10x6", {})]),
    ("GroupNormalization", {"groups": 6}, MAP, [("group_norm", "8x10x6", {"groups": 6})]),
    ("RMSNormalization", {"axis": -1}, LINE, [("rms_norm", "9x6", {})]),
    ("UnitNormalization", {"axis": -1}, LINE, [("layer_norm", "9x6", {"affine": False})]),
    ("AdaptiveAveragePooling2D", {"output_size": [3, 2]}, MAP,
     [("adaptive_avg_pool", "3x2x6", {"output_size": [3, 2]})]),
    ("MaxPooling2D", {"pool_size": [3, 3], "strides": [2, 2], "padding": "same"}, MAP,
     [("max_pool", "4x5x6", {"kernel_size": 3, "stride": 2, "padding": "same"})]),
    ("AveragePooling1D", {"pool_size": [2]}, LINE, [("avg_pool", "4x6", {"kernel_size": 2})]),
    ("MaxPooling3D", {"pool_size": [2, 2, 2]}, BOX, [("max_pool", "2x2x3x3", {"kernel_size": 2})]),
    ("GlobalAveragePooling2D", {}, MAP, [("global_avg_pool", "1x1x6", {})]),
    ("GlobalMaxPooling1D", {"keepdims": True}, LINE, [("global_max_pool", "1x6", {})]),
    ("Activation", {"activation": "hard_silu"}, MAP, [("hard_swish", "8x10x6", {})]),
    ("Activation", {"activation": {"class_name": "function", "config": "relu6"}}, MAP, [("relu6", "8x10x6", {})]),
    ("Conv2D", {"filters": 4, "kernel_size": [1, 1], "use_bias": False,
                "activation": {"class_name": "ReLU", "config": {"name": "re_lu", "max_value": 6.0}}}, MAP,
     [("conv", "8x10x4", {"out_channels": 4, "kernel_size": 1, "padding": "valid"}), ("relu6", "8x10x4", {})]),
    ("Activation", {"activation": {"class_name": "LeakyReLU", "config": {"name": "l"}}}, MAP,
     [("leaky_relu", "8x10x6", {})]),
    ("ReLU", {"max_value": 6.0}, MAP, [("relu6", "8x10x6", {})]),
    ("ReLU", {"negative_slope": 0.1}, MAP, [("leaky_relu", "8x10x6", {})]),
    ("LeakyReLU", {}, MAP, [("leaky_relu", "8x10x6", {})]),
    ("PReLU", {"shared_axes": [1, 2]}, MAP, [("prelu", "8x10x6", {})]),
    ("PReLU", {"shared_axes": [1, 2, 3]}, MAP, [("prelu", "8x10x6", {"shared": True})]),
    ("PReLU", {}, VECTOR, [("prelu", "12", {})]),
    ("Softmax", {"axis": -1}, MAP, [("softmax", "8x10x6", {})]),
    ("ZeroPadding2D", {"padding": [[0, 1], [2, 3]]}, MAP, [("pad", "9x15x6", {"padding": [0, 1, 2, 3]})]),
    ("ZeroPadding2D", {"padding": [[1, 1], [1, 1]]}, MAP, [("pad", "10x12x6", {"padding": 1})]),
    ("ZeroPadding1D", {"padding": [1, 2]}, LINE, [("pad", "12x6", {"padding": [1, 2]})]),
    ("Cropping2D", {"cropping": [[1, 0], [2, 3]]}, MAP, [("slice", "7x5x6", {"spatial": [[1, 8], [2, 7]]})]),
    ("UpSampling2D", {"size": [2, 2], "interpolation": "bilinear"}, MAP,
     [("upsample", "16x20x6", {"scale": 2, "mode": "bilinear"})]),
    ("UpSampling1D", {"size": 3}, LINE, [("upsample", "27x6", {"scale": 3})]),
    ("Resizing", {"height": 5, "width": 7}, MAP, [("upsample", "5x7x6", {"size": [5, 7], "mode": "bilinear"})]),
    ("Resizing", {"height": 5, "width": 7, "interpolation": "nearest"}, MAP,
     [("upsample", "5x7x6", {"size": [5, 7]})]),
    ("CenterCrop", {"height": 5, "width": 10}, MAP, [("slice", "5x10x6", {"spatial": [[1, 6], [0, 10]]})]),
    ("CenterCrop", {"height": 9, "width": 10}, MAP,
     [("upsample", "9x10x6", {"size": [9, 10], "mode": "bilinear"})]),
    ("RepeatVector", {"n": 3}, VECTOR, [("reshape", "1x12", {"to": "1x12"}), ("upsample", "3x12", {"size": 3})]),
    ("Reshape", {"newshape": [-1, 80, 6]}, MAP, [("reshape", "80x6", {"to": "80x6"})]),
    ("Reshape", {"target_shape": [4, -1, 6]}, MAP, [("reshape", "4x20x6", {"to": "4x20x6"})]),
    ("Permute", {"dims": [2, 1]}, LINE, [("reshape", "6x9", {"to": "6x9"})]),
    ("Flatten", {}, MAP, [("flatten", "480", {})]),
    ("SpatialDropout2D", {"rate": 0.25}, MAP, [("dropout", "8x10x6", {"rate": "0.25"})]),
    ("LayerScale", {"projection_dim": 6}, MAP,
     [("parameter", "1x1x6", {"shape": "1x1x6"}), ("multiply", "8x10x6", {})]),
]  # fmt: skip

FREE = [
    ("Rescaling", {"scale": 0.5}),
    ("Normalization", {"axis": [-1]}),
    ("GaussianNoise", {"stddev": 1}),
    ("Dropout", {"rate": 0}),
    ("Activation", {"activation": "linear"}),
    ("Activation", {"activation": "softsign"}),
    ("RandomFlip", {}),
]


@pytest.mark.parametrize(("kind", "config", "sizes", "wanted"), ROWS, ids=lambda value: str(value)[:60])
def test_a_layer_is_ours(
    kind: str,
    config: dict[str, Any],
    sizes: tuple[int, ...],
    wanted: list[tuple[str, str, Any]],
    tmp_path: Path,
) -> None:
    flat = read_model(saved(sequential(layer(kind, "it", **config), sizes=sizes), tmp_path))
    assert [(each.kind, str(each.output), each.fields) for each in flat.layers] == wanted
    convert(flat)


@pytest.mark.parametrize(("kind", "config"), FREE)
def test_what_costs_nothing_is_left_out(kind: str, config: dict[str, Any], tmp_path: Path) -> None:
    net = sequential(layer(kind, "it", **config), layer("ReLU", "relu"), sizes=MAP)
    assert [each.kind for each in read_model(saved(net, tmp_path)).layers] == ["relu"]


REFUSED = [
    ("LSTM", {"units": 3}, VECTOR, '"it" (LSTM): reads a sequence of steps and channels, not sizes (12,)'),
    ("ConvLSTM1D", {"filters": 3}, MAP,
     '"it" (ConvLSTM1D): is a convolution that is recurrent, which there is no layer kind for'),
    ("Lambda", {"function": "x"}, MAP, '"it" (Lambda): what it does is not in the file'),
    ("Frobnicate", {}, MAP, '"it" (Frobnicate): this layer is not known, and may cost something'),
    ("TimeDistributed", {"layer": {"class_name": "LSTM", "config": {"units": 3}}}, MAP,
     '"it" (TimeDistributed): of "LSTM" is not known'),
    ("Bidirectional", {"layer": {"class_name": "Dense", "config": {"units": 3}}}, LINE,
     "of another layer than LSTM, GRU and SimpleRNN, or of two that differ, is not known"),
    *[
        ("Bidirectional",
         {"layer": {"class_name": "GRU", "config": {"units": 3}},
          "backward_layer": {"class_name": "GRU", "config": {"units": 3, **other}}}, LINE,
         "of another layer than LSTM, GRU and SimpleRNN, or of two that differ, is not known")
        for other in ({"units": 4}, {"use_bias": False}, {"reset_after": False})
    ],
    ("Dense", {"units": 3, "lora_rank": 2}, VECTOR,
     '"it" (Dense): has LoRA weights beside its own, which is not known'),
    ("TimeDistributed", {"layer": {"class_name": "Dense", "config": {"units": 3, "lora_rank": 2}}}, LINE,
     "has LoRA weights beside its own, which is not known"),
    ("RNN", {"cell": {"class_name": "Mine", "config": {}}}, LINE, 'of the cell "Mine" is not known'),
    ("EinsumDense", {"equation": "abc,bcd->abd", "output_shape": [9, 4]}, LINE,
     'its equation "abc,bcd->abd" is not known: it may only sum over last axes'),
    ("Activation", {"activation": "glu"}, MAP, 'the activation "glu" is not known'),
    ("Activation", {"activation": {"module": "mine", "class_name": "function", "config": "relu"}}, MAP,
     'its activation "relu" is none of Keras\': what it does is not known'),
    ("Conv2D", {"filters": 2, "kernel_size": [1, 1], "activation": {"value": ["4wEA", None, None]}}, MAP,
     'its activation "lambda" is none of Keras\': what it does is not known'),
    ("Conv2D", {"filters": 2, "kernel_size": [1, 1], "activation": {"class_name": "PReLU", "config": {}}}, MAP,
     'the activation "PReLU" is not known'),
    ("ReLU", {"max_value": 4.0}, MAP, 'its max_value "4.0" is not known: relu6 is'),
    ("PReLU", {}, MAP, "has 480 slopes: one for each channel, or one in all, is known: set shared_axes"),
    ("BatchNormalization", {"axis": 1}, MAP, 'its axis "1" is not that of the channels'),
    ("Conv2D", {"filters": 0, "kernel_size": [3, 3]}, MAP, "its filters must be a whole number from 1"),
    ("Conv2D", {"filters": 10**400, "kernel_size": [3, 3]}, MAP, "its filters must be a whole number from 1"),
    ("Conv2D", {"filters": 2, "kernel_size": [3]}, MAP, "its kernel_size must have 2 numbers"),
    ("Conv2D", {"filters": 2, "kernel_size": [30, 3]}, MAP, "kernel_size (=30) is larger than its padded input (=8)"),
    ("Conv2D", {"filters": 2, "kernel_size": [3, 3]}, LINE, "takes a map of 2 spatial axes, not sizes (9, 6)"),
    ("Conv2D", {"filters": 2, "kernel_size": [3, 3], "padding": "x"}, MAP, 'its padding "x" is not known'),
    ("Reshape", {"target_shape": [-1, -1]}, MAP, "cannot make [-1, -1] of [8, 10, 6]"),
    ("Reshape", {"target_shape": [2] * 20_000}, MAP, "makes 20000 axes, and 64 is the most that is read"),
    ("ReLU", {}, (2**31 - 1,) * 3, "has more than 10^18 elements"),
    ("ReLU", {}, (2,) * 20_000, "a value of 20000 axes: costcalc has one to three spatial axes"),
    ("Maximum", {}, MAP, '"it" (Maximum): joins a single value'),
    ("Resizing", {"height": 2, "width": 2, "interpolation": "lanczos3"}, MAP,
     'its interpolation "lanczos3" is not known'),
    ("RMSNormalization", {"axis": 1}, MAP, 'its axis "1" is not that of the channels'),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "config", "sizes", "message"), REFUSED)
def test_what_is_not_known_is_an_error(
    kind: str, config: dict[str, Any], sizes: tuple[int, ...], message: str, tmp_path: Path
) -> None:
    with pytest.raises(CostcalcError) as raised:
        read_model(saved(sequential(layer(kind, "it", **config), sizes=sizes), tmp_path))
    assert message in str(raised.value)


def test_every_layer_of_keras_is_read_or_refused_by_name() -> None:
    names = (Path(__file__).parent / "layers.txt").read_text().split()
    read = {*HANDLERS, *SEVERAL, "InputLayer"}
    assert len(names) > 100
    assert [name for name in names if (name in read) == (name in REASONS)] == []


def counts(config: Any, folder: Path, *inputs: str) -> tuple[int, int]:
    conversion = convert(read_model(saved(config, folder), inputs))
    tally = Tally.total(node.tally for node in conversion.network.nodes)
    return MULTIPLIES.count_operations(tally), MULTIPLIES.count_parameters(tally)


def test_a_layer_called_twice_shares_its_weights(tmp_path: Path) -> None:
    net = functional(
        start("left", 4, 4, 2),
        start("right", 4, 4, 2),
        layer("Conv2D", "conv", "left", "right", filters=3, kernel_size=[1, 1], use_bias=False),
        layer("Add", "sum", ["conv", "conv#1"]),
    )
    assert counts(net, tmp_path) == (2 * 16 * 6, 6)


def test_a_model_called_twice_shares_all_weights(tmp_path: Path) -> None:
    tower = sequential(
        layer("Conv2D", "conv", filters=3, kernel_size=[3, 3], activation="relu"),
        layer("BatchNormalization", "norm", axis=-1),
        layer("GlobalAveragePooling2D", "pool"),
        layer("Dense", "code", units=5),
        name="tower",
        sizes=(8, 8, 1),
    )
    calls = layer("Sequential", "tower", "left", "right")["inbound_nodes"]
    net = functional(
        start("left", 8, 8, 1),
        start("right", 8, 8, 1),
        {**tower, "inbound_nodes": calls},
        layer("Concatenate", "both", ["tower", "tower#1"], axis=-1),
        layer("Dense", "out", "both", units=1, activation="sigmoid"),
    )
    assert counts(net, tmp_path) == (2 * (36 * 27 + 15) + 10, 30 + 6 + 20 + 11)


def test_layers_run_in_the_order_of_what_they_take(tmp_path: Path) -> None:
    net = functional(
        start("in", 4, 4, 2),
        layer("Add", "sum", ["b", "a"]),
        layer("Conv2D", "b", "a", filters=2, kernel_size=[1, 1], use_bias=False),
        layer("Conv2D", "a", "in", filters=2, kernel_size=[1, 1], use_bias=False),
        outputs=["sum", 0, 0],
    )
    assert counts(net, tmp_path) == (2 * 64, 8)


def test_keras_2_wrote_calls_as_lists(tmp_path: Path) -> None:
    net = functional(
        start("in", 4, 4, 2), layer("Conv2D", "a", filters=2, kernel_size=[1, 1]), layer("Add", "sum")
    )
    net["config"]["layers"][1]["inbound_nodes"] = [[["in", 0, 0, {}]]]
    net["config"]["layers"][2]["inbound_nodes"] = [[["a", 0, 0, {}], ["in", 0, 0, {}]]]
    assert counts(net, tmp_path) == (64, 6)


def test_of_several_outputs_the_first_is_last_unless_another_needs_it(tmp_path: Path) -> None:
    one, two = (
        layer("Conv2D", name, source, filters=2, kernel_size=[1, 1], use_bias=False)
        for name, source in (("one", "in"), ("two", "one"))
    )
    three = layer("Conv2D", "three", "one", filters=5, kernel_size=[1, 1], use_bias=False)
    outputs = [[name, 0, 0] for name in ("one", "two", "three")]
    net = functional(start("in", 4, 4, 2), one, two, three, outputs=outputs)
    assert read_model(saved(net, tmp_path)).outputs == ("one", "three", "two")
    assert counts(net, tmp_path) == (2 * 64 + 160, 18)


def test_frozen_layers_are_noted(tmp_path: Path) -> None:
    net = sequential(
        layer("Conv2D", "a", filters=2, kernel_size=[1, 1], trainable=False),
        layer("BatchNormalization", "b", axis=-1, trainable=False),
        layer("ReLU", "c", trainable=False),
        sizes=(4, 4, 2),
    )
    assert read_model(saved(net, tmp_path)).notes == (
        "2 layers are frozen; their weights are params all the same",
    )
    assert counts(net, tmp_path) == (64, 10)


def test_a_class_of_its_own_is_refused_whatever_its_name(tmp_path: Path) -> None:
    net = sequential({**layer("Dense", "it", units=3), "module": "mine"}, sizes=(4,))
    with pytest.raises(CostcalcError) as raised:
        read_model(saved(net, tmp_path))
    assert str(raised.value) == '"it" (Dense): a class of its own: what it does is not in the file'
    assert raised.value.hint == ""  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["Functional", "Mine"])
def test_a_model_of_a_class_of_its_own_is_refused(kind: str, tmp_path: Path) -> None:
    net = {**functional(start("in", 4, 4, 2), layer("ReLU", "a", "in")), "class_name": kind, "module": "mine"}
    with pytest.raises(CostcalcError) as raised:
        read_model(saved(net, tmp_path))
    assert str(raised.value).endswith(f'a model of class "{kind}" does not say what it is made of')
    with pytest.raises(CostcalcError) as raised:
        read_model(saved(sequential(net, sizes=(4, 4, 2)), tmp_path))
    assert str(raised.value) == f'"net" ({kind}): a class of its own: what it does is not in the file'
    assert raised.value.hint == "save keras.Model(model.inputs, model.outputs)"  # type: ignore[attr-defined]


def test_a_hard_sigmoid_in_steps_is_one(tmp_path: Path) -> None:
    net = functional(
        start("in", 4, 4, 2),
        layer(
            "Add",
            "plus",
            ({"class_name": "__keras_tensor__", "config": {"keras_history": ["in", 0, 0]}}, 3.0),
        ),
        layer("ReLU", "relu", "plus", max_value=6.0),
        layer(
            "Multiply",
            "times",
            ({"class_name": "__keras_tensor__", "config": {"keras_history": ["relu", 0, 0]}}, 1 / 6),
        ),
        layer("Multiply", "gate", ["in", "times"]),
    )
    assert [each.kind for each in read_model(saved(net, tmp_path)).layers] == ["hard_sigmoid", "multiply"]


def test_a_padding_becomes_its_convolutions(tmp_path: Path) -> None:
    net = sequential(
        layer("ZeroPadding2D", "pad", padding=[[0, 1], [0, 1]]),
        layer("Conv2D", "conv", filters=2, kernel_size=[3, 3], strides=[2, 2]),
        sizes=(8, 8, 2),
    )
    (conv,) = read_model(saved(net, tmp_path)).layers
    assert conv.fields["padding"] == [0, 1, 0, 1]
    assert str(conv.output) == "4x4x2"


def test_channels_first(tmp_path: Path) -> None:
    net = sequential(
        layer("Conv2D", "conv", filters=4, kernel_size=[3, 3], data_format="channels_first"),
        layer("BatchNormalization", "norm", axis=1),
        layer("Flatten", "flat", data_format="channels_first"),
        sizes=(3, 8, 10),
    )
    flat = read_model(saved(net, tmp_path))
    assert [str(shape) for shape in flat.inputs.values()] == ["8x10x3"]
    assert [str(each.output) for each in flat.layers] == ["6x8x4", "6x8x4", "192"]


OPEN = [
    ((None, None, 3), [], "net.keras: input \"in\" has open sizes: ?x?x3"),
    ((None, None, 3), ["8x8x4"], "net.keras: --input 8x8x4 does not fit input \"in\": ?x?x3"),
    ((None, None, 3), ["x=8x8x3"], 'net.keras: --input "x=8x8x3": the model\'s inputs are "in"'),
    ((None, None, 3), ["8 by 8"], 'net.keras: --input "8 by 8" is no list of sizes such as 224x224x3'),
    ((0, 4, 3), [], 'net.keras: input "in" has no sizes from 1: 0x4x3'),
]  # fmt: skip


@pytest.mark.parametrize(("sizes", "given", "message"), OPEN)
def test_open_sizes_are_asked_for(sizes: Any, given: list[str], message: str, tmp_path: Path) -> None:
    net = functional(start("in", *sizes), layer("ReLU", "relu", "in"))
    with pytest.raises(CostcalcError) as raised:
        read_model(saved(net, tmp_path), given)
    assert str(raised.value).endswith(message)


@pytest.mark.parametrize("given", ["8x8x3", "in=8x8x3", "input=8x8x3", "1x8x8x3"])
def test_open_sizes_are_filled_in(given: str, tmp_path: Path) -> None:
    net = functional(start("in", None, None, 3), layer("Conv2D", "c", "in", filters=1, kernel_size=[1, 1]))
    assert counts(net, tmp_path, given) == (192, 4)
