"""How the size of an output comes about where a window slides."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from costcalc.layers.fields import AxisSizes, PaddingValue, per_axis, resolved_padding
from costcalc.layers.formula import Derivation, Formula, FormulaStep, size_formula
from costcalc.layers.products import axes
from costcalc.shape import Shape, same_padding


class Axis(NamedTuple):
    """One spatial axis of a layer that slides a window: its sizes, and the padding before and after."""

    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int
    extra: int
    output: int


class SlidingLayer(Protocol):
    """A layer that slides a window."""

    @property
    def kernel_size(self) -> AxisSizes: ...
    @property
    def stride(self) -> AxisSizes: ...
    @property
    def padding(self) -> PaddingValue: ...
    @property
    def dilation(self) -> AxisSizes: ...


def sliding_derivation(layer: SlidingLayer, source: Shape, output: Shape) -> Derivation:
    """The size of each axis of what a convolution, or ``unfold``, makes of ``source``."""
    sizes = along(
        source,
        output,
        kernel=layer.kernel_size,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
    )
    return Derivation(sliding_steps(sizes, same=layer.padding == "same"))


def sliding_steps(along: Sequence[Axis], *, same: bool) -> tuple[FormulaStep, ...]:
    """Of a convolution, or a pool that rounds down."""
    return _steps(along, _same if same else _sliding, same)


def transposed_steps(along: Sequence[Axis], *, same: bool) -> tuple[FormulaStep, ...]:
    """Of a transposed convolution."""
    return _steps(along, _same_transposed if same else _transposed, same)


def rounded_up_steps(along: Sequence[Axis]) -> tuple[FormulaStep, ...]:
    """Of a pool with ``ceil_mode``."""
    return _steps(along, _rounded_up, same=False)


def _steps(along: Sequence[Axis], formula: Callable[[Axis], Formula], same: bool) -> tuple[FormulaStep, ...]:
    """A step for each axis, or one for all that are alike."""
    names = axes(len(along))
    if len(set(along)) == 1:
        return (FormulaStep(" = ".join(names), formula(along[0]), _padding(along[0], same)),)
    return tuple(
        FormulaStep(name, formula(axis), _padding(axis, same))
        for name, axis in zip(names, along, strict=True)
    )


def _padding(axis: Axis, same: bool) -> str:
    return f"padding same: {axis.before} before, {axis.after} after" if same else ""


def _same(axis: Axis) -> Formula:
    return size_formula("⌈in/s⌉", f"⌈{axis.size}/{axis.stride}⌉", axis.output)


def _sliding(axis: Axis) -> Formula:
    symbols, numbers = _reach(axis)
    return size_formula(
        f"⌊(in + before + after − {symbols})/s⌋ + 1",
        f"⌊({axis.size} + {axis.before} + {axis.after} − {numbers})/{axis.stride}⌋ + 1",
        axis.output,
    )


def _rounded_up(axis: Axis) -> Formula:
    """The last window starts inside the input or its leading padding, so one can fall away."""
    size, kernel, stride, dilation, before, after, _, output = axis
    reach = dilation * (kernel - 1) + 1
    dropped = " − 1" if output < -(-(size + before + after - reach) // stride) + 1 else ""
    symbols, numbers = _reach(axis)
    return size_formula(
        f"⌈(in + before + after − {symbols})/s⌉ + 1{dropped}",
        f"⌈({size} + {before} + {after} − {numbers})/{stride}⌉ + 1{dropped}",
        output,
    )


def _same_transposed(axis: Axis) -> Formula:
    return size_formula("in·s", f"{axis.size}·{axis.stride}", axis.output)


def _transposed(axis: Axis) -> Formula:
    symbols, numbers = _reach(axis, plus=True)
    more = (" + output_padding", f" + {axis.extra}") if axis.extra else ("", "")
    return size_formula(
        f"(in − 1)·s + {symbols} − before − after{more[0]}",
        f"({axis.size} − 1)·{axis.stride} + {numbers} − {axis.before} − {axis.after}{more[1]}",
        axis.output,
    )


def _reach(axis: Axis, *, plus: bool = False) -> tuple[str, str]:
    """How far a kernel reaches, dilation included: K, or d·(K − 1) + 1."""
    if axis.dilation == 1:
        return "K", str(axis.kernel)
    sign = "+" if plus else "−"
    return f"d·(K − 1) {sign} 1", f"{axis.dilation}·({axis.kernel} − 1) {sign} 1"


def along(
    source: Shape,
    output: Shape,
    *,
    kernel: AxisSizes,
    stride: AxisSizes,
    padding: PaddingValue,
    dilation: AxisSizes = 1,
    extra: AxisSizes = 0,
    transposed: bool = False,
) -> list[Axis]:
    """The axes, with the padding resolved; of a transposed convolution it is that of its inverse."""
    rank = len(source.spatial)
    named = {"kernel_size": kernel, "stride": stride, "dilation": dilation, "output_padding": extra}
    kernels, strides, dilations, extras = (per_axis(sizes, rank, name) for name, sizes in named.items())
    if transposed and padding == "same":
        pads = tuple(map(same_padding, output.spatial, kernels, strides, dilations))
    else:
        pads = resolved_padding(source.spatial, kernels, strides, dilations, padding)
    before, after = zip(*pads, strict=True)
    return list(map(Axis, source.spatial, kernels, strides, dilations, before, after, extras, output.spatial))
