"""A metric that the table and its measure know is everywhere: in budgets, baselines and every format, unedited.

``reach`` is a maximum of bytes, told in totals only; ``delay`` a sum of exact fractions of seconds with columns.
"""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction

import pytest
from jsonschema import Draft202012Validator

from costcalc import analyze, loads
from costcalc.analysis.measures import MEASURES
from costcalc.application.baseline_file import read_baseline
from costcalc.errors import CostcalcError
from costcalc.metrics import BYTES, METRICS, NEEDED, SECONDS, Metric, Number
from costcalc.network import Network
from costcalc.rendering.formats import formats_of
from costcalc.spec.schema import spec_schema
from gate.projects import Cli, spec, write

#: Two layers: 8x8x4 and 8x8x16 values out; 9·1·4·64 = 2304 and 9·4·16·64 = 36864 multiplies.
TEXT = """\
input: 8x8x1
layers:
  - {type: conv, name: one, out_channels: 4, kernel_size: 3}
  - {type: conv, name: two, out_channels: 16, kernel_size: 3}
"""
REACH = 2 * 8 * 8 * 16  # bytes
DELAY = Fraction(2304 + 36864, 7_000_000)
#: As separable convolutions: the second layer alone makes 9·4 + 4·16 multiplies a position.
FASTER = Fraction((9 * 1 + 1 * 4 + 9 * 4 + 4 * 16) * 64, 7_000_000)


def reach(network: Network) -> list[Number]:
    return [2 * node.output.elements for node in network.nodes]


def delay(network: Network, rate: int) -> list[Number]:
    return [Fraction(node.tally.sum("multiplies"), rate) for node in network.nodes]


@pytest.fixture(autouse=True)
def two_more_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    for metric, measure in (
        (Metric("reach", BYTES, "maximum", "Most bytes that a step makes", has_columns=False), reach),
        (Metric("delay", SECONDS, "sum", "Seconds of multiplying", arguments={"rate": 7_000_000}), delay),
    ):
        monkeypatch.setitem(METRICS, metric.name, metric)
        monkeypatch.setitem(MEASURES, metric.name, measure)


def test_the_analysis_has_them() -> None:
    analysis = analyze(loads(TEXT))
    assert analysis.metrics[:2] == ("multiplies", "params")
    assert analysis.metrics[-2:] == ("reach", "delay")
    assert [layer.written.reach for layer in analysis.layers] == [2 * 64 * 4, REACH]
    assert analysis.written["reach"] == REACH
    assert analysis.written["delay"] == DELAY
    assert analysis.separable["delay"] == FASTER
    assert analysis.given(rate=14_000_000).written["delay"] == DELAY / 2


def test_one_that_needs_an_argument_is_there_once_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    needy = Metric("delay", SECONDS, "sum", "Seconds of multiplying", arguments={"rate": NEEDED})
    monkeypatch.setitem(METRICS, "delay", needy)
    analysis = analyze(loads(TEXT))
    assert "delay" not in analysis.metrics
    with pytest.raises(CostcalcError, match="delay needs a rate, and none is given"):
        analysis.written["delay"]
    assert analysis.given(rate=7_000_000).written["delay"] == DELAY


