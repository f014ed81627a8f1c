"""reconcile: riddles of the literature that it must solve, and that it invents nothing."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from costcalc import load
from costcalc.analysis.reconciliation import MOST_ASSUMPTIONS, Answer, Question, reconcile
from costcalc.application.load import load_document
from costcalc.application.variants import load_variants
from costcalc.cli import run
from costcalc.network import Network
from costcalc.rewrite.resolution import parse_resolution
from costcalc.rewrite.width import parse_width_multiplier
from costcalc.spec.published import parse_printed


@cache
def networks(name: str) -> dict[str, Network]:
    path = f"zoo:{name}"
    loaded = load_document(path)
    return {"": loaded.network, **load_variants(path, loaded)}


def ask(
    name: str, metric: str, printed: str, width: str = "", size: str = "", thorough: bool = False
) -> Answer:
    question = Question(
        metric,
        parse_printed(printed),
        parse_width_multiplier(width) if width else None,
        parse_resolution(size) if size else None,
        name,
    )
    return reconcile(question, networks(name), thorough)


class Riddle(NamedTuple):
    """A printed number, what is known, and its explanation: exact value, digits cut or not, what is assumed."""

    name: str
    metric: str
    printed: str
    value: int
    assumed: tuple[str, ...] = ()
    cut: bool = False
    width: str = ""
    size: str = ""


_STEM = "without the stem, the first layer"
_HEAD = "without the classifier, the last layer"
_SLIM = "three numbers a channel of a norm: no gamma, but the statistics"
_MEAN = "its global pool is a function or Tensor.mean: not counted"

#: The best explanation is the first one.
RIDDLES = [
    # right as they are: rounded, and cut
    Riddle("mobilenet_v1", "multiplies", "569M", 568_740_352),
    Riddle("mobilenet_v2", "multiplies", "300M", 300_774_272, (), cut=True),
    Riddle("resnet50", "multiplies", "4.1G", 4_089_184_256),
    # TF-slim's MobileNet V1 at 0.75: the first convolution was left out
    Riddle("mobilenet_v1_slim", "multiplies", "317M", 317_272_704, (_STEM,), width="0.75"),
    Riddle("mobilenet_v1", "multiplies", "317M", 317_271_936, (_STEM,), width="0.75"),
    Riddle("mobilenet_v1", "multiplies", "233M", 233_301_504, (_STEM,), width="0.75", size="192"),
    Riddle("mobilenet_v1", "multiplies", "162M", 162_249_600, (_STEM,), width="0.75", size="160"),
    Riddle("mobilenet_v1", "multiplies", "104M", 104_116_224, (_STEM,), width="0.75", size="128"),
    Riddle("mobilenet_v1", "multiplies", "317M", 317_271_936, ("at width multiplier 0.75", _STEM)),
    # its params: no gamma
    Riddle("mobilenet_v1", "params", "4.24M", 4_242_920, (_SLIM,)),
    Riddle("mobilenet_v1_slim", "params", "4.24M", 4_243_945, (_SLIM,)),
    Riddle(
        "mobilenet_v1",
        "params",
        "4253864",
        4_253_864,
        ("norms with their running statistics, as Keras counts",),
    ),
    Riddle("mobilenet_v1", "params", "4.209M", 4_209_088, ("weights alone, without biases and norms",)),
    Riddle("mobilenet_v1", "params", "3.2M", 3_206_976, (_HEAD,)),
    # the paper's table of standard convolutions leaves out the classifier
    Riddle("mobilenet_v1", "multiplies", "4866M", 4_866_269_184, ("of the standard version", _HEAD)),
    # ResNet-50 at 3.8G: the stride on the first 1x1
    Riddle("resnet50", "multiplies", "3.8G", 3_857_973_248, ("of the variant resnet50_original",), cut=True),
    Riddle("resnet50", "multiplies", "3.86G", 3_857_973_248, ("of the variant resnet50_original",)),
    # MobileNet V2 1.4 by ptflops and thop early in 2020
    Riddle(
        "mobilenet_v2", "multiplies", "610.1M", 610_185_408, ("counted as ptflops-0.6 counts",), True, "1.4"
    ),
    Riddle(
        "mobilenet_v2",
        "multiplies",
        "603.1M",
        603_134_672,
        ("counted as thop-0.0.31 counts", _MEAN),
        False,
        "1.4",
    ),
    Riddle("mobilenet_v2", "multiplies", "582M", 582_195_824, (), False, "1.4"),
    # what today's tools print, exactly
    Riddle(
        "mobilenet_v2",
        "multiplies",
        "314193216",
        314_193_216,
        ("counted as fvcore 0.1.5.post20221221 counts",),
    ),
    Riddle("mobilenet_v1", "multiplies", "1.137G", 1_137_480_704, ("doubled: 2 per multiply-add",)),
    Riddle("mobilenet_v1", "multiplies", "1152658944", 1_152_658_944, ("counted as calflops 0.3.2 counts",)),
    Riddle(
        "googlenet",
        "multiplies",
        "1513907448",
        1_513_907_448,
        ("counted as ptflops 0.7.5 counts; its relu is a function, which counts once, not twice",),
    ),
    Riddle(
        "convnext_tiny",
        "params",
        "28579432",
        28_579_432,
        (
            "counted as thop 0.1.1.post2209072238 counts; its norms over maps are a class of its own "
            "(LayerNorm2d), which counts nothing",
        ),
    ),
    # other sizes, other classes
    Riddle("mobilenet_v1", "multiplies", "291M", 290_675_200, ("at resolution 160x160",)),
    Riddle("mobilenet_v1", "params", "4233001", 4_233_001, ("1001 classes",)),
    Riddle("mobilenet_v1_slim", "multiplies", "568740352", 568_740_352, ("1000 classes",)),
    Riddle("vgg16", "multiplies", "30.9G", 30_940_528_640, ("doubled: 2 per multiply-add",)),
]


@pytest.mark.parametrize(
    "riddle", RIDDLES, ids=lambda r: f"{r.name} {r.metric} {r.printed} {r.width} {r.size}"
)
def test_a_riddle(riddle: Riddle) -> None:
    answer = ask(riddle.name, riddle.metric, riddle.printed, riddle.width, riddle.size)
    best = answer.explanations[0]
    assert tuple(assumption.text for assumption in best.assumptions) == riddle.assumed
    assert (best.value, best.cut) == (riddle.value, riddle.cut)


@pytest.mark.parametrize(
    ("printed", "value", "text"),
    [
        ("610.1M", 610_097_600, "counted as ptflops-0.6 counts"),
        ("610.1M", 610_098_600, "counted as ptflops 0.7.5 counts"),
    ],
)
def test_cut_digits_are_not_all_that_is_searched_for(printed: str, value: int, text: str) -> None:
    found = {one.value: one for one in ask("mobilenet_v2", "multiplies", printed, "1.4").explanations}
    assert [part.text for part in found[value].assumptions] == [text, _MEAN]
    assert not found[value].cut


@pytest.mark.parametrize("printed", ["529M", "1234567891"])
def test_what_nothing_explains_gets_the_nearest(printed: str) -> None:
    answer = ask("mobilenet_v1", "multiplies", printed)
    assert answer.explanations == ()
    assert len(answer.nearest.assumptions) < MOST_ASSUMPTIONS
    wanted = int(answer.question.printed.value)
    assert abs(answer.nearest.value - wanted) <= abs(answer.ours - wanted)


@pytest.mark.parametrize("thorough", [False, True])
def test_explanations_hit_fewest_assumptions_first_and_none_in_vain(thorough: bool) -> None:
    answer = ask("lenet5", "multiplies", "0.83M", thorough=thorough)
    printed = answer.question.printed
    sizes = [len(one.assumptions) for one in answer.explanations]
    assert sizes == sorted(sizes)
    for one in answer.explanations:
        above = one.value - printed.value
        assert 0 <= above < printed.step if one.cut else -printed.step <= 2 * above < printed.step
        assert len({part.axis for part in one.assumptions}) == len(one.assumptions)
        fewer = [other for other in answer.explanations if other is not one and other.cut <= one.cut]
        assert not any(set(other.assumptions) <= set(one.assumptions) for other in fewer)


def test_a_thorough_search_finds_at_least_as_much() -> None:
    quick, whole = (ask("lenet5", "multiplies", "0.83M", thorough=thorough) for thorough in (False, True))
    assert quick.explanations == whole.explanations[: len(quick.explanations)]
    assert len(whole.explanations) > len(quick.explanations)


def test_what_is_given_is_not_searched() -> None:
    answer = ask("lenet5", "multiplies", "0.83M", "1", "32", thorough=True)
    axes = {part.axis for one in answer.explanations for part in one.assumptions}
    assert not axes & {"width", "resolution"}
    assert "convention" in axes


def test_weights_do_not_depend_on_the_resolution() -> None:
    answer = ask("lenet5", "params", "61k", thorough=True)
    assert all(part.axis != "resolution" for one in answer.explanations for part in one.assumptions)


SIBLING = """
input: 8x8x3
layers: [{{type: conv, out_channels: {channels}, kernel_size: 3}}]
variants: [{variant}]
"""


def test_a_variant_is_a_file_beside_the_spec(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "one.yaml"
    spec.write_text(SIBLING.format(channels=4, variant="other"))
    (tmp_path / "other.yaml").write_text(SIBLING.format(channels=5, variant="lenet5"))
    assert run(["reconcile", str(spec), "--multiplies", "8640"]) == 0
    assert "8,640  rounded            1  of the variant other" in capsys.readouterr().out
    assert load(str(tmp_path / "other.yaml")).spec.variants == ["lenet5"]


def test_a_variant_that_is_nowhere_has_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "one.yaml"
    spec.write_text(SIBLING.format(channels=4, variant="resnet5"))
    assert run(["reconcile", str(spec), "--multiplies", "8640"]) == 2
    message = capsys.readouterr().err
    assert message.startswith(
        f'{spec}:4:12: error: variant "resnet5" is neither a file beside the spec nor in the zoo'
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--multiplies", "569M"], 0),
        (["--multiplies", "569M", "--params", "4.2M"], 0),
        (["--multiplies", "569M", "--params", "5M", "--width-multiplier", "1"], 1),
        (["--multiplies", "529M"], 1),
        (["--multiplies", "529M", "--exit-zero"], 0),
        (["--multiplies", "3x"], 2),
        (["--params", "-1"], 2),
        (["--multiplies", "569M", "--resolution", "0"], 2),
        (["--multiplies", "569M", "--resolution", "8x8x8"], 2),
        ([], 2),
    ],
)
def test_the_exit_code(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["reconcile", "zoo:mobilenet_v1", *words]) == code
    out, err = capsys.readouterr()
    assert bool(err) == (code == 2)
    assert bool(out) == (code != 2)


def test_the_table_says_what_was_asked_and_what_is_exact(capsys: pytest.CaptureFixture[str]) -> None:
    run(["reconcile", "zoo:mobilenet_v1", "--multiplies", "317M", "--width-multiplier", "0.75"])
    assert capsys.readouterr().out.splitlines() == [
        "MobileNet V1 at width multiplier 0.75: multiplies printed as 317M",
        "exact, by our own counting: 325,400,448",
        "      exact  digits   assumptions  explanation",
        "--------------------------------------------------------------------",
        "317,271,936  rounded            1  without the stem, the first layer",
        "tried 27 combinations; by chance 0.058 of them would match 317M",
    ]


def test_nothing_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    run(
        [
            "reconcile",
            "zoo:mobilenet_v1",
            "--multiplies",
            "529M",
            "--width-multiplier",
            "1",
            "--resolution",
            "224",
        ]
    )
    out = capsys.readouterr().out
    assert "nothing explains it; the nearest is 556,878,336, without the classifier, the last layer; " in out


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    run(["reconcile", "zoo:mobilenet_v1", "--params", "4.24M", "-f", "json"])
    (answer,) = json.loads(capsys.readouterr().out)["answers"]
    assert answer == {
        "metric": "params",
        "printed": "4.24M",
        "exact": 4_231_976,
        "explained": True,
        "explanations": [
            {"value": 4_242_920, "digits": "rounded", "assumptions": [{"axis": "norms", "text": _SLIM}]}
        ],
        "nearest": None,
        "tried": 21,
        "by_chance": pytest.approx(13 * 1.5 * 0.01 / 4.24 / 1.3862943611),
    }


def test_what_would_match_by_chance() -> None:
    """At one digit a window of 1.5M around 4M; the numbers near lie over two octaves."""
    answer = ask("mobilenet_v1", "params", "4M")
    assert (answer.tried, answer.near) == (1, 1)
    assert answer.by_chance == pytest.approx(1.5 / 4 / 1.3862943611)
    thorough = ask("mobilenet_v1", "params", "4M", thorough=True)
    assert thorough.tried > thorough.near > 1
    assert thorough.by_chance == pytest.approx(thorough.near * answer.by_chance)
    digits = ask("mobilenet_v1", "params", "4.000M", thorough=True)
    assert digits.by_chance == pytest.approx(thorough.by_chance / 1000)


def test_chance_says_about_what_chance_does() -> None:
    """Over numbers spread evenly on a log scale, the matches are about as many as was said beforehand."""
    said = found = 0.0
    for step in range(30):
        printed = round(300 * 2 ** (step / 30))
        answer = ask("mobilenet_v1", "multiplies", f"{printed}M", thorough=True)
        said += answer.by_chance
        found += len({one.value for one in answer.explanations})
    assert said / 2 < found < said * 2
