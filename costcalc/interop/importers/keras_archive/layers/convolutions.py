"""Convolutions and dense layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from costcalc.interop.importers.keras_archive.building import Handler, KerasTensor, LayerCall
from costcalc.interop.importers.keras_archive.layers.activations import activated
from costcalc.interop.importers.keras_archive.layers.fields import map_of, ranked, said, short
from costcalc.quantity import shown


def _window(call: LayerCall, rank: int) -> dict[str, Any]:
    kernel = call.sizes("kernel_size", rank)
    dilation = call.sizes("dilation_rate", rank, 1)
    padding = call.get("padding", "valid")
    if padding == "causal" and rank == 1:
        padding = [dilation[0] * (kernel[0] - 1), 0]
    elif padding not in ("valid", "same"):
        raise call.error(f"its padding {shown(padding)} is not known")
    return {
        "kernel_size": short(kernel),
        "stride": short(call.sizes("strides", rank, 1)),
        "padding": padding,
        "dilation": short(dilation),
    }


def _conv(rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        groups = call.whole(call.get("groups", 1), "groups")
        bias = call.flag("use_bias", True)
        fields = said(**_window(call, rank), groups=groups, bias=bias)
        value = call.emit("conv", map_of(call, rank), out_channels=call.number("filters"), **fields)
        return activated(call, value, call.get("activation"))

    return handle


def _depthwise(rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        multiplier = call.whole(call.get("depth_multiplier", 1), "depth_multiplier")
        fields = said(**_window(call, rank), depth_multiplier=multiplier, bias=call.flag("use_bias", True))
        return activated(
            call, call.emit("depthwise_conv", map_of(call, rank), **fields), call.get("activation")
        )

    return handle


def _separable(rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        multiplier = call.whole(call.get("depth_multiplier", 1), "depth_multiplier")
        fields = said(**_window(call, rank), depth_multiplier=multiplier)
        value = call.emit("depthwise_conv", map_of(call, rank), suffix=".depthwise", **fields)
        more = said(bias=call.flag("use_bias", True))
        value = call.emit(
            "conv", value, suffix=".pointwise", out_channels=call.number("filters"), kernel_size=1, **more
        )
        return activated(call, value, call.get("activation"))

    return handle


def _transpose(rank: int) -> Handler:
    def handle(call: LayerCall) -> KerasTensor:
        kernel, stride = call.sizes("kernel_size", rank), call.sizes("strides", rank, 1)
        dilation = call.sizes("dilation_rate", rank, 1)
        padding, extra = call.get("padding", "valid"), call.get("output_padding")
        reach = [step * (taps - 1) + 1 for taps, step in zip(kernel, dilation, strict=True)]
        fields: dict[str, Any] = {"padding": padding}
        if extra is not None:
            amounts = extra if isinstance(extra, list) else [extra] * rank
            amounts = [call.whole(each, "output_padding", 0) for each in amounts]
            fields["output_padding"] = short(amounts)
            if padding == "same":
                fields["padding"] = short([each // 2 for each in reach])
        elif padding == "valid":
            gaps = [max(step - each, 0) for step, each in zip(stride, reach, strict=True)]
            if any(gaps):
                fields["output_padding"] = short(gaps)
        elif padding != "same":
            raise call.error(f"its padding {shown(padding)} is not known")
        more = said(
            **fields, stride=short(stride), dilation=short(dilation), bias=call.flag("use_bias", True)
        )
        value = call.emit(
            "conv_transpose",
            map_of(call, rank),
            out_channels=call.number("filters"),
            kernel_size=short(kernel),
            **more,
        )
        return activated(call, value, call.get("activation"))

    return handle


def _dense(call: LayerCall) -> KerasTensor:
    fields: dict[str, Any] = {} if call.flag("use_bias", True) else {"bias": False}
    value = call.value
    if len(value.dims) > 1:
        if call.builder.channels_first:
            raise call.error("on a map of channels first it would mix positions")
        fields["per_position"] = True
    made = call.emit("linear", value, out_features=call.number("units"), **fields)
    return activated(call, made, call.get("activation"))


HANDLERS: Mapping[str, Handler] = {
    **ranked(
        {
            "Conv{}D": _conv,
            "Convolution{}D": _conv,
            "DepthwiseConv{}D": _depthwise,
            "SeparableConv{}D": _separable,
            "SeparableConvolution{}D": _separable,
            "Conv{}DTranspose": _transpose,
            "Convolution{}DTranspose": _transpose,
        }
    ),
    "Dense": _dense,
}
