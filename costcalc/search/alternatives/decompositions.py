"""Weights as a product of smaller tensors: low rank, Tucker-2, CP.

A trained convolution can be taken apart so; between its parts stands neither norm nor activation. Without a rank
each takes the largest one that costs no more multiplies than the separable form, and at least 1.
"""

from __future__ import annotations

from math import isqrt

from costcalc.search.alternatives.convolution import Convolution, Stage
from costcalc.search.alternatives.form import (
    Arguments,
    Built,
    Form,
    needs_two_axes,
    needs_window,
    numbers,
    pointwise,
)
from costcalc.search.alternatives.spatial import depthwise_by_axis


def break_even_rank(convolution: Convolution) -> tuple[int, int]:
    """The rank at which low rank costs as many multiplies as separable, as numerator and denominator."""
    taps, source, output = convolution.taps, convolution.source.channels, convolution.output.channels
    return taps * source + source * output, taps * source + output


def _low_rank(convolution: Convolution, given: Arguments) -> Built:
    needs_window(convolution)
    even, per_rank = break_even_rank(convolution)
    (rank,) = numbers(given, max(1, even // per_rank))
    kernel = Stage({"type": "conv", "out_channels": rank, **convolution.window()}, fused=False)
    return Built((kernel, pointwise(convolution.output.channels)), {"R": rank})


def _tucker2(convolution: Convolution, given: Arguments) -> Built:
    needs_window(convolution)
    rank = _tucker_rank(convolution)
    first, second = numbers(given, rank, rank)
    kernel = Stage({"type": "conv", "out_channels": second, **convolution.window()}, fused=False)
    stages = (pointwise(first, fused=False), kernel, pointwise(convolution.output.channels))
    return Built(stages, {"R_in": first, "R_out": second})


def _tucker_rank(convolution: Convolution) -> int:
    """The largest R with K²·R²·H·W + (C_in·H_in·W_in + C_out·H·W)·R at most the separable form's multiplies."""
    positions = convolution.output.positions
    square = convolution.taps * positions
    linear = convolution.source.elements + convolution.output.elements
    root = isqrt(linear * linear + 4 * square * _separable_multiplies(convolution))
    return max(1, (root - linear) // (2 * square))


def _cp(convolution: Convolution, given: Arguments) -> Built:
    needs_two_axes(convolution)
    letters = convolution.symbols
    along = letters["K_h"] * letters["H"] * letters["W_in"] + letters["K_w"] * convolution.output.positions
    per_rank = convolution.source.elements + along + convolution.output.elements
    (rank,) = numbers(given, max(1, _separable_multiplies(convolution) // per_rank))
    kernels = depthwise_by_axis(convolution, fused=False)
    stages = (pointwise(rank, fused=False), *kernels, pointwise(convolution.output.channels))
    return Built(stages, {"R": rank})


def _separable_multiplies(convolution: Convolution) -> int:
    per_position = convolution.source.channels * (convolution.taps + convolution.output.channels)
    return per_position * convolution.output.positions


LOW_RANK = Form(
    "low_rank",
    "KxK to R channels, then 1x1 (SVD)",
    "K²·C_in·R·H·W + R·C_out·H·W",
    "R·(1/C_out + 1/(K²·C_in))",
    "Zhang et al., Accelerating Very Deep Convolutional Networks, arXiv:1505.06798, section 2",
    _low_rank,
    takes="rank",
)

TUCKER2 = Form(
    "tucker2",
    "1x1 to R_in channels, KxK to R_out, 1x1",
    "C_in·R_in·H_in·W_in + K²·R_in·R_out·H·W + R_out·C_out·H·W",
    "R_in/(K²·C_out) + R_in·R_out/(C_in·C_out) + R_out/(K²·C_in)",
    "Kim et al., Compression of Deep Convolutional Neural Networks, arXiv:1511.06530, section 3",
    _tucker2,
    takes="two ranks",
)

CP = Form(
    "cp",
    "1x1 to R channels, depthwise Kx1 and 1xK, 1x1",
    "C_in·R·H_in·W_in + K_h·R·H·W_in + K_w·R·H·W + R·C_out·H·W",
    "R·(1/(K²·C_out) + (K_h + K_w)/(K²·C_in·C_out) + 1/(K²·C_in))",
    "Lebedev et al., Speeding-up Convolutional Neural Networks Using Fine-tuned CP-Decomposition, arXiv:1412.6553",
    _cp,
    takes="rank",
)
