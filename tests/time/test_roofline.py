"""Time: the bounds on separable speed-up as published, measured networks, streaming and clocks, and laws."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import costcalc
from costcalc.analysis.time.roofline import COMPUTE, MEMORY, STREAMING, time_on, together
from costcalc.devices import DEVICES
from costcalc.devices.device import Device
from costcalc.dtype import parse_dtype
from costcalc.errors import CostcalcError
from costcalc.rewrite.separable import separable
from costcalc.rewrite.standard import standard
from costcalc.spec.named import find_device
from memory.networks import layers
from random_specs import RandomSpec, specs

INT8 = parse_dtype("int8")
MEASURED = Path(__file__).parent.parent / "reference" / "measured_rtx4090.csv"


def device(rate: int | Fraction = 10**12, bandwidth: int | Fraction | None = None, **more: object) -> Device:
    bus = None if bandwidth is None else Fraction(bandwidth)
    return Device("test", "none", {"int8": Fraction(rate)}, bandwidth=bus, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "channels", "ridge", "printed"),
    [
        (56, 128, 4, "8.41"),
        (56, 128, 8, "8.00"),
        (56, 128, 16, "7.20"),
        (56, 128, 64, "4.45"),
        (56, 128, 150, "1.90"),
        (112, 64, 64, "2.25"),
        (112, 64, 150, "0.96"),  # slower than the standard convolution
    ],
)
def test_the_bound_on_the_speed_up_of_a_separable_convolution(
    size: int, channels: int, ridge: int, printed: str
) -> None:
    network = layers(
        f"{{type: conv, out_channels: {channels}, kernel_size: 3}}", input=f"{size}x{size}x{channels}"
    )
    there = device(bandwidth=Fraction(10**12, ridge))
    before, after = (time_on(version.network, there) for version in (standard(network), separable(network)))
    assert f"{float(before.total.seconds / after.total.seconds):.2f}" == printed


def measured() -> list[dict[str, str]]:
    lines = [line for line in MEASURED.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


@pytest.mark.parametrize("row", measured(), ids=lambda row: f"{row['zoo']}-{row['resolution']}")
def test_what_was_measured_on_an_rtx_4090_is_never_faster_than_the_bound(row: dict[str, str]) -> None:
    resolution = None if row["resolution"] == "224" else row["resolution"]
    network = costcalc.load(f"zoo:{row['zoo']}", resolution=resolution)
    batch = int(row["batch"])
    found = time_on(network, find_device("rtx4090"), batch=batch)
    assert str(found.dtype) == "float16"  # the only one that the device has
    total, seconds = found.total, batch / Fraction(row["images_per_second"])
    assert total.at_least is not None
    assert total.op_by_op is not None
    assert total.at_least <= seconds
    assert total.at_least <= total.op_by_op
    assert Fraction("0.5") < total.op_by_op / seconds < Fraction("1.1")


def test_operations_are_as_the_rules_say() -> None:
    """conv 8x8x4 → 8x8x8, relu, global pool, linear, all int8, at 1000 multiplies and 10 bytes a second."""
    network = layers(
        """
        {type: conv, out_channels: 8, kernel_size: 1, norm: batch, activation: relu}
        global_avg_pool
        flatten
        {type: linear, out_features: 2}
        """
    )
    found = time_on(network, device(1000, 10))
    conv = Fraction(256 + 512 + 32 + 32, 10)  # moving takes longer than 2048 multiplies
    linear = Fraction(8 + 2 + 16 + 8, 10)
    assert [time.at_least for time in found.nodes] == [conv, 0, 0, 0, 0, linear]
    assert [time.op_by_op for time in found.nodes] == [
        conv,
        0,  # folded
        Fraction(1024, 10),
        Fraction(512 + 8, 10),
        0,
        linear,
    ]
    assert [time.bound for time in found.nodes] == [MEMORY, "", "", "", "", MEMORY]
    assert found.total.at_least == conv + linear


def test_maps_and_weights_over_buses_of_their_own_move_at_the_same_time() -> None:
    network = layers("{type: linear, out_features: 10}", input="100")
    there = device(10**9, maps=Fraction(11), weights=Fraction(1040))
    assert time_on(network, there).total.seconds == max(Fraction(110, 11), Fraction(1040, 1040))
    only_weights = device(10**9, weights=Fraction(104))
    assert time_on(network, only_weights).total.seconds == 10


def test_weights_beyond_the_chip_are_streamed_once() -> None:
    network = layers(
        "{type: linear, out_features: 10}\n{type: linear, name: x, out_features: 10}\n{shares: x}", input="10"
    )
    there = device(100, on_chip=150, streaming=Fraction(13))
    found = time_on(network, there)
    # 140 bytes each, shared ones once; 150 stay
    assert [time.at_least for time in found.nodes] == [1, 1 + Fraction(130, 13), 1]
    assert [time.bound for time in found.nodes] == [COMPUTE, STREAMING, COMPUTE]
    assert time_on(network, device(100, on_chip=280, streaming=Fraction(13))).total.seconds == 3
    assert time_on(network, device(100, on_chip=10)).total.seconds == 3  # no rate, no streaming


def test_vgg_on_an_edge_tpu_streams_what_does_not_fit() -> None:
    found = time_on(costcalc.load("zoo:vgg16"), find_device("edge_tpu"))
    weights = sum(one.stored for one in found.moved)
    multiplies = sum(one.multiplies for one in found.moved)
    assert found.total.seconds == Fraction(multiplies, 2 * 10**12) + Fraction(
        weights - 8 * 10**6, 400 * 10**6
    )
    assert Fraction("0.30") < found.total.seconds < Fraction("0.343")  # measured: 343 ms


def test_a_clock_gives_an_estimate_from_low_to_high() -> None:
    network = costcalc.load("zoo:mobilenet_v1_025_vww")
    found = time_on(network, find_device("stm32h743_tinyengine")).total
    multiplies = sum(node.tally.sum("multiplies") for node in network.nodes)
    assert (found.at_least, found.op_by_op) == (None, None)
    assert found.estimate == (
        multiplies / (480 * 10**6 * Fraction("0.533")),
        multiplies / (480 * 10**6 * Fraction("0.453")),
    )
    assert found.seconds == found.estimate[1]


def test_a_dtype_without_a_rate_is_an_error_that_lists_those_there_are() -> None:
    network = layers("{type: linear, out_features: 2}", input="3")
    with pytest.raises(CostcalcError, match='device "rtx4090" has no rate for int8: it has float16'):
        time_on(network, find_device("rtx4090"), INT8)
    with pytest.raises(CostcalcError, match="has no rate for float32: it has int8"):
        time_on(network, find_device("stm32h743_tflm"), parse_dtype("float32"))


def test_mixed_dtypes_the_weights_choose_the_rate_and_each_tensor_moves_its_own_bytes() -> None:
    there = Device("two", "none", {"int8": Fraction(100), "int4": Fraction(200)}, bandwidth=Fraction(10**9))
    network = layers(
        "{type: linear, out_features: 10}\n{type: linear, out_features: 10, dtype: {weights: int4}}",
        input="10",
    )
    found = time_on(network, there, parse_dtype({"weights": "int8", "activations": "int16"}))
    assert [time.at_least for time in found.nodes] == [1, Fraction(1, 2)]
    assert [(one.maps, one.weights) for one in found.moved] == [(40, 140), (40, 90)]


@given(specs())
def test_laws_of_random_networks(spec: RandomSpec) -> None:
    network = costcalc.loads(spec.text)
    found = time_on(network, device(1000, 10), INT8)
    total = found.total
    multiplies = sum(one.multiplies for one in found.moved)
    assert total.at_least is not None
    assert total.op_by_op is not None
    assert total.at_least <= total.op_by_op
    assert time_on(network, device(1000), INT8).total.at_least == Fraction(multiplies, 1000)
    assert time_on(network, device(1000), INT8).total.op_by_op == Fraction(multiplies, 1000)
    for faster in (device(2000, 10), device(1000, 20), device(10**9, 10**9)):
        better = time_on(network, faster, INT8).total
        assert better.at_least is not None
        assert better.at_least <= total.at_least
    assert together(found.nodes) == total


@given(specs(), st.integers(2, 9))
def test_a_batch_takes_longer_than_one_and_no_longer_than_each_by_itself(
    spec: RandomSpec, batch: int
) -> None:
    network = costcalc.loads(spec.text)
    one = time_on(network, device(1000, 10), INT8).total.seconds
    many = time_on(network, device(1000, 10), INT8, batch).total.seconds
    assert one <= many <= batch * one
    assert (
        time_on(network, device(1000), INT8, batch).total.seconds
        == batch * time_on(network, device(1000), INT8).total.seconds
    )


SHIPPED = {
    # devices.md: multiplies per second or per cycle, bytes per second (maps, weights), on chip, streaming
    "rtx4090": ("float16", "82.6e12", "1008e9", "1008e9", 72 * 2**20, None),
    "a100_40gb": ("float16", "156e12", "1555e9", "1555e9", 40 * 2**20, None),
    "h100_sxm": ("float16", "494.5e12", "3350e9", "3350e9", 50 * 2**20, None),
    "jetson_nano": ("float16", "236e9", "25.6e9", "25.6e9", None, None),
    "ethos_u55_256": ("int8", "128e9", "4.0e9", "0.5e9", None, None),
    "edge_tpu": ("int8", "2e12", None, None, 8 * 10**6, "0.4e9"),
    "stm32h743_tflm": ("int8", ("0.0210", "0.0228"), None, None, None, None),
    "stm32h743_cmsis_nn": ("int8", ("0.210", "0.261"), None, None, None, None),
    "stm32h743_xcubeai": ("int8", ("0.381", "0.432"), None, None, None, None),
    "stm32h743_tinyengine": ("int8", ("0.453", "0.533"), None, None, None, None),
}


@pytest.mark.parametrize("name", DEVICES)
def test_shipped_devices_have_the_constants_of_their_sources(name: str) -> None:
    dtype, rate, maps, weights, on_chip, streaming = SHIPPED[name]
    found = find_device(name)
    assert found.name == name
    assert found.dtypes == (dtype,)
    if isinstance(rate, tuple):
        assert found.cycles == {dtype: tuple(map(Fraction, rate))}
        assert found.clock == 480 * 10**6
    else:
        assert found.rates == {dtype: Fraction(rate)}
    assert [found.bandwidth or found.maps, found.bandwidth or found.weights] == [
        None if one is None else Fraction(one) for one in (maps, weights)
    ]
    assert found.on_chip == on_chip
    assert found.streaming == (None if streaming is None else Fraction(streaming))
    assert found.source


def test_every_shipped_device_is_listed() -> None:
    assert set(SHIPPED) == set(DEVICES)
