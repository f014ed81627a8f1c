"""The stories of the kinds that slide a window: convolutions and pools."""

from __future__ import annotations

from costcalc.analysis.explanation.formula import FormulaStep
from costcalc.analysis.explanation.story import Story
from costcalc.analysis.explanation.window import Axis, rounded_up_steps, sliding_steps, transposed_steps
from costcalc.layers.conv import Conv
from costcalc.layers.conv_transpose import ConvTranspose
from costcalc.layers.depthwise_conv import DepthwiseConv
from costcalc.layers.fields import per_axis, resolved_padding
from costcalc.layers.pool import Pool
from costcalc.network import Node
from costcalc.shape import same_padding


def explain_conv(node: Node) -> Story:
    layer = node.layer
    assert isinstance(layer, Conv | DepthwiseConv)
    return Story(_window_steps(node, layer))


def explain_conv_transpose(node: Node) -> Story:
    layer = node.layer
    assert isinstance(layer, ConvTranspose)
    return Story(
        _window_steps(node, layer),
        (
            "multiplies are counted on the input's grid: every input position is multiplied with the whole kernel",
        ),
    )


def explain_pool(node: Node) -> Story:
    layer = node.layer
    assert isinstance(layer, Pool)
    along = _along(node, layer, layer.kernel_size if layer.stride is None else layer.stride)
    if layer.padding == "same" or not layer.ceil_mode:
        return Story(steps=sliding_steps(along, same=layer.padding == "same"))
    steps = rounded_up_steps(along)
    if any(step.formula.symbols.endswith("− 1") for step in steps):
        remark = "ceil_mode: a last window that would start behind the input falls away"
        return Story(steps=steps, remarks=(remark,))
    return Story(steps=steps)


def kernel_of(layer: Conv | DepthwiseConv | ConvTranspose | Pool, rank: int) -> tuple[int, ...]:
    """The kernel size along every axis."""
    return per_axis(layer.kernel_size, rank, "kernel_size")


def _window_steps(node: Node, layer: Conv | DepthwiseConv | ConvTranspose) -> tuple[FormulaStep, ...]:
    transposed = isinstance(layer, ConvTranspose)
    extra = layer.output_padding if isinstance(layer, ConvTranspose) else 0
    along = _along(node, layer, layer.stride, layer.dilation, extra, transposed)
    same = layer.padding == "same"
    return transposed_steps(along, same=same) if transposed else sliding_steps(along, same=same)


def _along(
    node: Node,
    layer: Conv | DepthwiseConv | ConvTranspose | Pool,
    stride: int | tuple[int, ...],
    dilation: int | tuple[int, ...] = 1,
    extra: int | tuple[int, ...] = 0,
    transposed: bool = False,
) -> list[Axis]:
    """The axes, with the padding resolved; of a transposed convolution it is that of its inverse."""
    source, output = node.input_shapes[0].spatial, node.output.spatial
    rank = len(source)
    kernel = kernel_of(layer, rank)
    strides = per_axis(stride, rank, "stride")
    dilations = per_axis(dilation, rank, "dilation")
    if transposed and layer.padding == "same":
        pads = tuple(map(same_padding, output, kernel, strides, dilations))
    else:
        pads = resolved_padding(source, kernel, strides, dilations, layer.padding)
    before, after = zip(*pads, strict=True)
    extras = per_axis(extra, rank, "output_padding")
    return list(map(Axis, source, kernel, strides, dilations, before, after, extras, output))
