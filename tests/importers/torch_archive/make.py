"""Make the archives of ``data`` anew, and beside each the spec that importing the module itself gives.

    python tests/importers/torch_archive/make.py

Needs torch. Of an archive only the JSON is kept, without the places in source code: weights are never read.
"""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch
from torch import Tensor, nn

from costcalc.interop.importers.flat import flat_spec
from costcalc.interop.importers.torch_export.reading import flat_module
from costcalc.rendering.spec_yaml import render_spec
from importers.torch_modules import MODULES

DATA = Path(__file__).parent / "data"
CHOSEN = ("functional", "shared", "tied", "hand_attention", "unet", "gates", "shuffles", "norms")


class WithoutGradient(nn.Module):
    """A part that runs without gradients, and one parameter that is frozen, one that nothing needs."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.spare = (nn.Conv2d(4, 4, 3, padding=1) for _ in range(3))
        self.first.weight.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            x = torch.relu(self.first(x))
        return self.second(x)


class Open(nn.Module):
    """Batch, height and width are left open; sizes are worked out from them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.linear = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        batch, channels, height, width = x.shape
        x = x.reshape(batch, channels, height * width).transpose(1, 2)
        return self.linear(x)


def main() -> None:
    """Write them all."""
    for name in CHOSEN:
        build, given = MODULES[name]
        _write(name, build(), given)
    _write("without_gradient", WithoutGradient(), "6x6x4")
    size, batch = torch.export.Dim("size", min=8, max=512), torch.export.Dim("batch", max=64)
    _write("open", Open(), "32x32x3", ({0: batch, 2: 2 * size, 3: 2 * size},))


def _write(name: str, module: nn.Module, given: Any, dynamic: Any = None) -> None:
    warnings.simplefilter("ignore")
    module.eval()
    flat = flat_module(module, list(given) if isinstance(given, tuple) else [given])
    (DATA / f"{name}.yaml").write_text(render_spec(flat_spec(flat)))
    tensors = [torch.zeros(*_sizes(each, 1 if dynamic is None else 2)) for each in _listed(given)]
    program = torch.export.export(module, tuple(tensors), dynamic_shapes=dynamic, strict=False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.pt2"
        torch.export.save(program, path)
        _strip(path, DATA / f"{name}.pt2")


def _listed(given: Any) -> list[str]:
    return list(given) if isinstance(given, tuple) else [given]


def _sizes(text: str, batch: int) -> list[int]:
    if "," in text:
        return [int(each) for each in text.split(",")]
    *spatial, channels = (int(each) for each in text.split("x"))
    return [batch, channels, *spatial]


def _strip(path: Path, to: Path) -> None:
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as stripped:
        for name in archive.namelist():
            if name.endswith("_config.json") or "/models/" in name:
                data = _plain(json.loads(archive.read(name)))
                entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                stripped.writestr(entry, json.dumps(data, separators=(",", ":")))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        dropped = ("stack_trace", "guards_code", "from_node")
        return {key: _plain(each) for key, each in value.items() if key not in dropped}
    return [_plain(each) for each in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
