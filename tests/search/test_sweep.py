"""A sweep's rows against each variant analysed by itself, on published figures and on random spaces."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import costcalc
from costcalc.analysis.costs import analyze
from costcalc.application.sweep import SweepAsked, find_sweep
from costcalc.errors import CostcalcError
from costcalc.rewrite.resolution import parse_resolutions
from costcalc.rewrite.width import parse_width_multipliers
from costcalc.search.sweep.answer import Sweep
from costcalc.search.sweep.selecting import undominated
from costcalc.search.sweep.space import Space, SweepAxis, Table, summed

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "mobilenet.json").read_text("utf-8"))["v1"]


def rows(sweep: Sweep) -> list[tuple[dict[str, str], tuple[int | None, ...], str]]:
    names = [axis.name for axis in sweep.space.axes]
    return [(dict(zip(names, labels, strict=True)), values, error) for labels, values, error in sweep.cells()]


def analysed(text: str, labels: dict[str, str]) -> tuple[int | None, ...]:
    """What analyze says of a variant; None twice where it refuses it."""
    chosen = {name: label for name, label in labels.items() if name not in ("width_multiplier", "resolution")}
    known = costcalc.loads(text).choices
    what_if = {name: label for name, label in labels.items() if name not in chosen}
    try:
        network = costcalc.loads(text, settings=_present(text, chosen, set(known)), **what_if)  # type: ignore[arg-type]
    except CostcalcError:
        return None, None
    written = analyze(network).written
    return written.multiplies, written.params


def _present(text: str, chosen: dict[str, str], known: set[str]) -> dict[str, str]:
    """The choices that a variant has: copies that are not there have none to set."""
    while True:
        try:
            costcalc.loads(text, settings=chosen)
        except CostcalcError as error:
            missing = [name for name in chosen if f'no choice "{name}"' in str(error)]
            if not missing:
                return chosen
            chosen = {name: label for name, label in chosen.items() if name not in missing}
        else:
            return chosen


def assert_exact(text: str, path: Path, asked: SweepAsked) -> Sweep:
    path.write_text(text, encoding="utf-8")
    sweep = find_sweep(str(path), asked)
    for labels, values, error in rows(sweep):
        assert values == analysed(text, labels), labels
        assert (error != "") == (values == (None, None))
    return sweep


def test_the_sixteen_mobilenets_of_the_paper() -> None:
    asked = SweepAsked(parse_width_multipliers("0.25:1:0.25"), parse_resolutions("128:224:32"))
    found = rows(find_sweep("zoo:mobilenet_v1", asked))
    assert len(found) == 16
    for labels, values, _ in found:
        expected = REFERENCE[
            f"{float(labels['width_multiplier'])}_{labels['resolution']}".replace("0.50", "0.5")
        ]
        assert values == (expected["multiplies"], expected["params"])


def test_a_network_that_is_costed_whole_is_resolved_once_for_all_widths(
    tmp_path: Path, resolved: list[object]
) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("input: 8x8x4\nlayers: [{type: conv, out_channels: 4, kernel_size: 3}, {shares: conv_1}]")
    sweep = find_sweep(str(path), SweepAsked(parse_width_multipliers("0.25,0.5,1"), ()))
    assert len(rows(sweep)) == 3
    assert len(resolved) == 4  # as it is read, with its choices made, and at the two other widths


MIXED = """
input: 16x16x4
choices: {kernel: [3, 1, 20], width: {from: 8, to: 16, step: 8}, kind: [conv, separable_conv], n: [1, 3]}
defaults: {norm: batch}
blocks:
  inner:
    choices: {k: [1, 3]}
    layers: [{type: conv, out_channels: 8, kernel_size: $k, groups: 4}]
  stage:
    parameters: {out: required}
    choices: {t: [1, 2.5], skip: [identity, projection]}
    layers:
      - {type: $kind, name: first, out_channels: $out, kernel_size: 3}
      - {type: residual, shortcut: $skip, body: [{type: conv, out_channels: $out, kernel_size: 3}, inner]}
      - {type: inverted_residual, out_channels: $out, expansion: $t}
      - {type: add, inputs: [first, inverted_residual_1]}
