"""What is computed of the numbers in a file: each tensor once, in short steps, and not too many numbers in all.

A file of a few kilobytes can ask for any amount of arithmetic. So every computed tensor remembers its numbers, a long
chain of them is computed every few steps (a deep one would be a deep recursion), and all of it is counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.onnx_model.proto import MAX_VALUES, Scalar
from costcalc.interop.importers.onnx_model.values import Tensor

MAX_COMPUTED = 2**23
_DEEPEST = 30


class Computing:
    """The computed tensors of one import."""

    def __init__(self) -> None:
        self._left = MAX_COMPUTED

    def charge(self, count: int) -> None:
        """Count so many numbers as looked at. Raises RefusedError where they are too many."""
        self._left -= count
        if self._left < 0:
            raise RefusedError(f"computes with the file's numbers, more than {MAX_COMPUTED} in all")

    def once(self, tensor: Tensor, inputs: Iterable[Tensor]) -> Tensor:
        """A tensor that a node makes of such inputs; its numbers are computed when they are first asked for."""
        if isinstance(tensor.read, _Once):
            return tensor
        read = _Once(self, tensor, tuple(inputs))
        if read.depth > _DEEPEST:
            read()
            read.depth = 0
        return replace(tensor, read=read)


class _Once:
    """Reads a tensor's numbers, and remembers them. ``depth``: how many are computed one of the other before it."""

    def __init__(self, computing: Computing, tensor: Tensor, inputs: tuple[Tensor, ...]) -> None:
        self.depth: int = 1 + max(
            (each.read.depth for each in inputs if isinstance(each.read, _Once)), default=0
        )
        self._computing, self._tensor = computing, tensor
        self._numbers = tensor.elements + sum(min(each.elements, MAX_VALUES) for each in inputs)
        self._known: tuple[Scalar, ...] | None = None
        self._done = False

    def __call__(self) -> tuple[Scalar, ...] | None:
        if not self._done and self._tensor.elements <= MAX_VALUES:
            self._computing.charge(self._numbers)
            self._known = self._tensor.read()
        self._done = True
        return self._known
