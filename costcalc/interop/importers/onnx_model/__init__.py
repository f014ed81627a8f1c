"""ONNX models: ``read`` makes a flat network of a file.

The file is read in place and its weights never: neither those inside nor those beside it. No code is run.
"""

from __future__ import annotations

from costcalc.interop.importers.onnx_model.reader import read

__all__ = ["read"]
