"""The what-if of a command line: another width, another resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from costcalc.cli.parser import UsageError

if TYPE_CHECKING:
    from fractions import Fraction

    from costcalc.dtype import SaidDtype
    from costcalc.rewrite.resolution import Resolution


class WhatIf(NamedTuple):
    """The width multiplier and the resolution asked for; None for what is as written."""

    width_multiplier: Fraction | None = None
    resolution: Resolution | None = None


AS_WRITTEN = WhatIf()


def parse_what_if(width_multiplier: str | None, resolution: str | None) -> WhatIf:
    """The two options' values; raises UsageError."""
    alpha = size = None
    if width_multiplier is not None:
        from costcalc.rewrite.width import parse_width_multiplier

        try:
            alpha = parse_width_multiplier(width_multiplier)
        except ValueError as error:
            raise UsageError(f"--width-multiplier {error}") from None
    if resolution is not None:
        from costcalc.rewrite.resolution import parse_resolution

        try:
            size = parse_resolution(resolution)
        except ValueError as error:
            raise UsageError(f"--resolution {error}") from None
    return WhatIf(alpha, size)


def parse_dtype_name(text: str | None) -> SaidDtype | None:
    """The value of --dtype, if it is given; raises UsageError."""
    if text is None:
        return None
    from costcalc.dtype import parse_dtype_option

    try:
        return parse_dtype_option(text)
    except ValueError as error:
        raise UsageError(f"--dtype {error}") from None
