"""Blocks' bodies with arguments filled in, each distinct one once."""

from collections.abc import Hashable, Mapping
from typing import NamedTuple

from costcalc.spec.blocks import Block, word_of

MAX_FILLED = 3_000_000


class FillingError(Exception):
    """The uses of blocks fill in more values than the limit."""


class Filling(NamedTuple):
    """A block's body for some arguments; equal arguments give the same filling."""

    key: Hashable
    name: str
    body: object


class Fillings:
    """The bodies of a spec's blocks.

    Arguments are compared by what they hold, not by ``repr``: pieces that blocks hand on to blocks may be
    shared so often that writing them out would never end.
    """

    def __init__(self, blocks: Mapping[str, Block]) -> None:
        self.blocks = blocks
        self._known: dict[Hashable, Filling] = {}
        self._numbers: dict[Hashable, int] = {}
        self._keys: dict[int, tuple[object, Hashable]] = {}  # by identity, which the piece itself keeps
        self._wordy: dict[int, bool] = {}
        self._filled = 0

    def of(self, name: str, entry: Mapping[str, object]) -> Filling:
        """The body for one use of a block; raises FillingError."""
        block = self.blocks[name]
        arguments = block.arguments
        given = {word: value for word, value in entry.items() if word in arguments}
        key = (name, frozenset((word, self._key(value)) for word, value in given.items()))
        filling = self._known.get(key)
        if filling is None:
            self._count(len(arguments))
            body = self.fill(block.layers, {**arguments, **given})
            filling = self._known[key] = Filling(key, name, body)
        return filling

    def unused(self) -> list[str]:
        """The blocks of which no body was asked for."""
        used = {filling.name for filling in self._known.values()}
        return [name for name in self.blocks if name not in used]

    def _key(self, value: object) -> Hashable:
        """Equal for equal values, and as short for a large piece as for a scalar."""
        if not isinstance(value, (dict, list)):
            return type(value), value
        if id(value) not in self._keys:
            parts: Hashable = (
                (dict, *((key, self._key(item)) for key, item in value.items()))
                if isinstance(value, dict)
                else (list, *map(self._key, value))
            )
            self._keys[id(value)] = (value, self._numbers.setdefault(parts, len(self._numbers)))
        return Filling, self._keys[id(value)][1]

    def fill(self, value: object, arguments: Mapping[str, object]) -> object:
        """A piece with its ``$word``s replaced; pieces without any are shared, not copied. Raises FillingError."""
        word = word_of(value)
        if word is not None:
            return arguments.get(word, value)
        if not isinstance(value, (dict, list)) or not self._has_words(value):
            return value
        self._count(len(value))
        if isinstance(value, dict):
            return {key: self.fill(item, arguments) for key, item in value.items()}
        return [self.fill(item, arguments) for item in value]

    def _has_words(self, value: object) -> bool:
        if not isinstance(value, (dict, list)):
            return word_of(value) is not None
        if id(value) not in self._wordy:
            items = value.values() if isinstance(value, dict) else value
            self._wordy[id(value)] = any(list(map(self._has_words, items)))
        return self._wordy[id(value)]

    def _count(self, values: int) -> None:
        self._filled += values
        if self._filled > MAX_FILLED:
            raise FillingError
