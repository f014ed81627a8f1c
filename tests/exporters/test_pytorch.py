"""The PyTorch exporter: golden source code, hostile names, and, with torch, what the code builds."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from approved import approved
from costcalc.application.load import load, loads
from costcalc.conventions.convention import MULTIPLIES
from costcalc.errors import CostcalcError
from costcalc.interop.exporters import TARGETS
from costcalc.layers import KINDS
from costcalc.network import Network
from costcalc.rewrite.separable import separable
from costcalc.rewrite.standard import standard
from costcalc.tally import Tally

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
ZOO = sorted(path.stem for path in (HERE.parents[1] / "specs").glob("*.yaml"))


def exported(network: Network) -> str:
    code = TARGETS["pytorch"].export(network)
    assert isinstance(code, str)
    return code


@pytest.mark.parametrize("name", ["mobilenet_v1", "resnet18", "siamese", "vit_b_16", "shufflenet_v2_x1_0"])
def test_the_code_is_the_golden_one(name: str) -> None:
    path = GOLDEN / f"{name}.py.txt"
    code = exported(load(f"zoo:{name}"))
    assert code == approved(path, code)


@pytest.mark.parametrize("name", ZOO)
def test_every_network_is_code_with_its_costs_on_top(name: str) -> None:
    network = load(f"zoo:{name}")
    for version in (network, standard(network).network, separable(network).network):
        code = exported(version)
        tally = Tally.total(node.tally for node in version.nodes)
        assert f"# multiplies: {MULTIPLIES.count_operations(tally):,}\n" in code
        assert f"# params: {MULTIPLIES.count_parameters(tally):,}\n" in code
        check_statements(code)


def check_statements(code: str) -> None:
    """Only imports of torch, classes of two plain methods, the main guard; only calls of what is torch's or ours."""
    tree = ast.parse(code)
    classes = {each.name for each in tree.body if isinstance(each, ast.ClassDef)}
    for statement in tree.body:
        match statement:
            case ast.Import(names=names):
                assert {each.name for each in names} <= {"torch", "torch.nn.functional"}
            case ast.ImportFrom(module=module):
                assert module in ("torch", "torchvision.ops")
            case ast.ClassDef(body=body):
                docstring = isinstance(body[0], ast.Expr)
                methods = [each.name for each in body[docstring:] if isinstance(each, ast.FunctionDef)]
                assert len(methods) == len(body) - docstring
                assert set(methods) <= {"__init__", "forward"}
            case ast.If():
                assert statement is tree.body[-1]
            case _:
                pytest.fail(f"unexpected {ast.dump(statement)}")
    called = {
        each.func.id
        for each in ast.walk(tree)
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)
    }
    assert called - classes <= {
        "DeformConv2d",
        "model",
        "pool",
        "super",
        "range",
        "sum",
        "print",
        "tuple",
        "float",
        "isinstance",
        "int",
        "enumerate",
        "max",
    }
    roots = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
    assert not roots & {"os", "sys", "exec", "eval", "open", "__import__", "importlib"}


def test_hostile_names_are_comments_and_identifiers() -> None:
    code = exported(load(str(HERE / "hostile.yaml")))
    check_statements(code)
    first, second, *_ = code.splitlines()
    assert first == "# A network in PyTorch, written by costcalc."
    assert second == "#"
    assert code.isascii()
    assert set(code) - {"\n"} == {each for each in code if each.isprintable()}


@pytest.mark.parametrize(
    "name",
    [
        "import os",
        "x\nimport os",
        "a\\",
        '"""',
        "'''",
        "{x}",
        "def",
        "match",
        "None",
        "é",
        "①",
        "𝐞𝐱𝐞𝐜",
        "",
        "_",
        "1",
        "#",
    ],
)
def test_any_text_is_a_name(name: str) -> None:
    spec = {
        "name": name,
        "input": "8x8x3",
        "layers": [{"type": "conv", "name": name or "x", "out_channels": 2, "kernel_size": 3}],
    }
    import json

    code = exported(loads(json.dumps(spec if name else {**spec, "name": "n"}, ensure_ascii=False)))
    check_statements(code)


def test_an_input_called_x_keeps_its_name_while_it_is_needed() -> None:
    code = exported(
        loads(
            "inputs: {a: 8x8x4, x: 8x8x6}\n"
            "layers:\n"
            "  - {type: conv, inputs: [a], out_channels: 6, kernel_size: 3}\n"
            "  - {type: relu, name: last}\n"
            "  - {type: add, inputs: [last, x]}\n"
            "  - sigmoid\n"
            "  - tanh\n"
        )
    )
    assert (
        "    def forward(self, a, x):\n"
        "        conv_1 = self.conv_1(a)\n"
        "        last = self.last(conv_1)\n"
        "        x = last + x\n"
        "        x = self.sigmoid_1(x)\n"
        "        return self.tanh_1(x)\n"
    ) in code


def test_a_helper_that_another_needs_has_what_it_needs() -> None:
    code = exported(loads("input: 8x8x4\nlayers: [{type: avg_pool, kernel_size: 2, padding: same}]\n"))
    assert "class SamePad(" in code
    assert "import torch.nn.functional as F\n" in code


