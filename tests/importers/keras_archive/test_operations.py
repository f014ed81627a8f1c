"""Each operation of keras.ops: kind, fields, output; and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from costcalc.errors import CostcalcError
from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.dispatch import read_model
from importers.keras_archive.configs import functional, layer, saved, start, tensor

MAP, LINE, VECTOR = (8, 10, 6), (9, 6), (12,)
ALL: dict[str, Any] = {"class_name": "__slice__", "config": {"start": None, "stop": None, "step": None}}
REST: dict[str, Any] = {"class_name": "__ellipsis__", "config": {}}


def cut(start: int | None, stop: int | None, step: int | None = None) -> dict[str, Any]:
    return {"class_name": "__slice__", "config": {"start": start, "stop": stop, "step": step}}


#: class, config, further arguments, sizes, and the layers it becomes: kind, output, fields.
ROWS: list[tuple[str, dict[str, Any], list[Any], tuple[int, ...], list[tuple[str, str, dict[str, Any]]]]] = [
    ("Mean", {"axis": [1, 2]}, [], MAP, [("global_avg_pool", "1x1x6", {})]),
    ("Mean", {"axis": [-2, -3], "keepdims": True}, [], MAP, [("global_avg_pool", "1x1x6", {})]),
    ("Mean", {"axis": 1, "keepdims": True}, [], MAP, [("avg_pool", "1x10x6", {"kernel_size": [8, 1]})]),
    ("Amax", {"axis": [-2]}, [], MAP,
     [("max_pool", "8x1x6", {"kernel_size": [1, 10]}), ("reshape", "8x6", {"to": "8x6"})]),
    ("Sum", {"axis": 1}, [], LINE, [("global_avg_pool", "1x6", {})]),
    ("Max", {"axis": [1, 2]}, [], MAP, [("global_max_pool", "1x1x6", {})]),
    ("MaxPool", {"pool_size": 3, "strides": 2, "padding": "same", "data_format": "channels_last"}, [], MAP,
     [("max_pool", "4x5x6", {"kernel_size": 3, "stride": 2, "padding": "same"})]),
    ("AveragePool", {"pool_size": 3, "strides": None, "padding": "valid"}, [], LINE,
     [("avg_pool", "3x6", {"kernel_size": 3})]),
    ("Resize", {"size": [5, 7], "interpolation": "nearest", "data_format": None}, [], MAP,
     [("upsample", "5x7x6", {"size": [5, 7]})]),
    ("Transpose", {"axes": [0, 2, 1]}, [], LINE, [("reshape", "6x9", {"to": "6x9"})]),
    ("Swapaxes", {"axis1": 1, "axis2": -1}, [], LINE, [("reshape", "6x9", {"to": "6x9"})]),
    ("Moveaxis", {"source": 3, "destination": 1}, [], MAP, [("reshape", "6x8x10", {"to": "6x8x10"})]),
    ("ExpandDims", {"axis": 1}, [], VECTOR, [("reshape", "1x12", {"to": "1x12"})]),
    ("ExpandDims", {"axis": -1}, [], LINE, [("reshape", "9x6x1", {"to": "9x6x1"})]),
    ("Squeeze", {"axis": [1]}, [], (1, 6), []),
    ("DepthToSpace", {"block_size": 2}, [], (4, 5, 12), [("reshape", "8x10x3", {"to": "8x10x3"})]),
    ("SpaceToDepth", {"block_size": 2}, [], MAP, [("reshape", "4x5x24", {"to": "4x5x24"})]),
    ("Pad", {"pad_width": [[0, 0], [1, 2], [0, 3], [0, 0]], "mode": "constant"}, [], MAP,
     [("pad", "11x13x6", {"padding": [1, 2, 0, 3]})]),
    ("Pad", {"pad_width": [[0, 0], [0, 0], [0, 0], [1, 2]], "mode": "reflect"}, [], MAP,
     [("pad", "8x10x9", {"channels": [1, 2]})]),
    ("GetItem", {}, [[ALL, cut(1, 5), ALL, cut(None, -2)]], MAP,
     [("slice", "4x10x4", {"channels": [0, 4], "spatial": [[1, 5], [0, 10]]})]),
    ("GetItem", {}, [[REST, cut(2, 4)]], MAP, [("slice", "8x10x2", {"channels": [2, 4]})]),
    ("GetItem", {}, [[ALL, 0]], LINE, [("slice", "1x6", {"spatial": [[0, 1]]})]),
    ("GetItem", {}, [[ALL, -1, ALL, 2]], MAP,
     [("slice", "1x10x1", {"channels": [2, 3], "spatial": [[7, 8], [0, 10]]}), ("reshape", "10", {"to": 10})]),
    ("GetItem", {}, [[ALL, cut(3, 9)]], VECTOR, [("slice", "6", {"channels": [3, 9]})]),
    ("Stack", {"axis": 1}, [], LINE, [("reshape", "1x9x6", {"to": "1x9x6"})]),
    ("Clip", {"x_min": 0, "x_max": 6.0}, [], MAP, [("relu6", "8x10x6", {})]),
    ("Clip", {"x_min": -1, "x_max": 1}, [], MAP, []),
    ("LeakyRelu", {"negative_slope": 0.1}, [], MAP, [("leaky_relu", "8x10x6", {})]),
    ("LogSoftmax", {"axis": -1}, [], MAP, [("log_softmax", "8x10x6", {})]),
    ("Power", {}, [2], MAP, []),
    ("Maximum", {}, [0.0], MAP, []),
    ("Negative", {}, [], MAP, []),
    ("Cast", {"dtype": "float16"}, [], MAP, []),
]  # fmt: skip


def read(kind: str, config: dict[str, Any], more: list[Any], sizes: tuple[int, ...], folder: Path) -> Any:
    net = functional(
        start("in", *sizes), layer(kind, "it", (tensor("in"), *more), **config), layer("ReLU", "end", "it")
    )
    return read_model(saved(net, folder))


@pytest.mark.parametrize(
    ("kind", "config", "more", "sizes", "wanted"), ROWS, ids=lambda value: str(value)[:60]
)
def test_an_operation_is_ours(
    kind: str, config: dict[str, Any], more: list[Any], sizes: tuple[int, ...], wanted: Any, tmp_path: Path
) -> None:
    flat = read(kind, config, more, sizes, tmp_path)
    found = [(each.kind, str(each.output), each.fields) for each in flat.layers]
    assert found[:-1] == wanted
    convert(flat)


REFUSED: list[tuple[str, dict[str, Any], list[Any], tuple[int, ...], str]] = [
    ("Mean", {"axis": -1}, [], MAP, "over other axes than spatial ones is not known"),
    ("Sum", {"axis": 0}, [], MAP, "over other axes than spatial ones is not known"),
    ("Max", {"axis": None}, [], MAP, "over other axes than spatial ones is not known"),
    ("Mean", {"axis": ["x", {}]}, [], MAP, "over other axes than spatial ones is not known"),
    ("Power", {}, [{}], MAP, "of two values is not known"),
    ("Power", {}, ["2"], MAP, "a constant other than a number is not known"),
    ("LogSoftmax", {"axis": 1}, [], MAP, "along another axis than that of the channels is not known"),
    ("Transpose", {"axes": None}, [], LINE, "its axes must name every axis once, and the batch first"),
    ("Swapaxes", {"axis1": 0, "axis2": 1}, [], LINE, "its axis is none of the values'"),
    ("ExpandDims", {"axis": [1, 2]}, [], VECTOR, "by several axes is not known"),
    ("Squeeze", {"axis": [1]}, [], MAP, "its axis is longer than 1"),
    ("DepthToSpace", {"block_size": 5}, [], MAP, "its block_size 5 does not divide the channels (=6)"),
    ("SpaceToDepth", {"block_size": 3}, [], MAP, "its block_size 3 does not divide the map"),
    ("Pad", {"pad_width": [[0, 0], [1, 1]]}, [], MAP, "must have a pair for each axis, and one for the batch"),
    ("Pad", {"pad_width": [[1, 0], [1, 1], [0, 0]]}, [], LINE, "pads the batch"),
    ("GetItem", {}, [[cut(0, 1)]], MAP, "takes a piece of the batch, or of more axes than there are"),
    ("GetItem", {}, [[ALL] * 6], MAP, "takes a piece of the batch, or of more axes than there are"),
    ("GetItem", {}, [[ALL, None]], MAP, "a new axis is not known: use keras.ops.expand_dims"),
    ("GetItem", {}, [[ALL, cut(None, None, 2)]], MAP, "only single numbers and ranges without a step are known"),
    ("GetItem", {}, [[ALL, cut(3, 3)]], MAP, "takes nothing of an axis"),
    ("GetItem", {}, [[ALL, 99]], MAP, "only single numbers and ranges without a step are known"),
    ("GetItem", {}, [[ALL, 3]], VECTOR, "takes a single number of each example"),
    ("Split", {"indices_or_sections": 4, "axis": -1}, [], MAP, "its sections are no equal ones"),
    ("Split", {"indices_or_sections": [3, 2], "axis": -1}, [], MAP, "its places are not in order within the axis"),
    ("Matmul", {}, [[1.0]], LINE, "of other values than two of two axes is not known"),
    ("Einsum", {}, [], LINE, "this layer is not known, and may cost something"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "config", "more", "sizes", "message"), REFUSED, ids=lambda value: str(value)[:60]
)
def test_what_is_not_known_is_an_error(
    kind: str, config: dict[str, Any], more: list[Any], sizes: tuple[int, ...], message: str, tmp_path: Path
) -> None:
    with pytest.raises(CostcalcError) as raised:
        read(kind, config, more, sizes, tmp_path)
    assert message in str(raised.value)


def test_a_split_is_so_many_slices(tmp_path: Path) -> None:
    net = functional(
        start("in", 4, 4, 6),
        layer("Split", "s", "in", indices_or_sections=[2], axis=-1),
        layer("Conv2D", "a", "s", filters=1, kernel_size=[1, 1], use_bias=False),
        {
            **layer("Conv2D", "b", filters=1, kernel_size=[1, 1], use_bias=False),
            "inbound_nodes": [
                {"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["s", 0, 1]}}]}
            ],
        },
        layer("Add", "sum", ["a", "b"]),
    )
    flat = read_model(saved(net, tmp_path))
    found = [(each.kind, each.fields.get("channels"), each.output.channels) for each in flat.layers]
    assert found == [
        ("slice", [0, 2], 2),
        ("slice", [2, 6], 4),
        ("conv", None, 1),
        ("conv", None, 1),
        ("add", None, 1),
    ]


def test_a_product_of_two_tables_is_a_matmul(tmp_path: Path) -> None:
    net = functional(start("a", 5, 4), start("b", 4, 3), layer("Matmul", "m", (tensor("a"), tensor("b"))))
    (made,) = read_model(saved(net, tmp_path)).layers
    assert (made.kind, str(made.output)) == ("matmul", "5x3")


def test_a_products_axes_of_size_1_change_nothing(tmp_path: Path) -> None:
    net = functional(
        start("a", 1, 5, 4), start("b", 1, 4, 3), layer("Matmul", "m", (tensor("a"), tensor("b")))
    )
    flat = read_model(saved(net, tmp_path))
    assert [(each.kind, str(each.output)) for each in flat.layers] == [
        ("reshape", "5x4"),
        ("reshape", "4x3"),
        ("matmul", "5x3"),
        ("reshape", "1x5x3"),
    ]
