"""Recurrent layers: ``lstm``, ``gru`` and ``rnn``, which read a sequence step by step.

    multiplies = T·D·G·N·(C_in + R), and T·D·N·R of a projection
    weights    = D·G·N·(C_in + R), and D·N·R of a projection, D·3·N of peepholes
    biases     = b·D·G·N

T: steps, the positions of the input; D: directions, 2 with ``direction: both``; G: gates, 4 of lstm, 3 of gru, 1 of
rnn; N: ``hidden_size``; R: what is fed back, N or the ``projection``; b: ``biases`` a gate, 2 as PyTorch, cuDNN and
ONNX have them, 1 as Keras and the papers (a Keras GRU has 2 unless ``reset_after=False``), or 0. Of several
``layers`` each reads what the one below returns, so has D·R for C_in.

A sequence lies along the last spatial axis; others (the rows of a map) are sequences of their own, read with the same
weights. Returned is the whole ``sequence``, D·R channels a step, or the ``last`` step. What gates do element by element
is not counted.

For memory and time it is one operation: it reads its input and its weights once for the whole sequence and writes what
it returns. What it keeps from step to step (N cells, R fed back) is its own workspace, as another kind's sums are, and
has no buffer.

Source: Gers et al., "Learning to Forget", 2000, equations 1 to 7 (lstm); Sak et al., arXiv:1402.1128, equations 7 to 13
(projection, peepholes); Cho et al., arXiv:1406.1078, equations 5 to 8 (gru); Elman 1990 (rnn).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

from costcalc.errors import ShapeError
from costcalc.layers.base import Primitive, Strides
from costcalc.layers.fields import Flag, OneOf, Parsed, Size
from costcalc.layers.products import C_IN, Constant, Count, Factors, Product, moved
from costcalc.quantity import parse_size
from costcalc.shape import Shape

if TYPE_CHECKING:
    from costcalc.layers.formula import Derivation

STEPS = Count("T", "steps, of all sequences")
DIRECTIONS = Count("D", "directions")
GATES = Count("G", "gates")
HIDDEN = Count("N", "hidden_size")
FED_BACK = Count("R", "channels that are fed back")
BIASES = Count("b", "biases a gate")
BELOW = Count("C_below", "channels that a layer below returns")
UPPER = Count("L_upper", "layers above the first")
LAYERS = Count("L", "layers", unless_one=True)
PEEPHOLES = Constant()


def _biases(value: object) -> int:
    count = 0 if type(value) is int and value == 0 else parse_size(value)
    if count > 2:
        raise ValueError(f"must be 0, 1 or 2, not {count}")
    return count


Biases = Annotated[
    int,
    Parsed(
        _biases,
        {"type": "integer", "minimum": 0, "maximum": 2, "description": "0, 1 or 2, so many vectors a gate"},
    ),
]
Direction = Annotated[str, OneOf("forward", "backward", "both")]
Returns = Annotated[str, OneOf("sequence", "last")]


class Rnn(Primitive):
    """``rnn``: one matrix for what comes in, one for what was returned a step before."""

    gates: ClassVar[int] = 1

    hidden_size: Size
    layers: Size = 1
    direction: Direction = "forward"
    returns: Returns = "sequence"
    biases: Biases = 2

    @property
    def directions(self) -> int:
        """How many times each sequence is read."""
        return 2 if self.direction == "both" else 1

    @property
    def fed_back(self) -> int:
        """R: the channels that a step hands on, and a layer returns in each direction."""
        return self.hidden_size

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """T×(D·R), or D·R of the last step; raises ShapeError on a vector, which has no steps."""
        spatial = inputs[0].spatial
        if not spatial:
            raise ShapeError("needs a sequence such as 100x64 (steps x channels), not a vector")
        kept = spatial if self.returns == "sequence" else spatial[:-1]
        return Shape(kept, self.directions * self.fed_back)

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """The matrices of all gates, layers and directions, each used at every step."""
        steps = STEPS(inputs[0].positions)
        directions, gates, layers = DIRECTIONS(self.directions), GATES(self.gates), LAYERS(self.layers)
        products = moved(inputs, output)
        for matrix in self._matrices(inputs[0].channels):
            products += [
                ("multiplies", (steps, *matrix)),
                ("output_grid_multiplies", (steps, *matrix)),
                ("weights", matrix),
                ("param_reads", matrix),
            ]
        values = directions, gates, HIDDEN(self.hidden_size), layers
        products += [
            ("gate_values", (steps, *values)),
            ("states", (steps, directions, HIDDEN(self.hidden_size), layers)),
        ]
        if self.biases:
            vectors = (BIASES(self.biases), *values)
            products += [
                ("gate_bias_additions", (steps, *vectors)),
                ("biases", vectors),
                ("param_reads", vectors),
            ]
        return products

    def _matrices(self, channels: int) -> list[Factors]:
        """The weights, matrix by matrix."""
        shared = DIRECTIONS(self.directions), GATES(self.gates), HIDDEN(self.hidden_size)
        matrices: list[Factors] = [(*shared, C_IN(channels))]
        if self.layers > 1:
            matrices.append((*shared, BELOW(self.directions * self.fed_back), UPPER(self.layers - 1)))
        return [*matrices, (*shared, FED_BACK(self.fed_back), LAYERS(self.layers))]

    def derivation(self, inputs: Sequence[Shape], output: Shape) -> "Derivation":
        """Its steps."""
        from costcalc.layers.formula import Derivation, positions_step

        return Derivation([positions_step("T", inputs[0])])

    def strides(self, inputs: Sequence[Shape]) -> Strides:
        """None where only the last step is left."""
        return super().strides(inputs) if self.returns == "sequence" else None


class Gru(Rnn):
    """``gru``: a reset gate, an update gate, and the state."""

    gates: ClassVar[int] = 3


class Lstm(Rnn):
    """``lstm``: three gates and a cell; with a ``projection`` less is fed back than it has cells."""

    gates: ClassVar[int] = 4

    projection: Size | None = None
    peepholes: Flag = False

    @property
    def fed_back(self) -> int:
        """R: the projection, if there is one."""
        return self.hidden_size if self.projection is None else self.projection

    def products(self, inputs: Sequence[Shape], output: Shape) -> Sequence[Product]:
        """Those of all recurrent layers, and the peepholes: a number for each of three gates and cells."""
        products = list(super().products(inputs, output))
        if self.peepholes:
            numbers = (
                PEEPHOLES(3),
                DIRECTIONS(self.directions),
                HIDDEN(self.hidden_size),
                LAYERS(self.layers),
            )
            products += [("weights", numbers), ("param_reads", numbers)]
        return products

    def _matrices(self, channels: int) -> list[Factors]:
        matrices = super()._matrices(channels)
        if self.projection is not None:
            directions, hidden = DIRECTIONS(self.directions), HIDDEN(self.hidden_size)
            matrices.append((directions, hidden, FED_BACK(self.projection), LAYERS(self.layers)))
        return matrices