def test_what_has_no_layer_is_refused_by_name() -> None:
    with pytest.raises(CostcalcError) as caught:
        exported(loads("input: 8\nlayers: [{type: lrn, name: local}]\n"))
    assert str(caught.value) == "local: PyTorch has no lrn of a vector"


def test_an_lstm_with_peepholes_is_refused() -> None:
    with pytest.raises(CostcalcError) as caught:
        exported(loads("input: 8x4\nlayers: [{type: lstm, name: it, hidden_size: 4, peepholes: true}]\n"))
    assert str(caught.value) == "it: PyTorch has no lstm with peepholes"


def test_weights_that_slide_otherwise_are_those_of_the_other_module() -> None:
    code = exported(load(str(HERE / "slid.yaml")))
    check_statements(code)
    assert (
        "        x = self.even(x)\n"
        "        x = F.conv2d(F.pad(x, (0, 1, 0, 0)), self.even[1].weight, self.even[1].bias, stride=2)\n"
    ) in code


def test_a_chain_of_nested_blocks_is_no_chain_of_nested_code() -> None:
    text = ["input: 8x8x3", "blocks:"]
    for index in range(60):
        inner = f"b{index - 1}" if index else "relu"
        text += [
            f"  b{index}:",
            f"    layers: [{{type: {inner}}}, {{type: conv, out_channels: 3, kernel_size: 1}}]",
        ]
    text += ["layers: [b59]"]
    check_statements(exported(loads("\n".join(text))))


def test_every_kind_has_code() -> None:
    from costcalc.interop.exporters.pytorch.layers import KNOWN

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
    assert set(KINDS) - composites == KNOWN


# With torch


def built(code: str) -> Any:
    torch = pytest.importorskip("torch")
    found: dict[str, Any] = {"__name__": "generated"}
    exec(compile(code, "generated.py", "exec"), found)
    with torch.device("meta"):
        return [each for each in found.values() if isinstance(each, type)][-1]().eval()


@pytest.mark.parametrize("spec", ["hostile.yaml", "kinds.yaml", "slid.yaml", "deformable.yaml"])
def test_the_module_has_the_params_and_the_shape(spec: str) -> None:
    torch = pytest.importorskip("torch")
    if spec == "deformable.yaml":
        torchvision()
    network = load(str(HERE / spec))
    model = built(exported(network))
    tally = Tally.total(node.tally for node in network.nodes)
    assert sum(each.numel() for each in model.parameters()) == MULTIPLIES.count_parameters(tally)
    with torch.no_grad():
        inputs = [
            torch.zeros(1, each.channels, *each.spatial, device="meta") for each in network.inputs.values()
        ]
        output = model(*inputs)
    shape = network.shape(network.output)
    assert tuple(output.shape) == (1, shape.channels, *shape.spatial)


def test_the_script_prints_params_and_shape(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    path = tmp_path / "net.py"
    path.write_text(exported(load(str(HERE / "hostile.yaml"))), encoding="utf-8")
    found = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=True)
    assert found.stdout == "1,368 parameters, output (1, 63)\n"


AGAIN = {
    **{
        path.stem: path.read_text(encoding="utf-8")
        for path in map(HERE.joinpath, ("hostile.yaml", "kinds.yaml", "slid.yaml"))
    },
    "attention": """
        input: 10x24
        layers: [{type: attention, heads: 3, kv_heads: 1}, {type: attention, heads: 4, causal: true}]
    """,
    "recurrent": """
        input: 12x6
        layers:
          - {type: lstm, hidden_size: 5, layers: 2, direction: both, projection: 3, biases: 1}
          - {type: gru, hidden_size: 4, layers: 2, direction: both}
          - {type: rnn, hidden_size: 7, biases: 0, returns: last}
    """,
}


#: An attention's fields, the size of what comes in, and the sizes of its other inputs: maps, then parameters.
ATTENTION = {
    "plain": ("heads: 3", "10x24", [], []),
    "fewer keys": ("heads: 6, kv_heads: 2", "10x24", [], []),
    "causal": ("heads: 4, causal: true", "10x24", [], []),
    "causal, few keys, no bias": ("heads: 4, kv_heads: 1, bias: false, causal: true", "10x24", [], []),
    "of own sizes": ("heads: 4, head_size: 5, value_size: 7, out_channels: 9", "10x24", [], []),
    "packed": ("heads: 4, packed: qkv", "10x24", [], []),
    "windows": ("heads: 4, window_size: 7", "14x21x24", [], []),
    "long windows": ("heads: 4, window_size: [2, 5], causal: true", "6x20x24", [], []),
    "windows in a row": ("heads: 4, window_size: 5", "20x24", [], []),
    "windows in three axes": ("heads: 4, window_size: [2, 3, 3]", "4x6x9x24", [], []),
    "windows, packed, few keys": ("heads: 4, kv_heads: 2, window_size: 7, packed: qkv", "14x21x24", [], []),
    "a table for the heads": ("heads: 4, window_size: 7, score_bias: true", "14x21x24", [], ["2401x4"]),
    "a mask of windows": ("heads: 4, window_size: 7, score_bias: true", "14x21x24", [], ["49x49x6"]),
    "a table for both": ("heads: 4, window_size: 7, score_bias: true", "14x21x24", [], ["49x49x24"]),
    "a table for all": ("heads: 4, score_bias: true", "10x24", [], ["10x10"]),
    "to another map": ("heads: 4", "10x24", ["7x16"], []),
    "to another map, packed, a table": ("heads: 4, packed: kv, score_bias: true", "10x24", ["7x16"], ["280"]),
    "to another map, in windows": ("heads: 4, window_size: 5", "10x15x24", ["8x9x16"], []),
    "no projections": ("heads: 4, projections: false", "10x24", ["7x24", "7x12"], []),
}


