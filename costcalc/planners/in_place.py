"""TinyEngine: sums on an input that dies, depthwise convolutions channel by channel in the place of their input."""

from costcalc.planners.live import PLANNER as LIVE
from costcalc.planners.planner import BY_CHANNEL, OVERWRITES, Planner

PLANNER = Planner(
    name="in_place",
    version="1",
    rules={**LIVE.rules, "add": OVERWRITES, "multiply": OVERWRITES, "depthwise_conv": BY_CHANNEL},
    summary="as live; an add or multiply writes on an input that dies there, a depthwise convolution works by channels",
    source="Lin et al., MCUNet, arXiv:2007.10319, section 3.2 (in-place depth-wise convolution)",
)
