"""How a model calls its layers: what a spec says of it, and what conventions make of that."""

from __future__ import annotations

from pathlib import Path

import pytest

from costcalc import analyze, loads
from costcalc.conventions import CONVENTIONS, convention
from costcalc.conventions.convention import ANY
from costcalc.errors import SpecError
from costcalc.layers import KINDS, kind_model
from costcalc.layers.base import Primitive
from costcalc.spec.named import find_convention
from costcalc.tally import QUANTITIES, Tally

#: On 8x8x4: 256 elements; a pool over all positions makes 4, a product with itself 64x64 over 4 channels.
RELU, SWISH, POOL = "{type: relu, %s}", "{type: swish, %s}", "{type: global_avg_pool, %s}"
NORM = "{type: layer_norm, %s}"
PRODUCT = "{type: matmul, inputs: [input, input], transpose: true, %s}"
ATTENTION = "{type: attention, heads: 2, projections: false, inputs: [input, input, input], %s}"
NAMES = ("fvcore", "thop", "torchinfo", "flop-counter", "ptflops", "ptflops-aten", "calflops")


def tally(layer: str, called: str = "", top: str = "") -> Tally:
    said = f"called: {{{called}}}" if called else ""
    return analyze(loads(f"input: 8x8x4\n{top}\nlayers: [{layer % said}]")).written.tally


def operations(layer: str, called: str) -> tuple[int, ...]:
    counted = tally(layer, called)
    return tuple(convention(name).count_operations(counted) for name in NAMES)


# What each tool counts is in its source: which modules it hooks, which functions it patches, which operations it meets.
@pytest.mark.parametrize(
    ("layer", "called", "by_tool"),
    [
        (RELU, "", (0, 0, 0, 0, 512, 0, 256)),
        (RELU, "relu: module", (0, 0, 0, 0, 512, 0, 256)),
        (RELU, "relu: F.relu", (0, 0, 0, 0, 256, 0, 256)),
        (RELU, "relu: torch.relu", (0, 0, 0, 0, 0, 0, 0)),
        (SWISH, "swish: F.silu", (0, 0, 0, 0, 256, 0, 256)),
        (POOL, "", (256, 260, 0, 0, 512, 0, 256)),
        (POOL, "global_avg_pool: F.adaptive_avg_pool2d", (256, 0, 0, 0, 256, 0, 256)),
        (POOL, "global_avg_pool: Tensor.mean", (0, 0, 0, 0, 0, 0, 0)),
        (NORM, "", (1280, 1024, 8, 0, 256, 0, 1280)),
        (NORM, "layer_norm: F.layer_norm", (1280, 0, 0, 0, 0, 0, 1280)),
        (NORM, "layer_norm: F.layer_norm in LayerNorm2d", (1280, 0, 8, 0, 0, 0, 1280)),
        (PRODUCT, "", (16384, 0, 0, 32768, 16384, 16384, 32768)),
        (PRODUCT, "matmul: Tensor.matmul", (16384, 0, 0, 32768, 0, 16384, 0)),
        (PRODUCT, "matmul: torch.bmm", (16384, 0, 0, 32768, 16384, 16384, 0)),
        (ATTENTION, "matmul: nn.MultiheadAttention, softmax: nn.MultiheadAttention", (0, 0, 0, 0, 40960, 0, 0)),
        (ATTENTION, "matmul: F.scaled_dot_product_attention, softmax: F.scaled_dot_product_attention", (0,) * 7),
    ],
)  # fmt: skip
def test_what_tools_count_of_it(layer: str, called: str, by_tool: tuple[int, ...]) -> None:
    assert operations(layer, called) == by_tool


def test_thop_counts_no_params_of_what_it_does_not_hook() -> None:
    said = tally(NORM, "layer_norm: F.layer_norm in LayerNorm2d")
    assert convention("thop").count_parameters(tally(NORM)) == 8
    assert convention("thop").count_parameters(said) == 0
    assert convention("torchinfo").count_parameters(said) == 8


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_module_is_as_if_nothing_was_said(name: str) -> None:
    rule = convention(name)
    for layer, kind in ((RELU, "relu"), (POOL, "global_avg_pool"), (NORM, "layer_norm"), (PRODUCT, "matmul")):
        assert tally(layer, f"{kind}: module") == tally(layer)
        assert rule.count_operations(tally(layer, f"{kind}: module")) == rule.count_operations(tally(layer))


def test_our_own_counting_is_the_same_however_it_is_called() -> None:
    for name in ("multiplies", "weights", "slim", "keras", "flops"):
        for call in ("F.conv2d", "Tensor.mean", "nn.MultiheadAttention"):
            said = Tally({("conv", "multiplies"): 9, ("conv", "weights"): 4}).called_as(call)
            assert convention(name).count_operations(said) == convention(name).count_operations(
                Tally(said.facts)
            )
            assert convention(name).count_parameters(said) == convention(name).count_parameters(
                Tally(said.facts)
            )


