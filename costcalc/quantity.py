"""Numbers as people write them, ``600M`` <-> 600_000_000, always exactly.

A number's length and exponent are checked on its *text* before any conversion:
``int(Decimal("1e3000000"))`` takes minutes, and past 4,300 digits int() raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from math import prod
from typing import Literal

MAX_SIZE = 2**31 - 1
MAX_QUANTITY = 10**18
#: So many patches a network may be computed in.
MAX_TILES = 10**6

_COUNT_UNITS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BYTE_UNITS = {
    **{unit + "B": factor for unit, factor in _COUNT_UNITS.items()},
    **_COUNT_UNITS,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}
_SECOND_UNITS = {
    "s": Fraction(1),
    "ms": Fraction(1, 10**3),
    "us": Fraction(1, 10**6),
    "ns": Fraction(1, 10**9),
}
_NUMBER = re.compile(
    r"""(?P<sign>[-+]?)
        (?P<whole>\d+(?:_\d+)*)? (?:\.(?P<part>\d*))?
        (?:[eE](?P<exponent>[-+]?\d+))?
        [ ]?(?P<unit>[A-Za-z]*)""",
    re.VERBOSE | re.ASCII,
)
_LONG_NUMBER = re.compile(r"[-+]?[\d_.eE+-]+", re.ASCII)
_LONGEST_TEXT = 200  # characters
_LONGEST = 40  # digits; nothing that means anything here needs more
_FARTHEST = 40  # powers of ten

Unit = Literal["count", "bytes", "seconds"]

_UNITS: dict[Unit, Mapping[str, int | Fraction]] = {
    "count": _COUNT_UNITS,
    "bytes": _BYTE_UNITS,
    "seconds": _SECOND_UNITS,
}


class Numeral(str):
    """A number in the spec that is no short int, as it was written: ``0.75``, ``1e6``, ``.nan``.

    Kept as text, so that no digit is lost and no hostile exponent is ever evaluated.
    """

    __slots__ = ()


def parse_quantity(value: object, unit: Unit = "count") -> int:
    """An exact count from ``600M``, ``600e6``, ``600_000_000`` or an int, 0 to 10¹⁸; ``1.15MiB`` are whole bytes, cut.

    Raises ValueError with what is wrong and, where it can be guessed, the right spelling.
    """
    number = _exact(value, unit)
    if unit == "bytes" and str(value).endswith("iB"):  # a few digits of a power of 1024 are hardly ever whole
        number = Fraction(number // 1)
    if number.denominator != 1:
        raise ValueError(f"must be a whole number, not {shown(value)}")
    if not 0 <= number <= MAX_QUANTITY:
        raise ValueError(f"must be between 0 and 10^18, not {shown(value)}")
    return int(number)


def parse_seconds(value: object) -> Fraction:
    """An exact time from ``50ms``, ``1.5 s`` or ``20us``; raises ValueError, for a number without a unit, too."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(f"must be a time such as 50ms, not {shown(value)}")
    match = _match(str(value))
    if match["unit"] not in _SECOND_UNITS:
        if not match["unit"]:
            raise ValueError(f"has no unit: {shown(value)} (use us, ms or s)")
        raise ValueError(_wrong_unit(match, "seconds"))
    time = _convert(match, 1) * _SECOND_UNITS[match["unit"]]
    if not 0 <= time <= MAX_QUANTITY:
        raise ValueError(f"must be between 0 and 10^18 seconds, not {shown(value)}")
    return time


def last_digit(value: object, unit: Unit = "count") -> int | Fraction:
    """What one unit in the last printed digit is worth: 10**5 for ``4.2M``, 1 for 568740352, 1/10**3 for ``5ms``.

    Raises ValueError where ``parse_quantity``, ``parse_seconds`` do.
    """
    if unit == "seconds":
        parse_seconds(value)
    else:
        parse_quantity(value, unit)
        if isinstance(value, int):
            return 1
    match = _match(str(value))
    step = Fraction(10) ** (int(match["exponent"] or 0) - len(match["part"] or ""))
    step *= _UNITS[unit][match["unit"]]
    return step if unit == "seconds" else max(1, int(step))


