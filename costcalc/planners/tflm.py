"""TensorFlow Lite Micro: relu and relu6 are part of the operation before them, other functions of elements are not."""

from costcalc.kinds import ACTIVATIONS
from costcalc.planners.live import PLANNER as LIVE
from costcalc.planners.planner import OWN, Planner

PLANNER = Planner(
    name="tflm",
    version="1",
    rules={**LIVE.rules, **dict.fromkeys(ACTIVATIONS - {"relu", "relu6"}, OWN), "elementwise": OWN},
    alignment=16,
    summary="as live, but activations other than relu and relu6 have buffers of their own; 16-byte alignment",
    source="TensorFlow Lite Micro, greedy_memory_planner.cc and MicroArenaBufferAlignment(); what fits is no plan: "
    "a greedy planner may leave gaps",
)