layers:
  - {type: conv, name: stem, out_channels: $width, kernel_size: $kernel, padding: valid, stride: 2}
  - {type: stage, out: 8, repeat: 2}
  - {type: conv, out_channels: $width, kernel_size: 3, repeat: $n}
  - global_avg_pool
  - {type: linear, out_features: 10}
"""


def test_choices_everywhere(tmp_path: Path) -> None:
    asked = SweepAsked(
        parse_width_multipliers("0.5,1"), parse_resolutions("16,24"), sample=60, seed=3, settings={"n": "3"}
    )
    sweep = assert_exact(MIXED, tmp_path / "mixed.yaml", asked)
    assert sweep.space.size == 2 * 2 * 3 * 2 * 2 * (2 * 2 * 2) ** 2
    assert 0 < sweep.invalid < 60
    assert {error for _, _, error in rows(sweep) if error} == {
        'conv layer "stem" on 16x16x4: kernel_size (=20) is larger than its padded input (=16)'
    }


LAYERS = st.sampled_from(
    [
        "{type: conv, out_channels: $w, kernel_size: $k}",
        "{type: conv, out_channels: $v, kernel_size: 3, stride: $s, padding: valid}",
        "{type: $kind, out_channels: $w, kernel_size: $k, stride: 2}",
        "{type: depthwise_conv, kernel_size: $k}",
        "{type: conv, out_channels: 8, kernel_size: 1, groups: $s}",
        "{type: separable_conv, out_channels: $v, repeat: $s}",
        "{type: squeeze_excite}",
        "{type: max_pool, kernel_size: $k}",
        "{type: residual, shortcut: projection, body: [{type: conv, out_channels: $w, kernel_size: $k, stride: $s}]}",
        "{type: branches, paths: [[], [{type: conv, out_channels: $v, kernel_size: 1}]], merge: concat}",
        "{type: piece, out: $w}",
        "{type: piece, out: 8, repeat: 2}",
        "{type: piece, out: $v, p: 3}",
        "{type: outer}",
        "relu",
    ]
)
ALL = {
    "w": "[8, 12, 16]",
    "v": "[8, 4]",
    "k": "[3, 5]",
    "s": "[1, 2]",
    "kind": "[conv, separable_conv]",
}


@st.composite
def spaces(draw: st.DrawFn) -> str:
    layers = draw(st.lists(LAYERS, min_size=1, max_size=5))
    text = "\n".join(f"  - {layer}" for layer in layers)
    used = {name: values for name, values in ALL.items() if f"${name}," in text + "," or f"${name}}}" in text}
    if "type: outer" in text:
        used["v"] = ALL["v"]
    choices = ", ".join(f"{name}: {values}" for name, values in used.items())
    return f"""
input: 12x12x8
choices: {{{choices}}}
defaults: {{bias: true}}
blocks:
  piece:
    parameters: {{out: required}}
    choices: {{p: [1, 3]}}
    layers: [{{type: conv, name: a, out_channels: $out, kernel_size: $p}}, {{type: concat, inputs: [a, input]}}]
  outer:
    layers: [{{type: piece, out: {"$v" if "v" in used else "8"}}}, {{type: conv, out_channels: 8, kernel_size: 1}}]
layers:
{text}
"""


@settings(max_examples=60, deadline=None)
@given(
    text=spaces(),
    widths=st.sampled_from(["", "0.5,1", "2"]),
    sizes=st.sampled_from(["", "12,7", "3"]),
    seed=st.integers(0, 9),
)
def test_each_row_equals_the_variant_analysed(
    tmp_path_factory: pytest.TempPathFactory, text: str, widths: str, sizes: str, seed: int
) -> None:
    if "choices: {}" in text and not widths and not sizes and "piece" not in text.partition("\nlayers:")[2]:
        return  # nothing varies
    asked = SweepAsked(
        parse_width_multipliers(widths) if widths else (),
        parse_resolutions(sizes) if sizes else (),
        sample=12,
        seed=seed,
    )
    try:
        costcalc.loads(text)
    except CostcalcError:
        return  # the first of each makes no network: no command reads this spec
    path = tmp_path_factory.mktemp("sweep") / "net.yaml"
    if costcalc.loads(text).choices or widths or sizes:
        assert_exact(text, path, asked)


def test_copies_that_are_not_always_there_have_their_choices(tmp_path: Path) -> None:
    text = """
