"""Example inputs: from the sizes that a user says, or from tensors, one example each."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

from costcalc.errors import did_you_mean
from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.tensors.limits import excess
from costcalc.interop.importers.torch_export.extra import torch_module
from costcalc.interop.importers.torch_export.failure import told
from costcalc.layers.fields import parse_shape
from costcalc.quantity import MAX_SIZE, shown

_FORM = "height x width x channels, such as 224x224x3, or the tensor's own sizes, such as 1,197,768"
_WANTS_INTEGERS = re.compile(
    r"scalar types?:? Long|tensors used as indices|expected.*\b(?:Long|Int)\b", re.ASCII | re.I
)
_INTEGERS = ("int64", "int32", "int16", "int8", "uint8", "bool")
_DTYPES = (*_INTEGERS, "float32", "float64", "float16", "bfloat16")


def examples(
    module: Any, given: Sequence[Any] | Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, bool | None]]:
    """Tensors by the name of forward's parameter (its number, where forward names none), and whether the second axis
    of each is the channels.

    ``given`` are texts or tensors, in order or by name. Raises ModelError.
    """
    names = _parameters(module)
    named = dict(given) if isinstance(given, Mapping) else _named(given, names)
    unknown = [name for name in named if names and name not in names]
    if unknown:
        raise ModelError(f"forward has no parameter {shown(unknown[0])}; it has {', '.join(names)}")
    tensors: dict[str, Any] = {}
    layouts: dict[str, bool | None] = {}
    for name, value in named.items():
        tensors[name], layouts[name] = _example(module, value)
    return tensors, layouts


def split_names(texts: Sequence[str]) -> list[str] | dict[str, str]:
    """``NAME=SIZES`` texts by name; texts without a name in order. Raises ModelError where they are mixed."""
    parts = [text.rpartition("=") for text in texts]
    if not any(equals for _, equals, _ in parts):
        return list(texts)
    if not all(equals for _, equals, _ in parts):
        raise ModelError("either every --input has a name, as in NAME=224x224x3, or none has")
    if len({name for name, _, _ in parts}) < len(parts):
        raise ModelError("an --input stands twice")
    return {name: sizes for name, _, sizes in parts}


def advice(given: Sequence[Any] | Mapping[str, Any], error: BaseException) -> str:
    """What may be wrong with the sizes that were said, when torch cannot run the module on them; or nothing."""
    texts = list(given.items()) if isinstance(given, Mapping) else [("", each) for each in given]
    text = " ".join(str(error).split())
    for name, value in texts:
        if not isinstance(value, str) or ":" in value or "," in value:
            continue
        prefix = f"{name}=" if name else ""
        if _WANTS_INTEGERS.search(text):
            return f"integers are said by the tensor's own sizes and a dtype, such as --input {prefix}1x128:int64"
        first, *rest = value.replace("×", "x").split("x")
        if len(rest) > 1 and all(map(str.isdecimal, (first, *rest))) and int(first) < int(rest[-1]):
            return f"sizes are height x width x channels: --input {prefix}{'x'.join((*rest, first))}?"
    return ""


def _parameters(module: Any) -> list[str]:
    """The names of forward's parameters; nothing where it takes any."""
    kinds = inspect.Parameter
    found = list(inspect.signature(module.forward).parameters.values())
    if any(each.kind in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD) for each in found):
        return []
    return [each.name for each in found]


def _named(given: Sequence[Any], names: Sequence[str]) -> dict[str, Any]:
    if not given:
        raise ModelError(
            f"say the size of the input: {_FORM}", f"forward takes {', '.join(names)}" if names else ""
        )
    if names and len(given) > len(names):
        raise ModelError(f"forward takes {len(names)} inputs ({', '.join(names)}), not {len(given)}")
    return dict(zip(names or map(str, range(len(given))), given, strict=False))


def _example(module: Any, value: Any) -> tuple[Any, bool | None]:
    """A tensor of one example; whether its second axis is the channels, where that is known."""
    torch = torch_module()
    first = next((p for p in module.parameters()), None)
    device = "cpu" if first is None else first.device
    kind = first.dtype if first is not None and first.is_floating_point() else torch.float32
    if isinstance(value, torch.Tensor):
        sizes = (1, *value.shape[1:]) if value.dim() > 1 else tuple(value.shape)
        return torch.empty(sizes, dtype=value.dtype, device=device), None
    if isinstance(value, str) and ":" in value:
        value, _, word = value.rpartition(":")
        kind = _dtype(word)
        if word in _INTEGERS and "," not in value:
            return _made(_exact(_of_integers(value)), kind, device), None
    if isinstance(value, str) and "," in value:
        return _made(_exact(value), kind, device), None
    try:
        shape = parse_shape(int(value) if isinstance(value, str) and value.isdecimal() else value)
    except ValueError as error:
        raise ModelError(f"an input {error}; say {_FORM}") from None
    return _made((1, shape.channels, *shape.spatial), kind, device), bool(shape.spatial)


def _dtype(word: str) -> Any:
    """A dtype of torch by its name. Raises ModelError."""
    if word not in _DTYPES:
        guess = did_you_mean(word, _DTYPES)
        raise ModelError(f"an input's dtype must be one of {', '.join(_DTYPES)}, not {shown(word)}{guess}")
    return getattr(torch_module(), word)


def _of_integers(sizes: str) -> str:
    """Integers have no channels: their sizes are the tensor's own; one number is how many an example has."""
    return f"1,{sizes}" if sizes.isdecimal() else sizes.replace("×", "x").replace("x", ",")


def _made(sizes: tuple[int, ...], kind: Any, device: Any) -> Any:
    """A tensor of these sizes, its elements never touched. Raises ModelError where there can be none."""
    too_much = excess(sizes)
    if too_much:
        raise ModelError(f"an input of sizes {list(sizes)} {too_much}")
    try:
        return torch_module().empty(sizes, dtype=kind, device=device)
    except RuntimeError as error:
        raise ModelError(f"torch makes no input of sizes {list(sizes)}: {told(error)}") from None


def _exact(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if (
        not all(part.isdecimal() and len(part) < 12 and 1 <= int(part) <= MAX_SIZE for part in parts)
        or len(parts) > 6
    ):
        raise ModelError(f"an input must be {_FORM}, not {shown(text)}")
    return tuple(map(int, parts))
