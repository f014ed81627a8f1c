"""Two networks, or one before and after: which layers came, went and changed, and what that costs.

Layers are matched by the names that were written; the others by what they say, then by their place and
shape. An automatic name such as ``conv_7`` moves when a layer is put in before it, so it matches nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from costcalc.analysis.costs import METRICS, Analysis
from costcalc.analysis.figures import NAMES, Figures, LayerFigures, figures
from costcalc.analysis.matching import matches
from costcalc.metrics import Number


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

    def before(self, metric: str) -> Number:
        """What it cost; 0 where it was not there."""
        return 0 if self.old is None else self.old.values[metric]

    def after(self, metric: str) -> Number:
        """What it costs; 0 where it is not there."""
        return 0 if self.new is None else self.new.values[metric]

    def increase(self, metric: str) -> Number:
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

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that are known of both."""
        return _common(self.old.values, self.new.values)

    def increase(self, metric: str) -> Number:
        """By how much the whole got dearer."""
        return self.new.values[metric] - self.old.values[metric]


def compare(old: Analysis | Figures, new: Analysis | Figures) -> Comparison:
    """What changed from ``old`` to ``new``."""
    before = figures(old) if isinstance(old, Analysis) else old
    after = figures(new) if isinstance(new, Analysis) else new
    settings = _field_changes(before.settings, after.settings)
    return Comparison(before, after, tuple(settings), tuple(_layer_changes(before.layers, after.layers)))


def _common(old: Mapping[str, Number], new: Mapping[str, Number]) -> tuple[str, ...]:
    return tuple(metric for metric in METRICS if metric in old and metric in new)


# Changes

#: What changes without being written.
_SHAPES = ("input", "output")


def _layer_changes(olds: Sequence[LayerFigures], news: Sequence[LayerFigures]) -> Iterator[LayerChange]:
    """The changes in the order of the new network; what went stands before what follows it."""
    origin = {new: old for old, new in matches(olds, news)}
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
    known = (metric for metric in _common(old.values, new.values) if METRICS[metric].aggregation == "sum")
    costs = any(
        old.values[metric] != new.values[metric] for metric in known
    )  # a peak is of what stands around, too
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
    before = {key: value for key, value in old.entry.items() if key not in NAMES}
    after = {key: value for key, value in new.entry.items() if key not in NAMES}
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
