"""The what-if of a command line: another width, another resolution, other choices."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from costcalc.cli.parser import UsageError
from costcalc.quantity import shown

if TYPE_CHECKING:
    from fractions import Fraction

    from costcalc.dtype import SaidDtype
    from costcalc.rewrite.resolution import Resolution


class WhatIf(NamedTuple):
    """The width multiplier and the resolution asked for (None: as written), and the values of choices by name."""

    width_multiplier: "Fraction | None" = None
    resolution: "Resolution | None" = None
    settings: Mapping[str, str] = MappingProxyType({})


AS_WRITTEN = WhatIf()


def parse_what_if(
    width_multiplier: str | None, resolution: str | None, settings: Sequence[str] | None = None
) -> WhatIf:
    """The options' values; raises UsageError."""
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
    return WhatIf(alpha, size, parse_settings(settings))


def parse_settings(texts: Sequence[str] | None) -> Mapping[str, str]:
    """The values of --set by the name or place of the choice; raises UsageError."""
    found: dict[str, str] = {}
    for text in texts or ():
        name, sign, value = text.partition("=")
        if not sign or not name or not value:
            raise UsageError(f"--set {shown(text)} is not NAME=VALUE", "such as --set kernel=5")
        if name in found:
            raise UsageError(f"--set names {shown(name)} twice")
        found[name] = value
    return found


def parse_arguments(device: str | None, dtype: str | None, planner: str | None) -> Mapping[str, Any]:
    """What --device, --dtype and --planner give metrics, by name; raises UsageError, CostcalcError."""
    if device is None and dtype is None and planner is None:
        return {}
    from costcalc.application.arguments import metric_arguments

    return metric_arguments(device, planner, parse_dtype_name(dtype))


def parse_dtype_name(text: str | None) -> "SaidDtype | None":
    """The value of --dtype, if it is given; raises UsageError."""
    if text is None:
        return None
    from costcalc.dtype import parse_dtype_option

    try:
        return parse_dtype_option(text)
    except ValueError as error:
        raise UsageError(f"--dtype {error}") from None