@pytest.mark.parametrize("case", ATTENTION)
def test_attention_comes_back_as_it_was(case: str) -> None:
    pytest.importorskip("torch")
    import costcalc

    said, size, others, parameters = ATTENTION[case]
    inputs = {"x": size, **{f"map_{index}": other for index, other in enumerate(others)}}
    names = [*inputs, *(f"table_{index}" for index in range(len(parameters)))]
    layers = [
        f"{{type: parameter, name: table_{index}, shape: {shape}}}" for index, shape in enumerate(parameters)
    ]
    layers.append(f"{{type: attention, inputs: [{', '.join(names)}], {said}}}")
    shapes = ", ".join(f"{name}: {shape}" for name, shape in inputs.items())
    network = loads(f"inputs: {{{shapes}}}\nlayers: [{', '.join(layers)}]")
    code = exported(network)
    check_statements(code)
    assert "HeadAttention(" in code
    back = costcalc.from_torch(whole(code), [*inputs.values()])
    (found,) = [entry for entry in back.spec.layers if entry["type"] == "attention"]
    wanted = network.spec.layers[-1]
    assert {key: value for key, value in found.items() if key not in ("name", "inputs")} == {
        key: value for key, value in wanted.items() if key not in ("name", "inputs")
    }
    read, written = costcalc.analyze(back).written, costcalc.analyze(network).written
    assert (read.multiplies, read.params) == (written.multiplies, written.params)


@pytest.mark.parametrize("table", ["", "2401x4", "49x49x6", "49x49x24"])
def test_attention_mixes_neither_examples_nor_windows(table: str) -> None:
    torch = pytest.importorskip("torch")
    parameter = f"{{type: parameter, name: table, shape: {table}}}, " if table else ""
    more = "inputs: [input, table], score_bias: true, " if table else ""
    layers = f"[{parameter}{{type: attention, {more}heads: 4, window_size: 7}}]"
    model = whole(exported(loads(f"input: 14x21x24\nlayers: {layers}")))
    maps = torch.randn(3, 24, 14, 21)
    other = maps.clone()
    other[1, :, 7:14, 7:14] += 1
    with torch.no_grad():
        changed = (model(maps) - model(other)).abs().sum(1) > 1e-6
        assert torch.allclose(model(maps), torch.cat([model(each[None]) for each in maps]), atol=1e-5)
    assert changed[1, 7:14, 7:14].all()
    assert changed.sum() == 49


def test_deformable_convolutions_come_back_as_they_were() -> None:
    torchvision()
    import costcalc

    network = load(str(HERE / "deformable.yaml"))
    back = costcalc.from_torch(whole(exported(network)), ["9x8x4"])
    (found,) = [entry for entry in back.spec.layers if entry["type"] == "deformable_conv"]
    fields = {key: value for key, value in found.items() if key not in ("name", "inputs", "called")}
    assert fields == {"type": "deformable_conv", "out_channels": 6}
    read, written = costcalc.analyze(back).written, costcalc.analyze(network).written
    assert (read.multiplies, read.params) == (written.multiplies, written.params)


def torchvision() -> Any:
    """torchvision, where it is, and goes with the torch that is."""
    pytest.importorskip("torch")
    try:
        return importlib.import_module("torchvision")
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"needs torchvision: {error}")


def whole(code: str) -> Any:
    found: dict[str, Any] = {"__name__": "generated"}
    exec(compile(code, "generated.py", "exec"), found)
    return [each for each in found.values() if isinstance(each, type)][-1]().eval()


@pytest.mark.parametrize("text", AGAIN.values(), ids=AGAIN.keys())
def test_what_is_read_of_the_code_costs_the_same(text: str) -> None:
    torch = pytest.importorskip("torch")
    import costcalc

    network = loads(text)
    model = whole(exported(network))
    assert isinstance(model, torch.nn.Module)
    shapes = [str(shape) for shape in network.inputs.values()]
    back = costcalc.from_torch(model, shapes)
    read, wanted = costcalc.analyze(back).written, costcalc.analyze(network).written
    assert (read.multiplies, read.params) == (wanted.multiplies, wanted.params)
    sizes = [each.shape(each.output) for each in (back, network)]
    assert len({size.positions * size.channels for size in sizes}) == 1
