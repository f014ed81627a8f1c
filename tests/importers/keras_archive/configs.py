"""Configs as Keras writes them, in short."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any


def tensor(name: str, node: int = 0) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, node, 0]}}


def layer(kind: str, name: str, *calls: Any, **config: Any) -> dict[str, Any]:
    """A layer of a functional model; each call is the name of its input, or a list of names (or constants)."""
    nodes = [
        {"args": [_argument(call)] if isinstance(call, str | list) else list(call), "kwargs": {}}
        for call in calls
    ]
    return {"class_name": kind, "config": {"name": name, **config}, "name": name, "inbound_nodes": nodes}


def _argument(call: Any) -> Any:
    if isinstance(call, list):
        return [_argument(each) for each in call]
    name, _, node = call.partition("#")
    return tensor(name, int(node or 0))


def start(name: str, *sizes: int | None) -> dict[str, Any]:
    return layer("InputLayer", name, batch_shape=[None, *sizes])


def functional(
    *layers: dict[str, Any], inputs: Any = None, outputs: Any = None, name: str = "net"
) -> dict[str, Any]:
    first = [each["name"] for each in layers if each["class_name"] == "InputLayer"]
    config = {
        "name": name,
        "layers": list(layers),
        "input_layers": inputs or [[each, 0, 0] for each in first],
        "output_layers": outputs or [[layers[-1]["name"], 0, 0]],
    }
    return {"class_name": "Functional", "config": config, "name": name, "inbound_nodes": []}


def sequential(
    *layers: dict[str, Any], name: str = "net", sizes: tuple[int | None, ...] = ()
) -> dict[str, Any]:
    first = [start("in", *sizes)] if sizes else []
    return {"class_name": "Sequential", "config": {"name": name, "layers": [*first, *layers]}, "name": name}


def saved(config: Any, folder: Path) -> str:
    """The config in a .keras file."""
    path = folder / "net.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", b"")
    return str(path)
