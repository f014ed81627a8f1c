"""A network as a person would build it: calls, chains of them, copies, and bodies with a wiring of their own."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias, Union

#: The default of an argument that must be given.
REQUIRED: Any = ...


class Argument(NamedTuple):
    """One argument of a call: left out where it is the default, by name unless it must be given."""

    name: str
    value: Any
    default: Any = REQUIRED


class ModuleCall(NamedTuple):
    """A layer of the framework, or of our helpers: ``callee(arguments)``."""

    callee: str
    arguments: tuple[Argument, ...] = ()
    close: str = ")"


class Chain(NamedTuple):
    """Modules one after the other. ``label`` names what they are together; without one they get no class."""

    parts: tuple[Module, ...]
    label: str = ""


class Copies(NamedTuple):
    """A module so many times in a row, each copy with weights of its own."""

    module: Module
    times: int


class ModuleGraph(NamedTuple):
    """Steps that are no chain. Values are indices of steps, or ``~0``, ``~1``, … for what comes in."""

    inputs: int
    steps: tuple[GraphStep, ...]
    output: int
    label: str = ""


Module: TypeAlias = Union[ModuleCall, Chain, Copies, ModuleGraph]  # noqa: UP007 - the names are defined later


class GraphStep(NamedTuple):
    """One step: a ``call`` of a module, a ``parameter`` or ``buffer``, or a join (``add``, ``multiply``, ``concat``).

    ``same_as`` is the step whose module it calls again; of a ``slide``, the one whose weights it takes. ``detail`` is
    what a join needs to know, or how it slides.
    """

    name: str
    operation: str
    module: Module | None
    inputs: tuple[int, ...]
    same_as: int | None = None
    detail: tuple[Any, ...] = ()