input: 8x8x4
choices: {depth: [1, 3]}
blocks: {piece: {choices: {k: [3, 1]}, layers: [{type: conv, out_channels: 4, kernel_size: $k}]}}
layers: [{type: piece, name: s, repeat: $depth}]
"""
    path = tmp_path / "net.yaml"
    path.write_text(text, encoding="utf-8")
    sweep = find_sweep(str(path), SweepAsked())
    assert {axis.name for axis in sweep.space.axes} == {"depth", "s/k", "s.1/k", "s.2/k", "s.3/k"}
    for labels, values, _ in rows(sweep):
        assert values == analysed(text, labels)


# Sums, fronts, samples


def test_sums_that_int64_cannot_hold_are_exact() -> None:
    axes = tuple(SweepAxis(name, ("a", "b"), (0, 1)) for name in "xy")
    tables = [Table((0,), np.array([2**62, 2**62 + 1])), Table((1,), np.array([2**62, 3]))]
    space = Space(axes, {"multiplies": summed(tables)})
    expected = [2**63, 2**62 + 3, 2**63 + 1, 2**62 + 4]
    assert space.piece(0).values["multiplies"].tolist() == expected
    indices = [np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])]
    assert space.at(indices).values["multiplies"].tolist() == expected


def test_a_network_that_int64_cannot_hold(tmp_path: Path) -> None:
    text = """
input: 2000000000x1000000000x64
choices: {c: [64, 100000]}
layers:
  - {type: conv, out_channels: $c, kernel_size: 7}
"""
    sweep = assert_exact(text, tmp_path / "net.yaml", SweepAsked())
    assert max(values[0] or 0 for _, values, _ in rows(sweep)) > 2**63


@given(st.lists(st.tuples(*[st.integers(0, 5)] * 3), min_size=1, max_size=60))
def test_a_front_is_what_nothing_dominates(points: list[tuple[int, ...]]) -> None:
    def dominates(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
        return a != b and all(x <= y for x, y in zip(a, b, strict=True))

    expected = [place for place, b in enumerate(points) if not any(dominates(a, b) for a in points)]
    assert undominated([np.array(column) for column in zip(*points, strict=True)]).tolist() == expected


@given(
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=4),
    seed=st.integers(0, 99),
)
def test_pieces_are_all_variants_in_order(sizes: list[int], seed: int) -> None:
    generator = np.random.default_rng(seed)
    axes = tuple(
        SweepAxis(str(place), tuple(map(str, range(size))), tuple(range(size)))
        for place, size in enumerate(sizes)
    )
    whole = Table(tuple(range(len(sizes))), generator.integers(0, 9, sizes))
    last = Table((len(sizes) - 1,), generator.integers(0, 9, sizes[-1:]))
    space = Space(axes, {"params": [whole, last]})
    found: list[Any] = []
    for number in range(space.pieces):
        piece = space.piece(number)
        found += zip(
            *(array.tolist() for array in piece.indices), piece.values["params"].tolist(), strict=True
        )
    every = itertools.product(*map(range, sizes))
    assert found == [(*at, int(whole.array[at] + last.array[at[-1]])) for at in every]


SMALL = """
name: small
input: 8x8x3
choices: {kernel: [3, 5], width: {from: 8, to: 64, step: 8}}
layers:
  - {type: conv, out_channels: $width, kernel_size: $kernel}
budget: {multiplies: 100k}
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_samples_are_different_and_come_again(small: Path) -> None:
    one, same, other = (rows(find_sweep(str(small), SweepAsked(sample=9, seed=seed))) for seed in (1, 1, 2))
    assert one == same != other
    assert len({tuple(labels.values()) for labels, _, _ in one}) == 9
    assert len(rows(find_sweep(str(small), SweepAsked(sample=10**6)))) == 16


def test_a_sample_of_a_space_past_all_bounds(tmp_path: Path) -> None:
    choices = "".join(f"  c{n}: {{from: 1, to: 1000}}\n" for n in range(6))
    layers = "".join(f"  - {{type: conv, out_channels: $c{n}, kernel_size: 1}}\n" for n in range(6))
    path = tmp_path / "large.yaml"
    path.write_text(f"input: 8x8x3\nchoices:\n{choices}layers:\n{layers}", encoding="utf-8")
    with pytest.raises(CostcalcError, match=r"there are 1,000,000,000,000,000,000 variants.*--sample N"):
        find_sweep(str(path), SweepAsked())


