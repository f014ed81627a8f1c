"""What every layer kind is: a pydantic model of its fields, and two operations.

A *primitive* kind knows its output shape and its facts; a *composite* kind only expands into other
layers. Shapes are H×W×C, one per input.

Annotations are no texts here: pydantic reads those of ``Layer`` again for each kind, and would parse them each time.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict

from costcalc.layers.channels import ChannelScaling
from costcalc.layers.products import Product, moved
from costcalc.shape import Shape
from costcalc.tally import Fact, Tally

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation


#: How much each spatial axis has been strided since some point; None where that means nothing any more.
Strides: TypeAlias = tuple[Fraction, ...] | None


#: The fields that say how a window slides, and nothing of the tensors in it.
SLIDING_FIELDS = ("stride", "padding", "dilation", "output_padding")


class Layer(BaseModel):
    """The fields of one layer kind, as a user may write them."""

    #: A validator is built when it is first used: start-up pays for no model that only stands in a table or a class.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    #: How many inputs it takes, at least and at most (None: any number).
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    #: Whether the spec's ``defaults`` reach it.
    takes_defaults: ClassVar[bool] = False
    #: The fields that a width multiplier scales.
    channel_fields: ClassVar[tuple[str, ...]] = ()
    #: What the absence of a field means where that is no value of its own, in a word.
    absent: ClassVar[Mapping[str, str]] = {}

    type: str

    def keeps_width(self, scaling: ChannelScaling) -> bool:
        """Whether its ``width`` rule exempts it from a width multiplier."""
        rule = getattr(self, "width", "scale")
        return rule == "fixed" or (rule == "grow" and scaling.multiplier <= 1)

    def scaled(self, scaling: ChannelScaling) -> "Layer":
        """The same layer with its channel fields scaled by a width multiplier."""
        if self.keeps_width(scaling):
            return self
        old = {name: getattr(self, name) for name in self.channel_fields}
        new = {name: scaling.scale(count) for name, count in old.items() if count is not None}
        return self.model_copy(update=new) if any(new[name] != old[name] for name in new) else self


class Primitive(Layer):
    """A kind that is costed itself."""

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The shape it makes of these; raises ShapeError."""
        raise NotImplementedError

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """What it costs where it makes ``output`` of these shapes: all that is known of its cost is stated here."""
        return moved(inputs, output)

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """How its output's size comes about, where that is more than a word."""
        from costcalc.layers.formula import Derivation

        return Derivation()

    def counted_as(self, inputs: Sequence[Shape]) -> str:
        """The kind under which its cost is counted."""
        return self.type

    def tally(self, inputs: Sequence[Shape], output: Shape | None = None) -> Tally:
        """Its facts on these shapes; raises ShapeError where the output's is not given and there is none."""
        kind = self.counted_as(inputs)
        facts: dict[Fact, int] = {}
        for quantity, factors in self.products(inputs, output or self.output_shape(inputs)):
            count = 1
            for _, size, _ in factors:
                count *= size
            fact = kind, quantity
            facts[fact] = facts[fact] + count if fact in facts else count
        return Tally(facts)

    def fused(self) -> tuple["Primitive", ...]:
        """The norm and activation that are written as fields of it, in order."""
        return ()

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """Its stride along each spatial axis; None where positions lose their meaning."""
        return (Fraction(1),) * len(inputs[0].spatial) if inputs else None


class Body(NamedTuple):
    """Layers that the user wrote inside a layer, not yet read; ``field`` is the route to them."""

    entries: object
    field: tuple[str | int, ...]


class Part(NamedTuple):
    """One step of an expansion. ``inputs`` name earlier parts, or what came in: ``input``, ``input_2``, …

    Without ``inputs`` a part takes the one before it, the first part what came in.
    """

    name: str
    layer: Layer | Body
    inputs: tuple[str, ...] = ()


class Context(NamedTuple):
    """What an expansion may need besides shapes: the spec's defaults, and the stride between its inputs.

    ``stride`` tells how much each axis is strided on the way from the first input to the second.
    """

    defaults: Mapping[str, Any]
    stride: Callable[[], Strides]


class Composite(Layer):
    """A kind that is only a way of writing other layers."""

    #: Whether layers are written in it; then it is expanded also where its inputs' shapes are unknown, to check them.
    has_bodies: ClassVar[bool] = False

    def expand(self, inputs: Sequence[Shape], context: Context) -> Sequence[Part]:
        """The parts that it stands for; the last one's output is its own. None at all: the identity."""
        raise NotImplementedError
