"""The resolution multiplier ρ of MobileNet (arXiv:1704.04861, section 3.4): another spatial size of the input."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from costcalc.errors import CostcalcError
from costcalc.quantity import MAX_SIZE, Numeral, parse_decimal, parse_size, shown
from costcalc.shape import Shape
from costcalc.spec import NetworkSpec

#: So many resolutions at most are looked at in one run.
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Resolution:
    """A size for every spatial axis (or one for each), or a multiplier ρ."""

    sizes: tuple[int, ...] = ()
    multiplier: Fraction | None = None

    def __str__(self) -> str:
        if self.multiplier is not None:
            return f"{float(self.multiplier):g}"
        return "x".join(map(str, self.sizes))

    def of(self, shape: Shape) -> Shape:
        """The shape at this resolution; raises CostcalcError where the axes do not match."""
        rank = len(shape.spatial)
        if self.multiplier is not None:
            spatial = tuple(int(size * self.multiplier + Fraction(1, 2)) for size in shape.spatial)
            if min(spatial, default=1) < 1:
                raise CostcalcError(f"this resolution leaves nothing of the input {shape}")
            if max(spatial, default=1) > MAX_SIZE:
                raise CostcalcError(f"this resolution makes the input {shape} larger than {MAX_SIZE}")
            return Shape(spatial, shape.channels)
        sizes = self.sizes * rank if len(self.sizes) == 1 else self.sizes
        if len(sizes) != rank:
            axes = "axis" if rank == 1 else "axes"
            raise CostcalcError(f"the input {shape} has {rank} spatial {axes}, the resolution {len(sizes)}")
        return Shape(sizes, shape.channels)


def parse_resolution(text: str) -> Resolution:
    """``192``, ``192x160``, or a multiplier with a decimal point such as ``0.714``; raises ValueError."""
    if "." in text:
        multiplier = parse_decimal(text)
        if multiplier <= 0:
            raise ValueError(f"must be above 0, not {shown(Numeral(text))}")
        return Resolution(multiplier=multiplier)
    parts = text.replace("×", "x").split("x")
    if not 1 <= len(parts) <= 3 or not all(part.isascii() and part.isdecimal() for part in parts):
        raise ValueError(
            f"must be a size such as 192 or 192x160, or a multiplier such as 0.714, not {shown(text)}"
        )
    return Resolution(tuple(parse_size(Numeral(part)) for part in parts))


def parse_resolutions(text: str) -> list[Resolution]:
    """``128,160,192``, or ``128:224:32`` for all from one to another by steps; raises ValueError."""
    parts = text.split(":")
    if len(parts) == 1:
        return [parse_resolution(part) for part in text.split(",")]
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() for part in parts):
        raise ValueError(f"must be resolutions such as 128,160 or FROM:TO:STEP, not {shown(text)}")
    first, last, step = (parse_size(Numeral(part)) for part in parts)
    count = (last - first) // step + 1
    if not 1 <= count <= _MOST:
        raise ValueError(f"must be from 1 to {_MOST} resolutions, and {shown(text)} is {max(0, count)}")
    return [Resolution((first + number * step,)) for number in range(count)]


def at_resolution(spec: NetworkSpec, resolution: Resolution) -> NetworkSpec:
    """The same network on inputs of another spatial size; raises CostcalcError where axes do not match."""
    shapes = {
        name: resolution.of(shape) if shape.spatial else shape for name, shape in spec.input_shapes.items()
    }
    if not any(shape.spatial for shape in shapes.values()):
        raise CostcalcError("the network's input is a vector: it has no resolution")
    if shapes == spec.input_shapes:
        return spec
    before = ", ".join(map(str, spec.input_shapes.values()))
    after = ", ".join(map(str, shapes.values()))
    changed = {"inputs": shapes} if spec.inputs is not None else {"input": shapes["input"]}
    return spec.model_copy(update=changed).noted(f"resolution: input {after} instead of {before}")
