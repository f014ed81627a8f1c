"""Model files that are none to read: each is told by a sentence, with what to do instead."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.flat import FlatNetwork
from costcalc.interop.importers.opening import opened
from costcalc.interop.importers.zipped import DAMAGED, LOCAL, zip_entries

EXPORT = 'torch.export.save(torch.export.export(module, inputs), "model.pt2")'
_FROM_MODULE = f"give the module itself (package.module:name), or export it: {EXPORT}"
_FROM_SOURCE = "convert the model that it was made from: model.onnx, model.tflite, model.keras or model.pt2"
_MAX_ENTRIES = 100_000


class Unreadable(NamedTuple):
    """What a file is, and what helps."""

    what: str
    hint: str


_PICKLE = Unreadable(
    "a pickle of PyTorch: reading it would run code that is in it, and weights alone say no graph",
    _FROM_MODULE,
)
_SCRIPT = Unreadable("a TorchScript archive: its graph is code, which costcalc does not run", _FROM_MODULE)
_WEIGHTS = Unreadable(
    "holds weights by name and no graph: nothing in it says what is multiplied", _FROM_MODULE
)
_TENSORFLOW = Unreadable(
    "a graph of TensorFlow",
    'save the model anew, model.save("model.keras"), or convert it: '
    "tf.lite.TFLiteConverter.from_saved_model(folder).convert()",
)
_COMPILED = "is compiled for one kind of device: its operations are no longer those of the network"

#: Ending -> what such a file is; those of PyTorch are told apart by what is in them.
KINDS: Mapping[str, Unreadable] = {
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".pkl", ".bin", ".ptl", ".torchscript"), _PICKLE),
    ".safetensors": _WEIGHTS,
    ".npz": _WEIGHTS,
    ".gguf": Unreadable(
        "holds quantised weights and settings of a language model, and no graph",
        "give the module that it was made from (package.module:name), or an export of it: model.onnx, model.pt2",
    ),
    ".pb": _TENSORFLOW,
    ".pbtxt": _TENSORFLOW,
    ".mlmodel": Unreadable("a model of Core ML, which costcalc does not read", _FROM_SOURCE),
    ".mlpackage": Unreadable("a model of Core ML, which costcalc does not read", _FROM_SOURCE),
    ".xml": Unreadable("a model of OpenVINO, or no model; costcalc does not read it", _FROM_SOURCE),
    ".caffemodel": Unreadable("a model of Caffe, which costcalc does not read", _FROM_SOURCE),
    ".prototxt": Unreadable("a model of Caffe, which costcalc does not read", _FROM_SOURCE),
    ".pdmodel": Unreadable("a model of PaddlePaddle, which costcalc does not read", _FROM_SOURCE),
    ".pte": Unreadable(f"a program of ExecuTorch: it {_COMPILED}", _FROM_MODULE),
    ".engine": Unreadable(f"an engine of TensorRT: it {_COMPILED}", _FROM_SOURCE),
}


def is_unreadable(name: str) -> bool:
    """Whether a name is that of a model file that is not read."""
    return _ending(name) in KINDS


def read(name: str, inputs: Sequence[str] = ()) -> FlatNetwork:
    """Raises ModelError: what the file is, and what to do."""
    found = KINDS[_ending(name)]
    if not os.path.isdir(name):
        with opened(name):
            pass
        if found is _PICKLE and _is_script(name):
            found = _SCRIPT
    raise ModelError(f"{name}: {found.what}", found.hint)


def _ending(name: str) -> str:
    return os.path.splitext(name.rstrip("/"))[1].lower()


def _is_script(path: str) -> bool:
    """Whether a file is an archive with code in it."""
    with opened(path) as (file, _):
        if file.read(4) != LOCAL:
            return False
        try:
            return any("/code/" in entry.name for entry in zip_entries(file, path, _MAX_ENTRIES))
        except (*DAMAGED, ModelError):
            return False
