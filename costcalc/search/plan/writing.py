"""A form written into the user's text in the place of a convolution, and all else as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from costcalc.errors import Route
from costcalc.reading.document import Document
from costcalc.reading.editing import EditError, Editor
from costcalc.search.alternatives import form_named
from costcalc.search.alternatives.convolution import FUSED, Convolution, Stage
from costcalc.search.alternatives.form import Arguments
from costcalc.search.plan.places import TextPlace
from costcalc.spec import NetworkSpec

#: What a convolution may say of itself that no form has.
_OF_CONV = ("groups", "separable")
#: Fields of a convolution that a stage may take over as they are written.
_TAKEN_OVER = frozenset(("out_channels", "kernel_size", "stride", "padding", "dilation"))
#: Kinds of stages that the defaults of a spec reach.
_PLAIN = re.compile(r"[A-Za-z]\w*_\d+", re.ASCII)
_REACHED = frozenset(("conv", "depthwise_conv", "separable_conv", "inverted_residual"))


class FormWriter:
    """Writes forms into one text; ``text`` is what it says then."""

    def __init__(self, document: Document, spec: NetworkSpec) -> None:
        self._document = document
        self._defaults = {name for name in spec.defaults.model_fields_set if getattr(spec.defaults, name)}
        self._is_scaled = spec.scaling is not None
        self._editor = Editor(document)

    @property
    def text(self) -> str:
        """The text with all that was written."""
        return self._editor.text

    def write(self, place: TextPlace, name: str, numbers: Arguments) -> None:
        """Put a form at a place. Raises EditError where that cannot be written."""
        form = form_named(name)
        built = {of: form.build(of, numbers).stages for of in dict.fromkeys(place.nodes.values())}
        is_repeated = any(self._is_alias(route) for route in place.routes)
        for route, entry in place.routes.items():
            if self._is_alias(route):
                continue  # what it stands for is written
            items = {self._items(route, stages, of, entry.name) for of, stages in built.items()}
            if len(items) > 1:
                raise EditError("its uses need different numbers")
            convolution, stages = next(iter(built.items()))
            if len(stages) == 1:
                self._in_place(route, stages[0], convolution, None if is_repeated else entry.name)
            elif "repeat" in self._entry(route):
                raise EditError("it repeats, and would become several layers")
            elif place.is_shared or len(place.routes) > 1:
                raise EditError("other layers are the same, and it would become several")
            else:
                self._editor.replace_item(route, next(iter(items)))

    def write_by_use(self, place: TextPlace, uses: Sequence[Route]) -> None:
        """Let a block's convolution be separable at some of its uses: its type becomes a parameter.

        Raises EditError where the place is in no block, or cannot be written.
        """
        (route, entry), *others = place.routes.items()
        if others or entry.block is None or self._is_alias(route):
            raise EditError("it is used in several ways")
        block: Route = ("blocks", entry.block)
        parameter = f"{entry.name}_type"
        self._editor.replace((*route, "type"), f"${parameter}")
        self._remove(route, _OF_CONV)
        if "parameters" in self._entry(block):
            self._editor.add_field((*block, "parameters"), parameter, "conv")
        else:
            self._editor.add_field(block, "parameters", f"{{{parameter}: conv}}")
        for use in uses:
            if isinstance(self._entry(use), str):
                self._editor.replace(
                    use, f"{{type: {self._editor.source(use)}, {parameter}: separable_conv}}"
                )
            else:
                self._editor.add_field(use, parameter, "separable_conv")

    def _in_place(self, route: Route, stage: Stage, convolution: Convolution, name: str | None) -> None:
        """Change the type of an entry, and what goes with that; a ``name`` is written where there is none."""
        self._editor.replace((*route, "type"), stage.fields["type"])
        if name is not None and "name" not in self._entry(route):
            self._editor.add_field(route, "name", _scalar(name))
        entry, texts = self._entry(route), self._fields(route, stage, convolution)
        for field, text in texts.items():
            if field not in entry:
                self._editor.add_field(route, field, text)
            elif text != self._editor.source((*route, field)):
                self._editor.replace((*route, field), text)
        self._remove(route, [*_OF_CONV, *(field for field in _TAKEN_OVER if field not in texts)])

    def _remove(self, route: Route, fields: Sequence[str]) -> None:
        for field in fields:
            if field in self._entry(route):
                if self._document.span((*route, field), "key")[0] < self._document.span(route)[0]:
                    raise EditError(f"its {field} is merged from elsewhere")
                self._editor.remove_field((*route, field))

    def _items(
        self, route: Route, stages: Sequence[Stage], convolution: Convolution, name: str
    ) -> tuple[str, ...]:
        """The stages in flow style. The last one has the entry's name, the first one its inputs."""
        entry = self._entry(route)
        name = str(entry.get("name", name))
        own = self._editor.source((*route, "name")) if "name" in entry else _scalar(name)
        names = [*(_scalar(f"{name}_{number}") for number in range(1, len(stages))), own]
        renamed = {stage.fields.get("name"): new for stage, new in zip(stages, names, strict=True)}
        items: list[str] = []
        for stage, new in zip(stages, names, strict=True):
            texts = {"type": stage.fields["type"], "name": new}
            if not items and "inputs" in entry:
                texts["inputs"] = self._editor.source((*route, "inputs"))
            if "inputs" in stage.fields:
                texts["inputs"] = f"[{', '.join(renamed[taken] for taken in stage.fields['inputs'])}]"
            if "dtype" in entry:
                texts["dtype"] = self._editor.source((*route, "dtype"))
            items.append(_mapping(texts | self._fields(route, stage, convolution)))
        return tuple(items)

    def _fields(self, route: Route, stage: Stage, convolution: Convolution) -> dict[str, str]:
        """A stage's fields but for its type, name and inputs, each as text."""
        entry, texts = self._entry(route), {}
        for field, value in stage.fields.items():
            if field in ("type", "name", "inputs"):
                continue
            if not _is_own(field, value, convolution):
                texts[field] = self._flow(route, value, convolution)
                if field == "out_channels" and self._is_scaled:
                    texts["width"] = "fixed"
            elif field in entry:
                texts[field] = self._editor.source((*route, field))
        if "width" in entry and "out_channels" in stage.fields:
            texts["width"] = self._editor.source((*route, "width"))
        if stage.fields["type"] not in _REACHED:
            return texts
        for field in FUSED:
            if stage.fused and field in entry:
                texts[field] = self._editor.source((*route, field))
            elif not stage.fused and field in self._defaults:
                texts[field] = "false" if field == "bias" else "none"
        if "padding" in self._defaults and "padding" not in stage.fields:
            texts["padding"] = "same"
        return texts

    def _flow(self, route: Route, value: Any, convolution: Convolution) -> str:
        """A value in flow style."""
        if isinstance(value, Stage):
            return _mapping({"type": value.fields["type"], **self._fields(route, value, convolution)})
        if isinstance(value, (list, tuple)):
            return f"[{', '.join(self._flow(route, item, convolution) for item in value)}]"
        return str(value)

    def _is_alias(self, route: Route) -> bool:
        return self._document.text[self._document.span(route)[0]] == "*"

    def _entry(self, route: Route) -> Any:
        value = self._document.data
        for step in route:
            value = value[step]
        return value


def _is_own(field: str, value: object, convolution: Convolution) -> bool:
    """Whether a stage has a field as the convolution has it."""
    return field in _TAKEN_OVER and bool(value == getattr(convolution.layer, field))


def _mapping(texts: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{field}: {text}" for field, text in texts.items()) + "}"


def _scalar(name: str) -> str:
    """A name that reads back as itself."""
    return name if _PLAIN.fullmatch(name) else json.dumps(name)
