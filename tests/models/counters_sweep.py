"""What the counters themselves say of every torchvision classification model, beside `--convention` on its import.

    python tests/models/counters_sweep.py [NAME ...]

Needs torch, torchvision, fvcore, thop, ptflops, torchinfo and calflops. Every tool runs as its documentation calls it,
on 224x224 and in evaluation mode. Those that look only at sizes run on tensors without elements; for ptflops
convolutions make zeros of the right size. Where a total differs, the line says by how much, and what of: `_reasons` is
what was found out about the tools. The exit code says whether nothing differs without a reason.
"""

from __future__ import annotations

import contextlib
import gc
import io
import re
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from torchvision_sweep import imported_torchvision, in_meta

import costcalc
from costcalc.conventions import convention
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.torch_export import read
from costcalc.tally import Tally

_SIZE = 224
_UNUSED = re.compile(r"not counted: (\d+) params")

Totals = tuple[int, int | None]  # operations, and parameters where a tool counts them


def _fvcore(module: Any, given: Any) -> Totals:
    from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(module, given).tracer_warnings("none")
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return int(analysis.total()), None


def _thop(module: Any, given: Any) -> Totals:
    import thop

    operations, parameters = thop.profile(module, inputs=(given,), verbose=False)
    return int(operations), int(parameters)


def _torchinfo(module: Any, given: Any) -> Totals:
    import torchinfo

    found = torchinfo.summary(module, input_data=given, verbose=0, device=given.device)
    return found.total_mult_adds, found.total_params


def _ptflops(module: Any, given: Any) -> Totals:
    with _convolutions_of_zeros():
        return _by_ptflops(module, given, "pytorch")


def _ptflops_aten(module: Any, given: Any) -> Totals:
    return _by_ptflops(module, given, "aten")


def _by_ptflops(module: Any, given: Any, backend: str) -> Totals:
    import ptflops

    size = tuple(given.shape[1:])
    operations, parameters = ptflops.get_model_complexity_info(
        module, size, as_strings=False, print_per_layer_stat=False, verbose=False, backend=backend
    )
    if operations is None:
        raise RuntimeError("the tool gives up")
    return int(operations), int(parameters)


def _calflops(module: Any, given: Any) -> Totals:
    import calflops

    operations, _, parameters = calflops.calculate_flops(
        module, args=[given], output_as_string=False, print_results=False
    )
    return int(operations), int(parameters)


def _flop_counter(module: Any, given: Any) -> Totals:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        module(given)
    return int(counter.get_total_flops()), None


TOOLS: dict[str, Callable[[Any, Any], Totals]] = {
    "fvcore": _fvcore,
    "thop": _thop,
    "torchinfo": _torchinfo,
    "ptflops": _ptflops,
    "ptflops-aten": _ptflops_aten,
    "calflops": _calflops,
    "flop-counter": _flop_counter,
}
#: On a CPU these see other operations than on tensors without elements, or cannot do without elements.
_ON_CPU = ("fvcore", "ptflops")
_ON_CPU_OF_ATTENTION = ("ptflops-aten", "flop-counter")


@contextlib.contextmanager
def _convolutions_of_zeros() -> Iterator[None]:
    """Convolutions make zeros of the right size: the tool reads sizes alone, and this takes no time."""
    import torch

    def zeros(self: Any, given: Any, weight: Any, bias: Any) -> Any:
        axes = zip(given.shape[2:], self.padding, self.dilation, self.kernel_size, self.stride, strict=True)
        sizes = [
            (size + 2 * pad - far * (kernel - 1) - 1) // step + 1 for size, pad, far, kernel, step in axes
        ]
        return torch.zeros(given.shape[0], self.out_channels, *sizes)

    kept = torch.nn.Conv2d._conv_forward
    torch.nn.Conv2d._conv_forward = zeros
    try:
        yield
    finally:
        torch.nn.Conv2d._conv_forward = kept


def main(names: list[str]) -> int:
    """Print the table; 0 where everything is exact or has its reason."""
    warnings.simplefilter("ignore")
    torchvision = imported_torchvision()
    known = torchvision.models.list_models(module=torchvision.models)
    print(f"torchvision {torchvision.__version__}: {len(known)} models at {_SIZE}", flush=True)
    exact: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for name in names or known:
        network = convert(read(f"torchvision.models:{name}", [f"{_SIZE}x{_SIZE}x3"])).network
        tally = costcalc.analyze(network).written.tally
        unused = sum(int(found[1]) for note in network.notes if (found := _UNUSED.match(note)))
        said = []
        for tool in TOOLS:
            verdict = _verdict(tool, getattr(torchvision.models, name), tally, unused)
            exact[tool] += verdict == "exact"
            if verdict != "exact":
                reasons[f"{tool}: {verdict.partition(': ')[2] or verdict}"] += 1
                said.append(f"{tool} {verdict}")
        print(f"{name:<22}{'; '.join(said) or 'exact in all'}", flush=True)
    count = len(names or known)
    print("\n".join(f"{tool:<14}{exact[tool]} of {count} exact" for tool in TOOLS))
    print("\n".join(f"{number:>4} {reason}" for reason, number in reasons.most_common()))
    return int(any("unexplained" in reason for reason in reasons))


def _verdict(tool: str, factory: Callable[..., Any], tally: Tally, unused: int) -> str:
    """``exact``, or by how much the tool says more, and why."""
    try:
        operations, parameters = _counted(tool, factory, tally)
    except Exception as error:
        return f"fails: {type(error).__name__}: {' '.join(str(error).split())[:80]}"
    rule = convention(tool)
    more = operations - rule.count_operations(tally)
    params = 0 if parameters is None else parameters - rule.count_parameters(tally)
    if params == unused and tool != "thop":
        params = 0  # of parts that forward never runs: the import says so
    if not more and not params:
        return "exact"
    reason = next((words for words, amount in _reasons(tool, tally) if amount == more and not params), None)
    if (
        reason is None
        and tool in ("fvcore", "calflops")
        and ("matmul", "multiplies", "torch.einsum") in tally.called
    ):
        reason = "NumPy's count of an einsum, which has four digits"
    return f"{more:+,} operations, {params:+,} params: {reason or 'unexplained'}"


def _reasons(tool: str, tally: Tally) -> Iterator[tuple[str, int]]:
    """What was found out about a tool, and what it comes to here."""
    if tool in ("ptflops", "calflops"):
        products = tally.called.get(("matmul", "multiplies", "Tensor.matmul"), 0)
        products *= 2 if tool == "calflops" else 1
        yield "a product called by its name, x.matmul(y), reads as x @ y", products
        yield "one of an attention's two products, x.matmul(y), reads as x @ y", products // 2
    if (
        tool == "ptflops"
    ):  # of the two linear layers around each attention, one takes what its queries are made of
        inputs = tally.called.get(("linear", "inputs", "nn.MultiheadAttention"), 0)
        yield "the scaling of queries in nn.MultiheadAttention, which is no layer", inputs // 2


def _counted(tool: str, factory: Callable[..., Any], tally: Tally) -> Totals:
    import torch

    attention = ("matmul", "multiplies", "nn.MultiheadAttention") in tally.called
    real = tool in _ON_CPU or (attention and tool in _ON_CPU_OF_ATTENTION)
    device = "cpu" if real else "meta"
    module = in_meta(factory)
    if real:
        module = module.to_empty(device="cpu")
        for each in module.buffers():
            each.zero_()  # places in a table, which are looked up
    module.eval()
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return TOOLS[tool](module, torch.zeros(1, 3, _SIZE, _SIZE, device=device))
    finally:
        del module
        gc.collect()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
