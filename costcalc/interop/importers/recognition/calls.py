"""How the model calls its layers, said where most is said at once: of the whole, of a layer, of what is inside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from costcalc.called import MODULE
from costcalc.interop.importers.recognition.entries import every_entry


def say_calls(layers: list[dict[str, Any]]) -> dict[str, str]:
    """What holds for most layers of a kind; the entries, which said it of each of their kinds, keep what differs."""
    counts: dict[str, Counter[str]] = {}
    for entry in every_entry(layers):
        for kind, call in entry.get("called", {}).items():
            counts.setdefault(kind, Counter())[call] += 1
    most = {kind: calls.most_common(1)[0][0] for kind, calls in counts.items()}
    said = {kind: call for kind, call in most.items() if call != MODULE}
    _keep_others(layers, said)
    return said


def _keep_others(layers: list[dict[str, Any]], around: Mapping[str, str]) -> None:
    for entry in layers:
        inside = around
        if "called" in entry:
            own = {kind: call for kind, call in entry["called"].items() if around.get(kind, MODULE) != call}
            inside = {**around, **own}
            if own:
                entry["called"] = own
            else:
                del entry["called"]
        for inner in (entry.get("body"), entry.get("shortcut"), *entry.get("paths", ())):
            if isinstance(inner, list):
                _keep_others(inner, inside)
