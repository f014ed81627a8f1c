"""What ``costcalc check`` takes over many small specs, as ratios: prints, asserts nothing.

    python tests/benchmarks/bench_check.py [--specs N] [--rounds N]

The measure is what PyYAML's C loader takes to load the same texts. Times are CPU times (user and system) of
whole processes, medians of rounds that run in turn; "beyond start-up" is less what a check of one spec takes.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

LOAD = """
import sys, time, yaml
texts = [open(path, encoding="utf-8").read() for path in sys.argv[1:]]
start = time.process_time()
for text in texts:
    yaml.load(text, Loader=yaml.CSafeLoader)
print(time.process_time() - start)
"""
CHANNELS = (8, 12, 16, 24, 32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384)
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "CI")
}


def small_spec(number: int) -> str:
    """A network of 10 to 16 layers, as a search over architectures would write it; the same for a number."""
    choose = random.Random(number)
    widths = sorted(choose.choices(CHANNELS, k=choose.randint(6, 12)))
    layers = [f"{{type: conv, name: stem, out_channels: {widths[0]}, kernel_size: 3, stride: 2}}"]
    for index, width in enumerate(widths[1:]):
        stride = ", stride: 2" if index % 3 == 1 else ""
        kernel = choose.choice((3, 3, 5))
        kind = choose.choice(("separable_conv", "separable_conv", "conv"))
        layers.append(
            f"{{type: {kind}, name: block{index}, out_channels: {width}, kernel_size: {kernel}{stride}}}"
        )
    layers += ["global_avg_pool", "{type: dropout, rate: 0.2}", "{type: linear, out_features: 10}"]
    listed = "".join(f"  - {layer}\n" for layer in layers)
    return (
        f"name: candidate-{number}\ninput: 96x96x3\ndefaults: {{norm: batch, activation: relu}}\n"
        f"layers:\n{listed}budget: {{multiplies: 4G, params: 8M}}\n"
    )


def cpu(words: Sequence[str], folder: str) -> tuple[float, str]:
    """The CPU time of a process from start to end, and what it printed."""
    child = subprocess.Popen(words, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(words[:4])} … failed: {child.returncode}\n{output[:2000]}")
    return usage.ru_utime + usage.ru_stime, output


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--specs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    costcalc = [sys.executable, "-m", "costcalc", "check"]
    with tempfile.TemporaryDirectory() as folder:
        names = [f"{number:05}.yaml" for number in range(options.specs)]
        for number, name in enumerate(names):
            Path(folder, name).write_text(small_spec(number), encoding="utf-8")
        half = names[: len(names) // 2]
        times: dict[str, list[float]] = {"load": [], "start-up": [], "half": [], "check": []}
        for _ in range(options.rounds):
            times["load"].append(float(cpu([sys.executable, "-c", LOAD, *names], folder)[1]))
            times["start-up"].append(cpu([*costcalc, names[0]], folder)[0])
            times["half"].append(cpu([*costcalc, *half], folder)[0])
            times["check"].append(cpu(costcalc, folder)[0])
    load, start, part, check = (median(times[key]) for key in ("load", "start-up", "half", "check"))
    print(f"{options.specs} specs; CSafeLoader loads their texts in {load * 1000:.0f} ms")
    print(f"costcalc check: {check * 1000:.0f} ms, of which start-up with one spec {start * 1000:.0f} ms")
    print(f"beyond start-up: {(check - start) / load:.2f} times the loader (aim: 2)")
    print(f"half the specs: {(part - start) / (check - start):.2f} of that (linear: 0.50)")


if __name__ == "__main__":
    main()
