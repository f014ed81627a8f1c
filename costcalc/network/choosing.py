"""The choices inside blocks as they are made: each use of a block, and each copy of a use, has its own."""

from __future__ import annotations

from collections.abc import Mapping

from costcalc.errors import Problem
from costcalc.network.entries import Entry
from costcalc.network.filling import Filling, FillingError, Fillings
from costcalc.network.ledger import Ledger
from costcalc.network.limits import refuse_filled
from costcalc.quantity import listed, shown
from costcalc.spec.choices import Choice, Values, label


class Chooser:
    """Fills in the choices of blocks' uses.

    ``settings`` are the values asked for, by place: ``stage_2.1/kernel``. ``made`` are all choices that were met.
    """

    def __init__(self, settings: Mapping[str, str], fillings: Fillings, ledger: Ledger) -> None:
        self.settings = settings
        self.fillings = fillings
        self.ledger = ledger
        self.made: dict[str, Choice] = {}

    def chosen(self, filling: Filling, entry: Entry, path: str) -> Filling:
        """The body of one copy of a use, with its choices made. Raises SizeError."""
        block = self.fillings.blocks[entry.kind]
        if not block.choices:
            return filling
        given = {}
        for name, values in block.values.items():
            if name not in entry.fields:
                taken = self._taken(name, values, entry, path)
                given[name] = values[taken]
        try:
            return self.fillings.of(entry.kind, {**entry.fields, **given})
        except FillingError:
            raise refuse_filled(entry) from None

    def _taken(self, name: str, values: Values, entry: Entry, path: str) -> int:
        """Which value a copy takes. One that shares weights has the choices of the layer that it shares them with."""
        original = entry.raw["shares"] if entry.is_again else None
        if original is not None:
            own = entry.place.prefix + entry.name
            path = f"{entry.place.prefix}{original}{path[len(own) :]}"
        place = f"{path}/{name}"
        taken = taken_of(values, self.settings.get(place))
        if taken is None:
            route = ("blocks", entry.kind, "choices", name)
            self.ledger.note(no_such_value(place, values, self.settings[place], route))
            taken = 0
        if original is None:
            self.made[place] = Choice(values, taken)
        return taken


def taken_of(values: Values, asked: str | None) -> int | None:
    """Which value is asked for: the first where none is; None where there is no such value."""
    if asked is None:
        return 0
    return next((index for index, value in enumerate(values) if label(value) == asked), None)


def no_such_value(name: str, values: Values, asked: str, route: tuple[str, ...]) -> Problem:
    """The problem of a value that a choice does not have."""
    legal = listed(map(label, values))
    return Problem(f"choice {shown(name)} has no value {shown(asked)}", route, f"values: {legal}")
