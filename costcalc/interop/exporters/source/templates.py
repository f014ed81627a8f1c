"""Which modules are of one class, and what its arguments are: those values in which they differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from costcalc.interop.exporters.source.identifiers import Names, class_name, identifier
from costcalc.interop.exporters.source.modules import (
    REQUIRED,
    Argument,
    Chain,
    Copies,
    Module,
    ModuleCall,
    ModuleGraph,
)


class TemplateParameter(NamedTuple):
    """An argument of a class: where its value stands first among the module's values, and its default."""

    name: str
    place: int
    default: Any


class Template:
    """All modules that differ in values alone."""

    def __init__(self, module: Module, slots: tuple[Argument, ...]) -> None:
        self.module = module
        self.slots = slots
        self.uses = 0
        self.values: dict[tuple[Any, ...], None] = {}
        self.name = ""
        self.parameters: tuple[TemplateParameter, ...] = ()
        #: For each value, the parameter it is (its index), or None where it is the same in all modules.
        self.roles: tuple[int | None, ...] = ()

    def close(self, reserved: Sequence[str]) -> None:
        """Find the parameters, when all modules are known."""
        columns: dict[tuple[Any, ...], list[int]] = {}
        for place, column in enumerate(zip(*self.values, strict=True)):
            if any(value != column[0] for value in column):
                columns.setdefault(column, []).append(place)
        names = Names(reserved)
        found = []
        for places in columns.values():
            defaults = {repr(self.slots[place].default): self.slots[place].default for place in places}
            default = REQUIRED if len(defaults) > 1 else next(iter(defaults.values()))
            found.append(
                (places, TemplateParameter(names.new(self.slots[places[0]].name), places[0], default))
            )
        found.sort(key=lambda each: each[1].default is not REQUIRED)
        self.parameters = tuple(parameter for _, parameter in found)
        roles: list[int | None] = [None] * len(self.slots)
        for index, (places, _) in enumerate(found):
            for place in places:
                roles[place] = index
        self.roles = tuple(roles)

    def codes(self) -> list[str]:
        """What stands for each value inside the class."""
        values = next(iter(self.values))
        return [
            literal(value) if role is None else self.parameters[role].name
            for value, role in zip(values, self.roles, strict=True)
        ]


class Templates:
    """The templates of a whole program."""

    def __init__(
        self, root: ModuleGraph, taken: Names, reserved: Sequence[str] = (), *, functions: bool = False
    ) -> None:
        self._keys: dict[tuple[Any, ...], int] = {}
        self._known: dict[int, tuple[Module, int, tuple[Any, ...]]] = {}
        self.all: list[Template] = []
        for step in root.steps:
            if step.module is not None:
                self._count(step.module)
        for template in self.all:
            if template.uses:
                template.close(reserved)
            if template.uses and _is_class(template):
                label = _label(template.module)
                template.name = taken.new(identifier(label) if functions else class_name(label, "Layer"))

    def of(self, module: Module) -> Template:
        """The template of a module."""
        return self.all[self._read(module)[0]]

    def values(self, module: Module) -> tuple[Any, ...]:
        """Its values, in the order of its template's slots."""
        return self._read(module)[1]

    def classes(self) -> list[Template]:
        """Those that become classes, each after those it uses."""
        return [template for template in self.all if template.name]

    def _count(self, module: Module) -> None:
        number, values = self._read(module)
        template = self.all[number]
        template.uses += 1
        template.values.setdefault(values)
        for part in _parts(module):
            self._count(part)

    def _read(self, module: Module) -> tuple[int, tuple[Any, ...]]:
        known = self._known.get(id(module))
        if known is None:
            known = (module, *self._new(module))
            self._known[id(module)] = known
        return known[1], known[2]

    def _new(self, module: Module) -> tuple[int, tuple[Any, ...]]:
        if isinstance(module, ModuleCall):
            names = tuple((each.name, repr(each.default)) for each in module.arguments)
            values = tuple(each.value for each in module.arguments)
            return self._number(("call", module.callee, names), module, module.arguments), values
        read = [self._read(part) for part in _parts(module)]
        numbers = tuple(number for number, _ in read)
        values = tuple(value for _, each in read for value in each)
        if isinstance(module, Chain):
            key: tuple[Any, ...] = ("chain", module.label, numbers)
        elif isinstance(module, Copies):
            key = ("copies", module.times, numbers)
            numbers, values = numbers[:1], read[0][1]
        else:
            wiring = tuple(
                (step.operation, step.module is None, step.inputs, step.same_as, step.detail)
                for step in module.steps
            )
            key = ("body", module.inputs, numbers, wiring, module.output)
        slots = tuple(slot for number in numbers for slot in self.all[number].slots)
        return self._number(key, module, slots), values

    def _number(self, key: tuple[Any, ...], module: Module, slots: tuple[Argument, ...]) -> int:
        if key not in self._keys:
            self._keys[key] = len(self.all)
            self.all.append(Template(module, slots))
        return self._keys[key]


def literal(value: Any) -> str:
    """A value as source code; texts are our own words."""
    if isinstance(value, str):
        return f'"{value}"'
    return f'float("{value}")' if isinstance(value, float) and math.isinf(value) else repr(value)


def _parts(module: Module) -> tuple[Module, ...]:
    if isinstance(module, Chain):
        return module.parts
    if isinstance(module, Copies):
        return (module.module, module.module)
    if isinstance(module, ModuleGraph):
        return tuple(step.module for step in module.steps if step.module is not None)
    return ()


def _label(module: Module) -> str:
    return module.label.replace("_", " ") if isinstance(module, Chain | ModuleGraph) else ""


def _is_class(template: Template) -> bool:
    module = template.module
    if isinstance(module, Chain):
        return bool(module.label) and template.uses > 1 and len(module.parts) > 1
    return isinstance(module, ModuleGraph)
