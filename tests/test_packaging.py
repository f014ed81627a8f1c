"""What an installed costcalc holds, and that it finds its zoo: from a wheel, and from an editable install."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from email.parser import Parser
from pathlib import Path

import pytest

from costcalc import __version__
from costcalc.errors import CostcalcError
from costcalc.reading.zoo import zoo_names, zoo_path

ROOT = Path(__file__).parent.parent
ZOO = sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))
PRINT_ZOO = "from costcalc.reading.zoo import *; print(*map(zoo_path, zoo_names()), sep='\\n')"

Build = Callable[[str], Path]


def python(*arguments: str | Path, cwd: Path, **variables: str) -> str:
    """What this Python prints when it runs with these arguments."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        check=True,
        cwd=cwd,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def build(target: str, folder: Path) -> Path:
    """The wheel that the build backend makes of this checkout, without a network."""
    folder.mkdir()
    python("-m", "hatchling", "build", "--target", target, "--directory", folder, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    options = ["--quiet", "--no-deps", "--no-index", "--no-compile", "--target", str(folder)]
    python("-m", "pip", "install", *options, wheel, cwd=ROOT)
    return folder


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("packaging") / "wheel")


@pytest.fixture(scope="module")
def site(wheel: Path) -> Path:
    return install(wheel, wheel.parent.parent / "site")


def test_a_wheel_finds_its_zoo(site: Path, tmp_path: Path) -> None:
    code = f"import costcalc; print(costcalc.__file__); {PRINT_ZOO}"
    module, *specs = python("-c", code, cwd=tmp_path, PYTHONPATH=str(site)).splitlines()
    assert Path(module) == site / "costcalc/__init__.py"
    assert [Path(spec) for spec in specs] == [site / f"costcalc/_zoo/{name}.yaml" for name in ZOO]
    for spec in specs:
        assert Path(spec).read_bytes() == (ROOT / "specs" / Path(spec).name).read_bytes()


def test_a_wheel_has_what_pages_are_made_of(site: Path, tmp_path: Path) -> None:
    folder = Path("costcalc/rendering/html/templates")
    files = sorted(path.name for path in (ROOT / folder).iterdir())
    assert {"page.html", "page.css", "page.js"} <= {*files}
    for name in files:
        assert (site / folder / name).read_bytes() == (ROOT / folder / name).read_bytes()
    pytest.importorskip("jinja2")
    pytest.importorskip("vl_convert")
    python(*("-m", "costcalc", "report", "zoo:lenet5", "-o", "x.html"), cwd=tmp_path, PYTHONPATH=str(site))
    assert (tmp_path / "x.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_wheel_finds_its_topics(site: Path, tmp_path: Path) -> None:
    for page in (ROOT / "docs/topics").glob("*.md"):
        assert (site / "costcalc/_topics" / page.name).read_bytes() == page.read_bytes()
    printed = python("-m", "costcalc", "explain", "padding", cwd=tmp_path, PYTHONPATH=str(site))
    assert printed.startswith("Padding\n\n`padding` of a convolution")


def test_a_wheel_runs(site: Path, tmp_path: Path) -> None:
    printed = python(
        "-m", "costcalc", "analyze", "-f", "json", "zoo:lenet5", cwd=tmp_path, PYTHONPATH=str(site)
    )
    written = json.loads(printed)["totals"]["written"]
    assert (written["multiplies"], written["params"]) == (416_520, 61_706)
    assert (site / "bin/costcalc").exists()


def test_an_editable_install_finds_its_zoo(tmp_path: Path) -> None:
    wheel = build("wheel:editable", tmp_path / "wheel")
    with zipfile.ZipFile(wheel) as archive:
        assert not [name for name in archive.namelist() if name.endswith((".py", ".yaml"))]
    site = install(wheel, tmp_path / "site")
    code = f"import site; site.addsitedir({str(site)!r}); {PRINT_ZOO}"
    specs = python("-S", "-c", code, cwd=tmp_path).splitlines()
    assert [Path(spec) for spec in specs] == [ROOT / f"specs/{name}.yaml" for name in ZOO]


def test_a_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    info = f"costcalc-{__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"costcalc", info}
    assert {"costcalc/py.typed", f"{info}/licenses/LICENSE"} <= names
    assert {name for name in names if name.endswith(".py")} == {
        str(path.relative_to(ROOT)) for path in (ROOT / "costcalc").rglob("*.py")
    }


def test_what_is_installed_with_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        info = f"costcalc-{__version__}.dist-info"
        metadata = Parser().parsestr(archive.read(f"{info}/METADATA").decode())
        scripts = archive.read(f"{info}/entry_points.txt").decode()
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert sorted(re.split(r"\W", line.lower())[0] for line in needed) == [
        "pydantic",
        "pyyaml",
        "rich",
        "typer",
    ]
    assert (metadata["Version"], metadata["Requires-Python"]) == (__version__, ">=3.11")
    assert "costcalc = costcalc.__main__:main" in scripts


def test_zoo_names_are_those_of_the_folder() -> None:
    assert zoo_names() == ZOO
    assert Path(zoo_path("mobilenet_v1")) == ROOT / "specs/mobilenet_v1.yaml"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mobilnet_v1", 'no network "mobilnet_v1" in the zoo; did you mean "mobilenet_v1"?'),
        ("MobileNet-V1", 'no network "MobileNet-V1" in the zoo; did you mean "mobilenet_v1"?'),
        ("vgg16.yaml", 'no network "vgg16.yaml" in the zoo; did you mean "vgg16"?'),
        ("qqqqqq", 'no network "qqqqqq" in the zoo; costcalc zoo lists what there is'),
        ("", 'no network "" in the zoo; costcalc zoo lists what there is'),
        ("../pyproject", 'no network "../pyproject" in the zoo; costcalc zoo lists what there is'),
        ("/etc/passwd", 'no network "/etc/passwd" in the zoo; costcalc zoo lists what there is'),
        ("./vgg16", 'no network "./vgg16" in the zoo; did you mean "vgg16"?'),
        ("q" * 10**6, f'no network "{"q" * 55}…" in the zoo; costcalc zoo lists what there is'),
    ],
)
def test_no_such_network(name: str, message: str) -> None:
    with pytest.raises(CostcalcError, match=f"^{re.escape(message)}$"):
        zoo_path(name)
