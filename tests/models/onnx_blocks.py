"""The blocks of tests/models/blocks.py through both of PyTorch's ONNX exporters: the integers derived by hand.

    python tests/models/onnx_blocks.py [NAME ...]

Norms are not folded into convolutions, weights are not stored a second time, transposed, and no two are equal. Needs
torch, onnx and onnxscript. The exit code says whether all agree.
"""

from __future__ import annotations

import re
import sys
import tempfile
import warnings
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))

from blocks import BLOCKS, BlockCase

from costcalc.conventions.convention import MULTIPLIES
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.dispatch import read_model
from costcalc.tally import Tally


def main(names: list[str]) -> int:
    """Print the table; 0 where everything agrees."""
    wrong = 0
    for name in names or BLOCKS:
        for dynamo in (False, True):
            try:
                problem = difference(BLOCKS[name], dynamo)
            except Exception as error:
                problem = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            wrong += bool(problem)
            print(f"{name:<12}{'dynamo' if dynamo else 'TorchScript':<14}{problem or 'equal'}", flush=True)
    return 1 if wrong else 0


def difference(case: BlockCase, dynamo: bool) -> str:
    """What costcalc reads otherwise than by hand; empty where nothing is."""
    module = with_random_weights(case.build()).eval()
    normed = any(isinstance(each, torch.nn.modules.batchnorm._BatchNorm) for each in module.modules())
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = str(Path(folder) / "block.onnx")
        arguments = tuple(map(example, case.inputs))
        if dynamo:
            torch.onnx.export(module, arguments, path, dynamo=True, optimize=not normed, verbose=False)
        else:
            mode = torch.onnx.TrainingMode.PRESERVE
            settings = {"opset_version": 17, "training": mode, "do_constant_folding": False}
            torch.onnx.export(module, arguments, path, dynamo=False, **settings)
        network = convert(read_model(path)).network
    tally = Tally.total(node.tally for node in network.nodes)
    found = MULTIPLIES.count_operations(tally), MULTIPLIES.count_parameters(tally)
    wanted = case.multiplies, case.params
    return (
        "" if found == wanted else f"{found[0]:,} and {found[1]:,}, by hand {wanted[0]:,} and {wanted[1]:,}"
    )


def with_random_weights(module: torch.nn.Module) -> torch.nn.Module:
    """Other numbers for each tensor: exporters store equal ones once."""
    for each in module.state_dict().values():
        if each.is_floating_point():
            each.uniform_(0.5, 1.5)
    return module


def example(said: str) -> torch.Tensor:
    """An input of these sizes: ``16x40x1`` is an image, others are as they stand."""
    sizes, _, dtype = said.partition(":")
    dims = [int(each) for each in re.split("[x,]", sizes)]
    if dtype:
        return torch.zeros(dims, dtype=getattr(torch, dtype))
    if "x" in sizes:
        return torch.randn(1, dims[-1], *dims[:-1])
    return torch.randn(dims)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
