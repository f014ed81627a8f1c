"""Two networks, or one before and after: which layers came, went and changed, and what that costs.

Layers are matched by the names that were written; the others by what they say, then by their place and
shape. An automatic name such as ``conv_7`` moves when a layer is put in before it, so it matches nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

from costcalc.analysis.costs import METRICS as METRICS
from costcalc.analysis.costs import Analysis
from costcalc.analysis.costs import Metric as Metric
from costcalc.layers.base import Layer

#: Beyond this many pairs, a run of layers is matched from both its ends only.
_MOST_PAIRS = 250_000


@dataclass(frozen=True)
class LayerFigures:
    """One layer as it was written, and what it costs. ``entry`` is its text as data, where that is known."""

    name: str
    type: str
    input: str
    output: str
    multiplies: int
    params: int
    entry: Mapping[str, Any] | None = None

    @cached_property
    def has_own_name(self) -> bool:
        """Whether the name was written, as far as one can see."""
        head, _, number = self.name.rpartition("_")
        return head != self.type or not number.isdecimal()

    @cached_property
    def said(self) -> str | None:
        """What the layer says beside its name, in one text."""
        if self.entry is None:
            return None
        return repr(sorted((key, value) for key, value in self.entry.items() if key not in _NAMES))


@dataclass(frozen=True, slots=True)
class Figures:
    """What a network costs as written, layer by layer. ``settings`` is what stands beside its layers."""

    multiplies: int
    params: int
    layers: tuple[LayerFigures, ...]
    settings: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field (``stride``, ``body[1].out_channels``) with its old and new text; None where it was not set."""

    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class LayerChange:
    """One layer that came (``+``), went (``-``) or changed (``~``)."""

    sign: Literal["+", "-", "~"]
    old: LayerFigures | None
    new: LayerFigures | None
    fields: tuple[FieldChange, ...] = ()

    @property
    def layer(self) -> LayerFigures:
        """The layer as it is now, or as it last was."""
        layer = self.new or self.old
        assert layer is not None
        return layer

    @property
    def is_written(self) -> bool:
        """Whether somebody wrote the layer otherwise; else it only gets another input."""
        return (
            self.old is None or self.new is None or self.old.input == self.new.input or self._says_otherwise
        )

    @property
    def _says_otherwise(self) -> bool:
        return any(change.field not in _SHAPES for change in self.fields)

    def before(self, metric: Metric) -> int:
        """What it cost; 0 where it was not there."""
        return 0 if self.old is None else getattr(self.old, metric)

    def after(self, metric: Metric) -> int:
        """What it costs; 0 where it is not there."""
        return 0 if self.new is None else getattr(self.new, metric)

    def increase(self, metric: Metric) -> int:
        """By how much it got dearer."""
        return self.after(metric) - self.before(metric)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two networks. ``settings`` are changes beside the layers, such as the input's."""

    old: Figures
    new: Figures
    settings: tuple[FieldChange, ...] = field(default=())
    layers: tuple[LayerChange, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs that is known of both."""
        return not self.settings and not self.layers

    def increase(self, metric: Metric) -> int:
        """By how much the whole got dearer."""
        return int(getattr(self.new, metric)) - int(getattr(self.old, metric))

    def dearer(self, metric: Metric) -> list[LayerChange]:
        """The changes that raised a cost, the largest first."""
        raised = [change for change in self.layers if change.increase(metric) > 0]
        return sorted(raised, key=lambda change: -change.increase(metric))


def figures(analysis: Analysis) -> Figures:
    """What an analysis says of the written version."""
    written = analysis.written
    return Figures(
        written.multiplies,
        written.params,
        tuple(_layer_figures(analysis)),
        _settings(analysis),
    )


def compare(old: Analysis | Figures, new: Analysis | Figures) -> Comparison:
    """What changed from ``old`` to ``new``."""
    before = figures(old) if isinstance(old, Analysis) else old
    after = figures(new) if isinstance(new, Analysis) else new
    settings = _field_changes(before.settings, after.settings)
    return Comparison(before, after, tuple(settings), tuple(_layer_changes(before.layers, after.layers)))


# Figures of an analysis

_NAMES = ("name",)


def _layer_figures(analysis: Analysis) -> Iterator[LayerFigures]:
    network = analysis.network
    for row, nodes, cost in zip(network.rows, network.nodes_by_row(), analysis.rows, strict=True):
        shapes = nodes[0].input_shapes if nodes else (row.output,)
        entry = network.spec.layers[int(row.route[1])]
        yield LayerFigures(
            name=row.name,
            type=row.type,
            input=" and ".join(map(str, shapes)),
            output=str(row.output),
            multiplies=cost.multiplies,
            params=cost.params,
            entry=entry if isinstance(entry, dict) else {"type": entry},
        )


def _settings(analysis: Analysis) -> dict[str, Any]:
    spec = analysis.spec
    inputs = {name: str(shape) for name, shape in spec.input_shapes.items()}
    settings: dict[str, Any] = {"inputs": inputs} if spec.inputs is not None else dict(inputs)
    defaults = {name: getattr(spec.defaults, name) for name in spec.defaults.model_fields_set}
    settings["defaults"] = {name: _plain(value) for name, value in defaults.items()}
    if spec.channel_divisor is not None:
        settings["channel_divisor"] = spec.channel_divisor
    settings["blocks"] = {
        name: {"parameters": block.parameters, "layers": block.layers} for name, block in spec.blocks.items()
    }
    return {name: value for name, value in settings.items() if value != {}}


def _plain(value: Any) -> Any:
    """A norm or an activation among the defaults as it could have been written."""
    if not isinstance(value, Layer):
        return value
    fields = value.model_dump(exclude_defaults=True, exclude={"type"})
    return {"type": value.type, **fields} if fields else value.type


# Changes

#: What changes without being written.
_SHAPES = ("input", "output")


def _layer_changes(olds: Sequence[LayerFigures], news: Sequence[LayerFigures]) -> Iterator[LayerChange]:
    """The changes in the order of the new network; what went stands before what follows it."""
    origin = {new: old for old, new in _matches(olds, news)}
    matched = set(origin.values())
    gone = deque(index for index in range(len(olds)) if index not in matched)
    for index, new in enumerate(news):
        if index not in origin:
            yield LayerChange("+", None, new)
            continue
        while gone and gone[0] < origin[index]:
            yield LayerChange("-", olds[gone.popleft()], None)
        if change := _change(olds[origin[index]], new):
            yield change
    yield from (LayerChange("-", olds[index], None) for index in gone)


def _change(old: LayerFigures, new: LayerFigures) -> LayerChange | None:
    fields = list(_entry_changes(old, new))
    costs = any(getattr(old, metric) != getattr(new, metric) for metric in METRICS)
    if costs and not fields:
        shapes = (("input", old.input, new.input), ("output", old.output, new.output))
        fields = [FieldChange(name, before, after) for name, before, after in shapes if before != after]
    return LayerChange("~", old, new, tuple(fields)) if costs or fields else None


def _entry_changes(old: LayerFigures, new: LayerFigures) -> Iterator[FieldChange]:
    if old.has_own_name and new.has_own_name and old.name != new.name:
        yield FieldChange("name", old.name, new.name)
    if old.entry is None or new.entry is None:
        if old.type != new.type:
            yield FieldChange("type", old.type, new.type)
        return
    before = {key: value for key, value in old.entry.items() if key not in _NAMES}
    after = {key: value for key, value in new.entry.items() if key not in _NAMES}
    yield from _field_changes(before, after)


def _field_changes(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Iterator[FieldChange]:
    if old is None or new is None or old == new:
        return
    before, after = dict(_flat(old, new)), dict(_flat(new, old))
    for name in {**after, **before}:
        if before.get(name) != after.get(name):
            yield FieldChange(name, before.get(name), after.get(name))


def _flat(value: Any, other: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The scalars in a value by their paths. A list of layers that got longer is told by its length."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            theirs = other.get(key) if isinstance(other, Mapping) else None
            if inner != theirs:
                yield from _flat(inner, theirs, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        if isinstance(other, list) and len(other) == len(value):
            for index, (inner, theirs) in enumerate(zip(value, other, strict=True)):
                if inner != theirs:
                    yield from _flat(inner, theirs, f"{path}[{index}]")
        else:
            yield path, f"{len(value)} item{'s' if len(value) > 1 else ''}"
    else:
        yield path, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else "{}" if value == {} else str(value)


# Matching

_Pair: TypeAlias = tuple[int, int]
_Key: TypeAlias = Callable[[LayerFigures], Hashable]

#: By what unnamed layers are matched, one after the other, each in the gaps that the one before left.
_KEYS: tuple[_Key, ...] = (
    lambda layer: (layer.type, layer.said, layer.input, layer.output, layer.multiplies, layer.params),
    lambda layer: (layer.type, layer.input, layer.output, layer.multiplies, layer.params),
    lambda layer: (layer.type, layer.said),
    lambda layer: (layer.type, layer.output),
    lambda layer: layer.type,
)


def _matches(olds: Sequence[LayerFigures], news: Sequence[LayerFigures]) -> Iterator[_Pair]:
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
