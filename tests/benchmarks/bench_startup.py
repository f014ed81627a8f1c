"""What a whole command costs, as ratios: prints, asserts nothing.

    python tests/benchmarks/bench_startup.py [--rounds N] [--only floor|large|linear]

Each ratio is one of CPU times (user and system) of whole processes, run side by side in turn: medians, and for what
starts up the quartiles of the rounds' own ratios, which a busy machine moves least.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
COSTCALC = str(Path(sys.executable).with_name("costcalc"))
#: As installed: without this, an editable install is compiled anew in every run.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
FLOOR = "import typer, rich.console, rich.table, pydantic, yaml; pydantic.BaseModel"
LOAD = """
import sys, time, yaml
text = open(sys.argv[1], encoding="utf-8").read()
start = time.process_time()
yaml.load(text, Loader=yaml.CSafeLoader)
print(time.process_time() - start)
"""
#: One layer a line, in turn, each with the fields that people write.
LINES = (
    "  - {{type: conv, name: mix_{n}, out_channels: 64, kernel_size: 1, norm: batch, activation: relu}}",
    "  - {{type: separable_conv, out_channels: 64, kernel_size: 3, padding: same}}",
    "  - {{type: depthwise_conv, name: filter_{n}, kernel_size: 3, norm: batch, activation: relu6}}",
    "  - {{type: conv, out_channels: 64, kernel_size: 3, stride: 1, groups: 4, bias: true}}",
)


class Run(NamedTuple):
    seconds: float
    mebibytes: float
    output: str


def run(*command: str) -> Run:
    """A process from start to end: its CPU time, its largest memory and what it printed."""
    child = subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    if child.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)} exited with {child.returncode}")
    return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def spec(layers: int) -> str:
    body = "\n".join(LINES[n % len(LINES)].format(n=n) for n in range(layers))
    return f"name: large\ninput: 32x32x64\nlayers:\n{body}\n"


def floor(rounds: int) -> Iterator[str]:
    yield "of CPU time              ms   of the four imports, paired: quartiles"
    commands = {
        "analyze": (COSTCALC, "analyze", "specs/mobilenet_v1.yaml"),
        "--help": (COSTCALC, "--help"),
        "the four imports": (sys.executable, "-c", FLOOR),
        "python alone": (sys.executable, "-c", "pass"),
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(run(*command).seconds)
    for name, taken in times.items():
        ratios = [a / b for a, b in zip(taken, times["the four imports"], strict=True)]
        low, middle, high = quantiles(ratios, n=4)
        yield f"{name:20} {median(taken) * 1000:6.0f}   {low:.2f} {middle:.2f} {high:.2f}"
    yield "analyze: at most 1.3, aim 1.1"


def large(rounds: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "large.yaml")
        path.write_text(spec(10_000), encoding="utf-8")
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(run(COSTCALC, "analyze", "-f", "table", str(path)).seconds)
            theirs.append(float(run(sys.executable, "-c", LOAD, str(path)).output))
    yield f"10,000 layers, analyze -f table   {median(ours) * 1000:7.0f} ms"
    yield f"yaml.load with CSafeLoader alone  {median(theirs) * 1000:7.0f} ms"
    yield f"ratio                             {median(ours) / median(theirs):7.2f}   (at most 2)"


def linear(rounds: int) -> Iterator[str]:
    base = run(COSTCALC, "analyze", "specs/mobilenet_v1.yaml")
    yield "layers      CPU s   µs/layer      MiB   KiB/layer"
    with tempfile.TemporaryDirectory() as folder:
        for layers in (10_000, 30_000, 100_000):
            path = Path(folder, f"{layers}.yaml")
            path.write_text(spec(layers), encoding="utf-8")
            runs = [run(COSTCALC, "analyze", "-f", "table", str(path)) for _ in range(rounds)]
            seconds, memory = median(r.seconds for r in runs), median(r.mebibytes for r in runs)
            each = (seconds - base.seconds) / layers * 1e6
            size = (memory - base.mebibytes) / layers * 1024
            yield f"{layers:>7,}  {seconds:8.2f}   {each:8.1f}  {memory:7.0f}   {size:9.2f}"


def main() -> None:
    parts = {"floor": (floor, 21), "large": (large, 5), "linear": (linear, 3)}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, help="runs of each command, instead of 21, 5 and 3")
    parser.add_argument("--only", choices=parts, help="one part instead of all three")
    chosen = parser.parse_args()
    run(COSTCALC, "analyze", "specs/mobilenet_v1.yaml")  # leaves everything compiled and cached
    for name, (part, rounds) in parts.items():
        if chosen.only in (None, name):
            for line in part(chosen.rounds or rounds):
                print(line, flush=True)
            print()


if __name__ == "__main__":
    main()
