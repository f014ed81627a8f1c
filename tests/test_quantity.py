from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costcalc.quantity import (
    MAX_QUANTITY,
    MAX_SIZE,
    Numeral,
    Unit,
    exact_seconds,
    format_bytes,
    format_percent,
    format_ratio,
    format_seconds,
    format_si,
    last_digit,
    listed,
    parse_decimal,
    parse_factor,
    parse_percent,
    parse_quantity,
    parse_seconds,
    parse_size,
    shown,
)

COUNTS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
SIX_THOUSAND_DIGITS = Numeral("9" * 6000)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (0, 0),
        (568_740_352, 568_740_352),
        (10**18, 10**18),
        ("600M", 600_000_000),
        ("600 M", 600_000_000),
        ("600_000_000", 600_000_000),
        ("600e6", 600_000_000),
        ("600E+6", 600_000_000),
        ("600e006", 600_000_000),
        ("0.6e9", 600_000_000),
        ("4.2M", 4_200_000),
        ("4.231976M", 4_231_976),
        (".5k", 500),
        ("5.", 5),
        ("1k", 1000),
        ("1K", 1000),
        ("1.5G", 1_500_000_000),
        ("2T", 2 * 10**12),
        ("1e3k", 10**6),
        ("12e-1M", 1_200_000),
        ("+7", 7),
        ("-0", 0),
        ("010", 10),
        ("0e40", 0),
        (Numeral("1e6"), 1_000_000),
        (Numeral("4.0"), 4),
        (Numeral("1" + "0" * 18), 10**18),
    ],
)
def test_counts(text: object, count: int) -> None:
    assert parse_quantity(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("512", 512),
        ("512B", 512),
        ("250kB", 250_000),
        ("250KB", 250_000),
        ("250 k", 250_000),
        ("1.5 MB", 1_500_000),
        ("64KiB", 65_536),
        ("1.5MiB", 1_572_864),
        ("2 GiB", 2**31),
        ("1TiB", 2**40),
    ],
)
def test_bytes(text: str, count: int) -> None:
    assert parse_quantity(text, "bytes") == count


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("600m", 'has an unknown unit "m"; did you mean 600M?'),
        ("600 m", 'has an unknown unit "m"; did you mean 600M?'),
        ("600 MB", 'has an unknown unit "MB"; did you mean 600M?'),
        ("600MiB", 'has an unknown unit "MiB"; did you mean 600M?'),
        ("1.5g", 'has an unknown unit "g"; did you mean 1.5G?'),
        ("600million", 'has an unknown unit "million"; did you mean 600M?'),
        ("5x", 'has an unknown unit "x" (use k, M, G or T)'),
        ("600e", 'has an unknown unit "e" (use k, M, G or T)'),
        ("5" + "x" * 99, f'has an unknown unit "{"x" * 55}…" (use k, M, G or T)'),
        ("1.5", 'must be a whole number, not "1.5"'),
        ("1.2345k", 'must be a whole number, not "1.2345k"'),
        (Numeral("2.5"), "must be a whole number, not 2.5"),
        (-1, "must be between 0 and 10^18, not -1"),
        ("-1k", 'must be between 0 and 10^18, not "-1k"'),
        (10**18 + 1, "must be between 0 and 10^18, not 1000000000000000001"),
        ("1000001T", 'must be between 0 and 10^18, not "1000001T"'),
        pytest.param(10**5000, "must be between 0 and 10^18, not a number too long to print", id="huge"),
        (Numeral("1e3000000"), "has an exponent out of range: 1e3000000"),
        ("1e-3000000", 'has an exponent out of range: "1e-3000000"'),
        ("1e" + "9" * 150, f'has an exponent out of range: "1e{"9" * 53}…"'),
        (SIX_THOUSAND_DIGITS, "has too many digits (6000 characters)"),
        ("9" * 41, "has too many digits (41)"),
        ("0." + "0" * 40 + "1e41", "has too many digits (42)"),
        ("1_" * 5000 + "1e5", "has too many digits (10003 characters)"),
        (Numeral(".nan"), "must be a number, not .nan"),
        (Numeral("-.inf"), "must be a number, not -.inf"),
        ("NaN", 'must be a number, not "NaN"'),
        ("", 'must be a number, not ""'),
        (".", 'must be a number, not "."'),
        ("M", 'must be a number, not "M"'),
        ("1__0", 'must be a number, not "1__0"'),
        ("600,000", 'must be a number, not "600,000"'),
        ("6 00", 'must be a number, not "6 00"'),
        ("600M ", 'must be a number, not "600M "'),
        ("600M\n", 'must be a number, not "600M\n"'),
        ("\u0663", 'must be a number, not "\u0663"'),
        ("x" * 10_000, f'must be a number, not "{"x" * 55}…"'),
        (True, "must be a quantity such as 600M, not true"),
        (None, "must be a quantity such as 600M, not nothing"),
        ([600], "must be a quantity such as 600M, not a list"),
        ({"max": 600}, "must be a quantity such as 600M, not a mapping"),
        (6e8, "must be a quantity such as 600M, not 600000000.0"),
    ],
)
def test_no_counts(text: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_quantity(text)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        last_digit(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("600kb", 'has an unknown unit "kb"; did you mean 600kB (600,000 bytes) or 600KiB (614,400 bytes)?'),
        (
            "1.5 Mb",
            'has an unknown unit "Mb"; did you mean 1.5MB (1,500,000 bytes) or 1.5MiB (1,572,864 bytes)?',
        ),
        ("256kbit", 'has an unknown unit "kbit" (use k, M, G, T, KiB, MiB, GiB or TiB)'),
        ("600mib", 'has an unknown unit "mib"; did you mean 600MiB?'),
        ("2 gIB", 'has an unknown unit "gIB"; did you mean 2GiB?'),
        ("600m", 'has an unknown unit "m"; did you mean 600M?'),
        ("5b", 'has an unknown unit "b"; did you mean 5B?'),
        ("5x", 'has an unknown unit "x" (use k, M, G, T, KiB, MiB, GiB or TiB)'),
    ],
)
def test_no_bytes(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_quantity(text, "bytes")


@given(
    whole=st.integers(0, 10**12),
    part=st.text("0123456789", max_size=12),
    exponent=st.integers(-12, 12),
    unit=st.sampled_from(sorted(COUNTS)),
)
def test_a_count_is_its_text_read_exactly(whole: int, part: str, exponent: int, unit: str) -> None:
    exact = Decimal(f"{whole}.{part}e{exponent}") * COUNTS[unit]
    text = f"{whole}.{part}e{exponent}{unit}"
    if exact == exact.to_integral_value() and exact <= MAX_QUANTITY:
        assert parse_quantity(text) == exact
    else:
        with pytest.raises(ValueError, match=r"^must be (a whole number|between 0 and 10\^18), not"):
            parse_quantity(text)


@given(count=st.integers(0, 10**6), unit=st.sampled_from(sorted(BYTES)))
def test_a_byte_unit_is_a_factor(count: int, unit: str) -> None:
    if count * BYTES[unit] <= MAX_QUANTITY:
        assert parse_quantity(f"{count}{unit}", "bytes") == count * BYTES[unit]


@given(text=st.text(max_size=30) | st.from_regex(r"[-+]?[0-9._eE]{0,12}[a-zA-Z ]{0,3}", fullmatch=True))
def test_any_text_is_a_count_or_a_value_error(text: str) -> None:
    for unit in ("count", "bytes"):
        try:
            count = parse_quantity(text, unit)
        except ValueError:
            continue
        assert 0 <= count <= MAX_QUANTITY
        assert last_digit(text, unit) >= 1


@pytest.mark.parametrize(
    ("text", "step"),
    [
        (568_740_352, 1),
        ("568740352", 1),
        ("569M", 10**6),
        ("4.2M", 10**5),
        ("4.20M", 10**4),
        ("4.231976M", 1),
        ("4.2310000000M", 1),
        ("5.7e8", 10**7),
        ("0.57G", 10**7),
        ("16e9", 10**9),
    ],
)
def test_the_last_digit_says_how_exactly_a_number_was_printed(text: object, step: int) -> None:
    assert last_digit(text) == step


def test_the_last_digit_of_bytes() -> None:
    assert last_digit("64KiB", "bytes") == 1024


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        (1, Fraction(1)),
        (-2, Fraction(-2)),
        (Numeral("0.75"), Fraction(3, 4)),
        ("1.4", Fraction(7, 5)),
        (Numeral(".1"), Fraction(1, 10)),
        (Numeral("-1.5e-3"), Fraction(-3, 2000)),
        (Numeral("2.5e1"), Fraction(25)),
    ],
)
def test_decimals(value: object, exact: Fraction) -> None:
    assert parse_decimal(value) == exact


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("6k", 'must be a plain number, not "6k"'),
        ("1.4x", 'must be a plain number, not "1.4x"'),
        (0.75, "must be a number, not 0.75"),
        (False, "must be a number, not false"),
        (Numeral(".inf"), "must be a number, not .inf"),
        (Numeral("1e3000000"), "has an exponent out of range: 1e3000000"),
        (SIX_THOUSAND_DIGITS, "has too many digits (6000 characters)"),
    ],
)
def test_no_decimals(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_decimal(value)


@given(digits=st.decimals(-(10**9), 10**9, places=6))
def test_a_decimal_is_its_text_read_exactly(digits: Decimal) -> None:
    assert parse_decimal(Numeral(str(digits))) == Fraction(digits)


@pytest.mark.parametrize(
    ("parse", "value", "exact"),
    [
        (parse_percent, "90%", Fraction(9, 10)),
        (parse_percent, "0.5%", Fraction(1, 200)),
        (parse_percent, "0%", Fraction(0)),
        (parse_percent, "120%", Fraction(6, 5)),
        (parse_factor, "8x", Fraction(8)),
        (parse_factor, "8.55x", Fraction(171, 20)),
    ],
)
def test_percents_and_factors(parse: Callable[[object], Fraction], value: str, exact: Fraction) -> None:
    assert parse(value) == exact


@pytest.mark.parametrize(
    ("parse", "value", "message"),
    [
        (parse_percent, Numeral("0.9"), "must be a percentage such as 90%, not 0.9"),
        (parse_percent, 90, "must be a percentage such as 90%, not 90"),
        (parse_percent, "-1%", 'must not be negative: "-1%"'),
        (parse_percent, "%", 'must be a number, not ""'),
        (parse_percent, "1e3000000%", 'has an exponent out of range: "1e3000000"'),
        (parse_factor, 8, "must be a factor such as 8x, not 8"),
        (parse_factor, "0x", 'must be above 0: "0x"'),
        (parse_factor, "-8x", 'must be above 0: "-8x"'),
        (parse_factor, "8kx", 'must be a plain number, not "8k"'),
    ],
)
def test_no_percents_or_factors(parse: Callable[[object], Fraction], value: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse(value)


@pytest.mark.parametrize(
    ("value", "size"),
    [(1, 1), (224, 224), (MAX_SIZE, 2147483647), (Numeral("1e3"), 1000), (Numeral("32.0"), 32)],
)
def test_sizes(value: object, size: int) -> None:
    assert parse_size(value) == size
    assert type(parse_size(value)) is int


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0, "must be between 1 and 2147483647, not 0"),
        (-3, "must be between 1 and 2147483647, not -3"),
        (2**31, "must be between 1 and 2147483647, not 2147483648"),
        pytest.param(10**5000, "must be between 1 and 2147483647, not a number too long to print", id="huge"),
        (Numeral("1e20"), "must be between 1 and 2147483647, not 1e20"),
        (Numeral("1e3000000"), "has an exponent out of range: 1e3000000"),
        (SIX_THOUSAND_DIGITS, "has too many digits (6000 characters)"),
        (Numeral("2.5"), "must be a whole number, not 2.5"),
        (Numeral(".nan"), "must be a number, not .nan"),
        ("32", 'must be a whole number, not "32"; did you mean 32, without quotes?'),
        ("1k", 'must be a whole number, not "1k"'),
        (None, "must be a whole number, not nothing"),
        (True, "must be a whole number, not true"),
        (32.0, "must be a whole number, not 32.0"),
        ([3, 3], "must be a whole number, not a list"),
    ],
)
def test_no_sizes(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_size(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (864, "864"),
        (999, "999"),
        (1000, "1.00k"),
        (1005, "1.01k"),
        (10_050, "10.1k"),
        (999_499, "999k"),
        (999_500, "1.00M"),
        (4_231_976, "4.23M"),
        (9_994_999, "9.99M"),
        (9_995_000, "10.0M"),
        (99_950_000, "100M"),
        (568_740_352, "569M"),
        (15_470_264_320, "15.5G"),
        (999_500_000_000, "1.00T"),
        (10**18, "1000000T"),
    ],
)
def test_si(value: int, text: str) -> None:
    assert format_si(value) == text


