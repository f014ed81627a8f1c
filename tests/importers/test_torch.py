"""PyTorch modules against torch itself: its own counter of operations, its own parameters.

Skipped where torch is not installed (``pip install 'costcalc[torch]'``): the front end needs it to read anything.
"""

from __future__ import annotations

import contextlib
import gc
import inspect
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

import costcalc
from costcalc.errors import CostcalcError
from costcalc.interop.importers.flat import flat_network
from costcalc.interop.importers.recognition import structured_spec
from costcalc.rendering.spec_yaml import render_spec

torch = pytest.importorskip("torch", reason="needs torch: pip install 'costcalc[torch]'")

from torch import Tensor, nn  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from costcalc.interop.importers.torch_archive import read as read_archived  # noqa: E402
from costcalc.interop.importers.torch_export.inputs import examples  # noqa: E402
from costcalc.interop.importers.torch_export.reading import flat_module  # noqa: E402
from importers import torch_modules  # noqa: E402
from importers.torch_kinds import KINDS_OF_MODULES  # noqa: E402
from models.blocks import BLOCKS  # noqa: E402

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning"
)


MODULES = {**torch_modules.MODULES, **KINDS_OF_MODULES}


def listed(given: Any) -> list[Any]:
    return list(given) if isinstance(given, tuple) else [given]


def by_torch(module: nn.Module, given: list[Any]) -> tuple[int, int]:
    """Multiplies and params as torch counts them: on tensors without elements, where attention is its two products."""
    params = sum(parameter.numel() for parameter in module.parameters())
    module = module.eval().to("meta")
    tensors, _ = examples(module, given)
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            module(**tensors)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return counter.get_total_flops() // 2, params


@pytest.mark.parametrize("name", MODULES)
def test_multiplies_and_params_are_those_of_torch(name: str) -> None:
    build, given = MODULES[name]
    written = costcalc.analyze(costcalc.from_torch(build(), given)).written
    assert (written.multiplies, written.params) == by_torch(build(), listed(given))


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_cost_what_their_sizes_say(name: str) -> None:
    case = BLOCKS[name]
    written = costcalc.analyze(costcalc.from_torch(case.build(), list(case.inputs))).written
    assert (written.multiplies, written.params) == (case.multiplies, case.params)
    assert (written.multiplies, written.params) == by_torch(case.build(), list(case.inputs))


@pytest.mark.parametrize("name", MODULES)
def test_the_spec_has_every_fact_of_the_flat_network(name: str) -> None:
    build, given = MODULES[name]
    flat = flat_module(build(), listed(given))
    network = costcalc.loads(render_spec(structured_spec(flat)))
    assert costcalc.analyze(network).written.tally == costcalc.analyze(flat_network(flat)).written.tally
    assert network.warnings == ()


def spec_of(module: nn.Module, *given: Any) -> str:
    return render_spec(structured_spec(flat_module(module, list(given))))


@pytest.mark.parametrize("name", [each for each in MODULES if each != "several_examples"])
def test_an_archive_is_read_as_the_module_is(name: str, tmp_path: Path) -> None:
    build, given = MODULES[name]
    module = build().eval()
    tensors, _ = examples(module, listed(given))
    named = {} if all(map(str.isdecimal, tensors)) else tensors
    program = torch.export.export(module, () if named else tuple(tensors.values()), named, strict=False)
    path = tmp_path / "module.pt2"
    torch.export.save(program, path)
    flat, archived = flat_module(module, listed(given)), read_archived(str(path))
    assert (archived.inputs, archived.layers, archived.outputs, archived.notes) == (
        flat.inputs,
        flat.layers,
        flat.outputs,
        flat.notes,
    )


