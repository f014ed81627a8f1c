"""A module by name: ``torchvision.models:mobilenet_v2``, or a call ``mypkg.nets:build(width=0.5)``.

What the colon precedes is imported, with the current directory first on the path, and what follows it is called:
that runs the code of whoever wrote it. The arguments are literals only; nothing is evaluated.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from costcalc.errors import did_you_mean
from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.torch_export.elements import to_meta
from costcalc.interop.importers.torch_export.extra import torch_module
from costcalc.interop.importers.torch_export.failure import prints_aside, quiet, told
from costcalc.quantity import shown

_LONGEST = 2000
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_MODEL = re.compile(r"[\w.+/:-]{1,200}", re.ASCII)
_NAMING = ("model_name", "name", "arch", "architecture", "variant")
_FORM = "MODULE:NAME or 'MODULE:NAME(argument=value)', such as torchvision.models:mobilenet_v2"


@dataclass(frozen=True, slots=True)
class PythonTarget:
    """What to import, what to take from it, and the arguments of the call."""

    module: str
    name: str
    arguments: Sequence[Any] = ()
    keywords: Mapping[str, Any] | None = None


def is_target(text: str) -> bool:
    """Whether a text names a module, not a file: ``a.b:c``."""
    module, colon, rest = text.partition(":")
    name, _, _ = rest.partition("(")
    is_file = name.lower().endswith((".yaml", ".yml"))
    return bool(colon and _DOTTED.fullmatch(module) and _DOTTED.fullmatch(name.strip())) and not is_file


def parse_target(text: str) -> PythonTarget:
    """The parts of a target. Raises ModelError."""
    module, _, call = text.partition(":")
    if module.endswith(".py"):
        raise ModelError(f"{shown(text[:100])} names a file; say the module: {module[:-3]}:{call[:100]}")
    if len(text) > _LONGEST or not _DOTTED.fullmatch(module):
        raise ModelError(f"{shown(text[:100])} is not {_FORM}")
    try:
        tree = ast.parse(call.strip(), mode="eval").body
        if not isinstance(tree, ast.Call):
            return PythonTarget(module, _dotted(tree), (), None)
        arguments = [ast.literal_eval(each) for each in tree.args]
        keywords = {_keyword(each): ast.literal_eval(each.value) for each in tree.keywords}
        if len(keywords) < len(tree.keywords):
            raise ValueError
        return PythonTarget(module, _dotted(tree.func), arguments, keywords)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        raise ModelError(
            f"{shown(text[:100])} is not {_FORM}; arguments are plain numbers, texts and lists"
        ) from None


def model_name(target: PythonTarget) -> str | None:
    """The model that a call such as ``timm:create_model("resnet50")`` asks for by name."""
    words = target.keywords or {}
    given = [*target.arguments[:1], *(words[key] for key in _NAMING if key in words)]
    last = target.name.rpartition(".")[2]
    if last[:1].isupper():  # a class is the model
        return None
    return next((each for each in given if isinstance(each, str) and _MODEL.fullmatch(each)), None)


def called(target: PythonTarget) -> str:
    """What to call the model."""
    return model_name(target) or target.name.rpartition(".")[2]


def source_of(target: PythonTarget) -> str:
    """Where the model is from, for its spec."""
    name = model_name(target)
    return f"{target.module}:{target.name}" + ("" if name is None else f'("{name}")')


def _keyword(each: ast.keyword) -> str:
    if each.arg is None:
        raise ValueError
    return each.arg


def _dotted(tree: ast.expr) -> str:
    if isinstance(tree, ast.Attribute):
        return f"{_dotted(tree.value)}.{tree.attr}"
    if isinstance(tree, ast.Name):
        return tree.id
    raise ValueError


def built(target: PythonTarget) -> Any:
    """The module that a target names, its parameters without memory where that can be. Raises ModelError."""
    torch = torch_module()
    found = _found(target)
    if isinstance(found, torch.nn.Module) and target.keywords is None:
        return found
    if not callable(found):
        raise ModelError(f"{target.module}:{target.name} is neither a torch.nn.Module nor something to call")

    def call() -> Any:
        return found(*target.arguments, **(target.keywords or {}))

    try:
        with _without_memory(), quiet():
            module = call()
        to_meta(module)
    except (Exception, SystemExit):  # a constructor that looks at its own weights: then they are made
        module = _told(call, f"{target.module}:{target.name}")
    if not isinstance(module, torch.nn.Module):
        raise ModelError(
            f"{target.module}:{target.name} gives {shown(type(module).__name__)}, not a torch.nn.Module"
        )
    return module


def _found(target: PythonTarget) -> Any:
    if "" not in sys.path:
        sys.path.insert(0, "")
    found = _told(lambda: import_module(target.module), f"importing {target.module}")
    for step in target.name.split("."):
        if not hasattr(found, step):
            guess = did_you_mean(step, [name for name in dir(found) if not name.startswith("_")])
            raise ModelError(f"{target.module} has no {shown(target.name)}{guess}")
        found = getattr(found, step)
    return found


def _told(run: Callable[[], Any], what: str) -> Any:
    """What a stranger's code gives; what it raises as one line."""
    try:
        with prints_aside():
            return run()
    except (Exception, SystemExit) as error:
        raise ModelError(f"{what} fails: {told(error)}") from error


@contextmanager
def _without_memory() -> Iterator[None]:
    """Tensors that modules make for their weights have sizes only; all others are real.

    A constructor may compute with numbers in tensors (depths, rates), but hardly ever with ``torch.empty``.
    """
    torch = torch_module()

    class Mode(torch.overrides.TorchFunctionMode):  # type: ignore[misc, name-defined]
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = dict(kwargs or {})
            if function is torch.empty:
                kwargs["device"] = "meta"
            return function(*args, **kwargs)

    with Mode():
        yield
