"""Fuzzing: random and broken specs and models, in as many processes as there are cores; prints figures.

    python tests/fuzz/run.py --seconds 300              for five minutes, as CI does
    python tests/fuzz/run.py --executions 1000000       as before a release
    python tests/fuzz/run.py FILE...                    these again

``generated`` specs make sense, and cost what an evaluator of its own says; ``text`` are mutations of the zoo's; the
others are models with broken bytes. Figures are printed every five minutes, and at the end. What was found is written
to ``--found`` (or, for a case of the tree, to ``tests/fuzz/corpus``), one file for each kind of failure; then the exit
code is 1.
"""

from __future__ import annotations

import argparse
import multiprocessing
import multiprocessing.connection
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

sys.path[:0] = [str(Path(__file__).parent.parent)]

from fuzz.execution import TURNS, Result, execute  # noqa: E402
from fuzz.generator import Generator  # noqa: E402
from fuzz.kinds import Made  # noqa: E402
from fuzz.mutators import Case, models, mutated_model, mutated_text  # noqa: E402

#: A process may have no more memory than that.
MEMORY = 2 << 30

SUFFIXES = (".onnx", ".keras", ".tflite", ".pt2")
#: The fronts, and of how many executions in 20 each gets.
SHARES = {"generated": 6, "text": 8} | dict.fromkeys(SUFFIXES, 1.5)


class Found(NamedTuple):
    """What a case did that it should not."""

    front: str
    seed: int
    signature: str
    story: str
    suffix: str
    data: bytes


class Tally(NamedTuple):
    """What one process did, by front."""

    executions: Counter[str]
    accepted: Counter[str]
    slowest: dict[str, tuple[float, int]]
    mebibytes: dict[str, float]
    found: dict[str, Found]
    times: Counter[str]


def case(front: str, seed: int) -> tuple[Case, list[Made] | None]:
    if front == "generated":
        text, rows = Generator(seed).run()
        return Case(".yaml", text.encode()), rows
    return (mutated_text if front == "text" else mutated_model(front))(seed), None


def fronts(only: list[str] | None) -> list[str]:
    """One round: each front as often as it gets its turn."""
    there = [front for front in SHARES if front not in SUFFIXES or models(front)]
    chosen = [front for front in there if not only or front in only]
    return [front for front in chosen for _ in range(int(2 * SHARES[front]))]


def work(number: int, limits: argparse.Namespace, pending: Path, tell: Callable[[Tally], None]) -> None:
    """One process: seeds number, number + jobs, … until time or executions are over."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    tally = Tally(Counter(), Counter(), {}, {}, {}, Counter())
    turns, seed = fronts(limits.only), limits.seed + number
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    reported = time.monotonic()
    for count in range(limits.executions // limits.jobs):
        if time.monotonic() > limits.end:
            break
        front = turns[count % len(turns)]
        made, rows = case(front, seed)
        path = folder / f"case{made.suffix}"
        path.write_bytes(made.data)
        pending.write_text(f"{front} {seed}")
        with peak_of(tally, front):
            result = execute(path, rows, count // len(turns))
        note(tally, front, seed, made, result)
        seed += limits.jobs
        if time.monotonic() - reported > 60:
            reported = time.monotonic()
            tell(tally)
    pending.unlink()
    tell(tally)


def note(tally: Tally, front: str, seed: int, made: Case, result: Result) -> None:
    tally.executions[front] += 1
    tally.accepted[front] += result.accepted
    tally.times[front] += result.seconds  # type: ignore[assignment]
    tally.slowest[front] = max(tally.slowest.get(front, (0, 0)), (result.seconds, seed))
    if result.finding is not None:
        signature, story = result.finding
        tally.found.setdefault(signature, Found(front, seed, signature, story, *made))


@contextmanager
def peak_of(tally: Tally, front: str) -> Iterator[None]:
    """Note the most memory of a front, where the system tells that of a while."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # from here on, the peak is a new one
    except OSError:
        yield
        return
    yield
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kibibytes = int(status.partition("VmHWM:")[2].split()[0])
    tally.mebibytes[front] = max(tally.mebibytes.get(front, 0), kibibytes / 1024)


