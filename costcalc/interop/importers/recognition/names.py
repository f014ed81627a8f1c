"""Names in nested scopes: local, unique, without what the enclosing layer's name already says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from typing import Any

from costcalc.interop.importers.recognition.graph import INPUT, Item


class Naming:
    """The names of one list of layers; ``prefix`` is the name of the layer around it, in the model."""

    def __init__(self, start: str | None, prefix: str = "", reserved: Collection[str] = ()) -> None:
        self.prefix = prefix
        self.taken = {INPUT, *reserved}
        self.names: dict[str, str] = {} if start is None else {start: INPUT}
        self.around: str = prefix

    def entry(self, item: Item, previous: str | None) -> dict[str, Any]:
        """An item as an entry; its inputs are said unless it follows its only one."""
        name = self.local(item.name)
        self.names[item.name] = name
        fields = dict(item.fields)
        head = {"shares": self.names.get(fields.pop("shares"), "")} if "shares" in fields else {}
        head = head or {"type": fields.pop("type")}
        inputs = [self.names.get(source, source) for source in item.inputs]
        said = {} if item.inputs == [previous] or not inputs else {"inputs": inputs}
        called = {"called": dict(item.calls)} if item.calls else {}
        return {**head, "name": name, **said, **fields, **called}

    def region(self, members: Iterable[str], join: str, crowd: Mapping[str, int]) -> str:
        """The name of a nested layer that holds these: what their names begin with, or the join's own.

        ``crowd`` tells how many layers of the model begin with a name. Where others than these do, the name goes on
        as most of these do: of ``block.attention`` and ``block.mlp`` none is called ``block``.
        """
        inner = [name for name in members if name != join]
        split = [name.split(".") for name in inner] or [[join]]
        own = common_steps(split) if len(split) > 1 else split[0][:-1]
        self.around = ".".join(own)
        shared = ".".join(common_steps([own, join.split(".")]))
        stem = shared if shared and shared != self.prefix else self.around
        if not stem or stem == self.prefix:
            return self.local(join)
        if crowd.get(stem, 0) > len(inner) + 2:  # the join, and what follows it
            depth = stem.count(".") + 1
            steps = Counter(steps[depth] for steps in split if len(steps) > depth + 1)
            step, count = steps.most_common(1)[0] if steps else ("", 0)
            if 2 * count > len(inner):
                stem = f"{stem}.{step}"
        return self.local(stem)

    def inside(self, start: str, members: Collection[str]) -> Naming:
        """The names of a body or path of the region just named."""
        return Naming(start, self.around)

    def calls(self, value: str, name: str) -> None:
        """A value of the model is what the layer of this name makes."""
        self.names[value] = name

    def local(self, name: str) -> str:
        """The name without the prefix, made unique here."""
        short = name.removeprefix(f"{self.prefix}.") if self.prefix else name
        name = unique(short, self.taken)
        self.taken.add(name)
        return name


def unique(name: str, taken: Container[str]) -> str:
    """The name, or where that is taken the name with the first number that makes it another."""
    free, count = name, 2
    while free in taken:
        free, count = f"{name}_{count}", count + 1
    return free


def common_steps(paths: Sequence[Sequence[str]]) -> list[str]:
    """The steps that all paths begin with."""
    common = []
    for steps in zip(*paths, strict=False):
        if len(set(steps)) > 1:
            break
        common.append(steps[0])
    return common


def crowds(names: Iterable[str]) -> Counter[str]:
    """How many names begin with each dotted beginning."""
    counts: Counter[str] = Counter()
    for name in names:
        steps = name.split(".")
        counts.update(".".join(steps[:end]) for end in range(1, len(steps)))
    return counts
