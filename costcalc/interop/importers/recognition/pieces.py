"""Pieces of a network that it has several times, as uses of a block: cells with several inputs, say.

A piece is a run of layers under one name of the model's (``cell_3.…``), of which only the last one is seen by others.
What comes in from outside are the use's inputs: ``input``, ``input_2``, … in the block. A piece whose weights are all
those of an earlier one shares that one whole; one that has some of others' is, where that is shorter, a use that says
which.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from costcalc.interop.importers.recognition.names import common_steps, unique
from costcalc.interop.importers.recognition.parameters import (
    MOST_PARAMETERS,
    Candidate,
    block_name,
    block_of,
    form_of,
    is_closed,
    merged,
    parameters_of,
    shortcuts_of,
    slots_of,
    use_of,
)
from costcalc.kinds import NORMS, WITHOUT_MULTIPLIES

_Entry = dict[str, Any]
_LEAST = 3  # layers in a piece
_MOST_INPUTS = 4
_DEEPEST = 16  # steps of a name
#: Kinds without weights, which a piece may have beside those that it shares.
_WEIGHTLESS = WITHOUT_MULTIPLIES - NORMS - {"parameter", "embedding", "prelu"} | {"matmul"}
_SOURCES = ("parameter",)


def find_pieces(
    layers: list[_Entry], blocks: Mapping[str, Any], *, tied: bool = False
) -> tuple[list[_Entry], dict[str, Any]]:
    """The same layers with pieces of one form as uses of one block; and the blocks.

    ``tied``: also pieces that have some of their weights from others.
    """
    needed = "shares" if tied else "inputs"
    if not any(needed in entry for entry in layers):
        return layers, dict(blocks)
    return _Pieces(layers, dict(blocks), tied).replaced()


@dataclass(slots=True)
class _Piece:
    """Layers ``start`` to ``stop`` of the list, as a block's body would have them."""

    name: str
    start: int
    stop: int
    inputs: list[str]
    body: list[_Entry]
    owner: str | None = None  # the layer in the place of its first shared one, of the piece that it shares
    shared: bool = False  # whether others share its weights
    locals: dict[str, str] = field(default_factory=dict)  # what its layers are called in the body
    ties: dict[str, str] = field(default_factory=dict)  # which of its layers use whose weights
    form: str = field(default="", compare=False)


