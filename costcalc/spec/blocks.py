"""Blocks: pieces that are named once, with parameters that stand in them as ``$word``."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PrivateAttr

from costcalc.errors import MAX_PROBLEMS, Problem, Route, closest, did_you_mean
from costcalc.layers import KINDS
from costcalc.layers.fields import Entries, Parsed
from costcalc.layers.problems import dotted
from costcalc.quantity import Numeral, listed, shown
from costcalc.spec.choices import ChoicesField, Values, check_choices, readable

#: Fields that every layer has; no parameter may be called so.
COMMON_FIELDS = ("name", "inputs", "repeat", "dtype", "called")
RESERVED = (*COMMON_FIELDS, "type", "shares")
REQUIRED = "required"
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _parameters(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"must be a mapping of names to defaults (or required), not {shown(value)}")
    return value


class Block(BaseModel):
    """A named piece: its parameters (a default each, or ``required``), its choices and its layers."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    parameters: Annotated[dict[str, object], Parsed(_parameters, {"type": "object"})] = {}
    choices: ChoicesField = {}
    layers: Entries

    _broken: bool = PrivateAttr(False)

    @property
    def broken(self) -> bool:
        """Whether it could not be read, or has a parameter that cannot be given: its uses are no errors."""
        return self._broken or not {*self.parameters, *self.choices}.isdisjoint(RESERVED)

    @property
    def values(self) -> dict[str, Values]:
        """The values of each choice."""
        return readable(self.choices) if self.choices else {}

    @property
    def arguments(self) -> dict[str, object]:
        """What its words stand for where a use does not say: defaults of parameters, the first value of choices."""
        first = {name: values[0] for name, values in self.values.items()}
        return {**self.parameters, **first} if first else self.parameters

    @classmethod
    def stand_in(cls) -> "Block":
        """A stand-in for a block that could not be read, so that its uses are no errors."""
        block = cls.model_construct(layers=[])
        block._broken = True
        return block


def word_of(value: object) -> str | None:
    """``stride`` if the value is ``$stride``, else None."""
    if isinstance(value, str) and value.startswith("$") and not isinstance(value, Numeral):
        return value[1:]
    return None


def has_words(value: object) -> bool:
    """Whether a ``$word`` stands anywhere in a value: quickly, since most specs have none outside blocks."""
    stack = [value]
    seen: set[int] = set()
    while stack:
        item = stack.pop()
        if isinstance(item, (dict, list)):
            if id(item) not in seen:
                seen.add(id(item))
                stack += item.values() if isinstance(item, dict) else item
        elif isinstance(item, str) and item[:1] == "$":
            return True
    return False


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


def empty_values(data: object, route: Route, noun: str, known: Sequence[Problem]) -> list[Problem]:
    """A problem for each value that is empty, unless it is known: where limits stand, nothing is nothing."""
    places = {problem.route for problem in known}
    empty = (place for place, value in walk(data, route) if value is None and place not in places)
    return [
        Problem(f"{dotted(place[len(route) :])} of {noun} must not be empty", place)
        for place in islice(empty, MAX_PROBLEMS)
    ]


def check_blocks(blocks: Mapping[str, Block], choices: Collection[str] = ()) -> Iterator[Problem]:
    """What is wrong with the blocks' names, parameters, choices and ``$word``s; they see the spec's own ``choices``."""
    for name, block in blocks.items():
        route: Route = ("blocks", name)
        if name in KINDS:
            message = f"block {shown(name)} is named like a layer kind"
            yield Problem(
                message, route, f"give it another name: costcalc explain {name} says what that is", at="key"
            )
        elif not WORD.fullmatch(name):
            yield Problem(
                f"block name {shown(name)} must be letters, digits and underscores", route, at="key"
            )
        yield from _word_problems(name, block, route, choices)
        yield from _parameter_problems(name, block, route)
        yield from _choice_problems(name, block, route, choices)


def _word_problems(name: str, block: Block, route: Route, choices: Collection[str]) -> Iterator[Problem]:
    hint = None
    known = [*block.parameters, *block.choices, *choices]
    for place, value in walk(block.layers, (*route, "layers")):
        word = word_of(value)
        if word is not None and word not in known:
            hint = hint or f"parameters: {listed(sorted(known)) or 'none'}"
            guess = did_you_mean(word, known)
            start = WORD.match(word)
            if start is not None and start[0] in known:
                guess = f": ${listed([start[0]])} stands for a whole value, without arithmetic"
            yield Problem(f"unknown parameter ${listed([word])} in block {shown(name)}{guess}", place, hint)


def _parameter_problems(name: str, block: Block, route: Route) -> Iterator[Problem]:
    words = {word_of(value) for _, value in walk(block.layers, ())}
    own = {**block.parameters, **block.choices}
    misspelt = [word for word in words if word is not None and word not in own]
    used = words | {closest(word, own) for word in misspelt[:MAX_PROBLEMS]}
    for parameter in own:
        of = "parameter" if parameter in block.parameters else "choice"
        subject = f"{of} {shown(parameter)} of block {shown(name)}"
        if not WORD.fullmatch(parameter):
            fault = "must be letters, digits and underscores"
        elif parameter in RESERVED:
            fault = "is named like a field of every layer"
        elif parameter not in used and not block.broken:
            fault = "is never used"
        else:
            continue
        yield Problem(f"{subject} {fault}", (*route, f"{of}s", parameter), at="key")


def _choice_problems(name: str, block: Block, route: Route, choices: Collection[str]) -> Iterator[Problem]:
    yield from check_choices(block.choices, (*route, "choices"), f" of block {shown(name)}")
    for choice in block.choices:
        where = (*route, "choices", choice)
        if choice in block.parameters:
            said = f"choice {shown(choice)} of block {shown(name)} is named like a parameter of it"
            yield Problem(said, where, at="key")
        elif choice in choices:
            said = f"choice {shown(choice)} of block {shown(name)} is named like one of the whole spec"
            yield Problem(said, where, at="key")
    yield from stray_words(block.choices, (*route, "choices"))


def stray_words(choices: object, route: Route) -> Iterator[Problem]:
    """A problem for each ``$word`` among the values of choices."""
    for place, value in walk(choices, route) if has_words(choices) else ():
        word = word_of(value)
        if word is not None:
            yield Problem(f"${listed([word])} stands in a choice: a choice is made of values", place)
