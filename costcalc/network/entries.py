"""Reading one entry of a list of layers: its kind, its name, and what it shares with another one."""

from collections.abc import Callable, Container, Mapping
from typing import Any, NamedTuple

from costcalc.errors import Problem, Route, did_you_mean
from costcalc.kinds import by_family
from costcalc.layers import KINDS, kind_model
from costcalc.layers.base import SLIDING_FIELDS
from costcalc.network.ledger import Ledger
from costcalc.network.scope import Named, Scope, Value
from costcalc.quantity import Numeral, listed, shown
from costcalc.spec.blocks import COMMON_FIELDS, Block

#: What a layer that shares another's weights does not take from it.
_OWN = ("name", "inputs", "shares", "called")


class Place(NamedTuple):
    """Where a list of layers stands: its route, the scope, the path so far, the uses that led here.

    ``row`` is the row of the table that all of it belongs to; None where each layer has its own.
    """

    route: Route
    scope: Scope
    prefix: str = ""
    used: tuple[Route, ...] = ()
    row: int | None = None


class Entry(NamedTuple):
    """One layer as it was written: ``fields`` are those of its kind, ``raw`` holds the common ones, too."""

    kind: str
    fields: Mapping[str, Any]
    name: str
    route: Route
    place: Place
    raw: Mapping[str, Any]

    @property
    def noun(self) -> str:
        """What messages call it."""
        return f"{self.kind} layer {shown(self.name)}"

    @property
    def is_again(self) -> bool:
        """Whether it is another entry once more, with all of that one's weights."""
        return "shares" in self.raw and not isinstance(self.raw["shares"], dict)

    def problem(self, message: str, field: Route = (), hint: str | None = None, **more: Any) -> Problem:
        """A problem of this entry, or of one of its fields."""
        return Problem(message, self.route + field, hint, used=self.place.used, **more)


class PlacedEntry(NamedTuple):
    """An entry that was placed: its value, and its nodes from ``start`` to before ``stop``."""

    value: Value
    entry: Entry
    start: int
    stop: int


