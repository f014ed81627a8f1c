"""Channels made cheaply: Ghost, MixConv, shift."""

from __future__ import annotations

import math
from typing import Any

from costcalc.search.alternatives.convolution import Convolution, Stage
from costcalc.search.alternatives.form import (
    Arguments,
    Built,
    Form,
    UnavailableError,
    needs_window,
    numbers,
    pointwise,
)

#: GhostNet makes half of the channels by a depthwise 3×3.
SHARES, CHEAP_KERNEL = 2, 3


def _ghost(convolution: Convolution, given: Arguments) -> Built:
    (shares,) = numbers(given, SHARES)
    channels = convolution.output.channels
    if shares == 1 or channels % shares:
        raise UnavailableError(f"{channels} output channels are not {shares} equal parts")
    primary = Stage(
        {"type": "conv", "name": "primary", "out_channels": channels // shares, **convolution.window()}
    )
    cheap = Stage(
        {
            "type": "depthwise_conv",
            "name": "cheap",
            "kernel_size": CHEAP_KERNEL,
            "depth_multiplier": shares - 1,
        }
    )
    join = Stage({"type": "concat", "inputs": ["primary", "cheap"]}, fused=False)
    return Built((primary, cheap, join), {"s": shares, "d²": CHEAP_KERNEL**convolution.rank})


def _mixconv(convolution: Convolution, given: Arguments) -> Built:
    needs_window(convolution)
    if len(set(convolution.kernel)) > 1:
        raise UnavailableError("needs one kernel size for all axes")
    kernels = given or (convolution.kernel[0], convolution.kernel[0] + 2)
    channels = convolution.source.channels
    if channels % len(kernels):
        raise UnavailableError(f"{channels} input channels are not {len(kernels)} equal parts")
    paths = [
        [
            Stage({"type": "slice", "part": part, "of": len(kernels)}, fused=False),
            Stage({"type": "depthwise_conv", **_window_of(convolution, kernel)}),
        ]
        for part, kernel in enumerate(kernels, 1)
    ]
    mixed = Stage({"type": "branches", "merge": "concat", "paths": paths}, fused=False)
    total = sum(kernel**convolution.rank for kernel in kernels)
    return Built((mixed, pointwise(convolution.output.channels)), {"n": len(kernels), "ΣK²": total})


def _window_of(convolution: Convolution, kernel: int) -> dict[str, Any]:
    """The convolution's window with another kernel, padded so that the output keeps its size."""
    window = {**convolution.window(), "kernel_size": kernel}
    if convolution.layer.padding == "same":
        return window
    wider = [
        step * (kernel - own) for own, step in zip(convolution.kernel, convolution.dilation, strict=True)
    ]
    pads = [
        (before + more // 2, after + more // 2)
        for (before, after), more in zip(convolution.pads, wider, strict=True)
    ]
    if any(more % 2 for more in wider) or min(map(min, pads)) < 0:
        raise UnavailableError(f"no padding makes a kernel of {kernel} keep the size")
    return {**window, "padding": [side for pair in pads for side in pair]}


def _shift(convolution: Convolution, given: Arguments) -> Built:
    needs_window(convolution)
    numbers(given)
    if convolution.layer.padding != "same" and not _keeps_size(convolution):
        raise UnavailableError("a shift keeps the size: padding must do so, too")
    (stage,) = (pointwise(convolution.output.channels),)
    return Built((Stage({**stage.fields, "stride": list(convolution.stride)}),))


def _keeps_size(convolution: Convolution) -> bool:
    """Whether the padding gives the output that ``same`` would."""
    same = tuple(
        -(-size // step) for size, step in zip(convolution.source.spatial, convolution.stride, strict=True)
    )
    return math.prod(same) > 0 and same == convolution.output.spatial


GHOST = Form(
    "ghost",
    "C_out/s channels by KxK, the rest by depthwise 3x3",
    "K²·C_in·(C_out/s)·H·W + d²·(s - 1)·(C_out/s)·H·W",
    "1/s + (s - 1)·d²/(s·K²·C_in)",
    "Han et al., GhostNet, arXiv:1911.11907, section 3.1",
    _ghost,
    takes="parts",
)

MIXCONV = Form(
    "mixconv",
    "depthwise of n kernel sizes, then 1x1",
    "ΣK²·(C_in/n)·H·W + C_in·C_out·H·W",
    "ΣK²/(n·K²·C_out) + 1/K²",
    "Tan and Le, MixConv, arXiv:1907.09595, section 3",
    _mixconv,
    takes="kernel sizes",
)

SHIFT = Form(
    "shift",
    "a shift, costed as nothing, then 1x1",
    "C_in·C_out·H·W",
    "1/K²",
    "Wu et al., Shift, arXiv:1711.08141, section 3",
    _shift,
)