def test_a_command_does_not_compute_what_it_does_not_print(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(network: Network) -> list[Number]:
        raise AssertionError("nobody asked for it")

    monkeypatch.setitem(MEASURES, "reach", never)
    spec("a.yaml", "{params: 1M}", TEXT)
    assert cli("check", "a.yaml").code == 0


BUDGET = (
    "{{reach: {reach}, delay: {delay}, layers: {{two: {{reach: {reach}, delay: {{max_share: {share}}}}}}},"
    " reduction: {{delay: {factor}}}}}"
)


def test_budgets_limit_them(cli: Cli) -> None:
    write("plain.yaml", TEXT)
    result = cli("check", "plain.yaml", "--max", "reach=1KiB", "--max", "delay=1s")
    assert result.code == 1
    assert "--max: over budget: reach 2,048 B of 1,024 B (200.0%), 1,024 B too many" in result.out
    spec("a.yaml", BUDGET.format(reach="2KiB", delay="6ms", share="95%", factor="5x"), TEXT)
    result = cli("check", "a.yaml")
    assert result.code == 0, result.err
    assert "reach 2,048 B of 2,048 B (100.0%)" in result.out
    assert "delay 5.595428…ms of 6ms (93.3%)" in result.out
    spec("b.yaml", BUDGET.format(reach="2kB", delay="5595us", share="90%", factor="5.5x"), TEXT)
    result = cli("check", "b.yaml")
    assert result.code == 1
    for text in (
        "over budget: reach 2,048 B of 2,000 B (102.4%), 48 B too many",
        "over budget: delay 5.595428…ms of 5.595ms (100.0%), 0.428…us too long",
        "over budget: layers.two.reach 2,048 B of 2,000 B (102.4%), 48 B too many",
        "over budget: layers.two.delay.share 5.266285…ms of 5.035885…ms (90% of the whole)",
        "over budget: reduction.delay 5.4159x of at least 5.50x",
        "heaviest layers: two 2.00KiB (100.0%), one 512B (25.0%)",
    ):
        assert text in result.out


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ("{reach: 5q}", 'has an unknown unit "q" (use k, M, G, T, KiB, MiB, GiB or TiB)'),
        ("{delay: 5}", "has no unit: 5 (use us, ms or s)"),
        ("{delay: 5MS}", 'has an unknown unit "MS"; did you mean 5ms?'),
        ("{raech: 5KiB}", 'did you mean "reach"?'),
    ],
)
def test_a_budget_in_another_unit_is_wrong(cli: Cli, budget: str, message: str) -> None:
    spec("a.yaml", budget, TEXT)
    result = cli("check", "a.yaml")
    assert result.code == 2
    assert message in result.err


def test_a_baseline_holds_them_exactly(cli: Cli) -> None:
    spec("a.yaml", "{regression: {reach: 0%, delay: {max_increase: 1%, and_at_least: 1us}}}", TEXT)
    assert cli("baseline", "update", "a.yaml", "--force").code == 0
    held = read_baseline("costcalc-baseline.json").specs["a.yaml"].figures
    written = analyze(loads(TEXT)).written
    assert held.values == {metric: written[metric] for metric in METRICS if metric != "time"}
    assert cli("check", "a.yaml", "--ratchet").code == 0
    spec("a.yaml", "{regression: {reach: 0%, delay: 1%}}", TEXT.replace("16", "20"))
    result = cli("check", "a.yaml")
    assert result.code == 1
    assert "regression.reach 2,560 B of 2,048 B (the baseline's 2,048 B + 0%), 512 B too many" in result.out
    assert "since costcalc-baseline.json: +512B (2.00KiB → 2.50KiB)" in result.out
    assert (
        "regression.delay 6.912ms of 5.651382…ms (the baseline's 5.595428…ms + 1%), 1.260617…ms too long"
        in result.out
    )


def test_a_baseline_from_before_them_is_read_and_missed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    spec("a.yaml", "{regression: {params: 0%, reach: 0%}}", TEXT)
    with monkeypatch.context() as before:
        before.delitem(METRICS, "reach")
        before.delitem(METRICS, "delay")
        spec("a.yaml", "{regression: {params: 0%}}", TEXT)
        assert cli("baseline", "update", "a.yaml", "--force").code == 0
    assert cli("check", "a.yaml").code == 0
    spec("a.yaml", "{regression: {params: 0%, reach: 0%}}", TEXT)
    result = cli("check", "a.yaml")
    assert result.code == 2
    assert "costcalc-baseline.json has no reach to compare with" in result.err


