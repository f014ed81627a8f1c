"""A tensor of the file: a weight, or numbers to compute with."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from costcalc.interop.importers.onnx_model.proto import FLOATING, Scalar
from costcalc.interop.importers.tensors.limits import check_dims

INT64, FLOAT, UINT8 = 7, 1, 2


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor that is in the file, or follows from such: a weight, or numbers to compute with.

    ``key`` says which weight it is: tensors with one key are one weight, however it is reshaped. ``origin``:
    ``weight`` for what may be learned, ``constant`` for what is not, ``fill`` for one number everywhere: models
    without their weights have that in the place of each weight, others compute with it.
    """

    key: object
    dims: tuple[int, ...]
    data_type: int
    origin: Literal["weight", "fill", "constant"]
    name: str
    read: Callable[[], tuple[Scalar, ...] | None] = field(repr=False, default=lambda: None)

    def __post_init__(self) -> None:
        """Raise RefusedError where it is larger than any tensor."""
        check_dims(self.dims)

    @property
    def elements(self) -> int:
        """How many elements it has."""
        return math.prod(self.dims)

    @property
    def learned(self) -> bool:
        """Whether it counts as a learned tensor: ONNX does not say. Several fractions, and not a constant."""
        return self.origin != "constant" and self.elements > 1 and self.floating

    @property
    def floating(self) -> bool:
        """Whether its numbers are fractions."""
        return self.data_type in FLOATING

    def values(self) -> tuple[Scalar, ...] | None:
        """Its numbers; None where they are too many or not known."""
        return self.read()

    def scalar(self) -> float | None:
        """Its one number, if it has one and that is known."""
        if self.elements != 1:
            return None
        values = self.read()
        return float(values[0]) if values else None


#: The key of tensors that are known only when the model runs, but never learned: the scale of a quantised map.
RUN_TIME = object()


def run_time(dims: tuple[int, ...], data_type: int = FLOAT) -> Tensor:
    """A tensor that is known only when the model runs."""
    return Tensor(RUN_TIME, dims, data_type, "constant", "")


def known(
    values: tuple[Scalar, ...], dims: tuple[int, ...], data_type: int = INT64, name: str = ""
) -> Tensor:
    """A computed tensor of known numbers."""
    return Tensor(object(), dims, data_type, "constant", name, lambda: values)
