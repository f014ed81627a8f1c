"""A model of another tool as a spec, and a network as a model of another tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from costcalc.errors import Problem
from costcalc.interop.exporters import TARGETS
from costcalc.network import Network

__all__ = ["TARGETS", "ConvertedModel", "ExportedModel", "export", "formats_unless_model", "spec_of"]


class ConvertedModel(NamedTuple):
    """A model's spec as plain data, how many rows it has, and what whoever converts it should know."""

    spec: Mapping[str, Any]
    rows: int
    notes: tuple[str, ...]


class ExportedModel(NamedTuple):
    """A model as text or bytes, and the warnings of the network that it was made of."""

    document: str | bytes
    warnings: tuple[Problem, ...]


def formats_unless_model(name: str) -> tuple[str, ...]:
    """The formats of models by example, where a name is that of no model; nothing where it is."""
    from costcalc.interop.importers.dispatch import FORMATS, is_model

    return () if is_model(name) else tuple(each.example for each in FORMATS)


def spec_of(model: str, inputs: Sequence[str] = (), *, structured: bool = True) -> ConvertedModel:
    """The spec of a model, as a person would have written it, or one layer an operation. Raises CostcalcError."""
    from costcalc.interop.importers.conversion import convert
    from costcalc.interop.importers.dispatch import read_model

    flat = read_model(model, inputs)
    conversion = convert(flat, structured=structured)
    return ConvertedModel(conversion.spec, len(conversion.network.rows), flat.notes)


def export(
    path: str,
    to: str,
    version: str = "written",
    inputs: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
) -> ExportedModel:
    """A network, in one of its three versions, as a model for one of ``TARGETS``. Raises CostcalcError."""
    from costcalc.application.load import load_document

    network = load_document(path, inputs=inputs, settings=settings).network
    return ExportedModel(TARGETS[to].export(_version(network, version)), network.warnings)


def _version(network: Network, name: str) -> Network:
    if name == "written":
        return network
    from costcalc.rewrite.separable import separable
    from costcalc.rewrite.standard import standard

    return (standard if name == "standard" else separable)(network).network
