"""Plans, against all choices that there are, on texts of every layout; and what they write."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from costcalc import analyze, load, loads
from costcalc.application.plan import make_plans
from costcalc.errors import CostcalcError, SpecError
from costcalc.network.resolver import resolve_with_places
from costcalc.reading.document import parse
from costcalc.rewrite.version import Rebuild
from costcalc.search.plan import options
from costcalc.search.plan.options import Bench, Offer
from costcalc.search.plan.places import places_of
from costcalc.search.plan.planning import ChangePlan, Goal
from costcalc.spec import parse_spec

SEPARABLE: dict[str, tuple[int, ...]] = {"separable": ()}


def planned(path: Path, text: str, limits: dict[str, int], **goal: Any) -> ChangePlan:
    path.write_text(text, encoding="utf-8")
    return make_plans(str(path), Goal(limits, goal.pop("forms", SEPARABLE), **goal)).best.plan


def costs(text: str) -> dict[str, int]:
    written = analyze(loads(text)).written
    return {"multiplies": written.multiplies, "params": written.params}


def conv_line(draw: random.Random) -> str:
    channels, kernel = draw.choice((4, 8, 16, 24)), draw.choice((3, 5))
    extra = draw.choice(("", ", groups: 1", ", bias: true", ", separable: auto", ", padding: 1"))
    return f"type: conv, out_channels: {channels}, kernel_size: {kernel}{extra}"


def layer_lines(draw: random.Random, number: int) -> list[str]:
    """A layer, or a few, in one of the ways that YAML has."""
    conv, other = conv_line(draw), conv_line(draw)
    bodies = [line.replace(", padding: 1", "") for line in (conv, other)]
    return draw.choice(
        [
            [f"  - {{{conv}}}"],
            ["  - " + conv.replace(", ", "\n    ") + " # in lines"],
            [f"  - {{{conv}, repeat: 2}}"],
            ["  - pair", "  - {type: pair, repeat: 2}"],
            [f"  - &a{number} {{{conv}}}", "  - global_avg_pool", f"  - *a{number}"],
            [
                f"  - {{{conv}, repeat: 1, name: n{number}}} # named",
                "  - {type: pad, channels: [0, 0], padding: 1}",
            ],
            [
                "  - {type: conv, out_channels: 8, kernel_size: 1, separable: never}",
                f"  - {{out_channels: 8, kernel_size: 3, type: conv, name: n{number}}}",
                f"  - {{shares: n{number}}}",
            ],
            [
                "  - type: residual",
                "    shortcut: projection",
                f"    body: [{{{bodies[0]}}}, {{{bodies[1]}}}]",
            ],
            [f"  - {{<<: {{{conv}}}, repeat: 2}}"],
        ]
    )


def random_spec(seed: int) -> str:
    draw = random.Random(seed)
    lines = [line for number in range(draw.randint(1, 4)) for line in layer_lines(draw, number)]
    used = any("pair" in line for line in lines)
    block = [f"      - {{{conv_line(draw)}}} # first", f"      - {{{conv_line(draw)}}}"]
    blocks = ["blocks:", "  pair:", "    layers:", *block] if used else []
    head = ["input: 16x16x8", "defaults: {norm: batch, activation: relu}", *blocks, "layers:"]
    return "\n".join([*head, *lines]) + "\n"


def convolutions(data: Any, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The mappings that are convolutions, in the order of the text, each once however often it is an alias."""
    is_conv = isinstance(data, dict) and data.get("type") == "conv" and data.get("separable") != "never"
    if is_conv and not any(data is one for one in found):
        found.append(data)
    for value in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        convolutions(value, found)
    return found


def all_changed(data: Any, choice: Sequence[int]) -> str:
    """The network with the convolutions that are chosen made separable."""
    changed = copy.deepcopy(data)
    for taken, entry in zip(choice, convolutions(changed, []), strict=True):
        if taken:
            entry["type"] = "separable_conv"
            entry.pop("groups", None)
            entry.pop("separable", None)
    return json.dumps(changed)


def by_brute_force(
    text: str, limits: dict[str, int], keep_most: str | None
) -> tuple[int, dict[str, int]] | None:
    """How many changes the best of all choices has, and what the network costs then."""
    data = yaml.safe_load(text)
    best = None
    for choice in product((0, 1), repeat=len(convolutions(data, []))):
        found = costs(all_changed(data, choice))
        if all(found[name] <= limit for name, limit in limits.items()):
            second = found["multiplies"] if keep_most is None else -found[keep_most]
            key = sum(choice), second, choice
            best = min(best, (key, found)) if best is not None else (key, found)
    return None if best is None else (best[0][0], best[1])


