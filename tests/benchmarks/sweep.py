"""How fast a sweep goes through a space of MobileNet V1's kind, on one core, beside numpy doing the bare sums.

    python tests/benchmarks/sweep.py [PIECES]

The space: thirteen widths of five values each at four α and four ρ, 1.95·10¹⁰ variants, of which some pieces are gone
through: counted against a budget, and written to Parquet.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from costcalc.application.sweep import SweepAsked, find_sweep
from costcalc.reading.document import parse
from costcalc.rendering.sweep_parquet import ParquetFile
from costcalc.rewrite.resolution import parse_resolutions
from costcalc.rewrite.width import parse_width_multipliers
from costcalc.search.sweep.compiling import compiled
from costcalc.search.sweep.selecting import Wanted, cost
from costcalc.search.sweep.space import Space, SweepAxis
from costcalc.spec import parse_spec

WIDTHS = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
STRIDED = {1, 3, 5, 11}


def text() -> str:
    """MobileNet V1 with each width to be chosen."""
    choices = "".join(
        f"  w{place}: [{', '.join(str(width * part // 8) for part in (4, 5, 6, 7, 8))}]\n"
        for place, width in enumerate(WIDTHS)
    )
    layers = "".join(
        f"  - {{type: separable_conv, out_channels: $w{place}, stride: {2 if place in STRIDED else 1}}}\n"
        for place in range(len(WIDTHS))
    )
    return (
        f"input: 224x224x3\ndefaults: {{norm: batch, activation: relu}}\nchoices:\n{choices}layers:\n"
        f"  - {{type: conv, out_channels: 32, kernel_size: 3, stride: 2}}\n{layers}"
        "  - global_avg_pool\n  - {type: linear, out_features: 1000}\n"
    )


def space() -> Space:
    """The space of all variants."""
    spec, _ = parse_spec(parse(text(), "mobilenet").data)
    alphas, sizes = parse_width_multipliers("0.25:1:0.25"), parse_resolutions("128:224:32")
    axes = [
        SweepAxis("width_multiplier", tuple(map(str, alphas)), tuple(alphas)),
        SweepAxis("resolution", tuple(map(str, sizes)), tuple(sizes)),
    ]
    for name, values in spec.choices.items():
        assert isinstance(values, list)
        axes.append(SweepAxis(name, tuple(map(str, values)), tuple(values)))
    return compiled(spec, tuple(axes))


def seconds(work: Callable[[], object]) -> float:
    """The least time of three, of this process: others may run."""
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main(count: int) -> None:
    """Print rates and ratios."""
    start = time.perf_counter()
    whole = space()
    print(f"{whole.size:.3g} variants, compiled in {time.perf_counter() - start:.2f} s")
    rows = len(whole.piece(0)) * count
    tables = sum(map(len, whole.tables.values()))
    flat = [np.arange(len(whole.piece(0)), dtype=np.int64) for _ in range(tables)]

    def bare() -> None:
        for _ in range(count):
            total = flat[0]
            for array in flat[1:]:
                total = total + array
            np.count_nonzero(total <= 10**9)

    def counted() -> None:
        for number in range(count):
            cost(whole, number, Wanted({"multiplies": 300_000_000, "params": 3_000_000}))

    def written() -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = ParquetFile(str(Path(folder) / "rows.parquet"))
            for number in range(count):
                file.write(whole, whole.piece(number))
            file.close(whole, [*whole.tables])

    base = seconds(bare)
    print(f"numpy's bare sums of {tables} arrays: {rows / base:.3g} rows/s")
    for name, work in {"counted against a budget": counted, "written to Parquet": written}.items():
        took = seconds(work)
        print(f"{name}: {rows / took:.3g} rows/s, {took / base:.1f} of the bare sums")
    start = time.perf_counter()
    asked = SweepAsked(parse_width_multipliers("0.25:1:0.25"), parse_resolutions("128:224:32"))
    find_sweep("zoo:mobilenet_v1", asked)
    print(f"zoo:mobilenet_v1 at 16 widths and resolutions: {time.perf_counter() - start:.3f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
