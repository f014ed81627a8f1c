"""Kernels taken apart along the axes: K×1 and 1×K, over all channels or depthwise."""

from __future__ import annotations

from costcalc.search.alternatives.convolution import Convolution, Stage
from costcalc.search.alternatives.form import Arguments, Built, Form, needs_two_axes, numbers, pointwise


def _spatial(convolution: Convolution, given: Arguments) -> Built:
    needs_two_axes(convolution)
    channels = convolution.output.channels
    (middle,) = numbers(given, channels)
    first = Stage({"type": "conv", "out_channels": middle, **convolution.window_along(0)})
    second = Stage({"type": "conv", "out_channels": channels, **convolution.window_along(1)})
    return Built((first, second), {"M": middle})


def _depthwise_spatial(convolution: Convolution, given: Arguments) -> Built:
    needs_two_axes(convolution)
    numbers(given)
    return Built((*depthwise_by_axis(convolution), pointwise(convolution.output.channels)))


def depthwise_by_axis(convolution: Convolution, fused: bool = True) -> tuple[Stage, Stage]:
    """A depthwise K×1, then a depthwise 1×K."""
    first, second = (
        Stage({"type": "depthwise_conv", **convolution.window_along(axis)}, fused) for axis in (0, 1)
    )
    return first, second


SPATIAL = Form(
    "spatial",
    "Kx1, then 1xK",
    "K_h·C_in·M·H·W_in + K_w·M·C_out·H·W",
    "M·(K_h·C_in + K_w·C_out)/(K²·C_in·C_out)",
    "Szegedy et al., Rethinking the Inception Architecture, arXiv:1512.00567, section 3.2",
    _spatial,
    takes="channels between",
)

DEPTHWISE_SPATIAL = Form(
    "depthwise_spatial",
    "depthwise Kx1 and 1xK, then 1x1",
    "K_h·C_in·H·W_in + K_w·C_in·H·W + C_in·C_out·H·W",
    "(K_h + K_w)/(K²·C_out) + 1/K²",
    "Freeman et al., EffNet, arXiv:1801.06434, section 3",
    _depthwise_spatial,
)