@given(st.integers(0, 10**15))
def test_si_is_the_number_to_three_digits(value: int) -> None:
    text = format_si(value)
    assert sum(character.isdigit() for character in text) == 3 or value < 1000 or value >= 999_500 * 10**9
    assert abs(parse_quantity(text) - value) * 2 <= last_digit(text)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (Fraction(4_867_293_184, 568_740_352), "8.56x"),
        (Fraction(1), "1.00x"),
        (Fraction(1, 200), "0.01x"),
        (Fraction(199, 200), "1.00x"),
        (Fraction(12345, 100), "123.45x"),
        (Fraction(0), "0.00x"),
    ],
)
def test_ratio(ratio: Fraction, text: str) -> None:
    assert format_ratio(ratio) == text


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [
        (Fraction(949, 1000), 1, "94.9%"),
        (Fraction(1), 1, "100.0%"),
        (Fraction(1, 2000), 1, "0.1%"),
        (Fraction(1, 3), 0, "33%"),
        (Fraction(1, 200), 0, "1%"),
        (Fraction(2, 3), 2, "66.67%"),
        (Fraction(-1, 8), 1, "-12.5%"),
        (Fraction(-1, 10_000), 1, "0.0%"),
    ],
)
def test_percent(share: Fraction, digits: int, text: str) -> None:
    assert format_percent(share, digits) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("conv", '"conv"'),
        (Numeral("1e6"), "1e6"),
        (3, "3"),
        pytest.param(10**5000, "a number too long to print", id="huge"),
        (None, "nothing"),
        (False, "false"),
        ({"a": 1}, "a mapping"),
        ([1], "a list"),
        ((1,), "a list"),
        (1.5, "1.5"),
        ("x" * 58, f'"{"x" * 58}"'),
        ("x" * 59, f'"{"x" * 55}…"'),
        (10**60, "1" + "0" * 55 + "…"),
    ],
)
def test_shown(value: object, text: str) -> None:
    assert shown(value) == text
    assert len(text) <= 60


