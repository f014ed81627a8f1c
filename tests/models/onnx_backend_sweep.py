"""The operators' own test cases in the onnx package, read: a table by operator, with the reasons of what is refused.

    python tests/models/onnx_backend_sweep.py [--each] [OPERATOR ...]

Needs onnx. Each case is a graph of one node, or few. It is read twice: as it stands, and with every input but the
first stored in the file, as weights are. Where it is read, the sizes of every output must be those that the case
expects; else it must be refused, by a sentence that names its node, or what of the model as a whole is not as it must
be: an input, an output, the operator set, or that no layer is left. Anything else fails, and the exit code says so.
``--each`` prints a line for every case.
"""

from __future__ import annotations

import re
import sys
import tempfile
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import onnx
from onnx import numpy_helper

from costcalc.interop.importers.conversion import convert
from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.onnx_model import read
from costcalc.interop.importers.onnx_model.importer import NodeError
from costcalc.interop.importers.onnx_model.inputs import input_dims
from costcalc.interop.importers.onnx_model.operation import Operation
from costcalc.interop.importers.onnx_model.proto import OnnxNode, read_model
from costcalc.interop.importers.onnx_model.reader import imported
from costcalc.interop.importers.onnx_model.wire import Wire

#: What a refusal begins with: the node, or what of the whole model it is about.
_NAMED = re.compile(
    r'node "|output "|the input "|no layer takes the input "|the model (has no (layers|input)|is of operator set) ?|'
    r'the file does not say the shape of the input "'
)


class Outcome(NamedTuple):
    """What became of a case: ``read``, ``refused`` or ``wrong``, and why."""

    case: str
    operator: str
    result: str
    reason: str = ""


def main(arguments: list[str]) -> int:
    """Print the table; 0 where nothing is wrong."""
    wanted = {each for each in arguments if not each.startswith("-")}
    outcomes = [tried(*case) for case in cases() if not wanted or operator_of(case[1]) in wanted]
    if "--each" in arguments:
        for each in outcomes:
            print(f"{each.result:<8} {each.case:<60} {each.reason}")
    by_operator: dict[str, list[Outcome]] = defaultdict(list)
    for each in outcomes:
        by_operator[each.operator].append(each)
    for operator, group in sorted(by_operator.items()):
        counts = Counter(each.result for each in group)
        reason = next((each.reason for each in group if each.result == "wrong"), "")
        reason = reason or next((each.reason for each in group if each.result == "refused"), "")
        print(
            f"{operator:<34} {counts['read']:>4} read {counts['refused']:>4} refused {counts['wrong']:>3} wrong  "
            f"{reason[:150]}"
        )
    total = Counter(each.result for each in outcomes)
    print(f"{len(outcomes)} cases: " + ", ".join(f"{count} {result}" for result, count in total.items()))
    return 1 if total["wrong"] else 0


def cases() -> Iterator[tuple[str, Any, list[Any], list[Any]]]:
    """Name, model, inputs and outputs of each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case import node

        found = node.collect_testcases(None)
    for case in found:
        yield case.name, case.model, *case.data_sets[0]


def operator_of(model: Any) -> str:
    """The operator that a case is of: its last node's."""
    last = model.graph.node[-1]
    return f"{last.domain}:{last.op_type}" if last.domain not in ("", "ai.onnx") else last.op_type


def tried(name: str, model: Any, inputs: list[Any], outputs: list[Any]) -> Outcome:
    """A case as it stands, or else with its further inputs stored."""
    operator, reasons = operator_of(model), []
    for stored in (False, True):
        result, reason = read_as(stored_inputs(model, inputs) if stored else model, outputs)
        if result != "refused":
            return Outcome(name, operator, result, reason)
        reasons.append(reason)
    return Outcome(name, operator, "refused", reasons[-1])


def stored_inputs(model: Any, inputs: list[Any]) -> Any:
    """The model with all inputs but the first in the file."""
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    given = list(zip(list(model.graph.input), inputs, strict=False))[1:]
    for info, value in given:
        if hasattr(value, "dtype") and hasattr(value, "shape") and value.dtype.kind in "fiub":
            changed.graph.initializer.append(numpy_helper.from_array(value, info.name))
    return changed


def read_as(model: Any, outputs: list[Any]) -> tuple[str, str]:
    """Whether a model is read with the expected sizes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.onnx"
        path.write_bytes(model.SerializeToString())
        try:
            flat = read(str(path))
            found = sizes(path)
        except (ModelError, NodeError) as error:
            reason = str(error).removeprefix(f"{path}: ")
            return "refused" if _NAMED.match(reason) else "wrong", reason
        except Exception as error:
            return "wrong", f"{type(error).__name__}: {error}"
        expected = [tuple(getattr(value, "shape", ())) for value in outputs]
        if found != expected:
            return "wrong", f"{found} where {expected} is expected"
        try:
            convert(flat)
        except Exception as error:
            return "wrong", f"{type(error).__name__}: {error}"
    return "read", ""


def sizes(path: Path) -> list[tuple[int, ...]]:
    """The dims of each output."""
    with path.open("rb") as file:
        model = read_model(Wire(file, path.stat().st_size))
        importer, _, _ = imported(model, input_dims(model, (), str(path)))
        operation = Operation(importer, OnnxNode("output"))
        return [operation.as_value(importer.find(info.name)).dims for info in model.outputs]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
