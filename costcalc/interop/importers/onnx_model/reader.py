"""From an ONNX file to a flat network."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence

from costcalc.interop.importers.errors import ModelError, RefusedError
from costcalc.interop.importers.flat import FlatLayer, FlatNetwork
from costcalc.interop.importers.onnx_model.importer import Importer
from costcalc.interop.importers.onnx_model.inputs import batch_size, input_dims
from costcalc.interop.importers.onnx_model.names import unique_names
from costcalc.interop.importers.onnx_model.proto import Model, read_model
from costcalc.interop.importers.onnx_model.state import NodeError
from costcalc.interop.importers.onnx_model.wire import LimitError, Wire, WireError
from costcalc.interop.importers.opening import opened
from costcalc.interop.importers.tensors.values import Producer
from costcalc.quantity import shown

OLDEST_OPSET = 7
_MEANINGLESS = frozenset(
    ("", "main_graph", "main", "torch_jit", "torch-jit-export", "graph", "tf2onnx", "model")
)


def read(path: str, inputs: Sequence[str] = ()) -> FlatNetwork:
    """The network in an ONNX file. ``inputs`` are sizes that the user gives: ``NAME=1x3x224x224``.

    Raises ModelError where the file is none, or holds what cannot be counted.
    """
    with opened(path, buffering=0) as (file, size):
        try:
            wire = Wire(file, size)
            model = read_model(wire)
            _check(model, path)
            _check_names(model)
            importer, outputs, notes = imported(model, input_dims(model, inputs, path))
        except LimitError as error:
            raise ModelError(f"{path}: the model {error}") from None
        except WireError as error:
            raise ModelError(f"{path}: not an ONNX model, or a damaged one: {error}") from None
        except NodeError as error:
            raise ModelError(f"{path}: {_place(error)}: {error}", error.hint) from None
    return named(path, model, importer, outputs, _source(model), notes)


def imported(
    model: Model, dims: Mapping[str, tuple[int, ...]]
) -> tuple[Importer, list[Producer], tuple[str, ...]]:
    """The import, what the outputs come from, and notes. Raises NodeError.

    The inputs' first axis is the batch's, unless the model works along it.
    """
    batch = batch_size(model, dims)
    importer = Importer(model, dims, batch)
    try:
        return importer, importer.run(), _notes(importer)
    except NodeError as error:
        if batch == 1 or not error.of_batch:
            raise
        importer = Importer(model, dims)
        try:
            outputs = importer.run()
        except NodeError:
            raise _with_remedy(error, dims, batch) from None
        note = f"the first axis of the inputs ({batch}) is taken for no batch: {_place(error)} works along it"
        return importer, outputs, (note, *_notes(importer))


def _notes(importer: Importer) -> tuple[str, ...]:
    count = len(importer.repeated)
    if not count:
        return ()
    return (f"tensors that the file holds once and several layers use: {count}; each is counted once",)


def _with_remedy(error: NodeError, dims: Mapping[str, tuple[int, ...]], batch: int) -> NodeError:
    """The error with what may help: one example instead of several."""
    said = " ".join(
        f"--input {name}={'x'.join(map(str, (1, *each[1:])))}"
        for name, each in dims.items()
        if len(each) > 1 and each[0] == batch
    )
    error.hint = error.hint or f"say one example, if the first axis is the batch: {said}"
    return error


def _check(model: Model, path: str) -> None:
    opset = model.opsets.get("", model.opsets.get("ai.onnx"))
    if not model.has_graph or not model.opsets:
        raise ModelError(
            f"{path}: not an ONNX model: it has no {'operator set' if model.has_graph else 'graph'}"
        )
    if not model.outputs:
        raise ModelError(f"{path}: the model has no output")
    if opset is not None and opset < OLDEST_OPSET:
        raise ModelError(
            f"{path}: the model is of operator set {opset}; {OLDEST_OPSET} is the oldest that is read",
            "onnx.version_converter.convert_version makes it newer",
        )


def _check_names(model: Model) -> None:
    """Raise WireError where two things make one tensor: which of them is meant is not known."""
    inputs = [info.name for info in model.inputs]
    twice = next((name for name, count in Counter(inputs).items() if count > 1), None)
    if twice is not None:
        raise WireError(f"two inputs of the name {shown(twice)}")
    made = {*inputs, *model.initializers, *model.sparse}
    for node in model.nodes:
        for name in filter(None, node.outputs):
            if name in made:
                raise NodeError(node, RefusedError(f"makes {shown(name)}, which is made already"))
            made.add(name)


def _place(error: NodeError) -> str:
    node = error.node
    name = node.name or (node.outputs[0] if node.outputs else "")
    return f"node {shown(name)} ({node.op_type})" if node.op_type != "output" else f"output {shown(name)}"


def named(
    path: str,
    model: Model,
    importer: Importer,
    outputs: Sequence[Producer],
    source: str,
    notes: tuple[str, ...],
) -> FlatNetwork:
    """The flat network of an import, its layers named. Raises ModelError where there are none."""
    given = list(importer.inputs.values())
    producers = importer.maps.layers
    names: dict[Producer, str] = {}
    if len(given) == 1:
        names[given[0]] = "input"
    else:
        for producer, name in zip(
            given, unique_names([(each.hint, "input") for each in given], ()), strict=True
        ):
            names[producer] = name
    for producer, name in zip(
        producers, unique_names([(each.hint, each.kind) for each in producers], names.values()), strict=True
    ):
        names[producer] = name
    for producer in given:
        if producer.layout is None:
            raise ModelError(f"{path}: no layer takes the input {shown(producer.hint)}")
    layers = tuple(_layer(producer, names) for producer in producers)
    returned = [names[producer] for producer in reversed(outputs) if producer.kind != "input"]
    if not layers or not returned:
        raise ModelError(f"{path}: the model has no layers")
    shapes = {names[producer]: producer.layout.shape for producer in given if producer.layout is not None}
    return FlatNetwork(_name(path, model), source, shapes, layers, tuple(returned), notes)


def _layer(producer: Producer, names: dict[Producer, str]) -> FlatLayer:
    assert producer.layout is not None
    fields = dict(producer.fields)
    if producer.kind == "linear" and "bias" not in producer.weights:
        fields["bias"] = False
    elif producer.kind != "linear" and "bias" in producer.weights:
        fields["bias"] = True
    inputs = tuple(names[each] for each in producer.inputs)
    shares = None if producer.shares is None else names[producer.shares]
    shape = producer.layout.shape
    return FlatLayer(names[producer], producer.kind, inputs, shape, fields, shares, producer.origin)


def _name(path: str, model: Model) -> str:
    if model.graph_name.lower() not in _MEANINGLESS and len(model.graph_name) < 100:
        return model.graph_name
    return os.path.splitext(os.path.basename(path))[0]


def _source(model: Model) -> str:
    producer = " ".join(part for part in (model.producer, model.producer_version) if part)
    opset = model.opsets.get("", model.opsets.get("ai.onnx"))
    return ", ".join(part for part in (f"ONNX opset {opset}" if opset else "ONNX", producer[:100]) if part)
