"""Blueprint separable convolutions: the 1×1 comes first, the depthwise last."""

from __future__ import annotations

from costcalc.search.alternatives.convolution import Convolution, Stage
from costcalc.search.alternatives.form import Arguments, Built, Form, needs_window, numbers, pointwise

#: BSConv-S takes the channels through a quarter of them.
NARROWER = 4


def _unconstrained(convolution: Convolution, given: Arguments) -> Built:
    needs_window(convolution)
    numbers(given)
    return Built((pointwise(convolution.output.channels), _depthwise(convolution)))


def _subspace(convolution: Convolution, given: Arguments) -> Built:
    needs_window(convolution)
    (middle,) = numbers(given, -(-convolution.source.channels // NARROWER))
    stages = (pointwise(middle), pointwise(convolution.output.channels), _depthwise(convolution))
    return Built(stages, {"M": middle})


def _depthwise(convolution: Convolution) -> Stage:
    return Stage({"type": "depthwise_conv", **convolution.window()})


_SOURCE = "Haase and Amthor, Rethinking Depthwise Separable Convolutions, arXiv:2003.13549, section 3"

BSCONV_U = Form(
    "bsconv_u",
    "1x1, then depthwise",
    "C_in·C_out·H_in·W_in + K²·C_out·H·W",
    "1/K² + 1/C_in",
    _SOURCE,
    _unconstrained,
)

BSCONV_S = Form(
    "bsconv_s",
    "1x1 to M channels, 1x1, then depthwise",
    "C_in·M·H_in·W_in + M·C_out·H_in·W_in + K²·C_out·H·W",
    "M·(1/C_out + 1/C_in)/K² + 1/C_in",
    _SOURCE,
    _subspace,
    takes="channels between",
)
