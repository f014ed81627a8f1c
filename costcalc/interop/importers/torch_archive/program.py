"""From an archive's JSON to the trace that importing the module itself would give."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.torch_archive.archive import ProgramArchive
from costcalc.interop.importers.torch_archive.graph import ArchivedGraph, ArchiveNode
from costcalc.interop.importers.torch_export.calling import call_of
from costcalc.interop.importers.torch_export.mutation import refuse_hidden_writes
from costcalc.interop.importers.torch_export.trace import (
    TensorRef,
    Trace,
    TracedStep,
    elements,
    needed,
    place,
)


@dataclass(frozen=True, slots=True)
class ProgramSignature:
    """What the graph's inputs and outputs are: value -> what the module calls it; names of values."""

    parameters: Mapping[str, str]
    constants: Mapping[str, str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def read_signature(archive: ProgramArchive) -> ProgramSignature:
    """The signature of a program. Raises what malformed JSON does."""
    module = archive.program["graph_module"]
    parameters, constants, inputs = {}, {}, []
    for spec in module["signature"]["input_specs"]:
        ((kind, value),) = spec.items()
        if kind == "user_input":
            if "as_tensor" in value["arg"]:
                inputs.append(value["arg"]["as_tensor"]["name"])
        elif kind == "parameter":
            parameters[value["arg"]["name"]] = value["parameter_name"]
        elif kind in ("buffer", "tensor_constant"):
            constants[value["arg"]["name"]] = value[f"{kind}_name"]
    outputs = [
        spec["user_output"]["arg"]["as_tensor"]["name"]
        for spec in module["signature"]["output_specs"]
        if "as_tensor" in spec.get("user_output", {}).get("arg", {})
    ]
    return ProgramSignature(parameters, constants, tuple(inputs), tuple(dict.fromkeys(outputs)))


def read_program(archive: ProgramArchive, signature: ProgramSignature, symbols: Mapping[str, int]) -> Trace:
    """The trace of a program, whose open sizes are these. Raises ModelError, or what malformed JSON does."""
    module = archive.program["graph_module"]
    tensors = module["graph"]["tensor_values"]
    nodes = ArchivedGraph(symbols).read(module["graph"], signature.outputs)
    given = {node.name: node for node in nodes if node.op == "placeholder"}
    first = _first_names(archive, signature)
    outputs = tuple(dict.fromkeys(node.name for node in nodes[-1].all_input_nodes))
    live = needed(nodes, outputs)
    refuse_hidden_writes(nodes, live, set(given) - set(signature.parameters) - set(signature.constants))
    used = {first[name] for name in signature.parameters if name in live}
    trained = {first[name]: tensors[name]["requires_grad"] is not False for name in signature.parameters}
    counts = {first[name]: elements(given[name].sizes[0]) for name in signature.parameters}
    return Trace(
        name="",
        inputs={name: given[name].sizes[0] for name in signature.inputs},
        parameters={name: (first[name], given[name].sizes[0]) for name in signature.parameters},
        constants={name: (full, given[name].sizes[0]) for name, full in signature.constants.items()},
        steps=tuple(_step(node) for node in nodes if node.op == "call_function" and node.name in live),
        outputs=outputs,
        unused={full: count for full, count in counts.items() if full not in used},
        frozen={full: count for full, count in counts.items() if full in used and not trained[full]},
    )


def _first_names(archive: ProgramArchive, signature: ProgramSignature) -> dict[str, str]:
    """Each parameter's value -> the first name of the same tensor: names that share their numbers are one weight."""
    table = archive.weights.get("config", {}) if isinstance(archive.weights, dict) else {}
    first: dict[object, str] = {}
    names = {}
    for value, full in signature.parameters.items():
        stored = table.get(full)
        key: object = full
        if stored is not None:
            meta = stored["tensor_meta"]
            key = (stored["path_name"], *(str(meta[word]) for word in ("sizes", "strides", "storage_offset")))
        names[value] = first.setdefault(key, full)
    return names


def _step(node: ArchiveNode) -> TracedStep:
    path, kind = place(node)
    arguments = {name: _plain(value) for name, value in node.arguments.items()}
    if node.target is operator.getitem:
        return TracedStep(node.name, "getitem", "getitem", arguments, node.sizes, path, kind)
    target = str(node.target)
    word = target.split(".")[1].rstrip("_") if target.startswith("aten.") else target
    called = call_of(node.meta, path, kind, word)
    return TracedStep(node.name, word, target, arguments, node.sizes, path, kind, called)


def _plain(value: Any) -> Any:
    if isinstance(value, ArchiveNode):
        return TensorRef(value.name)
    return [_plain(item) for item in value] if isinstance(value, list) else value


def input_sizes(archive: ProgramArchive, name: str) -> Sequence[Any]:
    """The sizes of an input as the archive has them: whole numbers, or expressions as text."""
    sizes = archive.program["graph_module"]["graph"]["tensor_values"][name]["sizes"]
    return [size["as_int"] if "as_int" in size else str(size["as_expr"]["expr_str"]) for size in sizes]


def check_version(archive: ProgramArchive, path: str) -> None:
    """Raise ModelError where the archive's schema is none that is read."""
    major = archive.program["schema_version"]["major"]
    if major not in _MAJORS:
        raise ModelError(
            f"{path}: the archive's schema has version {major}; {_MAJORS.start} to {_MAJORS.stop - 1} are read"
        )


_MAJORS = range(5, 9)
