"""One timm model of every family, read by costcalc and counted by torch itself: exact, or refused by name.

    python tests/models/timm_sweep.py [FAMILY or MODEL ...]

Needs torch, torchvision and timm; no weights are loaded, or made. Multiplies are half of what torch's FlopCounterMode
counts on tensors without elements, params are the module's own; each less what the import says that it does not count:
products of constants alone, params that no output needs. The exit code says whether every model is exact or refused.
"""

from __future__ import annotations

import re
import signal
import sys
import time
import warnings
from collections import Counter
from types import FrameType
from typing import Any

from torchvision_sweep import imported_torchvision

import costcalc
from costcalc.errors import CostcalcError
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.flat import flat_network
from costcalc.interop.importers.torch_export.reading import read

_LONGEST = 180  # seconds of the processor for one model
_UNUSED = re.compile(r"not counted: (\d+) params")
_FIXED = re.compile(r"not counted: (\d+) multiplies")
_SMALL = (
    "atto",
    "pico",
    "femto",
    "nano",
    "xxs",
    "xs",
    "tiny",
    "mini",
    "small",
    "_t",
    "_s",
    "b0",
    "18",
    "26",
    "50",
)


def main(names: list[str]) -> int:
    """Print the table; 0 where nothing differs."""
    warnings.simplefilter("ignore")
    imported_torchvision()
    import timm

    families = timm.list_modules()
    chosen = [name for name in names if name not in families]
    chosen += [_smallest(timm.list_models(module=each)) for each in families if not names or each in names]
    print(f"timm {timm.__version__}: {len(chosen)} models of {len(families)} families", flush=True)
    verdicts: Counter[str] = Counter()
    signal.signal(signal.SIGPROF, _too_long)
    for name in filter(None, chosen):
        start = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, _LONGEST)
        try:
            verdict, line = _measured(timm.create_model, name)
        except Exception as error:
            verdict, line = "failed", f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        signal.setitimer(signal.ITIMER_PROF, 0)
        verdicts[verdict] += 1
        print(f"{name:<36}{verdict:<9}{line}  {time.process_time() - start:.0f} s", flush=True)
    print(", ".join(f"{count} {verdict}" for verdict, count in verdicts.items()))
    return int(bool(verdicts["differs"]))


def _too_long(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f"more than {_LONGEST} s")


def _smallest(names: list[str]) -> str:
    """The model of a family whose name says that it is small; the first where none does."""
    ranked = [
        (next((i for i, word in enumerate(_SMALL) if word in name), len(_SMALL)), name) for name in names
    ]
    return min(ranked)[1] if ranked else ""


def _measured(create: Any, name: str) -> tuple[str, str]:
    import torch

    with torch.device("meta"):
        module = create(name, pretrained=False).eval()
    channels, height, width = module.pretrained_cfg.get("input_size", (3, 224, 224))
    try:
        flat = read(f'timm:create_model("{name}")', [f"{height}x{width}x{channels}"])
    except CostcalcError as error:
        return "refused", str(error)
    written = costcalc.analyze(flat_network(flat)).written
    structured = costcalc.analyze(convert(flat).network).written  # raises where its structure is wrong
    if (structured.multiplies, structured.params) != (written.multiplies, written.params):
        return "differs", f"as a spec {structured.multiplies:,} and {structured.params:,}"
    unused, fixed = (
        sum(int(found[1]) for note in flat.notes if (found := pattern.match(note)))
        for pattern in (_UNUSED, _FIXED)
    )
    params = sum(parameter.numel() for parameter in module.parameters()) - unused
    multiplies = _flops(module, (1, channels, height, width)) // 2 - fixed
    counts = f"{written.multiplies:>16,}{written.params:>14,}"
    if (multiplies, params) == (written.multiplies, written.params):
        return "exact", counts
    return "differs", f"{counts}, by torch {multiplies:,} and {params:,}"


def _flops(module: Any, sizes: tuple[int, ...]) -> int:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    module.requires_grad_(False)  # a parameter given to a module stops the counter else
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(torch.empty(sizes, device="meta"))
    return int(counter.get_total_flops())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
