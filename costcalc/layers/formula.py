"""Formulas: a count in symbols, in a layer's own numbers, and as a value."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from costcalc.layers.products import POSITIONS_IN, Factors, Written, product
from costcalc.shape import Shape

#: The symbols of sizes along an axis, which are no factors of a cost.
_SIZES = {
    "K": "kernel_size",
    "in": "the input's size along the axis",
    "before": "(and after) the padding",
    "s": "stride",
    "d": "dilation",
}
_SYMBOL = re.compile(r"[A-Za-z_]+")


@dataclass(frozen=True, slots=True)
class Formula:
    """``K²·C_in``, ``3²·64`` and 576, and what K and C_in mean."""

    symbols: str
    numbers: str
    value: int
    meanings: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        steps = [self.symbols, self.numbers, f"{self.value:,}"]
        if self.numbers == str(self.value):
            del steps[1]
        return " = ".join(dict.fromkeys(steps))


@dataclass(frozen=True, slots=True)
class FormulaStep:
    """One size or count on the way, ``H = W``, and how it comes about."""

    name: str
    formula: Formula
    remark: str = ""


class Derivation(NamedTuple):
    """How the size of an output comes about, step by step, and what else is to know of a cost."""

    steps: Sequence[FormulaStep] = ()
    remarks: Sequence[str] = ()


def size_formula(symbols: str, numbers: str, value: int) -> Formula:
    """How a size along an axis comes about."""
    used = set(_SYMBOL.findall(symbols))
    return Formula(symbols, numbers, value, {name: text for name, text in _SIZES.items() if name in used})


def formula(*products: Factors) -> Formula:
    """The sum of products (mostly one) as it is written."""
    parts = [_written(factors) for factors in products]
    return Formula(
        " + ".join(part.symbols for part in parts),
        " + ".join(part.numbers for part in parts),
        sum(map(product, products)),
        _together(parts),
    )


def _written(factors: Factors) -> Written:
    """``K²·C_in`` and ``3²·64``; 1 of no factors."""
    parts = [part for part in (symbol.written(sizes) for symbol, _, sizes in factors) if part is not None]
    symbols = "·".join(part.symbols for part in parts)
    numbers = "·".join(part.numbers for part in parts)
    return Written(symbols or "1", numbers or "1", _together(parts))


def _together(parts: Sequence[Written]) -> dict[str, str]:
    return {name: meaning for part in parts for name, meaning in part.meanings.items()}


def positions_step(name: str, shape: Shape) -> FormulaStep:
    """``P = H_in·W_in = 14·14 = 196``: of an input."""
    return FormulaStep(name, formula((POSITIONS_IN(shape.spatial),)))
