"""The gate fires, and fires for the right reason: every exit code through the real process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gate.projects import SMALL, Cli, spec, write


def process(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "costcalc", *words], capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize(
    ("budget", "words", "code", "said"),
    [
        ("{multiplies: 576}", (), 0, "ok       a.yaml: multiplies 576 of 576 (100.0%)"),
        ("{multiplies: 575}", (), 1, "a.yaml:4:22: over budget: multiplies 576 of 575 (100.2%), 1 too many"),
        ("{params: 9}", (), 1, "a.yaml:4:18: over budget: params 10 of 9 (111.1%), 1 too many"),
        ("{multiplies: {max: 600, warn: 90%}}", (), 0, "near budget: multiplies 576 of 600 (96.0%)"),
        ("{multiplies: {max: 600, warn: 90%}}", ("--fail-on", "warning"), 1, "which warns from 90% on"),
        ("{multiplies: 575}", ("--fail-on", "never"), 0, "over budget"),
        ("{multiplies: 575}", ("--exit-zero",), 0, "over budget"),
        ("{multiplies: 1}", ("--max-multiplies", "576"), 1, "a.yaml:4:22: over budget: multiplies 576 of 1 "),
        ("{multiplies: 1}", ("--max-multiplies", "576", "--override"), 0, "multiplies 576 of 576"),
        (
            "{multiplies: 600}",
            ("--max-multiplies", "575"),
            1,
            "--max-multiplies: over budget: multiplies 576",
        ),
        ("", ("--max-params", "9"), 1, "--max-params: over budget: params 10 of 9 (111.1%), 1 too many"),
        ("", (), 2, "no limit to check"),
        ("{params: 0%}", (), 2, "broken   a.yaml"),
        ("{parms: 10}", (), 2, 'unknown field "parms" of the budget; did you mean "params"?'),
        ("{params: 10}", ("--baseline", "none.json"), 2, "none.json: there is no such baseline"),
        ("{params: 9}", ("--baseline", "none.json", "--exit-zero"), 2, "1 too many"),
        ("{regression: {params: 0%}}", (), 2, "needs a baseline, and there is none"),
        ("{regression: {params: 0%}}", ("--no-baseline",), 2, "a.yaml:1:1: error: no limit was checked"),
        ("{regression: {params: 0%}, params: 10}", ("--no-baseline",), 0, "ok       a.yaml"),
        ("{params: 10}", ("--ratchet",), 2, "--ratchet needs a baseline, and there is none"),
        ("{params: 10}", ("--max-increase", "params=1%"), 2, "--max-increase needs a baseline"),
        ("{params: 10}", ("--max-increase", "depth=1%"), 2, "must be METRIC=PERCENT"),
        ("{params: 10}", ("--max-params", "4 apples"), 2, "--max-params"),
        ("{params: 10}", ("--baseline", "a.json", "--no-baseline"), 2, "exclude each other"),
        ("{params: 10}", ("--nonsense",), 2, "--nonsense"),
        ("{params: 10}", ("-o", "json=no/such/folder.json"), 2, "cannot be written"),
        ("{params: 10}", ("-o", "junit=x", "-o", "sarif=x"), 2, "two reports go to"),
        ("{params: 10}", ("-o", "junit=a.yaml"), 2, "would replace the spec"),
    ],
)
def test_exit_codes(budget: str, words: tuple[str, ...], code: int, said: str) -> None:
    spec("a.yaml", budget)
    done = process("check", "a.yaml", *words)
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_spec_beside_one_over_budget_is_2_and_both_are_reported() -> None:
    spec("a.yaml", "{params: 9}")
    write("b.yaml", "input: 8x8x1\nlayers: [{type: konv}]\n")
    done = process("check", "--exit-zero")
    assert done.returncode == 2
    assert done.stdout.index("broken   b.yaml") < done.stdout.index("FAILED   a.yaml")
    assert "broken   b.yaml: 1 error, told on standard error\n" in done.stdout
    assert done.stderr.count('unknown layer type "konv"') == 1
    assert "konv" not in done.stdout
    assert "2 specs, 1 limit: 1 broken, 1 over budget" in done.stdout


def test_no_spec_found_is_2() -> None:
    write("notes.yaml", "a: [layers]\n")
    done = process("check")
    assert done.returncode == 2
    assert "no spec found" in done.stderr


def test_a_closed_pipe_is_141() -> None:
    spec("a.yaml", "{params: 9}")
    words = [sys.executable, "-m", "costcalc", "check", "a.yaml"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as done:
        assert done.stdout is not None
        done.stdout.close()
        done.wait(60)
    assert done.returncode == 141


def test_a_spec_from_standard_input() -> None:
    text = SMALL + "budget: {params: 9}\n"
    words = [sys.executable, "-m", "costcalc", "check", "-"]
    done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "<stdin>:4:18: over budget: params 10 of 9" in done.stdout


def test_the_report_says_what_weighs_most_what_was_written_and_what_to_do_next(cli: Cli) -> None:
    layers = [f"  - {{type: conv, name: c{n}, out_channels: {n}, kernel_size: 1}}" for n in (8, 2, 4, 1)]
    spec(
        "a.yaml",
        '{multiplies: 100, message: "Ask Ada first."}',
        "input: 1x1x4\nlayers:\n" + "\n".join(layers) + "\n",
    )
    result = cli("check", "-o", "junit=j.xml", "-o", "sarif=s.json")
    assert result == (
        0,
        "ok       a.yaml: multiplies 60 of 100 (60.0%)\n"
        "\n"
        "1 spec, 1 limit: 1 within budget; wrote junit to j.xml, sarif to s.json\n",
        "",
    )
    result = cli("check", "--max-multiplies", "59", "--max-params", "1", "-o", "json=j.json")
    assert result.code == 1
    assert result.out.splitlines() == [
        "FAILED   a.yaml",
        "  --max-multiplies: over budget: multiplies 60 of 59 (101.7%), 1 too many",
        "    heaviest layers: c8 32 (53.3%), c2 16 (26.7%), c4 8 (13.3%)",
        "  --max-params: over budget: params 60 of 1 (6000.0%), 59 too many",
        "",
        "1 spec, 2 limits: 1 over budget; wrote json to j.json; next: make what is over cheaper or raise its limit",
    ]


def test_what_stands_in_the_budget_for_the_case(cli: Cli) -> None:
    spec("a.yaml", '{params: 9, multiplies: 9, message: "Ask Ada first."}')
    assert cli("check").out.count("Ask Ada first.") == 1


def test_many_that_pass_are_counted_and_listed_on_request(cli: Cli) -> None:
    for number in range(21):
        spec(f"{number}.yaml", "{params: 10}")
    assert cli("check").out.startswith("ok       21 specs, which -v lists\n")
    assert "ok       20.yaml: params 10 of 10" in cli("check", "-v").out


def test_layers_shares_and_reductions(cli: Cli) -> None:
    text = "input: 8x8x8\nlayers:\n" + "".join(
        f"  - {{type: conv, name: {name}, out_channels: 8, kernel_size: {size}}}\n"
        for name, size in (("stem", 1), ("block1", 3), ("block2", 3))
    )
    cases = {
        '{layers: {"block*": {multiplies: 36864}}}': 0,
        '{layers: {"block*": {multiplies: 36863}}}': 1,
        '{layers: {"*": {multiplies: {max_share: 47.4%}}}}': 0,
        '{layers: {"*": {multiplies: {max_share: 47.3%}}}}': 1,
        '{layers: {"blok*": {multiplies: 1}}}': 2,
        "{reduction: {multiplies: 3.5x}}": 0,
        "{reduction: {multiplies: 4x}}": 1,
    }
    found = {}
    for budget in cases:
        spec("a.yaml", budget, text)
        found[budget] = cli("check").code
    assert found == cases
    spec("a.yaml", '{layers: {"block*": {multiplies: 36863}}}', text)
    assert (
        "a.yaml:6:42: over budget: layers.block1.multiplies 36,864 of 36,863 (100.0%), 1 too many"
        in cli("check").out
    )
    spec("a.yaml", '{layers: {"blok*": {multiplies: 1}}}', text)
    assert 'a.yaml:6:19: error: "blok*" matches no layer' in cli("check").err
