"""What metrics take beside a network, in the words of the command line: ``dtype="int8"``, ``device="rtx4090"``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from costcalc.errors import did_you_mean
from costcalc.metrics import BY_CONVENTION, METRICS
from costcalc.quantity import listed, shown
from costcalc.spec.named import find_convention, find_device, find_planner

#: Whose words are names, or YAML files.
_NAMED: Mapping[str, Callable[[str], Any]] = {
    "device": find_device,
    "planner": find_planner,
    "convention": find_convention,
}


def _names() -> list[str]:
    """What the metrics that there are take, those of the table first."""
    metrics = (*METRICS.values(), *BY_CONVENTION.values())
    return list(dict.fromkeys(name for metric in metrics for name in metric.arguments))


def read_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with words in them read.

    Raises TypeError for an argument that no metric takes, ValueError for what is no dtype or batch, CostcalcError for a
    name of nothing, SpecError with all that is wrong with a file.
    """
    return {name: _read(name, value) for name, value in given.items()}


def _read(name: str, value: Any) -> Any:
    if name not in (names := _names()):
        guess = did_you_mean(name, names) or f": there are {listed(names)}"
        raise TypeError(f"no metric takes {shown(name)}{guess}")
    if name in _NAMED and isinstance(value, str):
        return _NAMED[name](value)
    if name == "dtype" and isinstance(value, str | Mapping):
        from costcalc.dtype import parse_dtype, parse_dtype_option

        try:
            return parse_dtype_option(value) if isinstance(value, str) else parse_dtype(value)
        except ValueError as error:
            raise ValueError(f"dtype {error}") from None
    if name == "batch":
        if type(value) is not int or value < 1:
            raise ValueError(f"batch must be a whole number from 1, not {shown(value)}")
    elif name in (*_NAMED, "dtype") and value is not None and type(value).__module__ == "builtins":
        raise TypeError(f"{name} takes a word, not {type(value).__name__}")
    return value
