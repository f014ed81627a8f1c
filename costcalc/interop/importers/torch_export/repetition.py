"""A map repeated along axes where it has size 1: what ``expand`` is where no addition undoes it."""

from __future__ import annotations

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tensors.layout import Layout, atom, leaves
from costcalc.interop.importers.tensors.maps import Maps, packed
from costcalc.interop.importers.tensors.values import Value


def repeated(maps: Maps, value: Value, sizes: tuple[int, ...], hint: str) -> Value:
    """The value at these sizes: new spatial axes by ``upsample``. Raises RefusedError where that cannot be."""
    axes = list(value.axes)
    new = []
    for index, (have, wanted) in enumerate(zip(value.dims, sizes, strict=True)):
        if have != wanted:
            axes[index] = atom(wanted)
            new.append(axes[index])
    have_ = maps.layout(value)
    channels = have_.channels
    old = [axis for axis in have_.spatial if leaves(axis)]
    want = Layout(((),) * len(new) + tuple(old), channels)
    if len(want.spatial) > 3:
        raise RefusedError("repeats a map along too many axes")
    producer = maps.placed(value, want, hint)
    out = packed([*new, *old], channels)
    size = list(out.shape.spatial)
    return Value(
        tuple(axes), maps.emit("upsample", f"{hint}.expand" if hint else "expand", [producer], out, size=size)
    )