class EntryReader:
    """Reads entries, and notes in the ledger what is wrong with them."""

    def __init__(
        self,
        blocks: Mapping[str, Block],
        ledger: Ledger,
        doubtful: Container[str],
        named: Callable[[Scope, str], Named | None],
    ) -> None:
        self.blocks = blocks
        self.ledger = ledger
        self.named = named  # what a name, or a path into a block's use, means in a scope
        self.doubtful = doubtful  # words that are both a kind and, by mistake, a block
        self._kinds_listed = False

    def read(self, item: object, route: Route, place: Place) -> Entry | None:
        """An entry with its kind and name; None where it has none that we know."""
        written: dict[str, Any] = item if isinstance(item, dict) else {"type": item}
        whole = "shares" in written and not isinstance(written["shares"], dict)
        raw = self._with_shared(written, route, place) if whole else written
        kind = None if raw is None else self._kind(raw, item, route, place)
        if raw is None or kind is None or kind in self.doubtful:
            _note_unread(written.get("name"), place.scope)
            return None
        name = self._name(raw, kind, route, place)
        fields = {key: value for key, value in raw.items() if key not in COMMON_FIELDS and key != "shares"}
        entry = Entry(kind, fields, name, route, place, raw)
        if "shares" in raw and not entry.is_again and kind not in self.blocks:
            message = f"shares of {entry.noun} must be the name of a layer: layers inside are named of a block alone"
            self.ledger.note(entry.problem(message, ("shares",)))
        return entry

    def _kind(self, raw: Mapping[str, Any], item: object, route: Route, place: Place) -> str | None:
        kind = raw.get("type")
        if isinstance(kind, str) and (kind in KINDS or kind in self.blocks):
            return kind
        hint: str | None = None
        listing: tuple[str, ...] = ()
        if kind is None and isinstance(item, dict):
            message = "a layer needs a type"
            if len(item) == 1 and next(iter(item)) in KINDS:
                hint = f"write {{type: {next(iter(item))}, …}}"
        elif not isinstance(kind, str):
            what = "a layer's type must be a word" if isinstance(item, dict) else _NO_ENTRY
            message = f"{what}, not {shown(kind)}"
        elif not self.ledger.is_new(route, kind):
            return None
        else:
            guess = did_you_mean(kind, [*KINDS, *self.blocks])
            message = f"unknown layer type {shown(kind)}{guess}"
            hint, listing = self._what_there_is(bool(guess))
        field: Route = ("type",) if isinstance(item, dict) and kind is not None else ()
        self.ledger.note(Problem(message, route + field, hint, used=place.used, listing=listing))
        return None

    def _what_there_is(self, guessed: bool) -> tuple[str, tuple[str, ...]]:
        """What a layer can be: all of it, once, where there is no guess."""
        where = f"costcalc explain lists the {len(KINDS)} kinds"
        own = f"blocks of this spec: {listed(self.blocks)}" if self.blocks else ""
        if guessed or self._kinds_listed:
            return f"{own}; {where}" if own else where, ()
        self._kinds_listed = True
        families = [f"{title}: {', '.join(kinds)}" for title, kinds in by_family(KINDS).items()]
        return families[0], (*families[1:], *filter(None, [own]), "costcalc explain KIND says what one is")

    def _name(self, raw: Mapping[str, Any], kind: str, route: Route, place: Place) -> str:
        name = raw.get("name")
        if name is None and "name" not in raw:
            return place.scope.automatic_name(kind)
        text = name if isinstance(name, str) and not isinstance(name, Numeral) else ""
        taken = place.scope.names.get(text)
        if not text:
            guess = f'; did you mean "{name}", in quotes?' if _is_number(name) else ""
            message = f"name of a {kind} layer must be text, not {shown(name)}{guess}"
        elif name == "input" or (taken is not None and taken.is_input):
            message = f"a layer cannot be named {shown(name)}: that is what comes in"
        elif taken is not None:
            message = f"two layers are named {shown(name)}: names must be unique in their scope"
        else:
            return text
        self.ledger.note(Problem(message, (*route, "name"), used=place.used))
        return text or place.scope.automatic_name(kind)

    def _with_shared(self, raw: Mapping[str, Any], route: Route, place: Place) -> dict[str, Any] | None:
        """The entry that ``shares: NAME`` means: that of NAME, with what this one says for itself."""
        target = raw["shares"]
        original = self.named(place.scope, target) if isinstance(target, str) else None
        if original is not None and original.broken:
            return None
        if original is None or not isinstance(original.entry, dict):
            self._note_unknown_original(target, route, place)
            return None
        sliding = _sliding_fields(original.entry.get("type"))
        for key in raw:
            if key not in ("shares", *sliding, *COMMON_FIELDS):
                message = f"a layer that shares another's weights has no {listed([key])} of its own"
                hint = f"its own may be: {', '.join(sliding)}" if sliding else None
                self.ledger.note(Problem(message, (*route, key), hint, at="key", used=place.used))
        own = {key: raw[key] for key in ("shares", *sliding, *COMMON_FIELDS) if key in raw}
        inherited = {key: value for key, value in original.entry.items() if key not in _OWN}
        return inherited | own

    def _note_unknown_original(self, target: object, route: Route, place: Place) -> None:
        if not isinstance(target, str):
            message = f"shares must be the name of a layer, not {shown(target)}"
        elif place.scope.find(target) is not None:
            message = f"shares must name a layer, and {shown(target)} is an input"
        elif place.scope.later(target):
            message = f"layer {shown(target)} is defined only later: shares names an earlier layer"
        elif self.ledger.is_new(route, target):
            names = [*place.scope.visible()][::-1]
            message = f"unknown layer {shown(target)} to share the weights of{did_you_mean(target, names)}"
        else:
            return
        self.ledger.note(Problem(message, (*route, "shares"), used=place.used))


def _sliding_fields(kind: object) -> list[str]:
    """What a layer of a kind may say for itself where it has the weights of another one."""
    if not isinstance(kind, str) or kind not in KINDS:
        return []
    return [field for field in SLIDING_FIELDS if field in kind_model(kind).model_fields]


_NO_ENTRY = "a layer must be a word or a mapping"


def _note_unread(name: object, scope: Scope) -> None:
    """Uses of a layer that could not be read are no errors."""
    if isinstance(name, str):
        scope.names.setdefault(name, Named(None, broken=True))
    else:
        scope.doubtful = True


def _is_number(value: object) -> bool:
    return (type(value) is int or isinstance(value, Numeral)) and len(str(value)) <= 40
