"""From a TFLite file to a flat network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.flat import FlatNetwork
from costcalc.interop.importers.onnx_model.inputs import input_dims
from costcalc.interop.importers.onnx_model.proto import Model, ValueInfo
from costcalc.interop.importers.onnx_model.reader import imported, named
from costcalc.interop.importers.onnx_model.state import NodeError
from costcalc.interop.importers.opening import opened
from costcalc.interop.importers.tflite_model.dilation import with_dilation
from costcalc.interop.importers.tflite_model.dtypes import dtype_of, mark_others
from costcalc.interop.importers.tflite_model.flatbuffer import FlatbufferError, PagedFile
from costcalc.interop.importers.tflite_model.model import TfliteModel, TfliteOperator, read_model
from costcalc.interop.importers.tflite_model.operators import translate
from costcalc.interop.importers.tflite_model.translation import FIRST, LAST, Translation, TranslationError
from costcalc.quantity import shown

_VERSION = 3
#: What converters of TensorFlow make of an input's name.
_SERVING = re.compile(r"serving_default_(.+?)(?::\d+)?", re.ASCII)


def read(path: str, inputs: Sequence[str] = ()) -> FlatNetwork:
    """The network in a TFLite file. ``inputs`` are sizes that the user gives, in the file's order: ``1x224x224x3``.

    Raises ModelError where the file is none, or holds what cannot be counted.
    """
    with opened(path, buffering=0) as (file, size):
        try:
            source = with_dilation(read_model(PagedFile(file, size)))
            _check(source, path)
            translation = Translation(source)
            model = translation.written(translate)
            importer, outputs, notes = imported(model, _dims(translation, inputs, path))
        except FlatbufferError as error:
            raise ModelError(f"{path}: not a TFLite model, or a damaged one: {error}") from None
        except TranslationError as error:
            raise ModelError(f"{path}: {_place(source, error.operator)}: {error}", error.hint) from None
        except NodeError as error:
            operator = translation.origins.get(id(error.node))
            place = (
                f"output {shown(error.node.name.removesuffix(LAST))}"
                if operator is None
                else _place(source, operator)
            )
            raise ModelError(f"{path}: {place}: {error}", error.hint) from None
    for producer in importer.inputs.values():
        producer.hint = _called(producer.hint.removesuffix(FIRST))
    dtype = dtype_of(source)
    mark_others(importer.maps.layers, translation.stored, dtype)
    notes = (*notes, *_notes(translation))
    flat = named(path, _titled(model), importer, outputs, _source(source), notes)
    kept = {name + end for name in translation.states.values() for end in ("", FIRST)}
    state = tuple(name for name, given in zip(flat.inputs, importer.inputs, strict=True) if given in kept)
    return replace(flat, dtype=dtype, state=state)


def _check(source: TfliteModel, path: str) -> None:
    if source.version != _VERSION:
        raise ModelError(f"{path}: a TFLite file of version {source.version}; {_VERSION} is read")
    if not source.outputs:
        raise ModelError(f"{path}: the model has no output")


def _dims(translation: Translation, given: Sequence[str], path: str) -> dict[str, tuple[int, ...]]:
    """The dims of the inputs, as ONNX has their axes. The user says them as the file does."""
    source, model = translation.source, translation.model
    if not model.inputs:
        raise ModelError(f"{path}: the model has no input")
    infos = [ValueInfo(translation.name(index), source.tensors[index].dims) for index in source.inputs]
    states = {info.name: info.dims for info in model.inputs[len(infos) :]}
    said = input_dims(Model(inputs=infos), given, path) if infos else {}
    dims: dict[str, tuple[int, ...]] = {}
    for index, info in zip(source.inputs, model.inputs, strict=False):
        own, order = said[translation.name(index)], translation.input_order(index)
        dims[info.name] = own if order is None else tuple(own[axis] for axis in order)
    for name, fixed in states.items():
        dims[name] = tuple(size for size in fixed or () if isinstance(size, int))
    return dims


def _place(source: TfliteModel, operator: TfliteOperator) -> str:
    outputs = [source.tensors[each].name for each in operator.outputs]
    name = f" {shown(outputs[0])}" if outputs and outputs[0] else ""
    return f"operator {operator.index} {shown(operator.type)}{name}"


def _notes(translation: Translation) -> list[str]:
    notes = []
    if translation.dense:
        notes.append(
            f"{translation.dense} weights are stored sparse; multiplies and params are counted as if they were dense"
        )
    if translation.states:
        notes.append(
            f"what the model keeps from one run to the next is an input here: {len(translation.states)} variables"
        )
    return notes


def _called(name: str) -> str:
    found = _SERVING.fullmatch(name)
    return found[1] if found else name


def _titled(model: Model) -> Model:
    """The model; a graph name that some converter made up is none."""
    if model.graph_name.endswith((".generated", ".no_meta", ".tflite")):
        model.graph_name = ""
    return model


def _source(source: TfliteModel) -> str:
    return f"TFLite version {source.version}"
