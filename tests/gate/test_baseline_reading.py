"""A baseline file as it is read: every field is checked, and what is written is what is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from costcalc import analyze, loads
from costcalc.analysis.figures import Figures, LayerFigures, figures
from costcalc.application.baseline_file import (
    CONVENTION,
    SCHEMA_VERSION,
    FileBaseline,
    baseline_key,
    is_path,
    read_baseline,
)
from costcalc.budget import Rule
from costcalc.budget.before import Before
from costcalc.dtype import parse_dtype
from costcalc.errors import CostcalcError
from costcalc.quantity import MAX_SIZE
from costcalc.rendering.baseline import render_baseline
from gate.projects import SMALL, write

FILE = "b.json"
REMEDY = "; costcalc baseline update writes it anew"
ANALYSIS = analyze(loads(SMALL))
LIMIT = {"kind": "total", "metric": "params", "layers": "", "bound": 10, "slack": 0}


def layer(**changes: Any) -> dict[str, Any]:
    numbers = {"multiplies": 576, "params": 10}
    return {"name": "conv_1", "type": "conv", "input": "8x8x1", "output": "8x8x1", **numbers, **changes}


def data(name: str = "a.yaml", **changes: Any) -> dict[str, Any]:
    entry = {"multiplies": 576, "params": 10, "limits": [], "layers": [layer()], **changes}
    return {"schema_version": 1, "convention": "multiplies 1", "specs": {name: entry}}


def without(metric: str) -> dict[str, Any]:
    """A baseline that says nothing of a metric, in the whole or of a layer."""
    found = data()
    for numbers in (found["specs"]["a.yaml"], found["specs"]["a.yaml"]["layers"][0]):
        numbers.pop(metric)
    return found


def read(what: Any) -> FileBaseline:
    write(FILE, what if isinstance(what, str) else json.dumps(what))
    return read_baseline(FILE)


def test_what_is_read() -> None:
    limits = [
        LIMIT,
        {**LIMIT, "kind": "share", "layers": "conv*", "bound": "1/3", "slack": 7},
        {**LIMIT, "warn": "9/10"},
    ]
    found = read(data(limits=limits))
    assert (found.name, found.locked, list(found.specs)) == (FILE, False, ["a.yaml"])
    numbers = {"multiplies": 576, "params": 10}
    assert found.specs["a.yaml"] == Before(
        Figures(numbers, (LayerFigures("conv_1", "conv", "8x8x1", "8x8x1", numbers),)),
        (
            Rule("total", "params", 10),
            Rule("share", "params", Fraction(1, 3), "conv*", slack=7),
            Rule("total", "params", 10, warn=Fraction(9, 10)),
        ),
    )
    assert found.specs["a.yaml"].was == ""


def test_a_file_from_before_limits_were_written_down() -> None:
    old = data()
    old["specs"]["a.yaml"].pop("limits")
    assert read(old).specs["a.yaml"].limits is None
    assert read(data()).specs["a.yaml"].limits == ()


def test_several_layers_add_up() -> None:
    layers = [layer(), layer(name="b", multiplies=4, params=0)]
    assert read(data(multiplies=580, layers=layers)).specs["a.yaml"].figures.values["multiplies"] == 580
    assert read(data(multiplies=0, params=0, layers=[])).specs["a.yaml"].figures.layers == ()


@pytest.mark.parametrize("locked", [True, False])
def test_what_is_written_is_what_is_read(locked: bool) -> None:
    limits = (
        Rule("total", "params", 10),
        Rule("total", "multiplies", 700, warn=Fraction(9, 10)),
        Rule("ceiling", "multiplies", 600),
        Rule("layer", "params", 9, "a*"),
        Rule("share", "params", Fraction(1, 3), "[b]"),
        Rule("reduction", "multiplies", Fraction(8)),
        Rule("regression", "multiplies", Fraction(1, 400), slack=12),
    )
    before = Before(figures(ANALYSIS), limits)
    names = ["a.yaml", "nets/ü.yaml", "../x.yaml", "zoo:lenet5", "-"]
    text = render_baseline(dict.fromkeys(names, before), SCHEMA_VERSION, CONVENTION, locked)
    found = read(text)
    assert (found.locked, sorted(found.specs)) == (locked, sorted(names))
    for entry in found.specs.values():
        assert entry.limits == limits
        assert entry.figures.values == before.figures.values
        assert [one.values for one in entry.figures.layers] == [one.values for one in before.figures.layers]


def limit(metric: str = "time", **arguments: Any) -> dict[str, Any]:
    return data(limits=[{**LIMIT, "metric": metric, "arguments": arguments}])


@pytest.mark.parametrize(
    ("metric", "arguments"),
    [
        ("params", {}),
        ("time", {"device": "edge_tpu"}),
        ("time", {"device": "edge_tpu", "batch": 1, "dtype": "int8"}),
        ("time", {"batch": 2}),
        ("time", {"batch": MAX_SIZE, "dtype": {"weights": "int4", "activations": "int16"}}),
        ("peak_memory", {"planner": "tflm"}),
    ],
)
def test_what_a_limit_says_of_its_metric(metric: str, arguments: dict[str, Any]) -> None:
    said = {name: parse_dtype(value) if name == "dtype" else value for name, value in arguments.items()}
    before = read(limit(metric, **arguments)).specs["a.yaml"]
    assert before.limits == (Rule("total", metric, 10, arguments=tuple(said.items())),)
    written = render_baseline({"a.yaml": before}, SCHEMA_VERSION, CONVENTION)
    assert read(written).specs["a.yaml"].limits == before.limits


def with_files(files: Any) -> dict[str, Any]:
    """A baseline with a limit on a device and a number of examples, and what is said of its files."""
    found = limit("time", device="b.yaml", batch=2)
    found["specs"]["a.yaml"]["limits"][0]["files"] = files
    return found


def test_what_a_limit_says_of_its_files() -> None:
    before = read(with_files({"device": "0a"})).specs["a.yaml"]
    assert [rule.contents for rule in before.limits] == [(("device", "0a"),)]
    written = render_baseline({"a.yaml": before}, SCHEMA_VERSION, CONVENTION)
    assert read(written).specs["a.yaml"].limits == before.limits
    assert read(with_files({})).specs["a.yaml"].limits[0].contents == ()


WRONG: list[tuple[Callable[[], Any], str]] = [
    (lambda: [], ": not a baseline"),
    (lambda: {**data(), "specs": []}, ": not a baseline"),
    (lambda: {**data(), "schema_version": 2}, ": schema_version is 2, and this costcalc reads 1"),
    (lambda: {**data(), "schema_version": 0}, ": schema_version is 0, and this costcalc reads 1"),
    (lambda: {**data(), "schema_version": 1.0}, ": schema_version is 1.0, and this costcalc reads 1"),
    (lambda: {**data(), "schema_version": "1"}, ': schema_version is "1", and this costcalc reads 1'),
    (lambda: {**data(), "convention": "multiplies 2"}, ': convention is "multiplies 2", and this'),
    (lambda: {**data(), "convention": "a"}, ': convention is "a", and this costcalc reads "multiplies 1"'),
    (lambda: {**data(), "locked": 1}, ": locked is 1, and must be true or false"),
    (lambda: {**data(), "specs": {"a.yaml": []}}, ': "a.yaml" has no layers'),
    (lambda: data(layers={}), ': "a.yaml" has no layers'),
    (lambda: data("./a.yaml"), ': "./a.yaml" is no path as a baseline has it: relative, with single slashes'),
    (lambda: data("/a.yaml"), ': "/a.yaml" is no path as a baseline has it: relative, with single slashes'),
    (lambda: data("a/../b"), ': "a/../b" is no path'),
    (lambda: data("x/../a"), ': "x/../a" is no path'),
    (lambda: data(params=10.0), ': "a.yaml": params is 10.0'),
    (lambda: data(params="10"), ': "a.yaml": params is "10"'),
    (lambda: data(params=11), ': "a.yaml": its layers do not add up to its params'),
    (lambda: data(multiplies=575), ': "a.yaml": its layers do not add up to its multiplies'),
    (lambda: data(multiplies=577), ': "a.yaml": its layers do not add up to its multiplies'),
    (lambda: data(params=-1, layers=[layer(params=-1)]), ': "a.yaml": params of a layer is -1'),
    (lambda: without("params"), ': "a.yaml": a layer has input, multiplies, name, output, params, type'),
    (lambda: data(layers=[3]), ': "a.yaml": a layer has input, multiplies, name, output, params, type'),
    (lambda: data(layers=[{"name": "a"}]), ': "a.yaml": a layer has input, multiplies, name, output'),
    (lambda: data(limits=[{"kind": "total"}]), ': "a.yaml": a limit has bound, kind, layers, metric, slack'),
    (lambda: data(layers=[{**layer(), "x": 1}]), ': "a.yaml": a layer has input, multiplies, name, output'),
    *((lambda key=key: data(layers=[layer(**{key: 3})]), f': "a.yaml": {key} of a layer is 3')
      for key in ("name", "type", "input", "output")),
    (lambda: data(layers=[layer(params=None)]), ': "a.yaml": params of a layer is nothing'),
    (lambda: data(layers=[layer(params=True)]), ': "a.yaml": params of a layer is true'),
    (lambda: data(layers=[layer(params="10/1")]), ': "a.yaml": params of a layer is "10/1"'),
    (lambda: data(limits={}), ': "a.yaml": limits are a mapping, and must be a list'),
    (lambda: data(limits=[3]), ': "a.yaml": a limit has bound, kind, layers, metric, slack'),
    (lambda: data(limits=[{**LIMIT, "x": 1}]), ': "a.yaml": a limit has bound, kind, layers, metric, slack'),
    *((lambda key=key, value=value: data(limits=[{**LIMIT, key: value}]), f': "a.yaml": {key} of a limit is {said}')
      for key, value, said in (
          ("kind", "ratchet", '"ratchet"'), ("kind", "x", '"x"'), ("kind", 3, "3"), ("kind", [], "a list"),
          ("metric", "x", '"x"'), ("metric", 3, "3"), ("metric", [], "a list"), ("layers", 3, "3"),
          ("bound", 1.5, "1.5"), ("bound", -1, "-1"), ("bound", True, "true"), ("bound", "1/0", '"1/0"'),
          ("bound", "x1/2", '"x1/2"'), ("bound", "1/2x", '"1/2x"'), ("bound", None, "nothing"), ("slack", -1, "-1"),
          ("slack", [], "a list"), ("warn", [], "a list"), ("warn", None, "nothing"), ("warn", "9/0", '"9/0"'),
      )),
    (lambda: data(limits=[{**LIMIT, "arguments": []}]), ': "a.yaml": arguments of a limit are a list'),
    *((lambda metric=metric, name=name, value=value: limit(metric, **{name: value}),
       f': "a.yaml": "{name}" of a limit {said}')
      for metric, name, value, said in (
          ("params", "dtype", "int8", "params has none of that name"),
          ("peak_memory", "device", "x", "peak_memory has none of that name"),
          ("time", "x", 1, "time has none of that name"),
          ("time", "device", 3, "must be a name"), ("time", "device", None, "must be a name"),
          ("peak_memory", "planner", ["live"], "must be a name"),
          ("time", "batch", 0, "must be a number"), ("time", "batch", -1, "must be a number"),
          ("time", "batch", MAX_SIZE + 1, "must be a number"), ("time", "batch", True, "must be a number"),
          ("time", "batch", "1", "must be a number"), ("time", "batch", 1.0, "must be a number"),
          ("time", "dtype", 3, "must be "), ("time", "dtype", {}, "must say the dtype of weights"),
          ("time", "dtype", {"x": "int8"}, "has dtypes of weights"),
      )),
    *((lambda files=files: with_files(files), f': "a.yaml": files of a limit are {said}')
      for files, said in (
          ([], "a list"), ({"planner": "0a"}, "a mapping"), ({"device": "0a", "batch": "0a"}, "a mapping"),
          ({"device": 1}, "a mapping"), ({"device": None}, "a mapping"),
      )),
]  # fmt: skip


@pytest.mark.parametrize(("make", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_is_refused(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(CostcalcError) as caught:
        read(make())
    assert str(caught.value).startswith(f"{FILE}{said}")
    assert str(caught.value).endswith(REMEDY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{\n  x", ":2:3: not JSON"),
        ('{"a": 1, "a": 1}', ": the same key twice in one mapping"),
        ('{"specs": {"a": {"b": 1, "b": 2}}}', ": the same key twice in one mapping"),
        ("[" * 100_000, ": not a baseline"),
        ("9" * 5000, ": not a baseline"),
    ],
    ids=["syntax", "twice", "twice inside", "deep", "long"],
)
def test_what_is_no_json_of_ours(text: str, said: str) -> None:
    with pytest.raises(CostcalcError) as caught:
        read(text)
    assert str(caught.value) == f"{FILE}{said}{REMEDY}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(
        CostcalcError, match=r"^none\.json: there is no such baseline; costcalc baseline update writes one$"
    ):
        read_baseline("none.json")
    Path("gone.json").symlink_to("nowhere")
    with pytest.raises(CostcalcError, match=r"^gone\.json: cannot be read"):
        read_baseline("gone.json")


def test_paths_in_a_file_and_out_of_it() -> None:
    assert baseline_key("b.json", "nets/a.yaml") == "nets/a.yaml"
    assert baseline_key("ci/b.json", "./nets//a.yaml") == "../nets/a.yaml"
    assert baseline_key("b.json", str(Path("a.yaml").resolve())) == "a.yaml"
    assert [baseline_key("ci/b.json", name) for name in ("-", "zoo:lenet5")] == ["-", "zoo:lenet5"]
    assert [is_path(name) for name in ("-", "zoo:x", "a", "zoo", "--", "#")] == [
        False,
        False,
        True,
        True,
        True,
        True,
    ]


def baseline(*names: str, at: str = FILE) -> FileBaseline:
    return FileBaseline(at, dict.fromkeys(names, Before(figures(ANALYSIS))))


def test_what_is_found_gone_and_removed() -> None:
    write("nets/a.yaml", SMALL)
    found = baseline("../nets/a.yaml", "../nets/old.yaml", "zoo:lenet5", "-", at="ci/b.json")
    assert found.find("nets/a.yaml", "", ANALYSIS) is found.specs["../nets/a.yaml"]
    assert found.find("nets/b.yaml", "", ANALYSIS) is None
    assert found.gone() == ["nets/old.yaml"]
    assert found.removed(["nets/a.yaml", "zoo:lenet5", "-"]) == ["nets/old.yaml"]
    assert found.removed(["nets/old.yaml", "zoo:lenet5", "-"]) == ["nets/a.yaml"]
    assert not found.locked
    assert found.counts_anew is False


@pytest.mark.parametrize("key", ["A.yaml", "a.YAML"])
def test_another_spelling_is_no_new_spec_but_another_file_is(key: str) -> None:
    write("a.yaml", SMALL)
    with pytest.raises(CostcalcError) as caught:
        baseline(key).find("a.yaml", "", ANALYSIS)
    assert str(caught.value) == f'a.yaml: b.json has it as "{key}": say it, or write it, like that'
    write(key, SMALL)
    assert baseline(key).find("a.yaml", "", ANALYSIS) is None
    Path(key).unlink()
    Path(key).hardlink_to("a.yaml")
    with pytest.raises(CostcalcError, match="has it as"):
        baseline(key).find("a.yaml", "", ANALYSIS)


def test_a_link_is_known_by_its_own_name_first() -> None:
    write("nets/a.yaml", SMALL)
    Path("b.yaml").symlink_to("nets/a.yaml")
    assert baseline_key(FILE, "b.yaml") == "b.yaml"
    both = FileBaseline(
        FILE, {"b.yaml": Before(figures(ANALYSIS), ()), "nets/a.yaml": Before(figures(ANALYSIS))}
    )
    assert both.find("b.yaml", "", ANALYSIS) is both.specs["b.yaml"]
    one = baseline("nets/a.yaml")
    assert one.find("b.yaml", "", ANALYSIS) is one.specs["nets/a.yaml"]
    assert one.removed(["b.yaml"]) == []
    with pytest.raises(CostcalcError, match="has it as"):
        baseline("B.yaml").find("b.yaml", "", ANALYSIS)


def test_slashes_either_way() -> None:
    write("nets/a.yaml", SMALL)
    with pytest.raises(CostcalcError, match="has it as"):
        baseline("nets\\a.yaml").find("nets/a.yaml", "", ANALYSIS)


def test_a_spec_that_is_no_file_and_one_of_that_name_in_another_case() -> None:
    write("A.yaml", SMALL)
    with pytest.raises(CostcalcError, match="has it as"):
        baseline("A.yaml").find("a.yaml", "", ANALYSIS)


def test_what_is_read_is_frozen() -> None:
    found = baseline()
    with pytest.raises(AttributeError):
        found.name = "x"  # type: ignore[misc]
    assert not hasattr(found, "__dict__")
