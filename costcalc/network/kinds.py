"""What all copies of an entry have in common: the layer of its kind, or the body of its block, filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from costcalc.errors import MAX_PROBLEMS, closest, did_you_mean
from costcalc.layers import kind_model
from costcalc.layers.base import Layer
from costcalc.layers.problems import validated
from costcalc.network.entries import Entry
from costcalc.network.filling import Filling, Fillings
from costcalc.network.ledger import Ledger
from costcalc.network.memory import KnownLayer, defaults_key, recall, remember, written_key
from costcalc.quantity import listed, shown
from costcalc.spec.blocks import COMMON_FIELDS, REQUIRED, Block


class LayerReader:
    """Reads the fields of entries, and notes in the ledger what is wrong with them."""

    def __init__(self, defaults: Mapping[str, Any], ledger: Ledger) -> None:
        self.defaults = defaults
        self.ledger = ledger
        self._defaults_key = defaults_key(defaults)
        self._refused: list[object] = []

    def read(self, entry: Entry) -> KnownLayer | None:
        """The layer of an entry; entries that say the same share one."""
        key = written_key(self._defaults_key, entry.fields)
        known = recall(key)
        if known is None:
            layer = self._validated(entry)
            known = None if layer is None else remember(key, layer)
        return known

    def _validated(self, entry: Entry) -> Layer | None:
        refused = ("refused", entry.route, id(entry.raw))
        if self.ledger.was_asked(*refused) and not self.ledger.is_new(*refused):
            return None
        model = kind_model(entry.kind)
        fields: Mapping[str, Any] = entry.fields
        if model.takes_defaults and self.defaults:
            legal = model.model_fields
            fields = {**{name: value for name, value in self.defaults.items() if name in legal}, **fields}
        layer, problems = validated(model, fields, entry.noun, entry.route, COMMON_FIELDS)
        for problem in problems:
            self.ledger.note(problem._replace(used=entry.place.used))
        if layer is None and entry.place.used:
            self._refused.append(entry.raw)  # kept, so that its id stays its own
            self.ledger.is_new(*refused)
        return layer


class BlockReader:
    """Fills in the uses of blocks, and notes in the ledger what is wrong with their arguments."""

    def __init__(self, fillings: Fillings, ledger: Ledger) -> None:
        self.fillings = fillings
        self.ledger = ledger

    def read(self, entry: Entry) -> Filling | None:
        """The body of the block that an entry uses."""
        block = self.fillings.blocks[entry.kind]
        if block.broken or not self._arguments_hold(entry, block):
            return None
        return self.fillings.of(entry.kind, entry.fields)

    def _arguments_hold(self, entry: Entry, block: Block) -> bool:
        unknown = [field for field in entry.fields if field not in block.arguments and field != "type"]
        missing = [
            name
            for name, default in block.parameters.items()
            if default == REQUIRED and name not in entry.fields
        ]
        if not unknown and not missing:
            return True
        noun = f"block {shown(entry.kind)}"
        meant = {closest(field, missing) for field in unknown[:MAX_PROBLEMS]} if missing else set()
        legal = sorted({*block.arguments, *COMMON_FIELDS})
        hint = f"parameters: {listed(legal)}"
        for field in unknown:
            if self.ledger.is_new(entry.route, field):
                message = f"unknown parameter {shown(field)} of {noun}{did_you_mean(field, legal)}"
                self.ledger.note(entry.problem(message, (field,), hint, at="key"))
        for name in (name for name in missing if name not in meant):
            self.ledger.note(entry.problem(f"{noun} needs {listed([name])}", (), hint))
        return False
