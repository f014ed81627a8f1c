"""The zoo out and in again: as a model of another tool, read back, written as a spec, and costed: a table.

    python tests/models/round_trip.py pytorch|onnx|keras [NAME ...]

Needs torch, onnx, or keras with a backend. Multiplies, params and running statistics must be the same integers, and
the spec that is made of what comes back must read as that network again. The exit code says whether all are.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from costcalc.application.load import load, loads
from costcalc.conventions.convention import MULTIPLIES
from costcalc.interop.exporters import TARGETS
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.dispatch import read_model
from costcalc.network import Network
from costcalc.rendering.spec_yaml import render_spec
from costcalc.tally import Tally

SPECS = Path(__file__).parents[2] / "specs"


def main(arguments: list[str]) -> int:
    """Print the table; 0 where everything is equal."""
    target, *names = arguments
    failures = 0
    names = names or sorted(path.stem for path in SPECS.glob("*.yaml"))
    for name in names:
        start = time.perf_counter()
        network = load(f"zoo:{name}")
        try:
            with tempfile.TemporaryDirectory() as folder:
                problem = difference(network, returned(target, network, Path(folder)))
        except Exception as error:
            problem = f"{type(error).__name__}: {' '.join(str(error).split())[:250]}"
        failures += bool(problem)
        print(f"{name:<28}{time.perf_counter() - start:>7.1f} s  {problem or 'equal'}", flush=True)
    print(f"{len(names) - failures} of {len(names)} come back with the same integers")
    return 1 if failures else 0


def difference(network: Network, text: str) -> str:
    """In what the spec that came back differs; empty if in nothing."""
    pairs = zip(("multiplies", "params", "statistics"), counts(network), counts(loads(text)), strict=True)
    return "; ".join(f"{what} {out} out, {back} back" for what, out, back in pairs if out != back)


def counts(network: Network) -> tuple[int, int, int]:
    """Multiplies, params, running statistics."""
    tally = Tally.total(node.tally for node in network.nodes)
    return MULTIPLIES.count_operations(tally), MULTIPLIES.count_parameters(tally), tally.sum("statistics")


def returned(target: str, network: Network, folder: Path) -> str:
    """The spec of what the network became."""
    document = TARGETS[target].export(network)
    if isinstance(document, bytes):
        path = folder / "net.onnx"
        path.write_bytes(document)
        return render_spec(convert(read_model(str(path))).spec)
    found: dict[str, Any] = {"__name__": f"generated_{id(network)}"}
    code = compile(document, "generated.py", "exec")
    if target == "pytorch":
        (folder / "generated_net.py").write_text(document, encoding="utf-8")
        return read_torch(network, folder)
    exec(code, found)
    path = folder / "net.keras"
    sweep = importlib.import_module("keras_sweep")
    sweep.save(found["build"](), path, whole=False)
    return render_spec(convert(read_model(str(path))).spec)


def read_torch(network: Network, folder: Path) -> str:
    """The spec of the module that the generated file defines."""
    sys.path.insert(0, str(folder))
    sys.modules.pop("generated_net", None)
    importlib.invalidate_caches()
    try:
        module = importlib.import_module("generated_net")
        name = [each for each in vars(module).values() if isinstance(each, type)][-1].__name__
        shapes = [str(shape) for shape in network.inputs.values()]
        return render_spec(convert(read_model(f"generated_net:{name}", shapes)).spec)
    finally:
        sys.path.remove(str(folder))


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "jax")
    sys.exit(main(sys.argv[1:]))
