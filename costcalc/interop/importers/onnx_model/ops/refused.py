"""Operations that we know and refuse, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

_DATA = "makes a tensor whose shape depends on the data: its cost is not known before it runs"
_NO_KIND = "has no layer kind"

REASONS: Mapping[str, str] = {
    **dict.fromkeys(("NonMaxSuppression", "Unique", "Compress", "StringSplit"), _DATA),
    **dict.fromkeys(
        (
            "Acosh",
            "AffineGrid",
            "Asinh",
            "Atanh",
            "BitShift",
            "BitwiseAnd",
            "BitwiseNot",
            "BitwiseOr",
            "BitwiseXor",
            "CausalConvWithState",
            "DFT",
            "Det",
            "GatherElements",
            "GridSample",
            "LinearAttention",
            "MaxRoiPool",
            "MaxUnpool",
            "RoiAlign",
            "Scan",
            "SequenceMap",
            "STFT",
            "TensorScatter",
        ),
        _NO_KIND,
    ),
}