def test_layers_are_called_as_the_model_calls_them() -> None:
    assert spec_of(torch_modules.Siamese(), "8x8x1", "8x8x1") == (
        "name: Siamese\n"
        "inputs: {left: 8x8x1, right: 8x8x1}\n"
        "called: {elementwise: torch.abs}\n"
        "layers:\n"
        "  - {type: conv, name: branch.0, inputs: [left], out_channels: 4, kernel_size: 3, padding: 0, bias: true}\n"
        "  - {type: batch_norm, name: branch.1}\n"
        "  - {type: relu, name: branch.2}\n"
        "  - {type: flatten, name: branch.3}\n"
        "  - {type: linear, name: branch.4, out_features: 6}\n"
        "  - {shares: branch.0, name: branch.0_2, inputs: [right]}\n"
        "  - {shares: branch.1, name: branch.1_2}\n"
        "  - {type: relu, name: branch.2_2}\n"
        "  - {type: flatten, name: branch.3_2}\n"
        "  - {shares: branch.4, name: branch.4_2}\n"
        "  - {type: subtract, name: subtract, inputs: [branch.4, branch.4_2]}\n"
        "  - {type: elementwise, name: elementwise, function: abs}\n"
        "  - {type: linear, name: last, out_features: 1}\n"
    )


def test_an_encoder_layer_is_attention_and_two_linear_layers() -> None:
    assert spec_of(nn.TransformerEncoderLayer(24, 3, 48, batch_first=True), "1,11,24") == (
        "name: TransformerEncoderLayer\n"
        "input: 11x24\n"
        "called: {matmul: nn.MultiheadAttention, softmax: nn.MultiheadAttention, relu: F.relu}\n"
        "layers:\n"
        "  - type: residual\n"
        "    name: add\n"
        "    body:\n"
        "      - {type: attention, name: self_attn, heads: 3, packed: qkv, called: {linear: nn.MultiheadAttention}}\n"
        "  - {type: layer_norm, name: norm1}\n"
        "  - type: residual\n"
        "    name: add_2\n"
        "    body:\n"
        "      - {type: linear, name: linear1, out_features: 48, activation: relu, per_position: true}\n"
        "      - {type: linear, name: linear2, out_features: 24, per_position: true}\n"
        "  - {type: layer_norm, name: norm2}\n"
    )


ATTENTION = {
    "causal": ({}, "heads: 4, causal: true"),
    "shared keys": ({"shared": 2}, "heads: 4, kv_heads: 2, causal: true"),
    "a mask": ({"mask": (11, 11)}, "heads: 4, score_bias: true"),
    "a mask of each head": ({"mask": (4, 11, 11)}, "heads: 4, score_bias: true"),
    "shared keys and a mask": ({"shared": 1, "mask": (11, 11)}, "heads: 4, kv_heads: 1, score_bias: true"),
}


def test_norms_of_one_class_are_called_alike_whatever_is_inside() -> None:
    assert spec_of(torch_modules.NormActs(), "8x8x4").partition("input: 8x8x4\n")[2] == (
        "called: {batch_norm: F.batch_norm}\n"
        "layers:\n"
        '  - {type: inverted_residual, name: "4", out_channels: 8, expansion: 6, norm: batch, activation: relu6}\n'
    )


@pytest.mark.parametrize(("given", "fields"), ATTENTION.values(), ids=ATTENTION.keys())
def test_fused_attention_is_that_kind_with_its_projections(given: dict[str, Any], fields: str) -> None:
    module = torch_modules.GroupedAttention(**given)
    text = spec_of(module, "1,11,24")
    (line,) = [line for line in text.splitlines() if "type: attention" in line]
    inputs = " inputs: [input, mask]," if "mask" in given else ""
    assert line == f"  - {{type: attention, name: output,{inputs} bias: false, {fields}}}"
    assert "type: matmul" not in text


def test_attention_written_out_is_that_kind() -> None:
    (line,) = [
        line for line in spec_of(torch_modules.OwnAttention(), "1,11,24").splitlines() if "- {" in line
    ]
    assert line == "  - {type: attention, name: output, heads: 4, packed: qkv}"


def test_windows_of_a_map_are_told_from_heads() -> None:
    text = spec_of(torch_modules.WindowAttention(), "8x12x24")
    assert [line.strip() for line in text.partition("body:\n")[2].splitlines()] == [
        "- {type: parameter, name: table, shape: 49x3}",
        "- {type: gather, name: gather, positions: 256}",
        "- {type: attention, name: projection, inputs: [input, gather], heads: 3, window_size: 4, score_bias: true, "
        "packed: qkv}",
    ]


