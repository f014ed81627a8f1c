"""Fewer, or more, channels around the kernel: bottleneck and inverted residual."""

from __future__ import annotations

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

#: ResNet's bottleneck has a quarter of the channels, MobileNet V2 expands six times.
NARROWER, EXPANSION = 4, 6


def _bottleneck(convolution: Convolution, given: Arguments) -> Built:
    needs_window(convolution)
    channels = convolution.output.channels
    (middle,) = numbers(given, max(1, channels // NARROWER))
    kernel = Stage({"type": "conv", "out_channels": middle, **convolution.window()})
    return Built((pointwise(middle), kernel, pointwise(channels)), {"M": middle})


def _inverted_residual(convolution: Convolution, given: Arguments) -> Built:
    needs_window(convolution)
    (expansion,) = numbers(given, EXPANSION)
    if expansion == 1:
        raise UnavailableError("an expansion of 1 expands nothing: that is separable")
    window = convolution.window()
    if set(convolution.dilation) != {1}:
        raise UnavailableError("an inverted residual has no dilation")
    del window["dilation"]
    channels = convolution.output.channels
    fields = {"type": "inverted_residual", "out_channels": channels, "expansion": expansion, **window}
    return Built((Stage(fields),), {"E": expansion * convolution.source.channels})


BOTTLENECK = Form(
    "bottleneck",
    "1x1 to M channels, KxK, 1x1",
    "C_in·M·H_in·W_in + K²·M·M·H·W + M·C_out·H·W",
    "M/(K²·C_out) + M·M/(C_in·C_out) + M/(K²·C_in)",
    "He et al., Deep Residual Learning, arXiv:1512.03385, section 4.1",
    _bottleneck,
    takes="channels between",
)

INVERTED_RESIDUAL = Form(
    "inverted_residual",
    "1x1 to E channels, depthwise, linear 1x1",
    "C_in·E·H_in·W_in + K²·E·H·W + E·C_out·H·W",
    "E·(1/(K²·C_out) + 1/(C_in·C_out) + 1/(K²·C_in))",
    "Sandler et al., MobileNetV2, arXiv:1801.04381, section 3.3",
    _inverted_residual,
    takes="expansion",
)
