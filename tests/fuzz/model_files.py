"""Mutated model files: whatever stands in one, an answer or an error of ours, soon and in little memory.

    python tests/fuzz/model_files.py [--count 20000] [--seed 1] [FORMAT ...]

FORMAT is ``tflite``, ``pt2``; all, where none is said. The files that the tests have are changed: bytes of them, words
of their JSON, numbers of a flatbuffer, their ends. Each is read and made a spec. What raises anything but
CostcalcError, or takes longer than 5 s or more memory than 500 MB, is kept beside the script's working folder and
named; then the exit code is 1.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import struct
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from costcalc.errors import CostcalcError
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.dispatch import read_model

IMPORTERS = Path(__file__).parents[1] / "importers"
MAX_SECONDS, MAX_MEMORY = 5.0, 500 * 10**6
_WORD = re.compile(rb'-?\b\d+\b|"[^"\\]*"|null|true|false')
_WORDS = (b"0", b"1", b"-1", b"7", b"224", b"2147483647", b"1099511627776", b"1e99", b'""', b'"x"', b"null")
_MORE_WORDS = (
    b"true",
    b"[]",
    b"{}",
    b"[[]]",
    b'{"as_int":3}',
    b'{"as_none":true}',
    b'"torch.ops.aten.cat.default"',
)
_NUMBERS = (0, 1, 2, 3, 4, 127, 128, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**32 - 4)


def changed_bytes(source: random.Random, data: bytes) -> bytes:
    """A few bytes or numbers of four bytes replaced, moved, or the end cut off."""
    made = bytearray(data)
    for _ in range(source.choice((1, 1, 2, 5, 40))):
        at = source.randrange(len(made))
        if source.random() < 0.5:
            made[at] = source.randrange(256)
        else:
            at &= ~3
            made[at : at + 4] = struct.pack("<I", source.choice(_NUMBERS))
    if source.random() < 0.1:
        one, other = sorted((source.randrange(len(made)), source.randrange(len(made))))
        made[one : one + 64] = made[other : other + 64]
    return bytes(made[: source.randrange(len(made))]) if source.random() < 0.1 else bytes(made)


def changed_archive(source: random.Random, data: bytes) -> bytes:
    """The words of its JSON replaced, exchanged or left out; or bytes of the archive itself."""
    if source.random() < 0.2:
        return changed_bytes(source, data)
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as made:
        file.write(data)
        with zipfile.ZipFile(file) as old, zipfile.ZipFile(made, "w") as new:
            for name in old.namelist():
                text = old.read(name)
                for _ in range(source.choice((0, 1, 1, 2, 5))):
                    text = _other_word(source, text)
                new.writestr(name, text)
        made.seek(0)
        return made.read()


def _other_word(source: random.Random, text: bytes) -> bytes:
    words = list(_WORD.finditer(text))
    if not words:
        return text
    found = source.choice(words)
    by = source.choice((*_WORDS, *_MORE_WORDS, source.choice(words)[0]))
    return text[: found.start()] + by + text[found.end() :]


#: Format -> its ending, where its files are, and how they are changed.
FORMATS: dict[str, tuple[str, Path, Callable[[random.Random, bytes], bytes]]] = {
    "tflite": (".tflite", IMPORTERS / "tflite_model" / "data", changed_bytes),
    "pt2": (".pt2", IMPORTERS / "torch_archive" / "data", changed_archive),
}


def run(name: str, count: int, seed: int, folder: Path) -> list[str]:
    """Read so many mutated files; what went wrong."""
    ending, data, change = FORMATS[name]
    files = [path.read_bytes() for path in sorted(data.glob(f"*{ending}"))]
    source = random.Random(seed)
    path = folder / f"model{ending}"
    problems: list[str] = []
    read = slowest = 0.0
    for number in range(count):
        path.write_bytes(change(source, source.choice(files)))
        start = time.process_time()
        try:
            convert(read_model(str(path), ["x=1x3x32x32"] if source.random() < 0.1 else ()))
            read += 1
        except CostcalcError:
            pass
        except Exception:
            problems.append(f"{name} {number}: {traceback.format_exc(limit=-3)}")
            path.rename(folder / f"{name}_{number}{ending}")
        seconds = time.process_time() - start
        slowest = max(slowest, seconds)
        if seconds > MAX_SECONDS:
            problems.append(f"{name} {number}: {seconds:.1f} s")
            path.rename(folder / f"{name}_{number}{ending}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if memory > MAX_MEMORY:
        problems.append(f"{name}: {memory:,} bytes of memory")
    print(
        f"{name}: {count} files, {int(read)} read, the others refused; slowest {slowest:.2f} s, "
        f"most memory {memory / 1e6:.0f} MB, {len(problems)} problems",
        flush=True,
    )
    return problems


def main(arguments: Sequence[str]) -> int:
    """0 where nothing went wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("format", nargs="*", choices=[*FORMATS, []])
    given = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="model_files_"))
    found = [each for name in given.format or FORMATS for each in run(name, given.count, given.seed, folder)]
    for each in found[:20]:
        print(each)
    if found:
        print(f"{len(found)} problems; the files: {folder}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
