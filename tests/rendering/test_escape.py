from __future__ import annotations

import ast
import csv
import io
import json
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costcalc.rendering.escape import (
    csv_cell,
    escape,
    github_data,
    github_property,
    json_text,
    log,
    markdown,
    source_text,
    terminal,
    xml,
)

ANY = st.text(st.characters(), max_size=20) | st.text("#[vso:]<&@=\n\r\t\x1b \\'\"a", max_size=20)
FORMATS = [escape, terminal, markdown, csv_cell, xml, github_property]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("block3/conv_1 × 名前 é ½", "block3/conv_1 × 名前 é ½"),
        ("a\x00\t\n\r\x1b[31m\x7f\x85\x9b", "a\\x00\\x09\\x0a\\x0d\\x1b[31m\\x7f\\x85\\x9b"),
        ("\u202a\u202e\u2066\u2069\u200e\u200f\u061c", "\\u202a\\u202e\\u2066\\u2069\\u200e\\u200f\\u061c"),
        (
            "\u2028\u2029\u200b\u200c\u200d\u2060\ufeff\xad",
            "\\u2028\\u2029\\u200b\\u200c\\u200d\\u2060\\ufeff\\xad",
        ),
        ("\ud800\udfff\uffff\U000e0041", "\\ud800\\udfff\\uffff\\U000e0041"),
    ],
)
def test_what_does_not_print_is_shown_by_number(text: str, shown: str) -> None:
    assert escape(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", "\\::error::x"),
        ("  ::error::x", "  \\::error::x"),
        ("a::b", "a::b"),
        (":::", "\\:::"),
        ("a ##[group]b", "a ##\\[group]b"),
        ("##vso[task]##VSO[x", "##\\vso[task]##\\VSO[x"),
        ("###[", "###\\["),
        ("# #[ ##v[", "# #[ ##v["),
        ("a\n::error", "a\\x0a::error"),
    ],
)
def test_build_logs_see_no_command(text: str, shown: str) -> None:
    assert terminal(text) == shown


def test_whole_reports_keep_their_lines() -> None:
    assert log("a\n::b\n\n \t::c\n##[d") == "a\n\\::b\n\n \t\\::c\n##\\[d"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("conv_1*2", "conv\\_1\\*2"),
        ("a|b\\|c", "a\\|b\\\\\\|c"),
        ("<script>&amp;`x`[y](z)", "\\<script\\>\\&amp;\\`x\\`\\[y\\](z)"),
        ("~~a~~ $b$", "\\~\\~a\\~\\~ \\$b\\$"),
        ("@team", "@&#8203;team"),
        ("::x", "\\::x"),
        ("\x1b", "\\\\x1b"),
        ("# h1", "\\# h1"),
        ("######", "\\######"),
        ("#1 and ####### 7", "#1 and ####### 7"),
        ("1. l", "1\\. l"),
        ("12) l", "12\\) l"),
        ("1.5M", "1.5M"),
        ("2. ", "2\\. "),
        ("- l", "\\- l"),
        ("+ l", "\\+ l"),
        ("-1.5%", "-1.5%"),
        ("---", "\\---"),
        ("- - -", "\\- - -"),
        ("===", "\\==="),
        ("=x", "=x"),
        ("     code", "&#32;    code"),
    ],
)
def test_markdown(text: str, shown: str) -> None:
    assert markdown(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("conv_1", "conv_1"),
        ("=cmd()", "'=cmd()"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@sum", "'@sum"),
        ("\t=1", "'\\x09=1"),
        ("a=1", "a=1"),
        ("::x", "\\::x"),
    ],
)
def test_csv_cells(text: str, shown: str) -> None:
    assert csv_cell(text) == shown


@given(st.text('#[vsoVSO]:\\"x', max_size=30))
def test_json_and_programs_keep_their_meaning_and_hold_no_command(text: str) -> None:
    for made, read in (
        (json_text(json.dumps(text)), json.loads),
        (source_text(repr(text)), ast.literal_eval),
    ):
        assert read(made) == text
        assert not re.search(r"##(\[|vso\[)", made, re.IGNORECASE)


def test_workflow_commands() -> None:
    assert github_property("a##[b]##vso[c]") == "a##\\[b]##\\vso[c]"
    assert github_data("a: 5%\n::b,\x1b\r") == "a: 5%25%0A\\::b,\\x1b\\x0d"
    assert github_property("a:b,5%\n") == "a%3Ab%2C5%25\\x0a"


@given(ANY)
def test_every_format_gives_one_line_that_prints(text: str) -> None:
    for form in FORMATS:
        shown = form(text)
        assert shown.isprintable()
        assert form is escape or form is github_property or "##[" not in shown
        shown.encode()


@given(ANY)
def test_no_log_line_begins_a_command(text: str) -> None:
    for form in (terminal, markdown, csv_cell, xml, log):
        for line in form(text).split("\n"):
            assert not line.strip(" \t").startswith("::")
            assert "##[" not in line
            assert "##vso[" not in line


@given(ANY)
def test_terminal_text_stays_as_it_is_when_escaped_again(text: str) -> None:
    assert terminal(terminal(text)) == terminal(text)


@given(ANY)
def test_xml_is_read_back(text: str) -> None:
    element = ElementTree.fromstring(f'<a b="{xml(text)}">{xml(text)}</a>')
    assert (element.text or "") == terminal(text)
    assert element.get("b") == terminal(text)


@given(ANY)
def test_csv_is_read_back_as_one_cell_that_is_no_formula(text: str) -> None:
    line = io.StringIO()
    csv.writer(line).writerow([csv_cell(text), "1"])
    assert list(csv.reader([line.getvalue()])) == [[csv_cell(text), "1"]]
    assert not csv_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))