def test_a_diff_tells_them(cli: Cli) -> None:
    write("a.yaml", TEXT)
    write("b.yaml", TEXT.replace("16", "20"))
    result = cli("diff", "a.yaml", "b.yaml")
    assert "reach +512B (2.00KiB → 2.50KiB)" in result.out
    assert "delay +1.32ms (5.60ms → 6.91ms), +23.5%" in result.out
    data = json.loads(cli("diff", "a.yaml", "b.yaml", "-f", "json").out)
    assert data["totals"]["reach"] == {"old": 2048, "new": 2560, "increase": 512}
    assert [layer["reach"]["increase"] for layer in data["layers"]] == [512]
    assert "| reach | delay |" in cli("diff", "a.yaml", "b.yaml", "-f", "markdown").out


@pytest.mark.parametrize("format", formats_of("report"))
def test_every_format_of_a_report_has_them(cli: Cli, format: str) -> None:
    spec("a.yaml", "{reach: 1KiB, delay: 1ms}", TEXT)
    result = cli("analyze", "a.yaml", "-f", format, "--exit-zero")
    assert result.code == 0
    assert "reach" in result.out
    assert "delay" in result.out


@pytest.mark.parametrize("format", formats_of("check"))
def test_every_format_of_a_check_has_them(cli: Cli, format: str) -> None:
    spec("a.yaml", "{reach: 1KiB, delay: 1ms}", TEXT)
    result = cli("check", "a.yaml", "-f", format)
    assert result.code == 1
    assert "reach" in result.out
    assert "delay" in result.out


def test_machines_read_back_the_very_numbers(cli: Cli) -> None:
    write("a.yaml", TEXT)
    data = json.loads(cli("analyze", "a.yaml", "-f", "json").out)
    assert (
        data["totals"]["written"]["reach"]
        == REACH
        == max(layer["written"]["reach"] for layer in data["layers"])
    )
    assert data["totals"]["separable"]["delay"] == float(FASTER)
    rows = [*csv.DictReader(io.StringIO(cli("analyze", "a.yaml", "-f", "csv").out, newline=""))]
    assert [row["written_reach"] for row in rows] == ["512", "2048"]
    gauges = cli("analyze", "a.yaml", "-f", "openmetrics").out
    assert "# UNIT costcalc_reach_bytes bytes" in gauges
    assert f'costcalc_reach_bytes{{spec="a.yaml",version="written"}} {REACH}' in gauges


def test_people_see_columns_or_totals(cli: Cli) -> None:
    write("a.yaml", TEXT)
    text = cli("analyze", "a.yaml", "--full").out
    assert "reach: written 2.00KiB, standard 2.00KiB, separable 2.00KiB" in text
    table = text.partition("\ndelay\n")[2]
    assert "5.60ms" in table
    assert "theory" not in table.partition("\n")[0]
    markdown = cli("analyze", "a.yaml", "-f", "markdown").out
    assert "| **reach** | 2.00KiB | 2.00KiB | 2.00KiB | 1.00x | 0.0% |" in markdown
    assert "| delay, written | standard | separable |" in markdown
    assert "reach, written" not in markdown


def test_published_figures_are_verified(cli: Cli) -> None:
    write("a.yaml", TEXT + "published: {reach: 2KiB, delay: 5.6ms}\n")
    result = cli("verify", "a.yaml")
    assert result.code == 0, result.out
    assert "2 published figures of 1 network: 2 match" in result.out
    write("a.yaml", TEXT + "published: {reach: 2kB, delay: 5.4ms}\n")
    result = cli("verify", "a.yaml")
    assert result.code == 1
    assert "2,048 B" in result.out


def test_the_schema_and_explain_have_them(cli: Cli) -> None:
    schema = spec_schema("1")
    validator = Draft202012Validator(schema)
    body = {"input": "8x8x1", "layers": ["relu"]}
    assert validator.is_valid({**body, "budget": {"reach": "2KiB", "delay": {"max": "5ms"}}})
    assert not validator.is_valid({**body, "budget": {"reach": "5ms"}})
    assert not validator.is_valid({**body, "budget": {"delay": 5}})
    write("a.yaml", TEXT)
    assert "reach" in cli("explain", "a.yaml", "two").out
