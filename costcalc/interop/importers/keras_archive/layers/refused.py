"""Layers of Keras that are known, and refused, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

_DATA = """
    AutoContrast CategoryEncoding ContrastLimitedAdaptiveHistogramEqualization Discretization Equalization
    HashedCrossing Hashing IntegerLookup MaxNumBoundingBoxes MelSpectrogram MultiHot Pipeline RandomCrop
    STFTSpectrogram Solarization StringLookup TextVectorization
"""
_CODE = "FlaxLayer JaxLayer TFSMLayer TorchModuleWrapper Lambda Layer Wrapper"
_CELLS = "GRUCell LSTMCell SimpleRNNCell StackedRNNCells"

#: Class -> why.
REASONS: Mapping[str, str] = {
    "AdditiveAttention": "compares queries and keys by sums, which there is no layer kind for",
    "ReversibleEmbedding": "is a table that is read or multiplied by as it is called: the file leaves open which",
    "SpectralNormalization": "divides weights by their largest singular value, which there is no layer kind for",
    **dict.fromkeys(
        ("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"),
        "is a convolution that is recurrent, which there is no layer kind for",
    ),
    **dict.fromkeys(
        ("AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D"),
        "is a maximum over windows of different sizes, which there is no layer kind for",
    ),
    **dict.fromkeys(_DATA.split(), "prepares data: save the model that comes behind it"),
    **dict.fromkeys(_CODE.split(), "what it does is not in the file"),
    **dict.fromkeys(_CELLS.split(), "is one step of a recurrent layer: save the layer"),
}
