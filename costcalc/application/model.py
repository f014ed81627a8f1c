"""A model read in the place of a spec: its network, and a document that knows no lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

from costcalc.errors import Location, Problem, Route
from costcalc.interop.importers.conversion import StructureError, convert
from costcalc.interop.importers.dispatch import read_model
from costcalc.interop.importers.flat import without_words
from costcalc.network import Network


class ModelDocument:
    """What stands for a text: a model has none, so that its problems have no lines.

    ``origins`` are what the model itself calls the nodes that layers were read from, by the layers' names.
    """

    def __init__(self, path: str, data: Any, origins: Mapping[str, str] | None = None) -> None:
        self.path = path
        self.data = data
        self.origins = origins or {}

    @cached_property
    def text(self) -> str:
        """The model's spec as JSON: two models with the same text are the same to us."""
        import json

        return json.dumps(self.data, indent=1, default=str)

    def locate(self, route: Route, at: Literal["value", "key"] = "value") -> Location:
        """The model as a whole."""
        return Location(self.path, 1, 1)

    def place(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """The problems with the model's name in the place of a line."""
        return tuple(
            problem._replace(message=f"{self.path}: {problem.message}", route=()) for problem in problems
        )


def load_model(
    path: str, inputs: Sequence[str] = (), *, structured: bool = True
) -> tuple[ModelDocument, Network]:
    """A model's document and network; the plain graph where its structure was not recognised rightly, or not asked for.

    Raises CostcalcError.
    """
    flat = without_words(read_model(path, inputs))
    try:
        conversion = convert(flat, structured=structured)
    except StructureError:
        conversion = convert(flat, structured=False)
    network = conversion.network
    if len(flat.outputs) > 1:  # its other outputs are used by whoever runs it
        network = network._replace(warnings=())
    origins = {} if structured else {layer.name: layer.origin for layer in flat.layers if layer.origin}
    return ModelDocument(path, conversion.spec, origins), network
