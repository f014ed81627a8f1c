"""Which layers of two networks are the same: by the names that were written, then by what they say and cost."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TypeAlias

from costcalc.analysis.figures import LayerFigures

#: Beyond this many pairs, a run of layers is matched from both its ends only.
_MOST_PAIRS = 250_000

_Pair: TypeAlias = tuple[int, int]
_Key: TypeAlias = Callable[[LayerFigures], Hashable]

#: By what unnamed layers are matched, one after the other, each in the gaps that the one before left.
_KEYS: tuple[_Key, ...] = (
    lambda layer: (layer.type, layer.said, layer.input, layer.output, *layer.values.values()),
    lambda layer: (layer.type, layer.input, layer.output, *layer.values.values()),
    lambda layer: (layer.type, layer.said),
    lambda layer: (layer.type, layer.output),
    lambda layer: layer.type,
)


def matches(olds: Sequence[LayerFigures], news: Sequence[LayerFigures]) -> Iterator[_Pair]:
    named = {layer.name: index for index, layer in enumerate(news) if layer.has_own_name}
    pairs = [
        (index, named[layer.name])
        for index, layer in enumerate(olds)
        if layer.has_own_name and layer.name in named
    ]
    yield from pairs
    known_old, known_new = {old for old, _ in pairs}, {new for _, new in pairs}
    rest = [index for index in range(len(olds)) if index not in known_old]
    candidates = [index for index in range(len(news)) if index not in known_new]
    yield from _aligned(olds, news, rest, candidates, 0)


def _aligned(
    olds: Sequence[LayerFigures], news: Sequence[LayerFigures], a: Sequence[int], b: Sequence[int], level: int
) -> Iterator[_Pair]:
    """Pairs of equal layers in the same order, by the keys from ``level`` on."""
    if not a or not b or level == len(_KEYS):
        return
    key = _KEYS[level]
    pairs = _common([key(olds[index]) for index in a], [key(news[index]) for index in b])
    last_a, last_b = 0, 0
    for at_a, at_b in [*pairs, (len(a), len(b))]:
        yield from _aligned(olds, news, a[last_a:at_a], b[last_b:at_b], level + 1)
        if at_a < len(a):
            yield a[at_a], b[at_b]
        last_a, last_b = at_a + 1, at_b + 1


def _common(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[_Pair]:
    """A longest common subsequence as pairs of indices; of a very long rest only what its two ends share."""
    shorter = min(len(a), len(b))
    start = next((i for i in range(shorter) if a[i] != b[i]), shorter)
    tail = next((i for i in range(shorter - start) if a[~i] != b[~i]), shorter - start)
    middle_a, middle_b = a[start : len(a) - tail], b[start : len(b) - tail]
    pairs = [(i, i) for i in range(start)]
    if len(middle_a) * len(middle_b) <= _MOST_PAIRS:
        pairs += [(start + i, start + j) for i, j in _longest(middle_a, middle_b)]
    return pairs + [(len(a) - i, len(b) - i) for i in range(tail, 0, -1)]


def _longest(a: Sequence[Hashable], b: Sequence[Hashable]) -> Iterator[_Pair]:
    lengths = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        row, below = lengths[i], lengths[i + 1]
        for j in range(len(b) - 1, -1, -1):
            row[j] = below[j + 1] + 1 if a[i] == b[j] else max(below[j], row[j + 1])
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            yield i, j
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
