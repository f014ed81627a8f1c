"""torchvision models saved by torch.export, read from the archive without torch: a table, and what differs.

    python tests/models/archive_sweep.py [NAME ...]

Needs torch and torchvision to make the archives; they are read by a process in which torch cannot be imported. Every
layer must be that of the import of the module itself: kind, fields, inputs, shape. The exit code says whether all are.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import warnings
from dataclasses import astuple
from typing import Any

from torchvision_sweep import imported_torchvision

import costcalc
from costcalc.interop.importers.flat import FlatNetwork, flat_network

_READ = """
import pickle, sys
for name in ("torch", "torchvision", "numpy"):
    sys.modules[name] = None
from costcalc.interop.importers.dispatch import read_model
sys.stdout.buffer.write(pickle.dumps(read_model(sys.argv[1])))
"""
_EXACT_SIZES = {"inception_v3": 299}


def main(names: list[str]) -> int:
    """Print the table; 0 where everything agrees."""
    torchvision = imported_torchvision()
    known = torchvision.models.list_models(module=torchvision.models)
    problems = 0
    for name in names or known:
        archived, module = _both(torchvision.models, name)
        network = flat_network(archived)
        multiplies = costcalc.analyze(network).written.multiplies
        found = _difference(archived, module)
        problems += bool(found)
        print(f"{name:<22}{multiplies:>16,}{len(archived.layers):>7} layers  {found or 'equal'}", flush=True)
    print("all equal" if not problems else f"{problems} differ")
    return int(problems > 0)


def _both(models: Any, name: str) -> tuple[FlatNetwork, FlatNetwork]:
    """The flat network read from an archive, and that of the module itself."""
    import torch

    from costcalc.interop.importers.torch_export.reading import flat_module

    size = _EXACT_SIZES.get(name, 224)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        module = models.get_model(name, weights=None, **extra).eval()
        path = os.path.join(folder, f"{name}.pt2")
        program = torch.export.export(module, (torch.zeros(1, 3, size, size),), strict=False)
        torch.export.save(program, path)
        read = subprocess.run([sys.executable, "-c", _READ, path], capture_output=True, check=True)
        return pickle.loads(read.stdout), flat_module(module, [f"{size}x{size}x3"])


def _difference(one: FlatNetwork, other: FlatNetwork) -> str:
    if one.notes != other.notes:
        return f"notes: {one.notes} and {other.notes}"
    for left, right in zip(one.layers, other.layers, strict=False):
        if astuple(left) != astuple(right):
            return f"{left} and {right}"
    return "" if len(one.layers) == len(other.layers) else "another number of layers"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
