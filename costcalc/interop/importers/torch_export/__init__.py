"""PyTorch modules: ``read`` makes a flat network of what a name means, ``from_torch`` a network of a module.

torch.export runs the module on tensors without elements, so functional calls count as modules do and a large model
needs no memory. Reading a module by name imports and runs its author's code; that is what it is for.
"""

from __future__ import annotations

from costcalc.interop.importers.torch_export.reading import from_torch, read
from costcalc.interop.importers.torch_export.target import is_target

__all__ = ["from_torch", "is_target", "read"]