def test_what_is_said_inside_goes_before_what_is_said_around() -> None:
    text = """
      input: 8x8x4
      called: {relu: F.relu}
      layers:
        - relu
        - {type: relu, called: {relu: module}}
        - type: residual
          called: {relu: torch.relu}
          body: [relu, {type: relu, called: {relu: Tensor.relu}}]
    """
    called = analyze(loads(text)).written.tally.called
    calls = {call: count for (_, quantity, call), count in called.items() if quantity == "inputs"}
    assert calls == {"F.relu": 256, "torch.relu": 256, "Tensor.relu": 256}


def test_blocks_copies_and_shared_layers_are_called_as_they_say() -> None:
    text = """
      input: 8x8x4
      blocks: {piece: {layers: [{type: relu, called: {relu: F.relu}}, sigmoid]}}
      layers:
        - {type: piece, repeat: 3, called: {sigmoid: torch.sigmoid}}
        - {type: linear, name: first, out_features: 4, per_position: true}
        - {shares: first, called: {linear: F.linear}}
    """
    counted = analyze(loads(text)).written.tally
    assert (
        counted.called["relu", "inputs", "F.relu"]
        == counted.called["sigmoid", "inputs", "torch.sigmoid"]
        == 768
    )
    assert counted.called["linear", "multiplies", "F.linear"] == 64 * 16
    assert not any(quantity == "weights" for _, quantity, _ in counted.called)
    assert counted.sum("weights") == 16


def test_a_kept_layer_is_called_so_in_each_version() -> None:
    text = "input: 8x8x4\nlayers: [{type: conv, out_channels: 8, kernel_size: 3}, "
    text += "{type: relu, called: {relu: F.relu}}]"
    analysis = analyze(loads(text))
    for version in (analysis.written, analysis.standard, analysis.separable):
        assert version.tally.called["relu", "inputs", "F.relu"] == 512


def test_the_network_says_it_of_kinds_that_it_has() -> None:
    with pytest.raises(SpecError) as caught:
        loads("input: 8x8x4\ncalled: {gelu: F.gelu}\nlayers: [relu]")
    assert [problem.message for problem in caught.value.problems] == [
        "the spec has no gelu that could be called"
    ]


def test_a_convention_of_ones_own_weighs_by_it(tmp_path: Path) -> None:
    path = tmp_path / "seen.yaml"
    path.write_text(
        'name: seen\nunit: steps\noperations: {"*": {multiplies: 1}, relu: {inputs: 2}}\nignores: "*"\n'
        'called_operations: {relu: {"F.*": {inputs: 1}}, "*": {"torch.*": module, "*": {}}}\n'
        'called_parameters: {"*": {"* in *": {}}}\n',
        encoding="utf-8",
    )
    rule = find_convention(str(path))
    assert rule.called_operations == {"relu": {"F.*": {"inputs": 1}}, ANY: {"torch.*": None, ANY: {}}}
    counts = [
        rule.count_operations(tally(RELU, f"relu: {call}")) for call in ("module", "F.relu", "torch.relu")
    ]
    assert counts == [512, 256, 512]
    assert rule.count_operations(tally(PRODUCT, "matmul: Tensor.matmul")) == 0
    assert rule.count_parameters(tally(NORM, "layer_norm: F.layer_norm in Own")) == 0
    assert rule.count_parameters(tally(NORM, "layer_norm: F.layer_norm")) == 8


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("called_operations: [relu]", "called_operations of the convention must be a mapping of kinds of layers"),
        ("called_operations: {rellu: {'*': {}}}", 'unknown kind of layer "rellu"; did you mean "relu"?'),
        ("called_operations: {relu: F.relu}", '"relu" in called_operations must be a mapping of patterns of calls'),
        ("called_operations: {relu: {'F.*': 1}}", 'what "F.*" weighs, if not module, must be a mapping of quantities'),
        ("called_operations: {relu: {'F.*': {input: 1}}}", 'unknown quantity "input"; did you mean "inputs"?'),
        ("called_parameters: {'*': {'*': {weights: x}}}", 'weight of "weights" must be a whole number'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_one(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "seen.yaml"
    path.write_text(f"name: seen\nunit: steps\nextends: fvcore\n{line}\n", encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        find_convention(str(path))
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].message.startswith(message)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_convention_weighs_calls_of_kinds_and_facts_that_there_are(name: str) -> None:
    primitives = {kind for kind in KINDS if issubclass(kind_model(kind), Primitive)}
    for calls in (convention(name).called_operations, convention(name).called_parameters):
        assert set(calls) <= primitives | {ANY}
        for patterns in calls.values():
            assert all(set(weights or ()) <= set(QUANTITIES) for weights in patterns.values())
