"""Exported programs of PyTorch (``.pt2``): the graph in the archive's JSON, without torch and without running anything.

Such an archive holds what ``torch.export`` saw of a module. It is read into the same trace that importing the module
itself gives, and by the same handlers. Its weights are never read, and nothing in it is unpickled.
"""

from __future__ import annotations

from costcalc.interop.importers.torch_archive.reading import read

__all__ = ["read"]