def test_names_in_a_message_are_cut_and_counted() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed([]) == ""
    assert listed(["x" * 100]) == "x" * 57 + "…"
    assert listed(map(str, range(10**9)), most=3) == "0, 1, 2, …"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("50ms", Fraction(1, 20)),
        ("1.5 s", Fraction(3, 2)),
        ("20us", Fraction(1, 50_000)),
        ("7ns", Fraction(7, 10**9)),
        ("0s", Fraction(0)),
        ("1e3ms", Fraction(1)),
    ],
)
def test_seconds_are_exact(text: str, seconds: Fraction) -> None:
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (5, "has no unit: 5 (use us, ms or s)"),
        ("5", 'has no unit: "5" (use us, ms or s)'),
        ("5MS", 'has an unknown unit "MS"; did you mean 5ms?'),
        ("5min", 'has an unknown unit "min" (use us, ms or s)'),
        ("-5ms", 'must be between 0 and 10^18 seconds, not "-5ms"'),
        (True, "must be a time such as 50ms, not true"),
        (None, "must be a time such as 50ms, not nothing"),
        ("1e99999999ms", 'has an exponent out of range: "1e99999999ms"'),
    ],
)
def test_a_time_that_is_none(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_seconds(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0B"),
        (1023, "1023B"),
        (1024, "1.00KiB"),
        (219_064, "214KiB"),
        (1_048_063, "1023KiB"),
        (1_048_064, "1.00MiB"),
        (1_204_224, "1.15MiB"),
        (5 * 2**40, "5.00TiB"),
    ],
)
def test_bytes_as_they_are_printed(value: int, text: str) -> None:
    assert format_bytes(value) == text


