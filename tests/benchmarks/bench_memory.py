"""What memory and time take of graphs of more and more steps: prints, asserts nothing.

    python tests/benchmarks/bench_memory.py

Seconds of CPU for each network: its steps under a planner with what is alive at each, the best order, its time on a
device. Ten times the steps are to take ten times as long: the last column is microseconds a step, all together.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from costcalc.analysis.memory.order import best_order  # noqa: E402 - the path comes first
from costcalc.analysis.memory.peak import planned  # noqa: E402
from costcalc.analysis.memory.steps import steps_of  # noqa: E402
from costcalc.analysis.time.roofline import time_on  # noqa: E402
from costcalc.devices.device import Device  # noqa: E402
from costcalc.network import Network  # noqa: E402
from costcalc.planners import planner  # noqa: E402
from memory.networks import INT8, layers  # noqa: E402

STEPS = (1_000, 3_000, 10_000, 30_000)
DEVICE = Device("test", "none", {"int8": Fraction(10**12)}, bandwidth=Fraction(10**11))


def chain(count: int) -> Iterator[str]:
    """Convolutions one behind the other, each of other channels."""
    for index in range(count):
        yield f"{{type: conv, out_channels: {4 + index % 7}, kernel_size: 3}}"


def residuals(count: int) -> Iterator[str]:
    """Blocks of three convolutions and a sum."""
    widen, narrow = (f"{{type: conv, out_channels: {width}, kernel_size: 1}}" for width in (8, 4))
    body = f"[{widen}, {{type: depthwise_conv}}, {narrow}]"
    for _ in range(count // 4):
        yield f"{{type: residual, body: {body}}}"


def branches(count: int) -> Iterator[str]:
    """Four paths of two convolutions, joined."""
    path = "[{type: conv, out_channels: 6, kernel_size: 1}, {type: conv, out_channels: 1, kernel_size: 3}]"
    for _ in range(count // 9):
        yield f"{{type: branches, merge: concat, paths: [{', '.join([path] * 4)}]}}"


def long_skips(count: int) -> Iterator[str]:
    """Sums of what was made one step and fifty steps before."""
    yield "{type: conv, name: l0, out_channels: 4, kernel_size: 1}"
    for index in range(1, count):
        yield f"{{type: add, name: l{index}, inputs: [l{index - 1}, l{max(0, index - 50)}]}}"


def seconds(work: Callable[[], object]) -> float:
    """The CPU time that some work takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def measured(network: Network) -> list[float]:
    """Seconds of each part of the work on a network."""
    steps = steps_of(network, planner("in_place"), INT8)
    return [
        seconds(lambda: planned(steps_of(network, planner("in_place"), INT8))),
        seconds(lambda: best_order(steps)),
        seconds(lambda: time_on(network, DEVICE)),
    ]


def main() -> None:
    """Print a line for each network."""
    print(f"{'network':<12}{'steps':>8}{'alive':>9}{'best order':>12}{'time':>9}{'us a step':>11}")
    for kind in (chain, residuals, branches, long_skips):
        for count in STEPS:
            network = layers("\n".join(kind(count)))
            steps = len(steps_of(network, planner("in_place"), INT8).steps)
            found = measured(network)
            alive, best, there = (f"{each:.3f}" for each in found)
            each = sum(found) / steps * 1e6
            print(f"{kind.__name__:<12}{steps:>8,}{alive:>9}{best:>12}{there:>9}{each:>11.1f}")


if __name__ == "__main__":
    main()
