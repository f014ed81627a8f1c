"""The sizes of a model's inputs: from the file, and where it leaves them open, from the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.onnx_model.proto import Model, ValueInfo
from costcalc.interop.importers.tensors.limits import excess
from costcalc.quantity import MAX_SIZE, shown

_EXAMPLE = 224
_OPEN = "?"


def input_dims(model: Model, given: Sequence[str], path: str) -> dict[str, tuple[int, ...]]:
    """The dims of each input that is no weight. ``given``: ``NAME=1x3x224x224``; the name of an only one may miss.

    One number, ``640``, is each size that the file leaves open. A batch that it leaves open is 1, and channels are
    those that the first layer takes. Raises ModelError.
    """
    inputs = {info.name: info for info in model.inputs if info.name not in model.initializers}
    if not inputs:
        raise ModelError(f"{path}: the model has no input")
    said = _given(given, inputs, path)
    return {
        name: _bounded(_sized(model, info, said.get(name), path), name, path) for name, info in inputs.items()
    }


def _bounded(dims: tuple[int, ...], name: str, path: str) -> tuple[int, ...]:
    too_much = excess(dims)
    if too_much:
        raise ModelError(f"{path}: the input {shown(name)} {too_much}")
    return dims


def batch_size(model: Model, dims: Mapping[str, tuple[int, ...]]) -> int:
    """How many examples the inputs hold: the size that their first axes have in common.

    Where some have 1 there, what the others have is a batch only if every output has it, too.
    """
    firsts = {name: each[0] for name, each in dims.items() if len(each) > 1}
    larger = set(firsts.values()) - {1}
    if len(larger) != 1:
        return 1
    batch = larger.pop()
    if 1 not in firsts.values():
        return batch
    said = {info.dims[0] for info in model.inputs if info.dims and firsts.get(info.name) == batch}
    leading = [info.dims[0] for info in model.outputs if info.dims]
    return batch if leading and all(each in (batch, *said) for each in leading) else 1


def _given(given: Sequence[str], inputs: Mapping[str, ValueInfo], path: str) -> dict[str, tuple[int, ...]]:
    said: dict[str, tuple[int, ...]] = {}
    for text in given:
        name, equals, sizes = text.rpartition("=")
        if not equals and len(inputs) > 1:
            raise ModelError(f"--input {shown(text)} does not say which input it is: {', '.join(inputs)}")
        name = name if equals else next(iter(inputs))
        if name not in inputs:
            raise ModelError(f"{path}: the model has no input {shown(name)}; its inputs: {', '.join(inputs)}")
        said[name] = _dims(text, sizes)
    return said


def _dims(text: str, sizes: str) -> tuple[int, ...]:
    parts = sizes.replace("×", "x").replace(",", "x").split("x")
    if not all(part.strip().isdecimal() and len(part) < 12 for part in parts) or len(parts) > 8:
        raise ModelError(
            f"--input {shown(text)} should be NAME=1x3x224x224, in the order of the model's own axes"
        )
    dims = tuple(int(part) for part in parts)
    if not all(1 <= length <= MAX_SIZE for length in dims):
        raise ModelError(f"--input {shown(text)}: a size must be between 1 and {MAX_SIZE}")
    return dims


def _sized(model: Model, info: ValueInfo, said: tuple[int, ...] | None, path: str) -> tuple[int, ...]:
    dims = info.dims
    settled = _settled(model, info)
    if said is not None:
        if len(said) == 1 and len(settled) > 1 and any(isinstance(length, str) for length in settled):
            return tuple(said[0] if isinstance(length, str) else length for length in settled)
        right = _respelled(said, _taken(model, info.name), info.name)
        if dims is not None and len(said) != len(dims):
            raise ModelError(
                f"{path}: the input {shown(info.name)} has {len(dims)} axes ({_words(dims)}), "
                f"but --input gives {len(said)}",
                right,
            )
        if right:
            raise ModelError(
                f"{path}: the input {shown(info.name)} has its channels first: "
                f"{_words(said)} gives {said[1]} of them",
                right,
            )
        return said
    if dims is None:
        raise ModelError(
            f"{path}: the file does not say the shape of the input {shown(info.name)}", _hint(info, settled)
        )
    if any(isinstance(length, str) for length in settled):
        raise ModelError(
            f"{path}: the input {shown(info.name)} has sizes that the file leaves open: {_words(dims)}",
            _hint(info, settled),
        )
    return tuple(length for length in settled if isinstance(length, int))


def _settled(model: Model, info: ValueInfo) -> list[int | str]:
    """The dims as far as they are known: a batch that is open is 1, open channels are what the first layer takes."""
    shape = _taken(model, info.name)
    dims = list(info.dims or (_OPEN,) * len(shape))
    if len(dims) > 1 and isinstance(dims[0], str):
        dims[0] = 1
    if len(shape) == len(dims):
        dims = [
            taken if isinstance(length, str) and taken else length
            for length, taken in zip(dims, shape, strict=True)
        ]
    return dims


def _taken(model: Model, name: str) -> tuple[int, ...]:
    """What the first convolution that takes an input says of its dims, 0 where it says nothing; empty where none is."""
    for node in model.nodes:
        if node.op_type == "Conv" and node.inputs[:1] == [name] and len(node.inputs) > 1:
            weight = model.initializers.get(node.inputs[1])
            groups = node.attributes.get("group", 1)
            if weight is not None and len(weight.dims) > 2 and isinstance(groups, int):
                return (0, weight.dims[1] * groups, *(0,) * (len(weight.dims) - 2))
    return ()


def _respelled(said: tuple[int, ...], taken: tuple[int, ...], name: str) -> str:
    """Sizes with the channels last, as the first convolution takes them: said again in the model's order."""
    if len(taken) < 3 or said[-1] != taken[1] or len(said) not in (len(taken), len(taken) - 1):
        return ""
    if len(said) == len(taken) and said[1] == taken[1]:
        return ""
    batch = said[0] if len(said) == len(taken) else 1
    spatial = said[1 - len(taken) : -1]
    return f"say them in its order: --input {name}={_words((batch, taken[1], *spatial))}"


def _hint(info: ValueInfo, dims: Sequence[int | str]) -> str:
    example = dims or (1, 3, _EXAMPLE, _EXAMPLE)
    sizes = "x".join(str(_EXAMPLE) if isinstance(length, str) else str(length) for length in example)
    return f"say them, for example --input {info.name}={sizes}"


def _words(dims: Sequence[int | str]) -> str:
    return "x".join(str(length) for length in dims)
