"""Forms of a convolution: other layers in its place, or other algorithms for the same layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from costcalc.search.alternatives.convolution import Convolution, Stage

#: The numbers that a form is given, as in ``bottleneck:64``; none are its defaults.
Arguments: TypeAlias = tuple[int, ...]


class UnavailableError(Exception):
    """A convolution has no such form; the message says why."""


class Built(NamedTuple):
    """The stages that stand for a convolution, and what the form's own letters stand for."""

    stages: tuple[Stage, ...]
    symbols: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Form:
    """Layers that can stand in the place of a convolution: another network, to be trained anew.

    ``formula`` is their multiplies; ``ratio`` is their weights ÷ the standard convolution's, which is also the ratio
    of multiplies where the stride is 1. ``takes`` says what its numbers are; ``build`` raises UnavailableError.
    """

    name: str
    summary: str
    formula: str
    ratio: str
    source: str
    build: Callable[[Convolution, Arguments], Built]
    takes: str = ""

    ratio_of = "weights"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """Another way to compute the same convolution: the same network, weights and results.

    ``share`` is the part of the multiplies that it makes; it raises UnavailableError. ``ratio`` says the same in
    symbols, and ``symbols`` are the letters of its own.
    """

    name: str
    summary: str
    formula: str
    ratio: str
    source: str
    share: Callable[[Convolution], Fraction]
    symbols: Callable[[Convolution], Mapping[str, int]]

    takes = ""
    ratio_of = "multiplies"


def numbers(given: Arguments, *defaults: int) -> Arguments:
    """The numbers that are given, or the defaults; raises UnavailableError where there are not as many."""
    if given and len(given) != len(defaults):
        wanted = "one number" if len(defaults) == 1 else f"{len(defaults)} numbers"
        raise UnavailableError(f"takes {wanted}, not {len(given)}")
    return given or defaults


def needs_window(convolution: Convolution) -> None:
    """Raises UnavailableError for a convolution of one tap, which has nothing to take apart."""
    if convolution.taps == 1:
        raise UnavailableError("one tap")


def needs_two_axes(convolution: Convolution) -> None:
    """Raises UnavailableError where there are no two axes to take apart, or only one with a kernel."""
    if convolution.rank != 2:
        raise UnavailableError("needs two spatial axes")
    if 1 in convolution.kernel:
        raise UnavailableError("its kernel has one axis already")


def pointwise(channels: int, fused: bool = True) -> Stage:
    """A 1×1 convolution to so many channels."""
    return Stage({"type": "conv", "out_channels": channels, "kernel_size": 1}, fused)
