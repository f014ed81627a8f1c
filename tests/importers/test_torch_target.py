"""Modules by name, without torch: what a name means, what it does not, and what is said where torch is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.torch_export.target import PythonTarget, is_target, parse_target


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("torchvision.models:mobilenet_v2", PythonTarget("torchvision.models", "mobilenet_v2", (), None)),
        ("nets:zoo.Net()", PythonTarget("nets", "zoo.Net", [], {})),
        ("mypkg.nets:build(width=0.5)", PythonTarget("mypkg.nets", "build", [], {"width": 0.5})),
        (
            "nets:build(-1, 'a', [2, (3,)], x={'y': None})",
            PythonTarget("nets", "build", [-1, "a", [2, (3,)]], {"x": {"y": None}}),
        ),
    ],
)
def test_what_a_name_means(text: str, target: PythonTarget) -> None:
    assert is_target(text)
    assert parse_target(text) == target


@pytest.mark.parametrize(
    "text", ["net.yaml", "zoo/net.yaml", "C:net.yaml", "a:b.yml", "a/b:c", ":c", "a:", "-", "a b:c"]
)
def test_what_is_no_module(text: str) -> None:
    assert not is_target(text)


FORM = "is not MODULE:NAME or 'MODULE:NAME(argument=value)', such as torchvision.models:mobilenet_v2"
LITERALS = "; arguments are plain numbers, texts and lists"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nets:build(open('x'))", f"\"nets:build(open('x'))\" {FORM}{LITERALS}"),
        (
            "nets:build(__import__('os').system('true'))",
            f"\"nets:build(__import__('os').system('true'))\" {FORM}{LITERALS}",
        ),
        ("nets:build(*[1])", f'"nets:build(*[1])" {FORM}{LITERALS}'),
        ("nets:build(**{'a': 1})", f"\"nets:build(**{{'a': 1}})\" {FORM}{LITERALS}"),
        ("nets:build(a=1, a=2)", f'"nets:build(a=1, a=2)" {FORM}{LITERALS}'),
        ("nets:build()()", f'"nets:build()()" {FORM}{LITERALS}'),
        ("nets:build(", f'"nets:build(" {FORM}{LITERALS}'),
        ("nets:build[0]", f'"nets:build[0]" {FORM}{LITERALS}'),
        ("nets.py:build", '"nets.py:build" names a file; say the module: nets:build'),
    ],
)
def test_nothing_is_evaluated(text: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        parse_target(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["nets:" + "(" * 900, "nets:" + "-" * 1900 + "1", "nets:f(" + "1," * 2000])
def test_a_long_name_is_refused_at_once(text: str) -> None:
    with pytest.raises(ModelError):
        parse_target(text)


def test_without_torch_the_line_that_installs_it() -> None:
    code = (
        "import sys; sys.modules['torch'] = None; from costcalc.__main__ import main; "
        "sys.argv = ['costcalc', 'convert', 'nets:build', '--input', '8x8x3']; sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "error: reading a PyTorch module needs torch: pip install 'costcalc[torch]'\n"
