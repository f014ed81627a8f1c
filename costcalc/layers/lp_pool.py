"""Lp pooling: the p-norm of what lies in a sliding window, between a mean (p = 1) and the largest (p → ∞).

    multiplies = 0 (not counted)
    params     = 0

(Σ |x|^p)^(1/p) over each window, in its three steps: the power of every element (its absolute value where p = 1), an
``avg_pool`` with the fields of this layer, a root (none where p = 1). The window's size, by which a mean is divided, is
in the root. Powers are facts of their own, for conventions to weigh.

Source: Sermanet et al., "Convolutional Neural Networks Applied to House Numbers Digit Classification",
arXiv:1204.3968 (Lp pooling).
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from costcalc.layers.base import Composite, Context, Part
from costcalc.layers.fields import Flag, Padding, Size, Sizes
from costcalc.layers.function import ElementFunction
from costcalc.layers.pool import Pool
from costcalc.shape import Shape

_POWERS: Mapping[int, tuple[str, str]] = {1: ("abs", ""), 2: ("square", "sqrt")}


class LpPool(Composite):
    """``lp_pool``: a power, a pool, a root."""

    absent: ClassVar[Mapping[str, str]] = {"stride": "kernel_size"}

    kernel_size: Sizes
    p: Size = 2
    stride: Sizes | None = None
    padding: Padding = "valid"
    dilation: Sizes = 1
    ceil_mode: Flag = False

    def expand(self, inputs: Sequence[Shape], context: Context) -> Sequence[Part]:
        """``power``, ``mean``, ``root``."""
        power, root = _POWERS.get(self.p, ("pow", "pow"))
        names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
        mean = Pool(type="avg_pool", **{name: getattr(self, name) for name in names})
        parts = [Part("power", _function(power)), Part("mean", mean)]
        return [*parts, Part("root", _function(root))] if root else parts


def _function(name: str) -> ElementFunction:
    return ElementFunction(type="elementwise", function=name)
