"""Operations that we know and refuse, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

_RECURRENT = "is recurrent: there is no layer kind for it, so its cost is not counted"
_DATA = "makes a tensor whose shape depends on the data: its cost is not known before it runs"
_NO_KIND = "has no layer kind"

REASONS: Mapping[str, str] = {
    **dict.fromkeys(("LSTM", "GRU", "RNN"), _RECURRENT),
    **dict.fromkeys(("NonMaxSuppression", "Unique", "Compress", "StringSplit"), _DATA),
    **dict.fromkeys(
        (
            "ArgMax",
            "ArgMin",
            "TopK",
            "CumSum",
            "RoiAlign",
            "MaxRoiPool",
            "GridSample",
            "DeformConv",
            "MaxUnpool",
            "LpPool",
            "GlobalLpPool",
            "LpNormalization",
            "ReduceL1",
            "ReduceLogSum",
            "ReduceLogSumExp",
        ),
        _NO_KIND,
    ),
}
