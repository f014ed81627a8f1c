"""Laws of traffic and time over random networks and devices, and closed forms of intensity at any size."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

import costcalc
from costcalc.analysis.time.roofline import time_on
from costcalc.analysis.time.traffic import traffic
from costcalc.devices.device import Device
from costcalc.dtype import BITS, FLOAT32, parse_dtype
from memory.networks import INT8, layers
from random_specs import RandomSpec, specs

RATES = ("rate", "bandwidth", "maps", "weights", "streaming", "on_chip", "clock")
#: A factor for each rate, by which another device has more of it.
faster = st.fixed_dictionaries({name: st.fractions(1, 9, max_denominator=7) for name in RATES})


def devices(factors: dict[str, Fraction]) -> list[Device]:
    """A device of each sort, its rates so many times what they are."""
    rates = {"int8": 1000 * factors["rate"]}
    low, high = 3 * factors["rate"], 4 * factors["rate"]
    return [
        Device("one bus", "none", rates, bandwidth=10 * factors["bandwidth"]),
        Device("two buses", "none", rates, maps=10 * factors["maps"], weights=5 * factors["weights"]),
        Device("compute alone", "none", rates),
        Device(
            "streaming",
            "none",
            rates,
            bandwidth=10 * factors["bandwidth"],
            on_chip=int(100 * factors["on_chip"]),
            streaming=7 * factors["streaming"],
        ),
        Device("clock", "none", {}, clock=int(1000 * factors["clock"]), cycles={"int8": (low, high)}),
    ]


@given(specs(), faster, st.integers(1, 9))
def test_no_device_is_slower_for_having_more_of_anything(
    spec: RandomSpec, factors: dict[str, Fraction], batch: int
) -> None:
    network = costcalc.loads(spec.text)
    for slow, fast in zip(devices(dict.fromkeys(RATES, Fraction(1))), devices(factors), strict=True):
        before, after = (time_on(network, there, batch=batch).total for there in (slow, fast))
        assert after.seconds <= before.seconds
        if before.op_by_op is not None and after.op_by_op is not None:
            assert after.op_by_op <= before.op_by_op
        if before.estimate is not None and after.estimate is not None:
            assert after.estimate[0] <= before.estimate[0]


@given(specs(), st.integers(1, 9), st.fractions(Fraction(1, 9), 10**12))
def test_without_traffic_time_is_multiplies_over_the_rate(
    spec: RandomSpec, batch: int, rate: Fraction
) -> None:
    analysis = costcalc.analyze(costcalc.loads(spec.text))
    for version in analysis.versions.names:
        network, multiplies = analysis.versions.network(version), analysis.total(version).multiplies
        found = time_on(network, Device("test", "none", {"int8": rate}), batch=batch).total
        assert found.at_least == found.op_by_op == batch * multiplies / rate


@given(specs(), st.integers(2, 9))
def test_a_batch_multiplies_maps_and_not_weights(spec: RandomSpec, batch: int) -> None:
    network = costcalc.loads(spec.text)
    for one, many in zip(traffic(network, INT8), traffic(network, INT8, batch), strict=True):
        assert (many.multiplies, many.maps) == (batch * one.multiplies, batch * one.maps)
        assert (many.weights, many.stored) == (one.weights, one.stored)
    analysis = costcalc.analyze(network)
    assert analysis.given(batch=batch).written.params == analysis.written.params
    assert analysis.given(batch=batch).written["peak_memory"] == analysis.written["peak_memory"]


@given(
    st.sampled_from(["float32", "float16", "bfloat16", "int16", "int8"]),
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.integers(2, 300),
    st.integers(2, 300),
    st.sampled_from([2, 3, 5, 7]),
)
def test_closed_forms_of_intensity(
    dtype: str, size: tuple[int, int], channels: int, out: int, kernel: int
) -> None:
    """At stride 1, biases left out: multiplies per byte of what is read and written once."""
    height, width = size
    network = layers(
        f"""
        {{type: conv, out_channels: {out}, kernel_size: {kernel}, inputs: [input]}}
        {{type: depthwise_conv, kernel_size: {kernel}, inputs: [input]}}
        {{type: conv, out_channels: {out}, kernel_size: 1, inputs: [input]}}
        {{type: global_avg_pool, inputs: [input]}}
        flatten
        {{type: linear, out_features: {out}, bias: false}}
        """,
        input=f"{height}x{width}x{channels}",
    )
    b, positions, taps = BITS[dtype] // 8, height * width, kernel * kernel
    standard, depthwise, pointwise, _, _, linear = traffic(network, parse_dtype(dtype).over(FLOAT32))
    assert standard.intensity == 1 / (
        b * (Fraction(1, taps * out) + Fraction(1, taps * channels) + Fraction(1, positions))
    )
    assert depthwise.intensity == 1 / (b * (Fraction(2, taps) + Fraction(1, positions)))
    assert pointwise.intensity == 1 / (
        b * (Fraction(1, channels) + Fraction(1, out) + Fraction(1, positions))
    )
    assert linear.intensity == 1 / (b * (Fraction(1, channels) + Fraction(1, out) + 1))
