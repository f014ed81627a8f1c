"""A function of every element by itself: ``elementwise`` with ``function: sqrt`` and others.

    multiplies = 0 (not counted: ``multiplies`` are those of conv, linear and matmul)
    params     = 0

Facts of its own, for conventions to weigh, are ``powers`` (pow, square, sqrt, rsqrt) and ``divisions`` (reciprocal);
``cumsum`` adds up along an axis. Functions with a name as activations (sigmoid, tanh, …) are kinds of their own.

Source: Vaswani et al., arXiv:1706.03762, section 3.5 (sin and cos of positions); Liu et al., "A ConvNet for the 2020s",
and Woo et al., "ConvNeXt V2", arXiv:2301.00808, section 3 (roots and divisions of a response norm).
"""

from collections.abc import Sequence
from typing import Annotated

from costcalc.layers.base import Primitive
from costcalc.layers.fields import OneOf
from costcalc.layers.products import POSITIONS, C, Product, moved
from costcalc.shape import Shape

FUNCTIONS = (
    "abs",
    "acos",
    "asin",
    "atan",
    "ceil",
    "clip",
    "cos",
    "cosh",
    "cumsum",
    "erf",
    "exp",
    "floor",
    "log",
    "negate",
    "not",
    "pow",
    "reciprocal",
    "round",
    "rsqrt",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "tan",
)
_POWERS = ("pow", "square", "sqrt", "rsqrt")

Function = Annotated[str, OneOf(*FUNCTIONS)]


class ElementFunction(Primitive):
    """``elementwise``: one function, by its name."""

    function: Function

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """As it came in."""
        return inputs[0]

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """Its elements; powers and divisions are facts of their own."""
        elements = POSITIONS(output.spatial), C(output.channels)
        products = moved(inputs, output)
        if self.function in _POWERS:
            products.append(("powers", elements))
        if self.function in ("reciprocal", "rsqrt"):
            products.append(("divisions", elements))
        return products