class _Pieces:
    def __init__(self, layers: list[_Entry], blocks: dict[str, Any], tied: bool) -> None:
        self.layers, self.blocks, self.tied = layers, blocks, tied
        self.place = {entry["name"]: index for index, entry in enumerate(layers)}
        self.sources = [self._sources(index) for index in range(len(layers))]
        self.names = {"input", *self.place}
        self.users: dict[str, list[int]] = {}
        self.sharers: dict[str, list[int]] = {}
        for index, entry in enumerate(layers):
            for source in self.sources[index]:
                self.users.setdefault(source, []).append(index)
            if "shares" in entry:
                self.sharers.setdefault(entry["shares"], []).append(index)

    def _sources(self, index: int) -> list[str]:
        entry = self.layers[index]
        if "inputs" in entry:
            return list(entry["inputs"])
        if entry.get("type") in _SOURCES:
            return []
        return [self.layers[index - 1]["name"]] if index else ["input"]

    def replaced(self) -> tuple[list[_Entry], dict[str, Any]]:
        """The list with a use in the place of each piece of a group, the largest pieces first."""
        alike: dict[str, list[_Piece]] = {}
        for piece in self.pieces():
            alike.setdefault(piece.form, []).append(piece)
        groups = sorted(alike.values(), key=lambda group: (-len(group[0].body), group[0].start))
        taken: set[int] = set()
        uses: dict[int, tuple[_Piece, _Entry]] = {}
        for group in groups:
            free = [piece for piece in group if taken.isdisjoint(range(piece.start, piece.stop))]
            for part, parameters in self._parts(free):
                for piece, use in zip(part, self._uses(part, parameters), strict=True):
                    taken.update(range(piece.start, piece.stop))
                    uses[piece.start] = (piece, use)
        return (self._rewritten(uses), self.blocks) if uses else (self.layers, self.blocks)

    # What could be a piece

    def pieces(self) -> Iterator[_Piece]:
        """Every piece of the model that could be a block."""
        for prefix, places in self._under_names().items():
            ends = [
                place for place, after in zip(places, [*places[1:], -1], strict=True) if after != place + 1
            ]
            starts = [places[0], *(place for before, place in pairwise(places) if place != before + 1)]
            for start, end in zip(starts, ends, strict=True):
                long_enough = _LEAST <= end + 1 - start < len(self.layers)
                longer = self.tied and self._has_longer_name(prefix, start, end + 1)
                piece = self._piece(prefix, start, end + 1) if long_enough and not longer else None
                if piece is not None:
                    yield piece

    def _has_longer_name(self, prefix: str, start: int, stop: int) -> bool:
        """Whether the names of all layers begin with more than this."""
        steps = [entry["name"].split(".")[:-1] for entry in self.layers[start:stop]]
        return len(common_steps(steps)) > prefix.count(".") + 1

    def _under_names(self) -> dict[str, list[int]]:
        """The places of the layers under each name."""
        under: dict[str, list[int]] = {}
        for index, entry in enumerate(self.layers):
            steps = entry["name"].split(".")
            for end in range(1, min(len(steps), _DEEPEST)):
                under.setdefault(".".join(steps[:end]), []).append(index)
        return under

    def _piece(self, prefix: str, start: int, stop: int) -> _Piece | None:
        entries = self.layers[start:stop]
        if not any("inputs" in entry for entry in entries) or not self._has_one_way_out(start, stop):
            return None
        inputs: list[str] = []
        for index in range(start, stop):
            inputs += [s for s in self.sources[index] if s not in inputs and not self._within(s, start, stop)]
        if not 1 <= len(inputs) <= _MOST_INPUTS:
            return None
        piece = _Piece(prefix, start, stop, inputs, [])
        if not (self._slides_alike(piece) if self.tied else self._shares_whole(piece)) or not is_closed(
            self._without_inputs(entries), ({"input"},)
        ):
            return None
        piece.body = self._body(piece)
        candidate = _candidate(piece)
        wiring = [
            [self._slot(piece, source) for source in self.sources[index]] for index in range(start, stop)
        ]
        piece.form = json.dumps([form_of(candidate), wiring])
        return piece

    def _within(self, name: str, start: int, stop: int) -> bool:
        return start <= self.place.get(name, -1) < stop

    def _has_one_way_out(self, start: int, stop: int) -> bool:
        """Whether only the last layer's map is seen by others, and each other's inside."""
        for index in range(start, stop - 1):
            users = self.users.get(self.layers[index]["name"], [])
            if not users or any(not start <= user < stop for user in users):
                return False
        return True

    def _slot(self, piece: _Piece, source: str) -> int:
        """Which layer of the piece a source is, counted from the first; below zero its inputs."""
        if self._within(source, piece.start, piece.stop):
            return self.place[source] - piece.start
        return -1 - piece.inputs.index(source)

    def _shares_whole(self, piece: _Piece) -> bool:
        """Whether it has its weights alone, or lends them as a whole, or has only those of one other piece."""
        offsets = set()
        for index in range(piece.start, piece.stop):
            entry = self.layers[index]
            if "shares" in entry:
                offsets.add(self.place.get(entry["shares"], -1) - (index - piece.start))
                if set(entry) - {"shares", "name", "inputs"}:
                    return False
            piece.shared = piece.shared or entry["name"] in self.sharers
        if not offsets:
            return True
        if piece.shared or len(offsets) > 1 or min(offsets) < 0:
            return False
        (begin,) = offsets
        piece.owner = self.layers[begin]["name"]
        return all(
            "shares" in entry or entry.get("type") in _WEIGHTLESS
            for entry in self.layers[piece.start : piece.stop]
        )

    def _slides_alike(self, piece: _Piece) -> bool:
        """Whether its layers that share weights are all just those layers again."""
        entries = self.layers[piece.start : piece.stop]
        return all(not set(entry) - {"shares", "name", "inputs"} for entry in entries if "shares" in entry)

    def _without_inputs(self, entries: Iterable[_Entry]) -> list[_Entry]:
        return [
            {key: value for key, value in entry.items() if key not in ("inputs", "shares")}
            for entry in entries
        ]

    def _body(self, piece: _Piece) -> list[_Entry]:
        """The layers with local names; those that share weights as the layers that have them."""
        entries = self.layers[piece.start : piece.stop]
        names: dict[str, str] = {}
        for entry in entries:
            short = entry["name"].removeprefix(f"{piece.name}.")
            names[entry["name"]] = unique(short, {*names.values(), "input"})
        for number, name in enumerate(piece.inputs):
            names[name] = f"input_{number + 1}" if number else "input"
        body = []
        for index, entry in enumerate(entries, piece.start):
            owner = entry.get("shares")
            own = entry if owner is None else self.layers[self.place[owner]]
            if self.tied and owner is not None:
                if self._within(owner, piece.start, piece.stop):
                    own = {"shares": names[owner]}
                else:
                    piece.ties[entry["name"]] = owner
            fields = {key: own[key] for key in own if key not in ("type", "shares", "name", "inputs")}
            before = self.layers[index - 1]["name"] if index > piece.start else piece.inputs[0]
            sources = self.sources[index]
            said = {} if not sources or sources == [before] else {"inputs": [names[each] for each in sources]}
            head = {"shares": own["shares"]} if "shares" in own else {"type": own["type"]}
            body.append({**head, "name": names[entry["name"]], **said, **fields})
        piece.locals = {entry["name"]: names[entry["name"]] for entry in entries}
        return body

    # What is written instead

    def _parts(self, group: list[_Piece]) -> Iterator[tuple[list[_Piece], list[Any]]]:
        """The pieces that may be one block, and its parameters: all of a form, or of too many sizes the equal ones."""
        group = group if self.tied else self._with_owners(group)
        own = [piece for piece in group if piece.owner is None]
        if len(group) < 2:
            return
        parameters = parameters_of([_candidate(piece) for piece in own])
        if self.tied and (len(group) - 1) * len(group[0].body) <= len(group) * (4 + len(parameters)):
            return  # so many lines may a use have
        if len(parameters) <= MOST_PARAMETERS:
            yield group, parameters
            return
        equal: dict[str, list[_Piece]] = {}
        for piece in group:
            equal.setdefault(json.dumps(_sizes(piece), default=str), []).append(piece)
        yield from ((part, []) for part in equal.values() if len(part) > 1)

    def _with_owners(self, group: list[_Piece]) -> list[_Piece]:
        """Those without shared weights, and those of which each layer that shares another's is in the group, too."""
        lenders = {self.layers[piece.start]["name"]: piece for piece in group if piece.shared}
        borrowers: dict[str, list[_Piece]] = {name: [] for name in lenders}
        for piece in group:
            lender = lenders.get(piece.owner or "")
            if lender is not None and _sizes(piece) == _sizes(lender):
                borrowers[self.layers[lender.start]["name"]].append(piece)
        kept = {
            name
            for name, lender in lenders.items()
            if self._borrowed(lender)
            == {place for each in borrowers[name] for place in self._borrowing(each)}
        }
        fit = {id(piece) for name in kept for piece in (lenders[name], *borrowers[name])}
        return [piece for piece in group if id(piece) in fit or (piece.owner is None and not piece.shared)]

    def _borrowed(self, piece: _Piece) -> set[int]:
        """The places of all layers that share the weights of one of its."""
        names = [entry["name"] for entry in self.layers[piece.start : piece.stop]]
        return {place for name in names for place in self.sharers.get(name, ())}

    def _borrowing(self, piece: _Piece) -> list[int]:
        """The places of its layers that share weights."""
        return [place for place in range(piece.start, piece.stop) if "shares" in self.layers[place]]

    def _uses(self, group: list[_Piece], parameters: list[Any]) -> list[_Entry]:
        own = [piece for piece in group if piece.owner is None]
        candidates = [_candidate(piece) for piece in own]
        block = block_name([piece.name for piece in group], self.blocks)
        self.blocks[block] = block_of(candidates, parameters)
        numbers = {id(piece): number for number, piece in enumerate(own)}
        uses = []
        for piece in group:
            entry = {"name": self._named(piece), "inputs": piece.inputs}
            inside = [each["name"] for each in group[0].body]  # as the block has it
            piece.locals = dict(zip(piece.locals, inside, strict=True))
            if piece.owner is None:
                shares = {piece.locals[name]: owner for name, owner in piece.ties.items()}
                ties = {"shares": shares} if shares else {}
                uses.append({**use_of(block, entry, parameters, numbers[id(piece)]), **ties})
            else:
                uses.append({"shares": piece.owner, **entry})
        return uses

    def _named(self, piece: _Piece) -> str:
        name = unique(piece.name, self.names)
        self.names.add(name)
        return name

    def _rewritten(self, uses: Mapping[int, tuple[_Piece, _Entry]]) -> list[_Entry]:
        names = {self.layers[piece.stop - 1]["name"]: use["name"] for piece, use in uses.values()}
        owners = {
            name: f"{use['name']}/{local}"
            for piece, use in uses.values()
            for name, local in piece.locals.items()
        }
        if not self.tied:  # the only ones that share are whole pieces
            owners = {self.layers[piece.start]["name"]: use["name"] for piece, use in uses.values()}
        written: list[_Entry] = []
        index, previous = 0, "input"
        while index < len(self.layers):
            entry, step = self.layers[index], 1
            if index in uses:
                piece, entry = uses[index]
                step = piece.stop - piece.start
            shares = entry.get("shares", ())
            if isinstance(shares, dict):
                entry = {**entry, "shares": {inner: owners.get(name, name) for inner, name in shares.items()}}
            elif shares:
                entry = {**entry, "shares": owners.get(shares, shares)}
            if "inputs" in entry:
                inputs = [names.get(name, name) for name in entry["inputs"]]
                entry = {key: value for key, value in entry.items() if key != "inputs"}
                if inputs != [previous]:
                    head = [key for key in ("type", "shares", "name") if isinstance(entry.get(key), str)]
                    entry = {**{key: entry.pop(key) for key in head}, "inputs": inputs, **entry}
            written.append(entry)
            previous, index = entry["name"], index + step
        return merged(written, self.blocks)


def _candidate(piece: _Piece) -> Candidate:
    return Candidate(piece.start, piece.body, list(slots_of(piece.body)), list(shortcuts_of(piece.body)))


def _sizes(piece: _Piece) -> list[object]:
    return [entry.get(name) for entry, name in slots_of(piece.body)]
