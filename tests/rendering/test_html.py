"""The page: its numbers are those of the JSON, only our own script may run, and nothing of it comes from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys

import pytest

from costcalc.errors import CostcalcError
from costcalc.rendering.escape import terminal
from costcalc.rendering.formats import render
from costcalc.rendering.html import network
from costcalc.rendering.report.report import View
from rendering.contract import hostile_report
from rendering.pages import Page
from rendering.reports import HOSTILE, mixed, of_path

VERSIONS = ("written", "standard", "separable")
#: With recurrent layers, attention, embeddings, windows and rotary positions.
KINDS = ("infersent", "crnn", "gpt2", "vit_b_16", "swin_t", "tinyllama")


@pytest.mark.parametrize("name", ["mobilenet_v1", "densenet121", "squeezenet1_1", *KINDS])
def test_its_numbers_are_those_of_the_json(name: str) -> None:
    report = of_path(f"zoo:{name}")
    page = Page(render("report", "html", [report], View()))
    data = json.loads(render("report", "json", [report], View()))
    header = page.headers["n0-layers"]
    rows = [row for row in page.tables["n0-layers"] if row]
    assert len(rows) == len(data["layers"]) + 1
    for metric in ("multiplies", "params"):
        for version in VERSIONS:
            column = header.index(f"{metric}, {version}")
            found = [int(row[column][1] or "") for row in rows]
            expected = [layer[version][metric] for layer in data["layers"]]
            assert found == [*expected, data["totals"][version][metric]]
    for row in filter(None, page.tables["n0-totals"]):
        for version, (_, value) in zip(VERSIONS, row[1:], strict=True):
            assert int(value or "") == data["totals"][version][row[0][0]]


def test_several_stand_side_by_side_with_the_numbers_of_the_json() -> None:
    reports = [of_path(f"zoo:{name}") for name in ("mobilenet_v1", "lenet5", "squeezenet1_1")]
    page = Page(render("report", "html", reports, View()))
    data = json.loads(render("report", "json", reports, View()))
    header = page.headers["side-by-side"][1:]
    for row, one in zip(filter(None, page.tables["side-by-side"]), data, strict=True):
        for name, (_, value) in zip(header, row[1:], strict=True):
            metric, version = name.split(", ")
            assert int(value or "") == one["totals"][version][metric]


def test_only_what_is_hashed_may_run() -> None:
    text = render("report", "html", [mixed()], View())
    policy = next(
        a["content"] for _, a in Page(text).tags if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_every_hostile_name_is_there_as_text() -> None:
    page = Page(render("report", "html", [hostile_report()], View()))
    cells = [text for row in page.tables["n0-layers"] for text, _ in row]
    for name in HOSTILE[2:]:
        assert terminal(name) in cells


def test_a_page_is_small() -> None:
    assert len(render("report", "html", [of_path("zoo:mobilenet_v1")], View())) < 1_500_000


def test_each_layer_leads_to_its_formulas() -> None:
    page = Page(render("report", "html", [mixed()], View()))
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    links = [a["href"][1:] for tag, a in page.tags if tag == "a"]
    assert len(links) == len(mixed().analysis.layers)
    assert set(links) <= ids


@pytest.mark.parametrize("module", ["vl_convert", "markupsafe"])
def test_without_the_extra_it_says_what_to_install(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(CostcalcError, match=re.escape("pip install 'costcalc[report]'")):
        render("report", "html", [mixed()], View())


def test_a_page_of_more_layers_than_people_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    report = mixed()
    count = len(report.analysis.layers)
    monkeypatch.setattr(network, "MAX_LAYERS", count - 1)
    said = f"mixed.yaml: a page lists at most {count - 1} layers (limit), and there are {count}"
    with pytest.raises(CostcalcError, match=re.escape(said)):
        render("report", "html", [report], View())
    monkeypatch.setattr(network, "MAX_LAYERS", count)
    assert render("report", "html", [report], View())


def test_a_page_of_more_operations_than_it_explains_in_time_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = mixed()
    count = len(report.analysis.network.nodes)
    monkeypatch.setattr(network, "MAX_OPERATIONS", count - 1)
    said = f"mixed.yaml: a page explains at most {count - 1} operations (limit), and there are {count}"
    with pytest.raises(CostcalcError, match=re.escape(said)):
        render("report", "html", [report], View())
