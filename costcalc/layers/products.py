"""What a layer costs, stated once: products of named factors, each product under a quantity of ``tally.QUANTITIES``.

From a kind's products come its tally, the formulas that ``explain`` prints, and costs over arrays of sizes: a value is
an int, or an array of ints in a shape whose sizes are arrays. Only ``+``, ``·`` and a division without remainder are
done to values, and nothing is asked of them.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from costcalc.shape import Shape

#: The spatial axes by name, outermost first; a map with fewer axes has the last ones.
AXES = {"D": "depth", "H": "height", "W": "width"}
_POWERS = {2: "²", 3: "³"}


class Written(NamedTuple):
    """A factor as it is written, ``K²`` and ``3²``, and what its symbols mean."""

    symbols: str
    numbers: str
    meanings: Mapping[str, str]


class Symbol:
    """What a factor is called in formulas; calling it with sizes makes the factor."""

    def written(self, sizes: Sequence[int]) -> Written | None:
        """The factor of these sizes in symbols and numbers; None where formulas leave it out, since it is 1."""
        raise NotImplementedError


#: One factor of a product: its symbol, its value, and the sizes that this is made of.
Factor: TypeAlias = tuple[Symbol, int, Sequence[int]]
Factors: TypeAlias = tuple[Factor, ...]
#: A quantity, and the factors whose product is counted under it; products under the same quantity add up.
Product: TypeAlias = tuple[str, Factors]


def product(factors: Factors) -> int:
    """All factors multiplied; 1 of none."""
    return math.prod([count for _, count, _ in factors])


class Count(Symbol):
    """One number: ``C_OUT(64)``. ``unless_one``: formulas leave it out where it is 1."""

    def __init__(self, name: str, meaning: str, *, unless_one: bool = False) -> None:
        self.name = name
        self.meaning = meaning
        self.unless_one = unless_one

    def __call__(self, count: int) -> Factor:
        return self, count, (count,)

    def written(self, sizes: Sequence[int]) -> Written | None:
        """``C_out`` and ``64``."""
        if self.unless_one and sizes[0] == 1:
            return None
        return Written(self.name, str(sizes[0]), {self.name: self.meaning})


class Constant(Symbol):
    """A number that belongs to the formula itself: the 2 of ``2·C``."""

    def __call__(self, count: int) -> Factor:
        return self, count, (count,)

    def written(self, sizes: Sequence[int]) -> Written | None:
        """``2`` and ``2``."""
        return None if sizes[0] == 1 else Written(str(sizes[0]), str(sizes[0]), {})


class Share(Symbol):
    """A count that parts have equal shares of: ``C_in/g``, a factor of ``C_in // g``."""

    def __init__(self, whole: Count, parts: Count) -> None:
        self.whole = whole
        self.parts = parts

    def __call__(self, whole: int, parts: int) -> Factor:
        return self, whole // parts, (whole, parts)

    def written(self, sizes: Sequence[int]) -> Written | None:
        """``(C_in/g)`` and ``(64/4)``; of one part ``C_in`` and ``64``."""
        whole, parts = sizes
        if parts == 1:
            return self.whole.written((whole,))
        meanings = {symbol.name: symbol.meaning for symbol in (self.whole, self.parts)}
        return Written(f"({self.whole.name}/{self.parts.name})", f"({whole}/{parts})", meanings)


class Extent(Symbol):
    """The size along every spatial axis, ``H·W``; nothing of a vector. ``suffix`` and ``of`` say whose it is."""

    def __init__(self, suffix: str, of: str) -> None:
        self.suffix = suffix
        self.of = of

    def __call__(self, sizes: Sequence[int]) -> Factor:
        return self, math.prod(sizes), sizes

    def written(self, sizes: Sequence[int]) -> Written | None:
        """``H·W`` and ``56·56``."""
        if not sizes:
            return None
        meanings = {f"{axis}{self.suffix}": f"{self.of} {AXES[axis]}" for axis in axes(len(sizes))}
        return Written("·".join(meanings), "·".join(map(str, sizes)), meanings)


class Taps(Symbol):
    """The positions that one window covers: the kernel's size along every axis."""

    def __call__(self, kernel: Sequence[int]) -> Factor:
        return self, math.prod(kernel), kernel

    def written(self, sizes: Sequence[int]) -> Written | None:
        """``K²`` and ``3²``, or ``K_h·K_w`` and ``3·5``; left out where there is one tap."""
        if set(sizes) <= {1}:
            return None
        if len({*sizes}) == 1:
            power = _POWERS.get(len(sizes), "")
            return Written(f"K{power}", f"{sizes[0]}{power}", {"K": "kernel_size"})
        meanings = {f"K_{axis.lower()}": f"kernel_size along the {AXES[axis]}" for axis in axes(len(sizes))}
        return Written("·".join(meanings), "·".join(map(str, sizes)), meanings)


def axes(rank: int) -> tuple[str, ...]:
    """The names of so many spatial axes."""
    return tuple(AXES)[len(AXES) - rank :]


NUMBER = Constant()
TAPS = Taps()
C = Count("C", "channels")
C_IN = Count("C_in", "input channels")
C_OUT = Count("C_out", "output channels")
GROUPS = Count("g", "groups")
C_IN_PER_GROUP = Share(C_IN, GROUPS)
DEPTH_MULTIPLIER = Count("m", "depth_multiplier", unless_one=True)
POSITIONS = Extent("", "output")
POSITIONS_IN = Extent("_in", "input")


def moved(inputs: Sequence[Shape], output: Shape) -> list[Product]:
    """The elements that come in and those that go out, which every layer has."""
    products: list[Product] = [
        ("inputs", (POSITIONS_IN(spatial), C_IN(channels))) for spatial, channels in inputs
    ]
    products.append(("outputs", (POSITIONS(output.spatial), C_OUT(output.channels))))
    return products
