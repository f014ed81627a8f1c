"""How a model calls its layers, from its trace to the spec that is written of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

import costcalc
from costcalc.interop.importers.conversion import convert, counted
from costcalc.interop.importers.flat import FlatLayer, FlatNetwork, flat_network
from costcalc.interop.importers.torch_export.calling import call_of, call_to_say
from costcalc.rendering.spec_yaml import render_spec
from costcalc.shape import Shape
from importers.flattening import flattened

_NN = "torch.nn.modules.activation"
_OWN = "timm.layers.norm.LayerNorm2d"


@pytest.mark.parametrize(
    ("function", "module_type", "call"),
    [
        ("function.relu", f"{_NN}.ReLU", ""),
        ("function.relu", "models.Net", "F.relu in Net"),
        ("builtin_function_or_method.relu", "models.Net", "torch.relu in Net"),
        ("method_descriptor.mean", "torch.nn.modules.container.Sequential", "Tensor.mean in Sequential"),
        ("builtin_function_or_method.conv2d", "timm.layers.conv2d_same.Conv2dSame", "F.conv2d in Conv2dSame"),
        ("function.layer_norm", _OWN, "F.layer_norm in LayerNorm2d"),
        ("function.einsum", "models.Net", "torch.einsum in Net"),
        ("builtin_function_or_method.gelu", "models.Net", "F.gelu in Net"),
        ("function.multi_head_attention_forward", f"{_NN}.MultiheadAttention", "nn.MultiheadAttention"),
        ("function.<lambda>", "models.Net", "torch.relu in Net"),
        ("", "models.Net<int>", "torch.relu"),
    ],
)  # fmt: skip
def test_what_torch_recorded(function: str, module_type: str, call: str) -> None:
    meta = {"torch_fn": ("relu_1", function)} if function else {}
    assert call_of(meta, "path", module_type, "relu") == call


@pytest.mark.parametrize(
    ("kind", "call", "held", "said"),
    [
        ("relu", "F.relu in Net", False, "F.relu"),
        ("layer_norm", "F.layer_norm in LayerNorm2d", True, "F.layer_norm in LayerNorm2d"),
        ("reshape", "Tensor.view in Net", False, ""),
        ("add", "Tensor.add in Net", False, ""),
        ("add", "torch.add in Net", False, "torch.add"),
        ("matmul", "torch.matmul in Net", False, ""),
        ("matmul", "Tensor.matmul in Net", False, "Tensor.matmul"),
        ("relu", "", False, ""),
    ],
)
def test_what_a_layer_says(kind: str, call: str, held: bool, said: str) -> None:
    assert call_to_say(kind, call, held=held) == said


def _called(flat: FlatNetwork, calls: dict[str, str], every: int = 1) -> FlatNetwork:
    """The layers of kinds called so: each, or every second one, …"""
    seen: dict[str, int] = {}

    def said(layer: FlatLayer) -> FlatLayer:
        count = seen[layer.kind] = seen.get(layer.kind, -1) + 1
        return (
            replace(layer, called=calls[layer.kind]) if layer.kind in calls and count % every == 0 else layer
        )

    return replace(flat, layers=tuple(map(said, flat.layers)))


CALLS = {
    "relu": "F.relu",
    "relu6": "F.relu6",
    "swish": "F.silu",
    "batch_norm": "F.batch_norm",
    "conv": "F.conv2d in Conv2dSame",
    "linear": "F.linear",
    "global_avg_pool": "Tensor.mean",
    "add": "torch.add",
    "matmul": "torch.bmm",
}


@pytest.mark.parametrize("every", [1, 2, 3])
@pytest.mark.parametrize(
    "name", ["resnet50", "mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0", "googlenet", "siamese"]
)  # fmt: skip
def test_structure_and_yaml_keep_every_call(name: str, every: int) -> None:
    flat = _called(flattened(costcalc.load(f"zoo:{name}")), CALLS, every)
    network = flat_network(flat)
    text = render_spec(convert(flat).spec)
    assert counted(network).called
    assert counted(costcalc.loads(text)) == counted(network)


@pytest.mark.parametrize(
    ("kind", "fields", "inside"),
    [
        ("attention", {"heads": 2, "projections": False}, {"matmul", "softmax"}),
        ("deformable_conv", {"out_channels": 4, "kernel_size": 3}, {"conv"}),
    ],
)
def test_what_a_layer_that_stands_for_others_says_is_said_of_these(
    kind: str, fields: dict[str, object], inside: set[str]
) -> None:
    inputs = ("input", "input", "input") if kind == "attention" else ("input", "offsets")
    offsets = FlatLayer(
        "offsets", "conv", ("input",), Shape((8, 8), 18), {"out_channels": 18, "kernel_size": 3}
    )
    layer = FlatLayer("layer", kind, inputs, Shape((8, 8), 4), fields, called="F.something")
    flat = FlatNetwork("net", "", {"input": Shape((8, 8), 4)}, (offsets, layer), ("offsets", "layer"))
    called = counted(convert(flat).network).called
    assert {kind for kind, _, _ in called} == inside


def test_what_all_layers_of_a_kind_have_is_said_once() -> None:
    flat = _called(
        flattened(costcalc.load("zoo:mobilenet_v2")), {"relu6": "F.relu6", "global_avg_pool": "Tensor.mean"}
    )
    text = render_spec(convert(flat).spec)
    assert "called: {relu6: F.relu6, global_avg_pool: Tensor.mean}" in text
    assert text.count("called") == 1


def test_a_block_whose_layers_are_called_otherwise_is_none() -> None:
    flat = flattened(costcalc.load("zoo:mobilenet_v2"))
    first = next(layer for layer in flat.layers if layer.kind == "relu6" and ".2" in layer.name)
    changed = replace(
        flat, layers=tuple(replace(each, called="F.relu6") if each is first else each for each in flat.layers)
    )
    spec, before = convert(changed).spec, convert(flat).spec
    kinds, others = ([str(each["type"]) for each in found["layers"]] for found in (spec, before))
    assert kinds != others
    assert counted(costcalc.loads(render_spec(spec))).called["relu6", "outputs", "F.relu6"] > 0
