"""The names in a roofline's picture: those of the layers that take the longest, none over another."""

from __future__ import annotations

import math
from itertools import combinations

import pytest

from costcalc.application.time import find_time
from costcalc.rendering.plot.roofline import roofline_chart


@pytest.mark.parametrize("network", ["mobilenet_v1", "resnet50", "googlenet", "unet", "vgg16", "densenet121"])
def test_no_name_lies_over_another(network: str) -> None:
    chart = roofline_chart(find_time(f"zoo:{network}", device="rtx4090"))
    roof, points, named = (layer["data"]["values"] for layer in chart["layer"])
    assert named[0] == points[0]
    assert 2 <= len(named) <= 5
    assert all(point in points for point in named)
    rates = [point["rate"] for point in (*points, *roof)]
    per_x = chart["width"] / math.log(roof[-1]["intensity"] / roof[0]["intensity"])
    per_y = chart["height"] / math.log(max(rates) / min(rates))
    for one, other in combinations(named, 2):
        beside = abs(math.log(one["intensity"] / other["intensity"])) * per_x
        below = abs(math.log(one["rate"] / other["rate"])) * per_y
        assert beside >= 120 or below >= 11
