"""The optimum of a plan, against all choices there are."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costcalc.errors import CostcalcError
from costcalc.search.plan import optimum
from costcalc.search.plan.optimum import Change, Choice, best_choice

METRICS = ("multiplies", "params", "weight_memory", "time")


def by_brute_force(places: list[list[Change]], room: dict[str, int], keep_most: str | None) -> Choice | None:
    def goals(choice: Choice) -> tuple[object, ...]:
        taken = [places[place][option] for place, option in enumerate(choice) if option is not None]
        changed = {metric: sum(change[metric] for change in taken) for metric in METRICS}
        second = changed["multiplies"] if keep_most is None else -changed[keep_most]
        fits = all(changed[metric] <= limit for metric, limit in room.items())
        order = [0 if option is None else 1 + option for option in choice]
        return not fits, len(taken), second, order

    best = min(product(*[(None, *range(len(options))) for options in places]), key=goals)
    return None if goals(best)[0] else best


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[list[Change]], dict[str, int], str | None]:
    large = draw(st.sampled_from((3, 50, 10**9)))
    change = st.fixed_dictionaries({metric: st.integers(-large, large // 4) for metric in METRICS})
    places = draw(st.lists(st.lists(change, min_size=1, max_size=2), max_size=6))
    limited = draw(st.sets(st.sampled_from(METRICS), min_size=1))
    total = max(1, len(places))
    room = {metric: draw(st.integers(-large * total // 2, large // 3)) for metric in sorted(limited)}
    return places, room, draw(st.sampled_from((None, None, "params", "multiplies")))


@given(problems())
@settings(max_examples=150, deadline=None)
def test_the_best_of_all_choices(problem: tuple[list[list[Change]], dict[str, int], str | None]) -> None:
    places, room, keep_most = problem
    assert best_choice(places, room, keep_most) == by_brute_force(places, room, keep_most)


@given(problems())
@settings(max_examples=300, deadline=None)
def test_the_greedy_choice_is_the_best_under_one_limit(
    problem: tuple[list[list[Change]], dict[str, int], str | None],
) -> None:
    places, room, _ = problem
    room = {"multiplies": next(iter(room.values()))}
    assert best_choice(places, room) == by_brute_force(places, room, None)


def test_nothing_to_do_and_nothing_to_be_done() -> None:
    assert best_choice([[{"multiplies": -5}]], {"multiplies": 0}) == (None,)
    assert best_choice([[{"multiplies": -5}]], {"multiplies": -6}) is None
    assert best_choice([], {"multiplies": -1, "params": -1}) is None


def test_equal_savings_are_had_from_the_later_place() -> None:
    places = [[{"multiplies": -5, "params": 0}]] * 3
    assert best_choice(places, {"multiplies": -5}) == (None, None, 0)
    assert best_choice(places, {"multiplies": -5, "params": 0}) == (None, None, 0)


def test_without_scipy_one_limit_is_met_and_more_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "scipy", None)
    places = [[{"multiplies": -5, "params": -1}]]
    assert best_choice(places, {"multiplies": -5}) == (0,)
    with pytest.raises(CostcalcError) as caught:
        best_choice(places, {"multiplies": -5, "params": -1})
    assert str(caught.value) == (
        "a plan for more than a limit on multiplies needs scipy: pip install 'costcalc[plan]'"
    )


def test_what_cannot_be_reached_is_known_without_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimum, "_IntegerProgram", None)
    places = [[{"multiplies": -5, "params": 3}, {"multiplies": -1, "params": -2}]] * 3
    assert best_choice(places, {"multiplies": 0, "params": -7}) is None
    assert best_choice(places, {"multiplies": -16, "params": 9}, "params") is None


def test_so_many_options_go_into_a_program_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimum, "MAX_OPTIONS", 3)
    places = [[{"multiplies": -5, "params": -1}]]
    assert best_choice(places * 3, {"params": -1}) == (None, None, 0)
    assert best_choice(places * 4, {"multiplies": -1}) == (None, None, None, 0)
    with pytest.raises(CostcalcError) as caught:
        best_choice(places * 4, {"params": -1})
    assert str(caught.value) == (
        "a plan for more than a limit on multiplies chooses from at most 3 options (limit), and there are 4: "
        "leave layers alone by --keep GLOB, or offer fewer forms by --with"
    )


def test_a_choice_that_takes_too_much_branching_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(1)
    values = [draw.randint(10**8, 2 * 10**8) for _ in range(20)]
    places: list[list[Change]] = [[{"multiplies": -one, "params": one - 3 * 10**8}] for one in values]
    half = {name: sum(place[0][name] for place in places) // 2 for name in ("multiplies", "params")}
    monkeypatch.setattr(optimum, "_WORK", 1000)
    with pytest.raises(CostcalcError) as caught:
        best_choice(places, half)
    assert str(caught.value) == (
        "the exact answer takes too much work: leave layers alone by --keep GLOB, or offer fewer forms by --with"
    )