@pytest.mark.parametrize(
    ("value", "short", "exact"),
    [
        (Fraction(0), "0s", "0s"),
        (Fraction(1, 20), "50.0ms", "50ms"),
        (Fraction(3, 2), "1.50s", "1.5s"),
        (Fraction(1, 3), "333ms", "333.333333…ms"),
        (Fraction(9996, 10**7), "1.00ms", "999.6us"),
        (Fraction(1, 7 * 10**6), "143ns", "0.142…us"),
        (Fraction(1, 10**9), "1.00ns", "0.001us"),
        (Fraction(4321), "4321s", "4,321s"),
    ],
)
def test_seconds_as_they_are_printed(value: Fraction, short: str, exact: str) -> None:
    assert format_seconds(value) == short
    assert exact_seconds(value) == exact


@given(st.fractions(min_value=0, max_value=10**6))
def test_an_exact_time_is_cut_and_tells_it(value: Fraction) -> None:
    text = exact_seconds(value)
    read = parse_seconds(text.replace("…", "").replace(",", ""))
    assert read == value if "…" not in text else 0 < value - read < Fraction(1, 10**9)


@pytest.mark.parametrize(
    ("text", "unit", "step"),
    [
        ("1.2MiB", "bytes", 104_857),
        ("1MiB", "bytes", 2**20),
        ("219kB", "bytes", 1000),
        ("5.3ms", "seconds", Fraction(1, 10**4)),
        ("2s", "seconds", Fraction(1)),
    ],
)
def test_the_last_digit_in_other_units(text: str, unit: Unit, step: Fraction) -> None:
    assert last_digit(text, unit) == step


def test_printing_reduces_no_fractions(monkeypatch: pytest.MonkeyPatch) -> None:
    value = Fraction(123_456_789, 10**10 + 19)
    monkeypatch.setattr("math.gcd", None)  # what every sum and product of fractions calls
    assert format_seconds(value) == "12.3ms"
    assert (format_si(123_456_789), format_bytes(123_456_789)) == ("123M", "118MiB")
