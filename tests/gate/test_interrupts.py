"""An interrupted check never passes, and never says that a limit is missed, wherever the interrupt comes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from gate.interrupts import interrupt
from gate.projects import Cli, spec

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")

#: Interrupts the process as a module is looked for the first time: in the middle of the imports that need it.
AT_IMPORT = """
import os, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
from costcalc.__main__ import main
sys.exit(main())
"""

#: Interrupts the process in a finalizer, from which Python lets no exception out.
IN_FINALIZER = """
import os, signal, sys
import costcalc.application.load as load
from costcalc.__main__ import main
class Dropped:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
real = load.load_document
def loaded(*args, **options):
    Dropped()
    return real(*args, **options)
load.load_document = loaded
sys.unraisablehook = lambda unraisable: None
sys.exit(main())
"""


#: A library that makes something else of an interrupt, which is no Exception (as Rust's panics in Python are none).
PANIC = """
import os, signal, sys
import costcalc.application.load as load
from costcalc.__main__ import main
class Panic(BaseException):
    pass
def loading(*args, **options):
    try:
        {action}
    except KeyboardInterrupt:
        raise Panic("of its own")
load.load_document = loading
sys.exit(main())
"""


def python(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "module",
    [
        "costcalc.cli.parser",
        "typer",
        "typer.main",
        "costcalc.cli.check",
        "costcalc.rendering.formats",
        "costcalc.application.gate",
        "costcalc.reading.document",
        "costcalc.rendering.check.table",
    ],
)
def test_an_interrupt_during_an_import(module: str) -> None:
    spec("a.yaml", "{params: 9}")
    done = python(AT_IMPORT.format(module=module), "check", "a.yaml")
    assert (done.returncode, done.stdout) == (130, ""), done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupt_that_python_drops_is_none_the_less_one() -> None:
    spec("a.yaml")
    done = python(IN_FINALIZER, "check", "a.yaml", "--max-params", "10")
    assert done.returncode == 130


def test_an_interrupt_of_which_a_library_makes_a_panic() -> None:
    spec("a.yaml")
    done = python(
        PANIC.format(action="os.kill(os.getpid(), signal.SIGINT)"), "check", "a.yaml", "--max-params", "10"
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_panic_without_an_interrupt_is_seen() -> None:
    spec("a.yaml")
    done = python(PANIC.format(action="raise KeyboardInterrupt"), "check", "a.yaml", "--max-params", "10")
    assert done.stderr.endswith("Panic: of its own\n")


@pytest.mark.parametrize("returned", [None, 0, 1, 2, 130, 3.5, "", False])
def test_what_a_parser_returns_in_place_of_a_request_is_no_answer(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, returned: object
) -> None:
    import costcalc.cli.parser

    class Program:
        def main(self, *words: object, **options: object) -> object:
            return returned

    monkeypatch.setattr(costcalc.cli.parser, "_program", Program)
    spec("a.yaml", "{params: 10}")
    assert cli("check", "a.yaml").code == (130 if returned == 130 else 3)


def test_who_switched_interrupts_off_is_not_interrupted() -> None:
    spec("a.yaml", "{params: 9}")
    code = AT_IMPORT.format(module="costcalc.cli.check").replace(
        "class Finder", "signal.signal(signal.SIGINT, signal.SIG_IGN)\nclass Finder"
    )
    assert python(code, "check", "a.yaml").returncode == 1


def test_interrupts_at_random_moments() -> None:
    endings = list(interrupt(count=12, seed=os.getpid()))
    assert [ending for ending in endings if ending.kind == "accident"] == []
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