@pytest.mark.parametrize("seed", range(60))
def test_a_plan_is_the_best_of_all_choices(seed: int, tmp_path: Path) -> None:
    draw, text = random.Random(seed), random_spec(seed)
    data = yaml.safe_load(text)
    least = costs(all_changed(data, [1] * len(convolutions(data, []))))
    now = costs(text)
    wanted = draw.choice((["multiplies"], ["params"], ["multiplies", "params"]))
    share = draw.randint(-1, 10)
    limits = {name: least[name] + (now[name] - least[name]) * share // 10 for name in wanted}
    keep_most = draw.choice((None, None, "params", "multiplies"))
    plan = planned(tmp_path / "net.yaml", text, limits, keep_most=keep_most)
    best = by_brute_force(text, limits, keep_most)
    if best is None:
        assert plan.status == "infeasible"
        return
    assert plan.status == ("unneeded" if best[0] == 0 else "fits")
    assert (len(plan.changes), dict(plan.after)) == best
    if plan.text is not None:
        assert costs(plan.text) == best[1]
        assert comments(plan.text) == comments(text)


def comments(text: str) -> list[str]:
    return [line.partition(" # ")[2] for line in text.splitlines() if " # " in line]


SMALL = """\
name: Small
input: 96x96x3 # height x width x channels
defaults: {norm: batch, activation: relu}
layers:
  - {type: conv, name: stem, out_channels: 16, kernel_size: 3, stride: 2, separable: never}
  - {type: conv, out_channels: 32, kernel_size: 3} # the big one
  - type: conv
    out_channels: 64
    kernel_size: 3
    stride: 2
    groups: 1
  - {type: add, inputs: [conv_2, conv_2]}
  - global_avg_pool
  - {type: linear, out_features: 10}
budget: {multiplies: 5M, params: 16k}
"""


def test_what_is_written(tmp_path: Path) -> None:
    plan = planned(tmp_path / "net.yaml", SMALL, {})
    assert plan.text == SMALL.replace(
        "  - {type: conv, out_channels: 32,", "  - {type: separable_conv, name: conv_1, out_channels: 32,"
    ).replace("  - type: conv\n", "  - type: separable_conv\n    name: conv_2\n").replace(
        "    groups: 1\n", ""
    )
    assert plan.limits == {"multiplies": 5_000_000, "params": 16_000}
    assert [(change.layer, change.place.line, change.place.column) for change in plan.changes] == [
        ("conv_1", 6, 12),
        ("conv_2", 7, 11),
    ]
    assert plan.changes[0].saves == {"multiplies": 9_105_408, "params": 4_672 - 752}
    assert plan.not_offered == {"stem": "separable: never"}


def test_forms_of_several_layers(tmp_path: Path) -> None:
    plan = planned(tmp_path / "net.yaml", SMALL, {"multiplies": 12_000_000}, forms={"tucker2": (4, 4)})
    assert plan.text is not None
    lines = [
        "  - {type: conv, name: conv_1_1, out_channels: 4, kernel_size: 1, norm: none, activation: none}",
        "  - {type: conv, name: conv_1_2, out_channels: 4, kernel_size: 3, norm: none, activation: none}",
        "  - {type: conv, name: conv_1, out_channels: 32, kernel_size: 1} # the big one",
    ]
    assert "\n".join(lines) in plan.text
    assert costs(plan.text) == dict(plan.after)


LAYERS = [
    "{type: conv, out_channels: 32, kernel_size: 3, stride: 2, padding: 1, bias: true, norm: none}",
    "{type: conv, name: 'a: b', inputs: [stem], out_channels: 32, kernel_size: 3}",
]


@pytest.mark.parametrize(
    "form",
    ["grouped", "spatial", "bottleneck", "inverted_residual", "bsconv_s", "cp", "ghost", "mixconv", "shift"],
)
@pytest.mark.parametrize("layer", LAYERS)
def test_every_form_is_written_as_it_is_costed(form: str, layer: str, tmp_path: Path) -> None:
    text = SMALL.replace("{type: conv, out_channels: 32, kernel_size: 3}", layer).replace(
        "defaults: {", "defaults: {bias: true, "
    )
    if "a: b" in layer:
        text = text.replace("[conv_2, conv_2]", "[conv_1, conv_1]")
    goal = {"multiplies": costs(text)["multiplies"] - 1}
    plan = planned(
        tmp_path / "net.yaml",
        text,
        goal,
        forms={form: ()},
        keep=("conv_2" if "a: b" not in layer else "conv_1",),
    )
    if plan.status == "infeasible":  # it costs as much, or more
        assert set(plan.not_offered.values()) == {"separable: never", "--keep"}
        assert form in ("inverted_residual", "spatial")
        return
    assert plan.text is not None
    assert [change.to for change in plan.changes] == [form]
    assert costs(plan.text) == dict(plan.after)


def test_resnet50() -> None:
    def plan(multiplies: int, params: int) -> ChangePlan:
        return make_plans(
            "zoo:resnet50", Goal({"multiplies": multiplies, "params": params}, SEPARABLE)
        ).best.plan

    fits = plan(3 * 10**9, 20 * 10**6)
    assert (fits.status, len(fits.changes)) == ("fits", 1)
    nearest = plan(1_500_000_000, 12_000_000)
    assert nearest.status == "infeasible"
    assert nearest.after == {"multiplies": 2_343_674_112, "params": 15_529_729}
    assert nearest.text is None


def test_uses_of_a_block_may_differ() -> None:
    goal = Goal({"multiplies": 3 * 10**9}, SEPARABLE, by_use=True)
    plan = make_plans("zoo:resnet50", goal).best.plan
    assert plan.text is not None
    assert "parameters: {width: required, conv_2_type: conv, out: required, stride: 1}" in plan.text
    assert (
        "{type: $conv_2_type, out_channels: $width, kernel_size: 3, stride: $stride, padding: 1}" in plan.text
    )
    assert plan.text.count("conv_2_type: separable_conv") == len(plan.changes) == 3
    assert analyze(loads(plan.text)).written.multiplies == plan.after["multiplies"] <= 3 * 10**9


def test_mobilenet_from_its_standard_twin(tmp_path: Path) -> None:
    """The standard twin of MobileNet V1 needs every one of its places, but for those that a budget of 600M spares."""
    text = (
        Path("specs/mobilenet_v1.yaml")
        .read_text(encoding="utf-8")
        .replace("separable_conv,", "conv, kernel_size: 3,")
    )
    everything = planned(tmp_path / "net.yaml", text, {"multiplies": 568_740_352})
    assert everything.after == {"multiplies": 568_740_352, "params": 4_231_976}
    assert len(everything.changes) == everything.places - 1
    some = planned(tmp_path / "net.yaml", text, {"multiplies": 1_000_000_000})
    assert all(change.saves["multiplies"] > 200_000_000 for change in some.changes)


def test_widths_and_resolutions_are_tried_from_the_largest(tmp_path: Path) -> None:
    from fractions import Fraction

    from costcalc.rewrite.resolution import parse_resolution

    goal = Goal({"multiplies": 4 * 10**9, "params": 10**8}, SEPARABLE)
    plans = make_plans(
        "zoo:vgg16",
        goal,
        width_multipliers=[Fraction(1, 2), Fraction(3, 4), Fraction(1)],
        resolutions=[parse_resolution("160"), parse_resolution("224")],
    )
    found = [(str(one.width_multiplier), str(one.resolution), one.plan.status) for one in plans.found]
    assert found[0] == ("1", "224", "infeasible")
    first = next(one for one in plans.found if one.plan.status != "infeasible")
    assert plans.best is first
    assert first.plan.text is not None
    again = load_at(
        first.plan.text, f"{float(first.width_multiplier or 1):g}", str(first.resolution), tmp_path
    )
    assert again == dict(first.plan.after)


def load_at(text: str, alpha: str, size: str, folder: Path) -> dict[str, int]:
    (folder / "planned.yaml").write_text(text, encoding="utf-8")
    written = analyze(load(str(folder / "planned.yaml"), width_multiplier=alpha, resolution=size)).written
    return {"multiplies": written.multiplies, "params": written.params}


def test_weights_that_stand_in_two_places_stay(tmp_path: Path) -> None:
    text = """input: 8x8x4
blocks:
  pair:
    layers:
      - {type: conv, name: a, out_channels: 4, kernel_size: 3}
      - {type: conv, name: b, out_channels: 4, kernel_size: 3}
layers:
  - {type: conv, name: stem, out_channels: 4, kernel_size: 3}
  - {type: pair, name: x}
  - {type: pair, name: y, shares: {a: x/a, b: stem}}
"""
    limit = costs(text)["multiplies"] - 1
    plan = planned(tmp_path / "net.yaml", text, {"multiplies": limit})
    assert [change.layer for change in plan.changes] == ["x/a"]  # of both uses
    assert plan.not_offered == {"x/b": "shares weights", "stem": "shares weights"}
    by_use = planned(tmp_path / "net.yaml", text, {"multiplies": limit}, by_use=True)
    assert {"x/a", "y/a"} <= by_use.not_offered.keys()


def offered(text: str, forms: dict[str, tuple[int, ...]]) -> tuple[Bench, list[Offer]]:
    document = parse(text, "net.yaml")
    spec, problems = parse_spec(document.data)
    network, placed = resolve_with_places(spec, problems)
    bench = Bench(network, {"multiplies": 1}, {})
    return bench, bench.offers(
        [(place, forms) for place in places_of(network, placed, document) if not place.kept]
    )


@pytest.mark.parametrize("seed", range(20))
def test_what_forms_add_is_the_same_together_and_one_by_one(seed: int) -> None:
    bench, offers = offered(random_spec(seed), {"separable": (), "low_rank": (), "standard": ()})
    options = [option for offer in offers for option in offer.options]
    assert options
    assert [option.change for option in options] == [bench._change(option.substitutes) for option in options]


def test_the_network_is_rebuilt_once_for_a_form_however_many_places_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = []
    keep = Rebuild.keep
    monkeypatch.setattr(Rebuild, "keep", lambda self, node: (kept.append(node), keep(self, node))[1])
    text = "input: 8x8x4\nlayers: [" + "{type: conv, out_channels: 8, kernel_size: 3}, relu, " * 50 + "]"
    _, offers = offered(text, SEPARABLE)
    assert sum(len(offer.options) for offer in offers) == 50
    assert len(kept) == 50  # each relu, once


def test_more_forms_than_are_tried_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "input: 8x8x4\nlayers: [" + "{type: conv, out_channels: 8, kernel_size: 3}, " * 3 + "]"
    monkeypatch.setattr(options, "MAX_TRIED", 2)
    with pytest.raises(CostcalcError) as caught:
        planned(tmp_path / "net.yaml", text, {"multiplies": 1})
    assert str(caught.value) == (
        "a plan tries at most 2 forms in the places of convolutions (limit), and there are 3: "
        "leave layers alone by --keep GLOB, or offer fewer forms by --with"
    )
    assert planned(tmp_path / "net.yaml", text, {"multiplies": 1}, keep=("conv_2",)).status == "infeasible"


def test_more_measuring_than_is_done_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "input: 8x8x4\nlayers: [" + "{type: conv, out_channels: 8, kernel_size: 3}, " * 3 + "]"
    monkeypatch.setattr(options, "MAX_MEASURED", 8)
    assert planned(tmp_path / "net.yaml", text, {"multiplies": 1}).status == "infeasible"
    with pytest.raises(CostcalcError) as caught:
        planned(tmp_path / "net.yaml", text, {"weight_memory": 1, "peak_memory": 1})
    assert str(caught.value) == (
        "a limit on weight_memory, peak_memory is tried form by form in the whole network, of at most 8 primitives "
        "in all (limit), and there are 9: leave layers alone by --keep GLOB, or offer fewer forms by --with"
    )


def test_the_network_of_a_width_is_resolved_once(tmp_path: Path, resolved: list[object]) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("input: 8x8x4\nlayers: [{type: conv, out_channels: 8, kernel_size: 3}]")
    plans = make_plans(
        str(spec), Goal({"params": 10**6}, SEPARABLE), width_multipliers=[Fraction(1, 2), Fraction(1)]
    )
    assert [one.plan.status for one in plans.found] == ["unneeded", "unneeded"]
    assert len(resolved) == 3  # as written, and at each width


def test_what_is_wrong_at_a_width_is_told_where_it_stands(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("input: 8x8x8\nlayers:\n  - {type: conv, out_channels: 16, kernel_size: 3, groups: 2}\n")
    with pytest.raises(SpecError) as caught:
        make_plans(str(spec), Goal({"params": 1}, SEPARABLE), width_multipliers=[Fraction(9, 16)])
    assert [
        (problem.location.line, problem.message) for problem in caught.value.problems if problem.location
    ] == [(3, 'conv layer "conv_1" on 8x8x8: out_channels (=9) must be divisible by groups (=2)')]
