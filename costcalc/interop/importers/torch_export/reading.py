"""From a module, or its name, to a network."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.flat import FlatNetwork
from costcalc.interop.importers.torch_export.extra import torch_module
from costcalc.interop.importers.torch_export.inputs import advice, examples, split_names
from costcalc.interop.importers.torch_export.reader import read_trace
from costcalc.interop.importers.torch_export.readiness import refuse_scripted, sized
from costcalc.interop.importers.torch_export.target import built, called, parse_target, source_of
from costcalc.interop.importers.torch_export.trace import traced
from costcalc.network import Network


def from_torch(module: Any, input: Any) -> Network:
    """The network of a torch.nn.Module in evaluation mode, its layers named and nested as the module's are.

    ``input`` is what the module takes: a size (``"224x224x3"``, height × width × channels) or a tensor, of which only
    the sizes matter; or a list of those, or a dict by the name of forward's parameter. Costs are per example. Raises
    CostcalcError with the operation and its place where something is not known, and where torch is not installed.
    """
    from costcalc.interop.importers.conversion import convert

    torch = torch_module()
    if not isinstance(module, torch.nn.Module):
        raise ModelError(f"takes a torch.nn.Module, not {type(module).__name__}")
    given = input if isinstance(input, (list, tuple, dict)) else [input]
    with _uncollected():
        return convert(flat_module(module, given)).network


def read(name: str, inputs: Sequence[str] = ()) -> FlatNetwork:
    """The flat network of a module by name, as ``torchvision.models:mobilenet_v2``.

    ``inputs`` are sizes, ``224x224x3`` or ``NAME=224x224x3``; of integers ``ids=1x128:int64``.
    Raises CostcalcError. Runs the module's own code.
    """
    torch_module()
    target = parse_target(name)
    given = split_names(inputs)
    return flat_module(built(target), given, called(target), source_of(target))


def flat_module(
    module: Any, given: Sequence[Any] | Mapping[str, Any], name: str = "", source: str = ""
) -> FlatNetwork:
    """The flat network of a module on these inputs. Raises CostcalcError."""
    refuse_scripted(module)
    with _uncollected():
        return _flat(module, given, name, source)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: what torch.export keeps grows with the model, and each search walks through it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _flat(module: Any, given: Sequence[Any] | Mapping[str, Any], name: str, source: str) -> FlatNetwork:
    try:
        module = sized(module, examples(module, given)[0])
        tensors, layouts = examples(module, given)
        trace = traced(module, tensors)
    except ModelError as error:
        if error.__cause__ is None or error.hint:
            raise
        raise ModelError(str(error), advice(given, error.__cause__)) from error.__cause__
    if all(name.isdecimal() for name in layouts):
        layouts = dict(zip(trace.inputs, layouts.values(), strict=False))
    return read_trace(trace, name or trace.name, source, layouts)
