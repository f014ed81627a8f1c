"""``costcalc zoo``: the list, and a spec to start from."""

from __future__ import annotations

import re

import pytest

from costcalc.cli import run
from costcalc.reading.zoo import zoo_names, zoo_path


def test_the_list_has_every_network_with_its_cost_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["zoo"]) == 0
    header, rule, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["name", "input", "multiplies", "params", "source"]
    assert set(rule) == {"-"}
    assert [row.split()[0] for row in rows] == zoo_names()
    (row,) = (row for row in rows if row.startswith("mobilenet_v1 "))
    assert re.split(r"  +", row)[1:4] == ["224x224x3", "569M", "4.23M"]
    assert row.endswith("arXiv:1704.04861, Table 1; figures from Tables 6 and 7")


@pytest.mark.parametrize("name", ["lenet5", "zoo:lenet5"])
def test_a_spec_is_printed_as_it_is(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert run(["zoo", name]) == 0
    with open(zoo_path("lenet5"), encoding="utf-8") as file:
        assert capsys.readouterr().out == file.read()