def test_a_tensor_is_an_input_of_which_one_example_counts() -> None:
    module = torch_modules.Functional()
    eight, one = torch.zeros(8, 3, 16, 16), "16x16x3"
    networks = [costcalc.from_torch(module, given) for given in (eight, one, {"x": eight}, [eight])]
    assert len({costcalc.analyze(network).written.multiplies for network in networks}) == 1


def test_the_module_stays_as_it_was() -> None:
    module = torch_modules.Unet()
    module.down1.eval()
    costcalc.from_torch(module, "22x22x3")
    assert [each.training for each in module.children()] == [False, True, True, True]
    assert not any(parameter.is_meta for parameter in module.parameters())


def test_the_first_output_is_the_main_one_and_what_nothing_needs_is_told() -> None:
    class Heads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.main, self.other, self.unused = nn.Linear(4, 3), nn.Linear(4, 2), nn.Linear(4, 9)

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            return {"main": self.main(x), "other": self.other(x)}

    network = costcalc.from_torch(Heads(), "4")
    assert costcalc.analyze(network).output.channels == 3
    assert costcalc.analyze(network).written.params == 15 + 10
    assert network.notes == ("not counted: 45 params that no output needs, in unused",)


class Distances(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.cdist(x, x)


class Written(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = x.new_zeros(1, 8, 6, 6)
        y[:, :4] = self.conv(x)
        return y


class Dependent(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2 if x.sum() > 0 else x


class TwoGroups(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(4, 4, 1, groups=2, bias=False), nn.Conv2d(2, 4, 1, bias=False)
        self.two.weight = self.one.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.two(self.one(x)[:, :2])


class Blurred(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("blur", torch.ones(3, 1, 3, 3))

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv2d(x, self.blur, groups=3)


class OneKernel(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.ones(1, 1, 3, 3))

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv2d(x, self.kernel.expand(3, 1, 3, 3), groups=3)


class Picked(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x[x > 0]


class Choosing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cond(x.sum() > 0, self.one, self.two, (x,))


class ThreeOperands(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.form = nn.Parameter(torch.zeros(4, 4))

    def forward(self, x: Tensor) -> Tensor:
        return torch.einsum("bi,ij,bj->b", x, self.form, x)


class Leaving(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        raise SystemExit(7)


class Standardised(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
        return nn.functional.conv2d(x, weight)


def scripted(*, by_example: bool = False) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if by_example:
            return torch.jit.trace(nn.Linear(4, 4), torch.zeros(1, 4))
        return torch.jit.script(nn.Linear(4, 4))


REFUSED = {
    "unknown": (
        nn.Sequential(nn.ReLU(), Distances()),
        "4",
        f"aten.cdist.default in 1 ({Distances.__module__}.Distances): costcalc does not know this operation, and "
        "counts nothing as zero that it does not know; say it by known operations (torch.nn.functional), or report it",
    ),
    "written in part": (
        Written(),
        "6x6x3",
        "aten.copy_.default writes into a part of a tensor, which cannot be followed: build the tensor from its parts "
        "(torch.cat, torch.where) instead",
    ),
    "a weight shared by unequal layers": (
        TwoGroups(),
        "8x8x4",
        "aten.conv2d.default in two (torch.nn.modules.conv.Conv2d): shares its weights with one, a conv of other "
        "fields: only how it slides may be its own",
    ),
    "spectral_norm": (
        nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Conv2d(3, 4, 3))),
        "8x8x3",
        "aten.vdot.default in 0.parametrizations.weight.0 (torch.nn.utils.parametrizations._SpectralNorm): "
        "computes a weight from other parameters; undo that first (torch.nn.utils.parametrize.remove_parametrizations)",
    ),
    "a size that follows from values": (
        nn.Sequential(nn.Linear(4, 4), Picked()),
        "4",
        f"aten.index.Tensor in 1 ({Picked.__module__}.Picked): the size of what it makes follows from values in its "
        "tensors, which only a run knows",
    ),
    "scripted": (
        nn.Sequential(nn.ReLU(), scripted()),
        "4",
        "1 is a torch.jit module, which torch.export cannot trace: give the torch.nn.Module that it was made from",
    ),
    "traced": (
        scripted(by_example=True),
        "4",
        "this is a torch.jit module, which torch.export cannot trace: give the torch.nn.Module that it was made from",
    ),
    "too many operands": (
        ThreeOperands(),
        "4",
        "aten.einsum.default: has the equation bi,ij,bj->b: only those of one or two operands are read",
    ),
    "no layer": (nn.Identity(), "4", "Identity has no layer: it returns what it is given"),
    "no size": (
        nn.ReLU(),
        "4y4",
        'an input must be a shape such as 224x224x3 (height x width x channels), not "4y4"; say height x width x '
        "channels, such as 224x224x3, or the tensor's own sizes, such as 1,197,768",
    ),
    "no such input": (nn.ReLU(), {"y": "4"}, 'forward has no parameter "y"; it has input'),
    "too many inputs": (nn.ReLU(), ["4", "4"], "forward takes 1 inputs (input), not 2"),
}


@pytest.mark.parametrize("build", [lambda: Standardised(3, 4, 3, bias=False), Blurred, OneKernel])
def test_a_kernel_that_is_computed_or_fixed_comes_in(build: Any) -> None:
    written = costcalc.analyze(costcalc.from_torch(build(), "8x8x3")).written
    assert "dynamic_conv" in spec_of(build(), "8x8x3")
    assert (written.multiplies, written.params) == by_torch(build(), ["8x8x3"])


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    module, given, message = REFUSED[case]
    with pytest.raises(CostcalcError) as caught:
        costcalc.from_torch(module, given)
    assert str(caught.value) == message


def line(module: nn.Module) -> int:
    """The number of the only line of its forward."""
    return inspect.getsourcelines(type(module).forward)[1] + 1


@pytest.mark.parametrize(
    ("module", "given", "message"),
    [
        (
            nn.Sequential(nn.ReLU(), nn.Sequential(Dependent())),
            "4",
            f"torch.export cannot trace Sequential, in 1.0 at test_torch.py:{line(Dependent())} "
            "(return x * 2 if x.sum() > 0 else x): it decides by values in its tensors, which only a run knows",
        ),
        (
            nn.Sequential(nn.Conv2d(3, 2, 1)),
            "5x5x4",
            'torch.export cannot trace Sequential, in 0: RuntimeError: "Given groups=1, weight of size [2, 3, 1, 1], '
            'expected input[1, 4, 5, 5] to have 3 channels, but got 4 channels instead"',
        ),
        (
            Leaving(),
            "4",
            f"torch.export cannot trace Leaving at test_torch.py:{line(Leaving())} "
            '(raise SystemExit(7)): SystemExit: "7"',
        ),
    ],
)
def test_what_torch_cannot_trace(module: nn.Module, given: str, message: str, capfd: Any) -> None:
    with pytest.raises(CostcalcError) as caught:
        costcalc.from_torch(module, given)
    assert str(caught.value) == message
    assert capfd.readouterr() == ("", "")  # torch has much more to say


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (
            "2147483647x2147483647x3",
            "an input of sizes [1, 3, 2147483647, 2147483647] has more than 10^18 elements",
        ),
        ("1,2147483647,2147483647,9", "an input of sizes [1, 2147483647, 2147483647, 9] has more than"),
        ("20000000x20000000x3", "torch makes no input of sizes [1, 3, 20000000, 20000000]: RuntimeError"),
    ],
)
def test_an_input_that_is_too_large_is_refused(size: str, message: str) -> None:
    with pytest.raises(CostcalcError) as caught:
        costcalc.from_torch(nn.ReLU(), size)
    assert str(caught.value).startswith(message)


def test_graphs_of_which_one_is_run_are_refused() -> None:
    with pytest.raises(CostcalcError):
        costcalc.from_torch(Choosing(), "4")


def test_modules_without_sizes_learn_them_from_the_input_and_stay_as_they_are() -> None:
    module = nn.Sequential(nn.LazyConv2d(8, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(4))
    written = costcalc.analyze(costcalc.from_torch(module, "12x14x3")).written
    assert written.multiplies == 10 * 12 * (27 * 8 + 8 * 4)
    assert written.params == 27 * 8 + 8 + 16 + (960 * 4 + 4)
    assert all(isinstance(each, torch.nn.UninitializedParameter) for each in module.parameters())


def test_parts_of_one_parameter_are_weights_of_their_own() -> None:
    text = spec_of(nn.MultiheadAttention(8, 2, batch_first=True), "1,5,8", "1,4,8", "1,4,8")
    assert text.partition("layers:\n")[2].startswith(
        "  - {type: linear, name: in_proj, inputs: [query], out_features: 8, per_position: true}\n"
        "  - {type: linear, name: in_proj_2, inputs: [key], out_features: 8, per_position: true}\n"
        "  - {type: linear, name: in_proj_3, inputs: [value], out_features: 8, per_position: true}\n"
    )


def test_a_weight_that_slides_otherwise_is_shared() -> None:
    assert spec_of(torch_modules.Slid(), "8x8x4") == (
        "name: Slid\n"
        "input: 8x8x4\n"
        "layers:\n"
        "  - {type: conv, name: one, out_channels: 4, kernel_size: 3, dilation: 2, called: {conv: F.conv2d}}\n"
        "  - {type: parameter, name: one.bias, shape: 1x1x4}\n"
        "  - {type: add, name: bias, inputs: [one, one.bias], called: {add: F.conv2d}}\n"
        "  - {shares: one, name: one_2, inputs: [input], dilation: 1}\n"
        "  - {type: add, name: one_3, inputs: [one_2, one.bias]}\n"
        "  - {type: add, name: add, inputs: [one_3, bias]}\n"
        "  - {shares: one, name: two, stride: 2, padding: 1, dilation: 1}\n"
        "  - {type: parameter, name: two.bias, shape: 1x1x4}\n"
        "  - {type: add, name: two_2, inputs: [two, two.bias]}\n"
    )
    # 9·4·4 at 64, 64 and 16 positions; two biases of 4
    written = costcalc.analyze(costcalc.from_torch(torch_modules.Slid(), "8x8x4")).written
    assert (written.multiplies, written.params) == ((64 + 64 + 16) * 144, 144 + 4 + 4)


def test_one_weight_under_two_biases_is_shared() -> None:
    module = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8))
    module[2].weight = module[0].weight
    assert spec_of(module, "8") == (
        "name: Sequential\n"
        'input: "8"\n'
        "layers:\n"
        '  - {type: linear, name: "0", out_features: 8, bias: false}\n'
        '  - {type: parameter, name: "0.bias", shape: "8"}\n'
        '  - {type: add, name: "0_2", inputs: ["0", "0.bias"]}\n'
        '  - {type: relu, name: "1"}\n'
        '  - {shares: "0", name: "2"}\n'
        '  - {type: parameter, name: "2.bias", shape: "8"}\n'
        '  - {type: add, name: "2_2", inputs: ["2", "2.bias"]}\n'
    )


def test_the_one_part_of_a_constant_is_the_constant() -> None:
    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(3, 4)
            self.register_buffer("offset", torch.zeros(1, 4))

        def forward(self, x: Tensor) -> Tensor:
            (offset,) = self.offset.chunk(1)
            made: Tensor = self.linear(x) + offset
            return made

    assert costcalc.analyze(costcalc.from_torch(Whole(), "3")).written.multiplies == 12


def test_frozen_params_are_counted_and_told() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Linear(10, 4))
    module[0].requires_grad_(False)
    module[1].bias.requires_grad_(False)
    network = costcalc.from_torch(module, "12x12x3")
    assert costcalc.analyze(network).written.params == 224 + 16 + 44
    assert network.notes == ("counted as params: 232 that are frozen (requires_grad=False), in 0, 1",)


NETS = """
import torch
from torch import nn

def build(width=1.0, *, depths=(1, 2)):
    rates = [rate.item() for rate in torch.linspace(0, 1, sum(depths))]
    return nn.Sequential(nn.Conv2d(3, int(8 * width), 3), *(nn.ReLU() for _ in rates))

class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(20000, 200000))

ready = nn.Linear(4, 2)
nothing = 7

def broken():
    raise RuntimeError("no\\nluck" + "!" * 400)

def leaves():
    raise SystemExit(3)

def talks():
    print("hello")
    return nn.Linear(4, 2)
"""


def run(tmp_path: Path, *words: str) -> tuple[int, str, str]:
    """The command line in a directory that has a module ``nets``."""
    (tmp_path / "nets.py").write_text(NETS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "costcalc", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_a_module_by_name_is_built_with_literal_arguments(tmp_path: Path) -> None:
    code, out, err = run(tmp_path, "convert", "nets:build(width=0.5, depths=[1])", "--input", "10x10x3")
    assert (code, err) == (0, "")
    assert out == (
        "name: build\n"
        'source: "nets:build"\n'
        "input: 10x10x3\n"
        "layers:\n"
        '  - {type: conv, name: "0", out_channels: 4, kernel_size: 3, padding: 0, bias: true, activation: relu}\n'
    )


def test_what_a_module_prints_is_no_part_of_the_document(tmp_path: Path) -> None:
    code, out, err = run(tmp_path, "convert", "nets:talks", "--input", "4")
    assert (code, err) == (0, "hello\n")
    assert out.startswith("name: talks\n")


def test_a_large_model_takes_no_memory(tmp_path: Path) -> None:
    code, out, err = run(tmp_path, "convert", "nets:Net", "--input", "20000")
    assert (code, err) == (0, "")
    assert "out_features: 200000" in out  # 16 GB, if the weights were made


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nets:biuld", 'nets has no "biuld"; did you mean "build"?'),
        ("nets:nothing", "nets:nothing is neither a torch.nn.Module nor something to call"),
        ("nets:broken", f'nets:broken fails: RuntimeError: "no luck{"!" * 292}…"'),
        ("nets:leaves", 'nets:leaves fails: SystemExit: "3"'),
        ("nest:build", "importing nest fails: ModuleNotFoundError: \"No module named 'nest'\""),
        (
            "nets:ready",
            "say the size of the input: height x width x channels, such as 224x224x3, or the tensor's own "
            "sizes, such as 1,197,768",
        ),
    ],
)
def test_a_name_that_gives_no_module(tmp_path: Path, target: str, message: str) -> None:
    code, out, err = run(tmp_path, "convert", target)
    assert (code, out) == (2, "")
    assert err.splitlines()[0] == f"error: {message}"


TAKES = """
import torch
from torch import nn

class Table(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(10, 4)

    def forward(self, ids):
        return self.table(ids)

class Masked(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(16, 4)

    def forward(self, x, mask):
        assert mask.dtype is torch.int64 and mask.shape == (1, 128)
        return self.head(x) * mask.unsqueeze(-1)

def create_model(name, width=8):
    return nn.Sequential(nn.Conv2d(3, width, 3))
"""


def taken(tmp_path: Path, *words: str) -> tuple[int, str, str]:
    """``costcalc convert`` in a directory that has a module ``takes``."""
    (tmp_path / "takes.py").write_text(TAKES, encoding="utf-8")
    return run(tmp_path, "convert", *words)


@pytest.mark.parametrize("mask", ["1x128:int64", "1,128:int64", "128:int64"])
def test_integers_by_the_sizes_of_the_tensor(tmp_path: Path, mask: str) -> None:
    code, out, err = taken(tmp_path, "takes:Masked", "--input", "x=1,128,16", "--input", f"mask={mask}")
    assert (code, err) == (0, "")
    assert "inputs: {x: 128x16, mask: 128x1}\n" in out


def test_a_dtype_that_is_none(tmp_path: Path) -> None:
    code, _, err = taken(tmp_path, "takes:Table", "--input", "1x128:int46")
    assert code == 2
    assert err == (
        "error: an input's dtype must be one of int64, int32, int16, int8, uint8, bool, float32, float64, float16, "
        'bfloat16, not "int46"; did you mean "int64"?\n'
    )


def test_a_model_that_wants_integers_says_how(tmp_path: Path) -> None:
    code, _, err = taken(tmp_path, "takes:Table", "--input", "ids=1x128")
    assert code == 2
    assert err.endswith(
        "\n  = integers are said by the tensor's own sizes and a dtype, such as --input ids=1x128:int64\n"
    )


def test_channels_first_are_said_again_with_the_channels_last(tmp_path: Path) -> None:
    code, _, err = taken(tmp_path, "takes:create_model('net')", "--input", "3x224x200")
    assert code == 2
    assert err.endswith("\n  = sizes are height x width x channels: --input 224x200x3?\n")


@pytest.mark.parametrize("call", ["('net-50.a')", "('net-50.a', width=8)", "(name='net-50.a')"])
def test_a_model_is_called_as_the_call_names_it(tmp_path: Path, call: str) -> None:
    code, out, _ = taken(tmp_path, f"takes:create_model{call}", "--input", "8x8x3")
    assert code == 0
    assert out.startswith('name: net-50.a\nsource: "takes:create_model(\\"net-50.a\\")"\n')


PLANNED = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, padding=1)
        self.body = nn.Conv2d(16, 32, 3, padding=1)
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        x = self.body(self.stem(x).relu()).relu()
        return self.head(x.mean((2, 3)))
"""


def test_a_plan_for_a_module_edits_its_converted_spec(tmp_path: Path) -> None:
    (tmp_path / "planned.py").write_text(PLANNED, encoding="utf-8")
    code, written, _ = run(tmp_path, "convert", "planned:Net", "--input", "8x8x3")
    assert code == 0
    assert (  # 27·16 + 144·32 multiplies a position, and the classifier's
        costcalc.analyze(costcalc.loads(written)).to_dict()["totals"]["written"]["multiplies"] == 322_880
    )
    code, out, err = run(
        tmp_path, "plan", "planned:Net", "--input", "8x8x3", "--multiplies", "100k", "-o", "fits.yaml"
    )
    assert (code, err) == (0, "wrote fits.yaml\n")
    assert "body" in out
    planned = (tmp_path / "fits.yaml").read_text("utf-8")
    changed = [line for line in planned.splitlines() if line not in written.splitlines()]
    assert len(changed) == 1
    assert "separable_conv" in changed[0]
    assert "name: body" in changed[0]
    found = costcalc.analyze(costcalc.loads(planned)).to_dict()["totals"]["written"]["multiplies"]
    assert found == 64 * (27 * 16 + 9 * 16 + 16 * 32) + 320
    code, _, err = run(tmp_path, "plan", "planned:Net", "--input", "8x8x3", "--multiplies", "100k", "--write")
    assert code == 2
    assert "planned:Net" in err


class Positions(nn.Module):
    """A product of constants, added to a product of what comes in."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 4, bias=False)
        self.register_buffer("one", torch.zeros(5, 3))
        self.register_buffer("other", torch.zeros(3, 4))

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x) + self.one @ self.other


def test_products_of_constants_are_not_counted_but_told() -> None:
    network = costcalc.from_torch(Positions(), torch.zeros(1, 5, 6))
    assert costcalc.analyze(network).written.multiplies == 5 * 6 * 4
    assert network.notes == (
        "not counted: 60 multiplies of constants alone, the same for each input, in Positions",
    )


class Broken(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        raise ValueError("no")


@pytest.mark.parametrize("collects", [True, False])
@pytest.mark.parametrize("module", [nn.Linear(6, 4), Broken()], ids=["read", "refused"])
def test_the_search_for_garbage_goes_on_as_before(module: nn.Module, collects: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if collects else gc.disable)()
        with contextlib.suppress(CostcalcError):
            costcalc.from_torch(module, torch.zeros(1, 6))
        assert gc.isenabled() == collects
    finally:
        (gc.enable if before else gc.disable)()
