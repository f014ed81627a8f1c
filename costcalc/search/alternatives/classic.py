"""The forms that every framework has: standard, grouped with a channel shuffle, depthwise separable."""

from __future__ import annotations

from costcalc.search.alternatives.convolution import Convolution, Stage
from costcalc.search.alternatives.form import Arguments, Built, Form, UnavailableError, needs_window, numbers

GROUPS = 4


def _standard(convolution: Convolution, given: Arguments) -> Built:
    numbers(given)
    fields = {"type": "conv", "out_channels": convolution.output.channels, **convolution.window()}
    return Built((Stage(fields),))


def _grouped(convolution: Convolution, given: Arguments) -> Built:
    (groups,) = numbers(given, GROUPS)
    for name, channels in (("input", convolution.source.channels), ("output", convolution.output.channels)):
        if channels % groups:
            raise UnavailableError(f"{groups} groups do not divide {channels} {name} channels")
    (standard,) = _standard(convolution, ()).stages
    shuffle = Stage({"type": "channel_shuffle", "groups": groups}, fused=False)
    return Built((Stage({**standard.fields, "groups": groups}), shuffle), {"g": groups})


def _separable(convolution: Convolution, given: Arguments) -> Built:
    needs_window(convolution)
    (multiplier,) = numbers(given, 1)
    fields = {
        "type": "separable_conv",
        "out_channels": convolution.output.channels,
        **convolution.window(),
        **({} if multiplier == 1 else {"depth_multiplier": multiplier}),
    }
    return Built((Stage(fields),), {"m": multiplier})


STANDARD = Form(
    "standard",
    "one convolution",
    "K²·C_in·C_out·H·W",
    "1",
    "Howard et al., MobileNets, arXiv:1704.04861, section 3.1",
    _standard,
)

GROUPED = Form(
    "grouped",
    "g groups, then a channel shuffle",
    "K²·(C_in/g)·C_out·H·W",
    "1/g",
    "Zhang et al., ShuffleNet, arXiv:1707.01083, section 3.1",
    _grouped,
    takes="groups",
)

SEPARABLE = Form(
    "separable",
    "depthwise, then 1x1",
    "m·K²·C_in·H·W + m·C_in·C_out·H·W",
    "m·(1/C_out + 1/K²)",
    "Howard et al., MobileNets, arXiv:1704.04861, equation 5",
    _separable,
    takes="depth multiplier",
)
