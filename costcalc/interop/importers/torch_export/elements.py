"""Modules without elements: their tensors have sizes only."""

from __future__ import annotations

from typing import Any

from costcalc.interop.importers.torch_export.extra import torch_module


def to_meta(module: Any) -> None:
    """All tensors of a module without elements; what was one tensor stays one."""
    moved: dict[int, Any] = {}
    for each in module.modules():
        for held in (each._parameters, each._buffers):
            for name, tensor in held.items():
                if tensor is not None:
                    held[name] = moved.setdefault(id(tensor), _without_elements(tensor))


def is_lazy(tensor: Any) -> bool:
    """Whether a parameter or buffer has no sizes yet."""
    return isinstance(tensor, torch_module().nn.parameter.UninitializedTensorMixin)


def _without_elements(tensor: Any) -> Any:
    torch = torch_module()
    parameters = torch.nn.parameter
    if isinstance(tensor, parameters.UninitializedBuffer):
        return parameters.UninitializedBuffer(device="meta", dtype=tensor.dtype)
    if is_lazy(tensor):
        return parameters.UninitializedParameter(tensor.requires_grad, device="meta", dtype=tensor.dtype)
    if not isinstance(tensor, torch.nn.Parameter):
        return tensor.to("meta")
    if tensor.is_meta:
        return tensor
    return torch.nn.Parameter(torch.empty_like(tensor, device="meta"), tensor.requires_grad)
