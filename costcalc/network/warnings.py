"""What looks like a mistake in a spec and is none: a stride that repeats, and what nobody uses."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from costcalc.errors import Problem, Route
from costcalc.network.entries import Entry
from costcalc.network.ledger import Ledger
from costcalc.network.scope import Value
from costcalc.quantity import parse_size, shown
from costcalc.spec import NetworkSpec

#: As many channels images have.
_FEW_CHANNELS = (1, 3, 4)
#: From so many samples on a sound is one, and no vector; from so many positions on a square may be a picture.
_A_SOUND, _A_PICTURE = 8000, 16


def warn_of_repeated_stride(entry: Entry, count: int, ledger: Ledger) -> None:
    """Each of ``count`` copies strides, and mostly only the first is meant to."""
    stride = entry.raw.get("stride", 1)
    if all(map(_is_one, stride if isinstance(stride, list) else [stride])):
        return
    message = (
        f"the stride of {entry.noun} is repeated {count} times; if only the first copy has it, "
        f"split it: one layer with the stride, then one with repeat: {count - 1} and stride: 1"
    )
    ledger.note(entry.problem(message, ("stride",), severity="warning"))


def warn_of_unused_inputs(spec: NetworkSpec, consumed: Collection[int], ledger: Ledger) -> None:
    """Inputs of the network that are not among the values that something takes."""
    for index, name in enumerate(spec.input_shapes):
        if ~index not in consumed:
            route: Route = ("inputs", name) if spec.inputs is not None else ("input",)
            ledger.note(Problem(f"input {shown(name)} is never used", route, severity="warning"))


def warn_of_unused_blocks(names: Iterable[str], ledger: Ledger) -> None:
    """Blocks that no layer uses."""
    for name in names:
        message = f"block {shown(name)} is never used; its layers are not checked"
        ledger.note(Problem(message, ("blocks", name), at="key", severity="warning"))


def warn_of_unused_layers(
    written: Iterable[tuple[Value, Entry]], consumed: Collection[int], ledger: Ledger
) -> None:
    """Layers whose value nothing takes."""
    for value, entry in written:
        if value is not None and value not in consumed:
            message = f"the output of {entry.noun} is never used; its cost is counted"
            ledger.note(entry.problem(message, severity="warning"))


def _is_one(size: object) -> bool:
    try:
        return parse_size(size) == 1
    except ValueError:
        return False


def warn_of_channels_first(spec: NetworkSpec, ledger: Ledger) -> None:
    """Warn of inputs that look as PyTorch writes shapes, or as a picture without its channels."""
    for name, shape in spec.input_shapes.items():
        sizes = (*shape.spatial, shape.channels)
        meant = _channels_last(sizes)
        if meant is not None:
            said = f"has {shape.channels} channels: sizes are channels last; is {meant} meant?"
        elif len(sizes) == 2 and sizes[0] == sizes[1] >= _A_PICTURE:
            said = f"is a sequence of {sizes[0]} positions; is a picture of one channel, {shape}x1, meant?"
        else:
            continue
        route: Route = ("input",) if spec.inputs is None else ("inputs", name)
        ledger.note(Problem(f"input {shape} {said}", route, severity="warning"))


def _channels_last(sizes: tuple[int, ...]) -> str | None:
    """What sizes with few channels in front, and perhaps a batch of one before them, may mean."""
    if len(sizes) == 4 and sizes[0] == 1 and sizes[1] in _FEW_CHANNELS:
        sizes = sizes[1:]
    first, *rest = sizes
    is_map = len(rest) > 1 and first in _FEW_CHANNELS and rest[-1] > first
    is_sound = len(rest) == 1 and first == 1 and rest[0] >= _A_SOUND
    return "x".join(map(str, (*rest, first))) if is_map or is_sound else None
