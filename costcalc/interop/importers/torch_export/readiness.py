"""A module made ready to be traced: what cannot be is refused, and lazy modules learn their sizes."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from costcalc.interop.importers.errors import ModelError
from costcalc.interop.importers.torch_export.elements import is_lazy, to_meta
from costcalc.interop.importers.torch_export.extra import torch_module
from costcalc.interop.importers.torch_export.failure import failure, quiet


def refuse_scripted(module: Any) -> None:
    """Raise ModelError for a module of TorchScript, whole or in part: torch.export follows Python only."""
    torch = torch_module()
    for path, each in module.named_modules():
        if isinstance(each, torch.jit.ScriptModule):
            raise ModelError(
                f"{f'{path} is' if path else 'this is'} a torch.jit module, which torch.export cannot trace: "
                "give the torch.nn.Module that it was made from"
            )


def sized(module: Any, inputs: Mapping[str, Any]) -> Any:
    """The module itself; of one whose parameters have no sizes yet, a copy that has seen these inputs."""
    torch = torch_module()
    if not any(map(is_lazy, (*module.parameters(), *module.buffers()))):
        return module
    buffers = filter(is_lazy, module.buffers())  # these cannot be copied
    module = copy.deepcopy(module, {id(each): each for each in buffers}).eval()
    to_meta(module)
    example = {name: each.to("meta") for name, each in inputs.items()}
    try:
        with torch.no_grad(), quiet():
            module(*example.values()) if all(map(str.isdecimal, example)) else module(**example)
    except (Exception, SystemExit) as error:
        raise failure(module, error) from error
    return module
