"""Conventions of the layer kinds: each is in the table, documented, tested, and used in a shipped spec.

What holds for all modules is in ``test_architecture.py``.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import costcalc
from costcalc.kinds import ACTIVATIONS
from costcalc.layers import KINDS, kind_documentation, kind_model
from costcalc.layers.base import Composite, Layer, Primitive
from costcalc.reading.document import parse
from costcalc.spec.blocks import RESERVED

TESTS = Path(__file__).parent
LAYERS = TESTS.parent / "costcalc" / "layers"
MODULES = sorted(path.stem for path in LAYERS.glob("[!_]*.py"))
#: What the models of the kinds are made of, the schema (test_schema.py), formulas and windows (test_explain.py).
NO_KINDS = {"base", "channels", "fields", "formula", "nested", "problems", "products", "schema", "sliding"}
UNTESTED_ALONE = {"base", "formula", "schema", "sliding"}


@pytest.mark.parametrize("module", [module for module in MODULES if module not in UNTESTED_ALONE])
def test_a_module_has_its_test_module(module: str) -> None:
    text = (TESTS / "layers" / f"test_{module}.py").read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert "def test_" in text


def test_no_test_module_is_without_its_module() -> None:
    tested = {path.stem.removeprefix("test_") for path in (TESTS / "layers").glob("test_*.py")}
    assert tested <= set(MODULES)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_counted_by_the_tests_of_its_module(kind: str) -> None:
    module = KINDS[kind].split(":")[0]
    tests = (TESTS / "layers" / f"test_{module}.py").read_text(encoding="utf-8")
    assert kind in tests or kind in ACTIVATIONS


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_documented_by_its_formula_and_its_source(kind: str) -> None:
    text = kind_documentation(kind)
    assert re.search(r"^    multiplies +=", text, re.MULTILINE), "the docstring states no formula"
    if issubclass(kind_model(kind), Primitive):
        assert re.search(r"^    (params|weights|affine|slopes) +=", text, re.MULTILINE), (
            "the docstring states no params"
        )
    source = text.partition("\nSource: ")[2]
    assert re.search(r"arXiv:\d{4}\.\d{4,5}|\b(19|20)\d\d\b", source), "the docstring cites no source"


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_primitive_or_composite(kind: str) -> None:
    model = kind_model(kind)
    assert issubclass(model, Primitive) != issubclass(model, Composite)
    if issubclass(model, Primitive):
        assert model.output_shape is not Primitive.output_shape


@pytest.mark.parametrize("module", [module for module in MODULES if module not in NO_KINDS])
def test_the_models_of_a_module_are_in_the_table(module: str) -> None:
    found = importlib.import_module(f"costcalc.layers.{module}")
    own = {
        model
        for model in vars(found).values()
        if isinstance(model, type) and issubclass(model, Layer) and model.__module__ == found.__name__
    }
    assert own
    listed = {kind_model(kind) for kind in KINDS}
    for model in own:
        assert issubclass(model, (Primitive, Composite))
        extended = any(issubclass(other, model) for other in listed)
        assert extended or model.__name__ in ("Shortcut", "AttentionWeights"), (
            f"{model.__name__} is in no line of the table"
        )


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_no_field_that_every_layer_has(kind: str) -> None:
    model = kind_model(kind)
    assert not set(model.model_fields) & (set(RESERVED) - {"type"})
    for field in model.channel_fields:
        assert field in model.model_fields
        assert "width" in model.model_fields


@pytest.mark.parametrize("kind", KINDS)
def test_defaults_reach_what_the_design_says(kind: str) -> None:
    reached = {"conv", "depthwise_conv", "separable_conv", "conv_transpose", "inverted_residual"}
    model = kind_model(kind)
    assert model.takes_defaults == (kind in reached)
    if model.takes_defaults:
        assert {"norm", "activation", "bias", "padding"} <= set(model.model_fields)


def test_every_kind_appears_in_a_shipped_spec() -> None:
    used: set[object] = set()
    for path in sorted((TESTS.parent / "specs").glob("*.yaml")):
        document = parse(path.read_text(encoding="utf-8"), path.name)
        used.update(item["type"] for item in mappings(document.data) if isinstance(item.get("type"), str))
        used.update(node.layer.type for node in costcalc.load(str(path)).nodes)
    assert [kind for kind in KINDS if kind not in used] == []


def mappings(data: object) -> Iterator[dict[object, object]]:
    if isinstance(data, dict):
        yield data
    if isinstance(data, (dict, list)):
        for item in data.values() if isinstance(data, dict) else data:
            yield from mappings(item)
