"""What the largest specs that are accepted take, and what it takes to refuse larger ones: prints, asserts nothing.

    python tests/benchmarks/bench_limits.py [--only WORD]

Each spec is under 1 MB, and as large as a limit allows in one way. No accepted one is to take above 5 s or 500 MB
with any command, no refused one above 5 s (2 s where it is refused for its size). Time is CPU time (user and system) of
the whole process, memory its largest.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from largest_specs import LARGEST, TOO_LARGE  # noqa: E402 - the path comes first

COMMANDS = (
    "validate",
    "check -v --max-params 1G",
    "analyze",
    "analyze --full",
    "analyze --expand",
    "analyze --by block",
    "analyze --width-multiplier 0.5",
    "analyze --convention fvcore",
    "analyze -f json",
    "analyze -f csv",
    "analyze -f markdown",
    "analyze -f html",
    "memory",
    "analyze -f json --expand",
    "analyze -f csv --expand",
    "analyze -f markdown --expand",
    "analyze -f openmetrics",
    "analyze -f model-explorer",
    "check -f json --max-params 1G",
    "memory --order best",
    "time --device stm32h743_tflm",
    "alternatives",
    "plan --multiplies 1000",
    "plan --params 1M --width-multiplier 0.5,1",
    "sweep --width-multiplier 0.5,1",
    "diff @ @",
    "explain @ nosuch",
    "explain @ conv_1",
    "convert --to pytorch",
    "convert --to keras",
    "convert --to onnx -o @.onnx --force",
    "report -o @.html",
    "plot --what cost -o -",
    "plot --what memory -o -",
    "plot --what architecture -o -",
    "baseline update --baseline @.json",
)


def run(command: str, path: Path) -> tuple[int, float, float]:
    """The exit code of a command on a spec (its last word, or each ``@``), its seconds, its MB."""
    words = [word.replace("@", str(path)) for word in command.split()]
    if str(path) not in words:
        words.append(str(path))
    process = subprocess.Popen(
        [sys.executable, "-m", "costcalc", *words],
        cwd=path.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)

    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def measured(only: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        for specs, commands, due in ((LARGEST, COMMANDS, 0), (TOO_LARGE, ("validate",), 2)):
            for name, text in specs.items():
                path = Path(folder) / "spec.yaml"
                path.write_text(text, encoding="utf-8")
                for command in commands:
                    if only in f"{name}: {command}":
                        code, seconds, memory = run(command, path)
                        slow = "  <<<" if seconds > 5 or memory > 500 else ""
                        if command == "validate" and code != due:
                            slow += f"  <<< not {due}"  # else it is not measured what it stands for
                        yield f"{name:<36} {len(text):>8,} {command:<42} {code} {seconds:6.2f} s {memory:6.0f} MB{slow}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--only", default="", help="a part of the spec's name and the command, as they are printed"
    )
    for line in measured(parser.parse_args().only):
        print(line, flush=True)


if __name__ == "__main__":
    main()
