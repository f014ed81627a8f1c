"""Operators that we know and refuse, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

_RECURRENT = "is recurrent: there is no layer kind for it, so its cost is not counted"
_DATA = "makes a tensor whose shape depends on the data: its cost is not known before it runs"
_NO_KIND = "has no layer kind"
_GRAPHS = "has graphs inside, and which of them runs, or how often, is not known before it does"

REASONS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "LSTM",
            "RNN",
            "SVDF",
            "UNIDIRECTIONAL_SEQUENCE_LSTM",
            "UNIDIRECTIONAL_SEQUENCE_RNN",
            "BIDIRECTIONAL_SEQUENCE_LSTM",
            "BIDIRECTIONAL_SEQUENCE_RNN",
        ),
        _RECURRENT,
    ),
    **dict.fromkeys(("NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5", "UNIQUE"), _DATA),
    **dict.fromkeys(("IF", "WHILE", "CALL", "STABLEHLO_WHILE"), _GRAPHS),
    **dict.fromkeys(
        (
            "SPACE_TO_BATCH_ND",
            "BATCH_TO_SPACE_ND",
            "CONV_3D_TRANSPOSE",
            "RFFT2D",
            "REVERSE_V2",
            "REVERSE_SEQUENCE",
        ),
        _NO_KIND,
    ),
    "DELEGATE": "is a part that a delegate has compiled: what it computes is not in the file",
}
