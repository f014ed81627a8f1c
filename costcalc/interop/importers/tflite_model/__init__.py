"""TFLite models: ``read`` makes a flat network of a file.

The file is read in place and its weights never; no code is run. The graph is said in ONNX's words, and read as those.
"""

from __future__ import annotations

from costcalc.interop.importers.tflite_model.reader import read

__all__ = ["read"]