def test_within_front_sort_and_top(small: Path) -> None:
    within = find_sweep(str(small), SweepAsked(within=True))
    costs = [values[0] for _, values, _ in rows(find_sweep(str(small), SweepAsked()))]
    fitting = [value for value in costs if value is not None and value <= 100_000]
    assert [values[0] for _, values, _ in rows(within)] == fitting
    assert (within.variants, within.within) == (16, len(fitting))
    front = find_sweep(str(small), SweepAsked(front=["multiplies", "-width"]))
    assert [labels for labels, _, _ in rows(front)] == [
        {"kernel": "3", "width": str(width)} for width in range(8, 65, 8)
    ]
    first = find_sweep(str(small), SweepAsked(sort=["-params", "width"], top=2))
    assert [labels for labels, _, _ in rows(first)] == [
        {"kernel": "5", "width": "64"},
        {"kernel": "5", "width": "56"},
    ]


def test_scores_of_the_users_own(small: Path, tmp_path: Path) -> None:
    scores = tmp_path / "scores.csv"
    lines = [f"{kernel},{width},{kernel / width}" for kernel in (3, 5) for width in range(8, 57, 8)]
    scores.write_text("kernel,width,score\n" + "\n".join(lines), encoding="utf-8")
    sweep = find_sweep(str(small), SweepAsked(front=["params", "-score"], scores=str(scores)))
    assert [labels for labels, _, _ in rows(sweep)] == [
        {"kernel": "3", "width": "8"},
        {"kernel": "5", "width": "8"},
    ]
    assert sweep.sentences == ["2 variants have no score: they are left out"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kernel,score\n3,nan\n", '2: "score" must be a number, not "nan"'),
        ("kernel,score\n3,1\n3,2\n", "3: the same choices stand twice"),
        ("kernel,score\n3,1\n4,2\n", '3: "kernel" has no value "4"; values: 3, 5'),
        ("kernel,score\n3,1,2\n", "2: 3 cells, and the first line has 2"),
        ("kern,score\n3,1\n", "1: needs columns that are named like axes (kernel, width), and one of scores"),
        ("", "1: needs columns that are named like axes (kernel, width), and one of scores"),
    ],
)
def test_scores_that_are_wrong(small: Path, tmp_path: Path, text: str, said: str) -> None:
    scores = tmp_path / "scores.csv"
    scores.write_text(text, encoding="utf-8")
    with pytest.raises(CostcalcError) as caught:
        find_sweep(str(small), SweepAsked(front=["-score"], scores=str(scores)))
    assert str(caught.value) == f"{scores}:{said}"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (SweepAsked(front=["multiples"]), '--front: no column "multiples"; did you mean "multiplies"?'),
        (SweepAsked(sort=["score"]), '--sort: no column "score"; columns: multiplies, params, kernel, width'),
    ],
)
def test_columns_that_are_not_there(small: Path, asked: SweepAsked, said: str) -> None:
    with pytest.raises(CostcalcError) as caught:
        find_sweep(str(small), asked)
    assert str(caught.value) == said


def test_a_column_of_words_is_nothing_to_compare_by(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    text = "input: 8x8x3\nchoices: {kind: [relu, sigmoid]}\nlayers: [{type: $kind}]\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CostcalcError, match='--front: "kind" is not made of numbers: "relu"'):
        find_sweep(str(path), SweepAsked(front=["kind"]))


def test_nothing_varies() -> None:
    with pytest.raises(CostcalcError, match="zoo:lenet5: nothing varies: give the spec choices"):
        find_sweep("zoo:lenet5", SweepAsked())


def test_a_spec_is_read_once(small: Path) -> None:
    def edited(parts: Any, count: int) -> Any:
        small.write_text("input: 1x1x1\n", encoding="utf-8")
        return parts

    whole = rows(find_sweep(str(small), SweepAsked()))
    assert rows(find_sweep(str(small), SweepAsked(), edited)) == whole
