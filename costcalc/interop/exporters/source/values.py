"""The values of a body's steps: who takes each, and which need no name of their own."""

from __future__ import annotations

from costcalc.interop.exporters.source.modules import ModuleGraph


def uses_of(body: ModuleGraph) -> dict[int, list[int]]:
    """The steps that take each value; the return is one more."""
    uses: dict[int, list[int]] = {}
    for index, step in enumerate(body.steps):
        for value in step.inputs:
            uses.setdefault(value, []).append(index)
    uses.setdefault(body.output, []).append(len(body.steps))
    return uses


def needs_no_name(body: ModuleGraph, index: int, uses: dict[int, list[int]], busy: int) -> bool:
    """Whether a value can have the short name that values share: it goes on at once, and alone.

    Until step ``busy`` an older value has that name.
    """
    found = uses.get(index, [])
    if found and found != [index + 1]:
        return False
    if found and index + 1 < len(body.steps) and len(body.steps[index + 1].inputs) > 1:
        return False
    return busy <= index
