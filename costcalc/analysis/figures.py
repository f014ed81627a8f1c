"""What a network costs as written, layer by layer, as a baseline can hold it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from costcalc.analysis.costs import METRICS, Analysis
from costcalc.layers.base import Layer
from costcalc.metrics import Number, metric_named


@dataclass(frozen=True)
class LayerFigures:
    """One layer as it was written, and what it costs: ``values``, by metric.

    ``entry`` is its text as data, where that is known.
    """

    name: str
    type: str
    input: str
    output: str
    values: Mapping[str, Number]
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
        return repr(sorted((key, value) for key, value in self.entry.items() if key not in NAMES))


@dataclass(frozen=True, slots=True)
class Figures:
    """What a network costs as written, by metric, and layer by layer. ``settings`` is what stands beside its layers."""

    values: Mapping[str, Number]
    layers: tuple[LayerFigures, ...]
    settings: Mapping[str, Any] | None = None

    def without(self, arguments: Iterable[str]) -> Figures:
        """The same without the metrics that depend on one of these arguments."""
        names = {*arguments}
        kept = [name for name in self.values if names.isdisjoint(metric_named(name).arguments)]
        layers = [replace(layer, values={name: layer.values[name] for name in kept}) for layer in self.layers]
        return replace(self, values={name: self.values[name] for name in kept}, layers=tuple(layers))


def figures(analysis: Analysis) -> Figures:
    """What an analysis says of the written version."""
    metrics = [metric for metric in analysis.metrics if metric in METRICS]
    values = {metric: analysis.written[metric] for metric in metrics}
    return Figures(values, tuple(_layer_figures(analysis, metrics)), _settings(analysis))


#: What of an entry does not tell one layer from another.
NAMES = ("name",)


def _layer_figures(analysis: Analysis, metrics: Sequence[str]) -> Iterator[LayerFigures]:
    network = analysis.network
    for row, nodes, cost in zip(network.rows, network.nodes_by_row(), analysis.rows, strict=True):
        shapes = nodes[0].input_shapes if nodes else (row.output,)
        entry = network.spec.layers[int(row.route[1])]
        yield LayerFigures(
            name=row.name,
            type=row.type,
            input=" and ".join(map(str, shapes)),
            output=str(row.output),
            values={metric: cost[metric] for metric in metrics},
            entry=entry if isinstance(entry, dict) else {"type": entry},
        )


def _settings(analysis: Analysis) -> dict[str, Any]:
    spec = analysis.spec
    inputs = {name: str(shape) for name, shape in spec.input_shapes.items()}
    settings: dict[str, Any] = {"inputs": inputs} if spec.inputs is not None else dict(inputs)
    defaults = {name: getattr(spec.defaults, name) for name in spec.defaults.model_fields_set}
    settings["defaults"] = {name: _plain(value) for name, value in defaults.items()}
    if spec.dtype is not None:
        settings["dtype"] = {tensor: word for tensor, word in spec.dtype._asdict().items() if word}
    if spec.device is not None:
        settings["device"] = spec.device
    if spec.channel_divisor is not None:
        settings["channel_divisor"] = spec.channel_divisor
    settings["blocks"] = {
        name: {"parameters": block.arguments, "layers": block.layers} for name, block in spec.blocks.items()
    }
    return {name: value for name, value in settings.items() if value != {}}


def _plain(value: Any) -> Any:
    """A norm or an activation among the defaults as it could have been written."""
    if not isinstance(value, Layer):
        return value
    fields = value.model_dump(exclude_defaults=True, exclude={"type"})
    return {"type": value.type, **fields} if fields else value.type
