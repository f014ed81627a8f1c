"""What reading a spec's text costs, against PyYAML on the same text: prints, asserts nothing.

    python tests/benchmarks/bench_reading.py [--rounds N]

Times are CPU times within a process of its own each, medians; memory is the process's largest. The refused
texts at the end are to take under two seconds and 500 MB.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent.parent
LAYER = "  - {type: conv, out_channels: 64, kernel_size: 3, padding: same, norm: batch, activation: relu}\n"
TEXT = f"text = 'input: 32x32x3\\nlayers:\\n' + {LAYER!r} * LAYERS\n"
PARSERS = {
    "events of CSafeLoader": "get = yaml.CSafeLoader(text).get_event\nwhile get() is not None: pass",
    "yaml.load, CSafeLoader": "yaml.load(text, Loader=yaml.CSafeLoader)",
    "costcalc": "document = parse(text, 'x')",
}
#: Each an expression for a text.
REFUSED = {
    "100,000 levels, flow": "'[' * 100_000 + ']' * 100_000",
    "100,000 levels, unclosed": "'{a: ' * 100_000",
    "100,000 levels, block": "'- ' * 100_000",
    "alias bomb": "'- &a0 [x, x]\\n' + ''.join(f'- &a{n + 1} [*a{n}, *a{n}, *a{n}]\\n' for n in range(60))",
    "merge bomb": "'- &a {' + ','.join(f'k{n}: 1' for n in range(1000)) + '}\\n' + '- {<<: *a}\\n' * 20_000",
    "million duplicate keys": "'a: 1\\n' * 10**6",
    "million %TAG lines": "''.join(f'%TAG !a{n}! x\\n' for n in range(10**6))",
    "32 Mi control characters": "'\\x01' * (2**25 - 1)",
    "32 Mi characters, unclosed": "'a: \"' + 'x' * (2**25 - 10)",
    "million values and one, list": "'[' + '1,' * 10**6 + ']'",
    "million values and one, lists": "'[' + '[],' * 10**6 + ']'",
    "million values and one, mapping": "'\\n'.join(f'k{n}: 1' for n in range(10**6))",
}
PROGRAM = """
import resource, time, yaml
from costcalc.errors import SpecError
from costcalc.reading.document import parse
{text}
start = time.process_time()
try:
    {body}
except SpecError as error:
    last = str(error.problems[-1])
else:
    last = ""
print(time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, last[:60])
"""


def run(text: str, body: str) -> tuple[float, float, str]:
    """Seconds, MiB and the last problem of a program that does something to a text."""
    program = PROGRAM.format(text=text, body=body.replace("\n", "\n    "))
    output = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    seconds, memory, last = output.split(" ", 2)
    return float(seconds), float(memory), last.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="runs of each")
    rounds = parser.parse_args().rounds
    for layers in (10_000, 100_000):
        text = TEXT.replace("LAYERS", str(layers))
        results = {name: [run(text, body) for _ in range(rounds)] for name, body in PARSERS.items()}
        base = median(seconds for seconds, _, _ in results["yaml.load, CSafeLoader"])
        print(f"{layers:,} layers")
        for name, runs in results.items():
            seconds, memory = median(one[0] for one in runs), median(one[1] for one in runs)
            print(
                f"  {name:<24} {seconds * 1000:8.0f} ms {seconds / base:6.2f} of yaml.load {memory:6.0f} MiB"
            )
    print("refused")
    for name, text in REFUSED.items():
        seconds, memory, last = run(f"text = {text}", "parse(text, 'x')")
        print(f"  {name:<32} {seconds:6.2f} s {memory:5.0f} MiB   {last}")


if __name__ == "__main__":
    main()
