from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from costcalc.tally import TENSOR_QUANTITIES, Tally

CONV = Tally.of("conv", multiplies=864, bias_additions=32, weights=27, biases=1)
NORM = Tally.of("batch_norm", affine=64, statistics=64, inputs=400)

tallies = st.dictionaries(
    st.tuples(
        st.sampled_from(["conv", "depthwise_conv", "linear"]),
        st.sampled_from(["multiplies", "outputs", "weights", "biases"]),
    ),
    st.integers(0, 10**30),
).map(Tally)


def test_facts_are_named_by_kind_and_quantity() -> None:
    assert CONV.facts == {
        ("conv", "multiplies"): 864,
        ("conv", "bias_additions"): 32,
        ("conv", "weights"): 27,
        ("conv", "biases"): 1,
    }


def test_a_quantity_sums_over_the_kinds() -> None:
    both = CONV + Tally.of("linear", multiplies=1000, weights=1000)
    assert (both.sum("multiplies"), both.sum("weights"), both.sum("slopes")) == (1864, 1027, 0)


def test_adding_changes_neither() -> None:
    before = dict(CONV.facts), dict(NORM.facts)
    assert (CONV + CONV).sum("multiplies") == 1728
    assert (CONV + NORM).facts == {**CONV.facts, **NORM.facts}
    assert (dict(CONV.facts), dict(NORM.facts)) == before


def test_zeros_are_as_good_as_absent() -> None:
    assert Tally() == Tally.of("conv", multiplies=0)
    assert hash(Tally()) == hash(Tally.of("conv", multiplies=0))
    assert Tally() != Tally.of("conv", multiplies=1)
    assert Tally.of("conv", multiplies=1) != Tally.of("linear", multiplies=1)
    assert Tally() != {}


def test_empty_tallies_share_nothing() -> None:
    assert Tally().facts == Tally.total([]).facts == {}
    assert repr(Tally.of("add", additions=3)) == "Tally({('add', 'additions'): 3})"


def test_using_weights_again_costs_no_tensors() -> None:
    assert CONV.without_tensors() == Tally.of("conv", multiplies=864, bias_additions=32)
    assert CONV.tensors() == Tally.of("conv", weights=27, biases=1)
    assert NORM.without_tensors() == Tally.of("batch_norm", inputs=400)


@given(tallies, tallies, tallies)
def test_addition_is_that_of_numbers(a: Tally, b: Tally, c: Tally) -> None:
    assert a + b == b + a
    assert (a + b) + c == a + (b + c) == Tally.total([a, b, c])
    assert a + Tally() == a
    assert hash(a + b) == hash(b + a)
    for quantity in ("multiplies", "outputs", "weights", "biases"):
        assert (a + b).sum(quantity) == a.sum(quantity) + b.sum(quantity)


@given(tallies)
def test_tensors_and_the_rest_make_the_whole(tally: Tally) -> None:
    assert tally.tensors() + tally.without_tensors() == tally
    assert {quantity for _, quantity in tally.tensors().facts} <= TENSOR_QUANTITIES