def parse_decimal(value: object) -> Fraction:
    """An exact decimal such as ``0.75`` or ``1.4``; raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(f"must be a number, not {shown(value)}")
    if isinstance(value, int):
        return Fraction(value)
    match = _match(value)
    if match["unit"]:
        raise ValueError(f"must be a plain number, not {shown(value)}")
    return _convert(match, 1)


def parse_percent(value: object) -> Fraction:
    """A share from ``90%`` or ``0.5%``; raises ValueError."""
    if not isinstance(value, str) or not value.endswith("%"):
        raise ValueError(f"must be a percentage such as 90%, not {shown(value)}")
    share = parse_decimal(value[:-1]) / 100
    if share < 0:
        raise ValueError(f"must not be negative: {shown(value)}")
    return share


def parse_factor(value: object) -> Fraction:
    """A reduction factor from ``8x`` or ``8.5x``; raises ValueError."""
    if not isinstance(value, str) or not value.endswith("x"):
        raise ValueError(f"must be a factor such as 8x, not {shown(value)}")
    factor = parse_decimal(value[:-1])
    if factor <= 0:
        raise ValueError(f"must be above 0: {shown(value)}")
    return factor


def parse_size(value: object) -> int:
    """A size: an int from 1 to 2³¹−1. A whole number such as ``1e3`` is one too; raises ValueError."""
    if type(value) is int:
        number: int | Fraction = value
    else:
        number = parse_decimal(value) if isinstance(value, Numeral) else _not_a_number(value)
    if number.denominator != 1:
        raise ValueError(f"must be a whole number, not {shown(value)}")
    if not 1 <= number <= MAX_SIZE:
        raise ValueError(f"must be between 1 and {MAX_SIZE}, not {shown(value)}")
    return int(number)


def parse_grid(text: object) -> tuple[int, ...]:
    """A grid of patches from ``4x4``; raises ValueError."""
    if not isinstance(text, str) or not re.fullmatch(r"[1-9]\d{0,5}([x×][1-9]\d{0,5}){0,2}", text, re.ASCII):
        raise ValueError(f"must be a grid such as 4x4 (patches along height x width), not {shown(text)}")
    grid = tuple(map(int, re.split("[x×]", text)))
    if prod(grid) > MAX_TILES:
        raise ValueError(f"must have at most {MAX_TILES:,} patches (limit), not {prod(grid):,}")
    return grid


def format_si(value: int) -> str:
    """Three significant digits or a short int: ``569M``, ``4.23M``, ``864``; halves round up."""
    for factor, unit in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value * 2000 >= 1999 * factor:  # 999.5k and up is 1M
            return _three_digits(value, factor) + unit
    return str(value)


def format_bytes(value: int) -> str:
    """Three significant digits in powers of 1024, ``1.15MiB``, or ``864B``; halves round up."""
    for power, unit in ((4, "TiB"), (3, "GiB"), (2, "MiB"), (1, "KiB")):
        if value * 2 >= 2 * 1024**power - 1024 ** (power - 1):  # 1023.5 KiB and up is 1.00 MiB
            return _three_digits(value, 1024**power) + unit
    return f"{value}B"


@lru_cache(maxsize=4096)  # equal layers take equally long
def format_seconds(value: Fraction) -> str:
    """Three significant digits: ``12.3ms``, ``1.50s``, ``87.0us``; halves round up."""
    over, under = value.as_integer_ratio()
    for factor, unit in ((1, "s"), (10**3, "ms"), (10**6, "us")):
        if over * factor * 2000 >= 1999 * under:  # 999.5us and up is 1.00ms
            return _three_digits(over * factor, under) + unit
    return f"{_three_digits(over * 10**9, under)}ns" if value else "0s"


def exact_seconds(value: Fraction) -> str:
    """A time to the nanosecond, ``12.345678ms``; one that has more digits is cut, and ``…`` tells it."""
    factor, unit = next((pair for pair in ((1, "s"), (10**3, "ms")) if value * pair[0] >= 1), (10**6, "us"))
    digits = 9 - len(str(factor)) + 1
    scaled, rest = divmod(value * factor * 10**digits, 1)
    whole, part = divmod(scaled, 10**digits)
    text = f"{part:0{digits}}" if rest else f"{part:0{digits}}".rstrip("0")
    return f"{whole:,}{'.' if text else ''}{text}{'…' if rest else ''}{unit}" if value else "0s"


def format_ratio(ratio: Fraction) -> str:
    """A reduction factor as printed in tables: ``8.56x``; halves round up."""
    hundredths = (ratio * 200 + 1) // 2
    return f"{hundredths // 100}.{hundredths % 100:02}x"


def format_percent(share: Fraction, digits: int = 1) -> str:
    """A share as ``94.9%``; halves round up."""
    scale = 10**digits
    scaled = (share * 200 * scale + 1) // 2
    sign, scaled = ("-", -scaled) if scaled < 0 else ("", scaled)
    return f"{sign}{scaled // scale}.{scaled % scale:0{digits}}%" if digits else f"{sign}{scaled}%"


def shown(value: object) -> str:
    """A value in a message: strings quoted, numbers plain, long things cut."""
    if isinstance(value, Numeral):
        text = str(value)
    elif isinstance(value, str):
        text = f'"{value}"'
    elif value is None:
        return "nothing"
    elif isinstance(value, bool):
        return "true" if value else "false"
    elif isinstance(value, int):
        text = str(value) if value.bit_length() < 4096 else "a number too long to print"
    elif isinstance(value, dict):
        return "a mapping"
    elif isinstance(value, (list, tuple)):
        return "a list"
    else:
        text = repr(value)
    return text if len(text) <= 60 else text[:56] + ('…"' if text.startswith('"') else "…")


def listed(names: Iterable[str], most: int = 60) -> str:
    """Names in a message, ``a, b, c``; long ones are cut, and those after very many left out."""
    some = list(islice(names, most + 1))
    text = ", ".join(name if len(name) <= 60 else name[:57] + "…" for name in some[:most])
    return text + ", …" if len(some) > most else text


def _exact(value: object, unit: Unit) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(f"must be a quantity such as 600M, not {shown(value)}")
    if isinstance(value, int):
        return Fraction(value)
    match, units = _match(value), _COUNT_UNITS if unit == "count" else _BYTE_UNITS
    if match["unit"] not in units:
        raise ValueError(_wrong_unit(match, unit))
    return _convert(match, units[match["unit"]])


def _match(text: str) -> re.Match[str]:
    if len(text) > _LONGEST_TEXT and _LONG_NUMBER.fullmatch(text):
        raise ValueError(f"has too many digits ({len(text)} characters)")
    match = _NUMBER.fullmatch(text) if len(text) <= _LONGEST_TEXT else None
    if match is None or not (match["whole"] or match["part"]):
        raise ValueError(f"must be a number, not {shown(text)}")
    return match


def _convert(match: re.Match[str], factor: int) -> Fraction:
    whole, part = (match["whole"] or "").replace("_", ""), match["part"] or ""
    exponent = int(match["exponent"] or 0)
    if len(whole) + len(part) > _LONGEST:
        raise ValueError(f"has too many digits ({len(whole) + len(part)})")
    if abs(exponent) > _FARTHEST:
        raise ValueError(f"has an exponent out of range: {shown(match.string)}")
    digits, shift = int(whole + part) * factor, exponent - len(part)
    number = Fraction(digits * 10**shift) if shift >= 0 else Fraction(digits, 10**-shift)
    return -number if match["sign"] == "-" else number


#: Powers of 1000 and of 1024 that one may have meant by a unit that is spelt otherwise.
_EITHER = {f"{letter}b".lower(): (f"{letter}B", f"{letter.upper()}iB") for letter in "kMGT"}
_LEGAL = {
    "count": "k, M, G or T",
    "bytes": "k, M, G, T, KiB, MiB, GiB or TiB",
    "seconds": "us, ms or s",
}


def _wrong_unit(match: re.Match[str], kind: Unit) -> str:
    unit, units = match["unit"], _UNITS[kind]
    said = f"has an unknown unit {shown(unit)}"
    plain = match.string.removesuffix(unit).rstrip()
    if kind == "bytes":
        if unit.lower() in _EITHER:
            each = (
                f"{plain}{one} ({int(_convert(match, _BYTE_UNITS[one])):,} bytes)"
                for one in _EITHER[unit.lower()]
            )
            return f"{said}; did you mean {' or '.join(each)}?"
        candidates = [unit[:1].upper() + unit[1:].lower().replace("b", "B")]
        candidates += ["B"] if unit.lower() in ("b", "byte", "bytes") else []
    elif kind == "seconds":
        candidates = [unit.lower()]
    else:
        candidates = [unit.upper(), unit[:1].upper(), unit[:1].lower()]
    for candidate in candidates:
        if candidate and candidate in units:
            return f"{said}; did you mean {plain}{candidate}?"
    return f"{said} (use {_LEGAL[kind]})"


def _three_digits(over: int, under: int) -> str:
    """A quotient in three digits; halves round up. Of ints: fractions are reduced, which takes longer than all else."""
    for digits in (2, 1, 0):
        scaled = (over * 2 * 10**digits + under) // (2 * under)
        if scaled < 1000 or digits == 0:
            break
    text = f"{scaled // 10**digits}"
    return f"{text}.{scaled % 10**digits:0{digits}}" if digits else text


def _not_a_number(value: object) -> int:
    digits = isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _LONGEST
    guess = f"; did you mean {value}, without quotes?" if digits else ""
    raise ValueError(f"must be a whole number, not {shown(value)}{guess}")
