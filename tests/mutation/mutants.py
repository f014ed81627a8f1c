"""Mutation testing of the gate: each small change to what decides a verdict must make a test fail.

``python tests/mutation/mutants.py`` (with the package ``cosmic-ray``, of the extra ``mutation``) makes all mutants of
the modules below, runs the tests below on each, and lists those that survive; 1 where one does that ``equivalent.txt``
does not name. A word as argument takes the modules whose path holds it. Nothing on disk is changed: a mutant lives in
a process of its own, which imports it in place of the module.

The mutants are cosmic-ray's: other comparisons, operators, numbers, booleans, conditions, exceptions, loops, and
decorators that are gone. Those that differ in annotations alone are none.
"""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.util
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent.parent
#: The modules, each with the tests that have to notice.
MODULES = {
    "costcalc/budget/rules.py": "tests/budget",
    "costcalc/budget/verdict.py": "tests/budget",
    "costcalc/budget/loosened.py": "tests/budget",
    "costcalc/budget/outcome.py": "tests/budget",
    "costcalc/application/baseline_file.py": "tests/gate/test_baseline_reading.py",
}
EQUIVALENT = Path(__file__).parent / "equivalent.txt"
_PATIENCE = 120  # seconds; a mutant that takes longer does not end
_AT_ONCE = 2
#: Of the operators that replace arithmetic one for each; the rest would only make the same tests fail.
_ARITHMETIC = {
    "Add_Sub",
    "Sub_Add",
    "Mul_Add",
    "Div_Mul",
    "FloorDiv_Div",
    "Mod_Add",
    "Pow_Mul",
    "BitAnd_BitOr",
    "BitOr_BitAnd",
}
_IDENTITY = re.compile(r"(Eq|NotEq|Lt|LtE|Gt|GtE)_(Is|IsNot)$|_(Is|IsNot)_(Eq|NotEq|Lt|LtE|Gt|GtE)$")


class Mutant(NamedTuple):
    """A module with one change: the line as it was and as it is."""

    path: str
    line: int
    before: str
    after: str
    code: str

    @property
    def key(self) -> str:
        """What tells it apart, wherever it stands."""
        return f"{self.path}: {self.before} => {self.after}"


def mutants(path: str) -> Iterator[Mutant]:
    """All mutants of a module that differ, each once."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    source = (ROOT / path).read_text(encoding="utf-8")
    seen = {_meaning(source)}
    for name in operator_names():
        if not _is_used(name):
            continue
        for occurrence in range(10_000):
            code = mutate_code(source, get_operator(name)(), occurrence)
            if code is None:
                break
            code = code.decode() if isinstance(code, bytes) else code
            try:
                meaning = _meaning(code)
            except SyntaxError:
                continue
            if meaning not in seen:
                seen.add(meaning)
                yield _described(path, source, code)


def _is_used(name: str) -> bool:
    if "BinaryOperator" in name:
        return name.rpartition("Operator_")[2] in _ARITHMETIC
    return not _IDENTITY.search(name) and "Variable" not in name


def _meaning(code: str) -> str:
    tree = ast.parse(code)
    for node in ast.walk(tree):
        for field in ("annotation", "returns"):
            if getattr(node, field, None) is not None:
                setattr(node, field, None if field == "returns" else ast.Constant(0))
    return ast.dump(tree)


def _described(path: str, source: str, code: str) -> Mutant:
    olds, news = source.splitlines(), code.splitlines()
    changes = [
        step for step in SequenceMatcher(None, olds, news, autojunk=False).get_opcodes() if step[0] != "equal"
    ]
    _, first, last, _, _ = changes[0]
    before = " ".join(line.strip() for line in olds[first:last])
    after = " ".join(line.strip() for line in news[changes[0][3] : changes[0][4]])
    return Mutant(path, first + 1, before, after or "nothing", code)


class _Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports a mutant in place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.name = mutant.path.removesuffix(".py").replace("/", ".")

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        return importlib.util.spec_from_loader(name, self) if name == self.name else None

    def exec_module(self, module: object) -> None:
        exec(compile(self.mutant.code, self.mutant.path, "exec"), vars(module))


def survives(mutant: Mutant) -> int:
    """Start the tests on a mutant in a process of their own; its number."""
    child = os.fork()
    if child:
        return child
    signal.alarm(_PATIENCE)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.meta_path.insert(0, _Instead(mutant))  # type: ignore[arg-type]
    code = 1
    try:
        code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", MODULES[mutant.path]])
    finally:
        os._exit(0 if code == 0 else 1)


def survivors(found: list[Mutant]) -> Iterator[Mutant]:
    """The mutants that no test notices."""
    running: dict[int, Mutant] = {}
    queue = list(reversed(found))
    while queue or running:
        while queue and len(running) < _AT_ONCE:
            mutant = queue.pop()
            running[survives(mutant)] = mutant
        child, status = os.wait()
        mutant = running.pop(child)
        if status == 0:
            yield mutant


def _prepare() -> None:
    """Import and build beforehand what every child needs, and no mutated module has a part in."""
    import costcalc
    import costcalc.analysis.comparison

    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    costcalc.analyze(
        costcalc.loads("input: 8x8x1\nlayers:\n  - {type: conv, out_channels: 1, kernel_size: 3}\n")
    )
    assert sys.modules.keys().isdisjoint(path.removesuffix(".py").replace("/", ".") for path in MODULES)


def main(word: str = "") -> int:
    """Print what survives; 1 where that is not known to be equivalent, or what is known no longer exists."""
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    _prepare()
    start = time.monotonic()
    unchanged = [
        Mutant(path, 0, "", "", (ROOT / path).read_text(encoding="utf-8")) for path in MODULES if word in path
    ]
    if len(list(survivors(unchanged))) < len(unchanged):
        print("the tests fail without any mutant")
        return 1
    found = [mutant for path in MODULES if word in path for mutant in mutants(path)]
    known = {
        line.partition("  # ")[0]
        for line in EQUIVALENT.read_text(encoding="utf-8").splitlines()
        if "=>" in line
    }
    alive = []
    for mutant in survivors(found):
        alive.append(mutant.key)
        mark = "equivalent" if mutant.key in known else "SURVIVES"
        print(f"{mark:10} {mutant.path}:{mutant.line}\n  - {mutant.before}\n  + {mutant.after}", flush=True)
    new = [key for key in alive if key not in known]
    stale = [] if word else sorted(known - set(alive))
    for key in stale:
        print(f"no survivor any more: {key}")
    took = time.monotonic() - start
    killed, same = len(found) - len(alive), len(alive) - len(new)
    print(f"{len(found)} mutants, {killed} killed, {same} equivalent, {len(new)} survive; {took:.0f} s")
    return 1 if new or stale else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