def figures(tallies: list[Tally], seconds: float) -> Iterator[str]:
    yield "front       executions   accepted   per CPU second   slowest    memory   the slowest one's seed"
    for front in SHARES:
        done = sum(tally.executions[front] for tally in tallies)
        if not done:
            yield f"{front:10}  {'-':>10}   {'none: no model to start from' if front in SUFFIXES else ''}"
            continue
        accepted = sum(tally.accepted[front] for tally in tallies)
        taken = sum(tally.times[front] for tally in tallies)
        slowest, seed = max(tally.slowest.get(front, (0, 0)) for tally in tallies)
        memory = max(tally.mebibytes.get(front, 0) for tally in tallies)
        yield (
            f"{front:10}  {done:10,}   {accepted / done:8.1%}   {done / taken:14,.0f}   {slowest:5.2f} s"
            f"   {memory:3,.0f} MiB   {seed}"
        )
    total = sum(sum(tally.executions.values()) for tally in tallies)
    yield f"{'all':10}  {total:10,}   in {seconds:,.0f} s"


def fuzz(limits: argparse.Namespace) -> int:
    start = time.monotonic()
    limits.end = start + limits.seconds if limits.seconds else float("inf")
    context = multiprocessing.get_context("fork")
    results: dict[int, Tally] = {}
    found: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        processes, pipes = [], []
        for number in range(limits.jobs):
            receiving, sending = context.Pipe(duplex=False)
            pending = Path(folder, str(number))
            process = context.Process(target=work, args=(number, limits, pending, sending.send))
            process.start()
            sending.close()
            processes.append(process)
            pipes.append(receiving)
        waiting = dict(enumerate(pipes))
        printed = start
        while waiting:
            for pipe in multiprocessing.connection.wait(list(waiting.values()), timeout=10):
                number = pipes.index(pipe)  # type: ignore[arg-type]
                try:
                    results[number] = pipes[number].recv()
                    tell_found(results[number], found, limits.found)
                except EOFError:
                    del waiting[number]
            if time.monotonic() - printed > 300:
                printed = time.monotonic()
                print(*figures([*results.values()], printed - start), sep="\n", flush=True)
        for process in processes:
            process.join()
        died = [path.read_text() for path in Path(folder).iterdir()]
    print(*figures([*results.values()], time.monotonic() - start), sep="\n")
    for place in died:
        print(f"\nFOUND a process that died at: {place}")
    print(f"\n{len(found) + len(died)} found" if found or died else "nothing found")
    return 1 if found or died else 0


def tell_found(tally: Tally, told: set[str], folder: Path) -> None:
    """What is new of what was found: kept at once, for a run that is ended before its end."""
    for signature in tally.found.keys() - told:
        each = tally.found[signature]
        kept = keep(each, folder)
        print(f"\nFOUND {signature}\n{each.front}, seed {each.seed}: {kept}\n{each.story.rstrip()[-3000:]}\n")
        told.add(signature)


def keep(found: Found, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    name = "".join(each if each.isalnum() else "_" for each in found.signature)[:60]
    path = folder / f"{name}_{found.seed}{found.suffix}"
    path.write_bytes(found.data)
    return path


def again(files: list[Path]) -> int:
    worst = 0
    for file in files:
        results = [execute(file, turn=turn) for turn in range(TURNS)]
        said = "accepted" if results[0].accepted else "refused"
        print(f"{file}: {said}, {max(result.seconds for result in results):.2f} s")
        finding = next((result.finding for result in results if result.finding), None)
        if finding is not None:
            print("\n".join(finding))
            worst = 1
    return worst


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="run these again, and nothing else"
    )
    parser.add_argument("--seconds", type=float, help="stop after so long")
    parser.add_argument("--executions", type=int, default=10**9, help="stop after so many")
    parser.add_argument("--seed", type=int, help="the first case's number; by default another in each run")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", action="append", choices=SHARES, help="this front; repeatable")
    parser.add_argument("--found", type=Path, default=Path("fuzz-found"), help="where to write what is found")
    limits = parser.parse_args()
    if limits.files:
        return again(limits.files)
    if limits.seconds is None and limits.executions == 10**9:
        limits.seconds = 60.0
    if limits.seed is None:
        limits.seed = time.time_ns() // 10**6 * 10**6
    print(f"seed {limits.seed}, {limits.jobs} processes", flush=True)
    for suffix in SUFFIXES:
        models(suffix)  # once, before the processes part
    return fuzz(limits)


if __name__ == "__main__":
    sys.exit(main())
