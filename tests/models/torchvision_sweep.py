"""Every torchvision classification model, read by costcalc and counted by torch itself: a table, and what differs.

    python tests/models/torchvision_sweep.py [NAME ...]

Needs torch and torchvision. Two counts are made of the module, neither by costcalc: forward hooks on its convolution
and linear modules, and torch's FlopCounterMode, whose count halved is the multiplies (hooks miss the products inside
nn.MultiheadAttention and functional attention). Params are the module's own, less those of the auxiliary heads that
forward never calls (GoogLeNet, Inception v3). The exit code says whether all agree.
"""

from __future__ import annotations

import importlib
import sys
import time
import warnings
from typing import Any, NamedTuple

import costcalc
from costcalc.interop.importers.conversion import counted
from costcalc.interop.importers.flat import FlatNetwork, flat_network
from costcalc.interop.importers.recognition import structured_spec
from costcalc.interop.importers.torch_export import read
from costcalc.rendering.spec_yaml import render_spec

kept: list[Any] = []  # torch takes an operator back when its library is collected


class Counts(NamedTuple):
    """What torch counts."""

    hooks: int
    flops: int
    params: int


class Line(NamedTuple):
    """One model's line of the table."""

    name: str
    size: int
    counts: Counts
    multiplies: int
    params: int
    separable: int
    standard: int
    layers: int
    lines: int
    seconds: float
    problems: list[str]


def main(names: list[str]) -> int:
    """Print the table; 0 where everything agrees."""
    torchvision = imported_torchvision()
    known = torchvision.models.list_models(module=torchvision.models)
    lines = []
    print(f"torchvision {torchvision.__version__}: {len(known)} classification models", flush=True)
    for name in names or known:
        line = measured(name)
        lines.append(line)
        print(shown(line), flush=True)
    wrong = [line for line in lines if line.problems]
    print(f"{len(lines) - len(wrong)} of {len(lines)} agree with torch in multiplies and params")
    return 1 if wrong else 0


def imported_torchvision() -> Any:
    """torchvision; beside a torch that its compiled operators do not fit, without them: no classifier calls one."""
    import torch

    try:
        return importlib.import_module("torchvision")
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        kept.append(library)
        for name in [each for each in sys.modules if each.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        return importlib.import_module("torchvision")


def shown(line: Line) -> str:
    """A line of text."""
    verdict = "; ".join(line.problems) or "equal"
    return (
        f"{line.name:<22}{line.size:>5}{line.multiplies:>16,}{line.params:>14,}{line.standard:>17,}"
        f"{line.separable:>16,}{line.layers:>6}{line.lines:>6}{line.seconds:>7.1f} s  {verdict}"
    )


def measured(name: str) -> Line:
    """One model, counted by both."""
    size = crop_size(name)
    counts = counted_by_torch(name, size)
    start = time.perf_counter()
    try:
        flat = read(f"torchvision.models:{name}", [f"{size}x{size}x3"])
        text = render_spec(structured_spec(flat))
        seconds = time.perf_counter() - start
        return compared(name, size, counts, flat, text, seconds)
    except Exception as error:
        return Line(name, size, counts, 0, 0, 0, 0, 0, 0, 0, [f"{type(error).__name__}: {error}"[:300]])


def compared(name: str, size: int, counts: Counts, flat: FlatNetwork, text: str, seconds: float) -> Line:
    """What differs between torch's counts, the flat network's and the spec's."""
    plain, spec = costcalc.analyze(flat_network(flat)), costcalc.analyze(costcalc.loads(text))
    written = spec.written
    problems = []
    if written.multiplies != counts.flops:
        problems.append(f"multiplies {written.multiplies:,}, by FlopCounterMode {counts.flops:,}")
    if written.multiplies < counts.hooks:
        problems.append(f"multiplies {written.multiplies:,}, by hooks {counts.hooks:,}")
    if written.params != counts.params:
        problems.append(f"params {written.params:,}, of the module {counts.params:,}")
    if counted(plain.network) != counted(spec.network):
        problems.append("the spec differs from the flat network")
    if (
        plain.standard.multiplies != spec.standard.multiplies
        or plain.separable.multiplies != spec.separable.multiplies
    ):
        problems.append("the spec's other versions differ from the flat network's")
    return Line(
        name,
        size,
        counts,
        written.multiplies,
        written.params,
        spec.separable.multiplies,
        spec.standard.multiplies,
        len(plain.layers),
        text.count("\n"),
        seconds,
        problems,
    )


def crop_size(name: str) -> int:
    """The size that the model's own weights are used at; a ViT as it is built by default takes one size only."""
    from torchvision.models import get_model_weights

    if name.startswith("vit_"):
        return 224
    crop = get_model_weights(name).DEFAULT.transforms().crop_size
    return int(crop[0])


def counted_by_torch(name: str, size: int) -> Counts:
    """The module run on tensors without elements, with hooks and with torch's counter."""
    import torch
    import torchvision
    from torch.utils.flop_counter import FlopCounterMode

    torch.backends.mha.set_fastpath_enabled(
        False
    )  # else attention is one operation that the counter does not know
    module = in_meta(getattr(torchvision.models, name)).eval()
    called: set[str] = set()
    hooked = [0]

    def hook(path: str) -> Any:
        def after(each: Any, inputs: Any, output: Any) -> None:
            called.add(path)
            if isinstance(each, (torch.nn.Conv2d, torch.nn.Linear)):
                hooked[0] += output.numel() * each.weight[0].numel()

        return after

    for path, each in module.named_modules():
        each.register_forward_hook(hook(path))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(torch.empty(1, 3, size, size, device="meta"))
    params = {
        id(parameter): parameter.numel()
        for path, each in module.named_modules()
        if is_used(path, called)
        for parameter in each.parameters(recurse=False)
    }
    return Counts(hooked[0], counter.get_total_flops() // 2, sum(params.values()))


def is_used(path: str, called: set[str]) -> bool:
    """Whether a module was called, or belongs to one that was: attention takes its linear modules' weights itself."""
    steps = path.split(".")
    return not path or any(".".join(steps[: end + 1]) in called for end in range(len(steps)))


def in_meta(factory: Any) -> Any:
    """A model whose weights are not made; its constructor's own small tensors are."""
    import torch

    try:
        with torch.device("meta"):
            return factory(weights=None)
    except NotImplementedError:  # RegNet computes its widths with tensors
        from torch.nn import init

        saved = {name: getattr(init, name) for name in ("normal_", "kaiming_uniform_", "uniform_")}
        try:
            for name in saved:
                setattr(init, name, lambda tensor, *rest, **more: tensor)
            return factory(weights=None).to("meta")
        finally:
            for name, function in saved.items():
                setattr(init, name, function)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main(sys.argv[1:]))
