"""Where each field stands, and what each number means, by the package ``tflite``."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from costcalc.interop.importers.tflite_model.schema import FIELDS, OPERATORS, OPTIONS, TYPES

tflite = pytest.importorskip("tflite", reason="needs tflite, of the dev extra")

_TABLES = {
    **{name: f"{name.title().replace('_', '')}Options" for name in OPTIONS},
    "CONV_2D": "Conv2DOptions",
    "CONV_3D": "Conv3DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "L2_POOL_2D": "Pool2DOptions",
    "BATCH_MATMUL": "BatchMatMulOptions",
    "L2_NORMALIZATION": "L2NormOptions",
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"), "ReducerOptions"),
}


class Recorder:
    """In the place of a builder: remembers which slot is written, and the default."""

    slot, default = -1, None

    def __getattr__(self, name: str) -> Any:
        def written(slot: int, value: Any, default: Any) -> None:
            self.slot, self.default = slot, default

        return written


def slot_of(table: str, word: str) -> Recorder:
    """What the package's own writer of a field does."""
    camel = "".join(part[:1].upper() + part[1:] for part in word.split("_"))
    recorder = Recorder()
    getattr(importlib.import_module(f"tflite.{table}"), f"{table}Add{camel}")(recorder, 1)
    return recorder


@pytest.mark.parametrize("table", FIELDS)
def test_fields(table: str) -> None:
    assert {word: slot_of(table, word).slot for word in FIELDS[table]} == FIELDS[table]


@pytest.mark.parametrize("operator", OPTIONS)
def test_options(operator: str) -> None:
    for number, each in enumerate(OPTIONS[operator].split()):
        word, _, rest = each.partition(":")
        code, _, default = rest.partition("=")
        found = slot_of(_TABLES[operator], word)
        assert found.slot == number, each
        if code in ("b", "i", "f", "?"):
            assert float(found.default or 0) == float(default or 0), each


def test_operators() -> None:
    numbers = {name: number for name, number in vars(tflite.BuiltinOperator).items() if name.isupper()}
    assert {name: OPERATORS.index(name) for name in numbers} == numbers


def test_types() -> None:
    numbers = {name: number for name, number in vars(tflite.TensorType).items() if name.isupper()}
    assert {name: TYPES.index(name) for name in numbers} == numbers
