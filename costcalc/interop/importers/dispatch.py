"""Which front end reads what: one table."""

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from costcalc.interop.importers.flat import FlatNetwork


class ModelFormat(NamedTuple):
    """A kind of model. ``module`` has a function ``read(name, inputs) -> FlatNetwork``, which raises CostcalcError."""

    name: str
    example: str
    recognises: Callable[[str], bool]
    module: str


def _ends_with(*suffixes: str) -> Callable[[str], bool]:
    return lambda name: name.lower().endswith(suffixes)


def _is_keras(name: str) -> bool:
    """By its name; a directory is none, but whoever names a SavedModel is told so."""
    return _ends_with(".keras", ".h5", ".hdf5")(name) or os.path.isfile(os.path.join(name, "saved_model.pb"))


def _is_torch_target(name: str) -> bool:
    if ":" not in name or name.startswith("zoo:"):
        return False
    from costcalc.interop.importers.torch_export.target import is_target

    return is_target(name)


def _is_unreadable(name: str) -> bool:
    """A model file that is told apart only to say what to do instead."""
    if "." not in name or name.lower().endswith((".yaml", ".yml")):
        return False
    from costcalc.interop.importers.unreadable import is_unreadable

    return is_unreadable(name)


#: To add a format: write its front end, and its line here.
FORMATS = (
    ModelFormat("ONNX", "model.onnx", _ends_with(".onnx"), "costcalc.interop.importers.onnx_model"),
    ModelFormat("Keras", "model.keras", _is_keras, "costcalc.interop.importers.keras_archive"),
    ModelFormat("TFLite", "model.tflite", _ends_with(".tflite"), "costcalc.interop.importers.tflite_model"),
    ModelFormat("torch.export", "model.pt2", _ends_with(".pt2"), "costcalc.interop.importers.torch_archive"),
    ModelFormat(
        "PyTorch", "torchvision.models:resnet18", _is_torch_target, "costcalc.interop.importers.torch_export"
    ),
)


_UNREADABLE = ModelFormat("", "", _is_unreadable, "costcalc.interop.importers.unreadable")


def format_of(name: str) -> ModelFormat | None:
    """The format of a model by its name; None where it is no model but, say, a spec."""
    return next((each for each in (*FORMATS, _UNREADABLE) if each.recognises(name)), None)


def is_model(name: str) -> bool:
    """Whether a name is that of a model, which a front end reads."""
    return format_of(name) is not None


def read_model(name: str, inputs: Sequence[str] = ()) -> "FlatNetwork":
    """The flat network of a model. ``inputs`` are sizes that the user gives. Raises CostcalcError."""
    found = format_of(name)
    if found is None:
        from costcalc.interop.importers.errors import ModelError

        raise ModelError(f"{name}: no model of a known format: {', '.join(each.example for each in FORMATS)}")
    flat: FlatNetwork = import_module(found.module).read(name, inputs)
    return flat
