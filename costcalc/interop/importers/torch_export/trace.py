"""What torch.export sees of a module, as plain data: its inputs, its parameters, its operations in order.

The one module that holds torch's own objects. Nothing is computed: export runs the module on tensors without elements.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.torch_export.calling import call_of
from costcalc.interop.importers.torch_export.extra import torch_module
from costcalc.interop.importers.torch_export.failure import failure, quiet
from costcalc.interop.importers.torch_export.inlining import inlined
from costcalc.interop.importers.torch_export.mutation import refuse_hidden_writes

Sizes = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TensorRef:
    """A value that an earlier operation, an input, a parameter or a constant gives."""

    name: str


@dataclass(frozen=True, slots=True)
class TracedStep:
    """One operation: its arguments by the names of its schema, values as TensorRefs.

    ``operation`` is ``conv2d`` of ``aten.conv2d.default``, without the underscore of a form that works in place.
    ``sizes`` has an entry for each tensor that it makes. ``module`` is the innermost module's path, ``called`` how
    its operation is called there.
    """

    name: str
    operation: str
    target: str
    arguments: Mapping[str, Any]
    sizes: tuple[Sizes, ...]
    module: str
    module_type: str
    called: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """A module's operations, only those that its outputs need.

    ``parameters`` and ``constants`` are by the name of their value: what the module calls them, and sizes. A tensor
    that the module has under several names goes by its first. ``unused`` are parameters that no output needs, and
    ``frozen`` those of the others that are not to be trained.
    """

    name: str
    inputs: Mapping[str, Sizes]
    parameters: Mapping[str, tuple[str, Sizes]]
    constants: Mapping[str, tuple[str, Sizes]]
    steps: tuple[TracedStep, ...]
    outputs: tuple[str, ...]
    unused: Mapping[str, int]
    frozen: Mapping[str, int]


def traced(module: Any, inputs: Mapping[str, Any]) -> Trace:
    """The trace of a module in evaluation mode. Raises ModelError where torch.export cannot follow it."""
    program = _exported(module, inputs)
    nodes = list(inlined(program.graph).nodes)
    signature = program.graph_signature
    given = {node.name: node for node in nodes if node.op == "placeholder"}
    first_names = _first_names(module)
    parameters = {
        name: (first_names.get(full, full), _sizes(given[name])[0])
        for name, full in signature.inputs_to_parameters.items()
    }
    held = {**signature.inputs_to_buffers, **signature.inputs_to_lifted_tensor_constants}
    constants = {name: (full, (_sizes(given[name]) or ((),))[0]) for name, full in held.items()}
    outputs = _outputs(nodes)
    live = needed(nodes, outputs)
    refuse_hidden_writes(nodes, live, set(given) - set(parameters) - set(constants))
    steps = tuple(
        _step(node) for node in nodes if node.op not in ("placeholder", "output") and node.name in live
    )
    user = [name for name in given if name not in parameters and name not in constants]
    used = {full for name, (full, _) in parameters.items() if name in live}
    return Trace(
        name=type(module).__name__,
        inputs={name: _sizes(given[name])[0] for name in user if _sizes(given[name])},
        parameters=parameters,
        constants=constants,
        steps=steps,
        outputs=outputs,
        unused={name: p.numel() for name, p in module.named_parameters() if name not in used},
        frozen={
            name: p.numel() for name, p in module.named_parameters() if name in used and not p.requires_grad
        },
    )


def _exported(module: Any, inputs: Mapping[str, Any]) -> Any:
    torch = torch_module()
    modes = {each: each.training for each in module.modules()}
    module.eval()
    try:
        with warnings.catch_warnings(), torch.no_grad(), quiet():
            warnings.simplefilter("ignore")
            if all(name.isdecimal() for name in inputs):  # in order: forward names none
                return torch.export.export(module, tuple(inputs.values()), strict=False)
            return torch.export.export(module, (), dict(inputs), strict=False)
    except (Exception, SystemExit) as error:  # whatever the user's module raises, or torch about it
        raise failure(module, error) from error
    finally:
        for each, training in modes.items():
            each.training = training


def _first_names(module: Any) -> dict[str, str]:
    """Every name of a parameter -> the first name of the same tensor."""
    first: dict[int, str] = {}
    return {
        name: first.setdefault(id(parameter), name)
        for name, parameter in module.named_parameters(remove_duplicate=False)
    }


def _outputs(nodes: Sequence[Any]) -> tuple[str, ...]:
    """The values that the module returns: tensors, in order, each once."""
    (output,) = (node for node in nodes if node.op == "output")
    names = [node.name for node in output.all_input_nodes if _sizes(node)]
    return tuple(dict.fromkeys(names))


def needed(nodes: Sequence[Any], outputs: Sequence[str]) -> set[str]:
    """The names of the nodes that some need."""
    needed = set(outputs)
    for node in reversed(nodes):
        if node.name in needed:
            needed |= {source.name for source in node.all_input_nodes}
    return needed


def _step(node: Any) -> TracedStep:
    module, module_type = place(node)
    target = str(node.target)
    if node.op == "get_attr":
        return TracedStep(node.name, node.op, target, {}, (), module, module_type)
    if not hasattr(node.target, "_schema"):
        arguments = {str(index): _plain(value) for index, value in enumerate(node.args)}
        word = getattr(node.target, "__name__", target)
        called = call_of(node.meta, module, module_type, word)
        return TracedStep(node.name, word, target, arguments, _sizes(node), module, module_type, called)
    schema = node.target._schema.arguments
    arguments = {each.name: _plain(each.default_value) for each in schema if each.has_default_value()}
    arguments |= {each.name: _plain(value) for each, value in zip(schema, node.args, strict=False)}
    arguments |= {name: _plain(value) for name, value in node.kwargs.items()}
    word = target.split(".")[1] if target.count(".") > 1 else target
    word = word.rstrip("_") if target.startswith("aten.") else target
    called = call_of(node.meta, module, module_type, word)
    return TracedStep(node.name, word, target, arguments, _sizes(node), module, module_type, called)


def _plain(value: Any) -> Any:
    torch = torch_module()
    if isinstance(value, torch.fx.Node):
        return TensorRef(value.name)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _sizes(node: Any) -> tuple[Sizes, ...]:
    """The sizes of each tensor that a node makes."""
    try:
        return tuple(_tensor_sizes(node.meta.get("val")))
    except ValueError:
        path, kind = place(node)
        raise ModelError(
            f"{node.target}{f' in {path} ({kind})' if path else ''}: the size of what it makes follows from values in "
            "its tensors, which only a run knows"
        ) from None


def _tensor_sizes(value: Any) -> Iterator[Sizes]:
    """The sizes of tensors; ValueError where they are no numbers."""
    torch = torch_module()
    if isinstance(value, torch.Tensor):
        if not all(isinstance(size, int) for size in value.shape):
            raise ValueError
        yield tuple(value.shape)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensor_sizes(item)


def place(node: Any) -> tuple[str, str]:
    """The path and the class of the innermost module around a node; empty where there is none."""
    stack = node.meta.get("nn_module_stack") or {}
    if not stack:
        return "", ""
    path, kind = list(stack.values())[-1]
    return path.split("@")[0], kind if isinstance(kind, str) else kind.__name__


def elements(sizes: Sizes) -> int:
    """How many elements a tensor of these sizes has."""
    return math.prod(sizes)
