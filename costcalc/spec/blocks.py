"""Blocks: pieces that are named once, with parameters that stand in them as ``$word``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainValidator, PrivateAttr, WithJsonSchema

from costcalc.errors import Problem, Route, did_you_mean
from costcalc.layers import KINDS
from costcalc.layers.fields import Entries
from costcalc.quantity import Numeral, shown

#: Fields that every layer has; no parameter may be called so.
COMMON_FIELDS = ("name", "inputs", "repeat")
RESERVED = (*COMMON_FIELDS, "type", "shares")
REQUIRED = "required"
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _parameters(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"must be a mapping of names to defaults (or required), not {shown(value)}")
    return value


class Block(BaseModel):
    """A named piece: its parameters (a default each, or ``required``) and its layers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parameters: Annotated[
        dict[str, object], PlainValidator(_parameters), WithJsonSchema({"type": "object"})
    ] = {}
    layers: Entries

    _broken: bool = PrivateAttr(False)

    @property
    def broken(self) -> bool:
        """Whether this only stands for a block that could not be read."""
        return self._broken

    @classmethod
    def stand_in(cls) -> Block:
        """A stand-in for a block that could not be read, so that its uses are no errors."""
        block = cls.model_construct(layers=[])
        block._broken = True
        return block


def word_of(value: object) -> str | None:
    """``stride`` if the value is ``$stride``, else None."""
    if isinstance(value, str) and value.startswith("$") and not isinstance(value, Numeral):
        return value[1:]
    return None


def walk(value: object, route: Route) -> Iterator[tuple[Route, object]]:
    """Every scalar below a value with its route. Iterative; a shared (aliased) piece is walked once."""
    stack: list[tuple[Route, object]] = [(route, value)]
    seen: set[int] = set()
    while stack:
        place, item = stack.pop()
        if isinstance(item, (dict, list)):
            if id(item) in seen:
                continue
            seen.add(id(item))
            steps = item.items() if isinstance(item, dict) else enumerate(item)
            stack.extend(((*place, step), inner) for step, inner in steps)
        else:
            yield place, item


def check_blocks(blocks: Mapping[str, Block]) -> list[Problem]:
    """What is wrong with the blocks' names, parameters and ``$word``s."""
    problems = []
    for name, block in blocks.items():
        route: Route = ("blocks", name)
        if name in KINDS:
            problems.append(Problem(f"block {shown(name)} is named like a layer kind", route, at="key"))
        elif not WORD.fullmatch(name):
            problems.append(
                Problem(f"block name {shown(name)} must be letters, digits and underscores", route, at="key")
            )
        problems += _parameter_problems(name, block, route)
    return problems


def _parameter_problems(name: str, block: Block, route: Route) -> Iterator[Problem]:
    used = set()
    for place, value in walk(block.layers, (*route, "layers")):
        word = word_of(value)
        if word is not None:
            used.add(word)
            if word not in block.parameters:
                legal = ", ".join(sorted(block.parameters)) or "none"
                message = f"unknown parameter ${word} in block {shown(name)}"
                yield Problem(message + did_you_mean(word, block.parameters), place, f"parameters: {legal}")
    for parameter in block.parameters:
        place = (*route, "parameters", parameter)
        if not isinstance(parameter, str) or not WORD.fullmatch(parameter):
            yield Problem(
                f"parameter name {shown(parameter)} must be letters, digits and underscores", place, at="key"
            )
        elif parameter in RESERVED:
            yield Problem(
                f"parameter {shown(parameter)} is named like a field of every layer", place, at="key"
            )
        elif parameter not in used:
            yield Problem(
                f"parameter {shown(parameter)} of block {shown(name)} is never used", place, at="key"
            )


def fill_in(value: object, arguments: Mapping[str, object]) -> object:
    """A block's body with its ``$word``s replaced; pieces without any are shared, not copied."""
    word = word_of(value)
    if word is not None:
        return arguments.get(word, value)
    if isinstance(value, dict):
        filled = {key: fill_in(item, arguments) for key, item in value.items()}
        return filled if any(filled[key] is not value[key] for key in value) else value
    if isinstance(value, list):
        items = [fill_in(item, arguments) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value
