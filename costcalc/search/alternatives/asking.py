"""Forms as people ask for them: ``separable,grouped:8,tucker2:32,48``."""

from __future__ import annotations

from collections.abc import Iterable

from costcalc.errors import did_you_mean
from costcalc.quantity import Numeral, listed, parse_size, shown
from costcalc.search.alternatives import ALGORITHMS, FORMS, form_named
from costcalc.search.alternatives.form import Arguments


def parse_forms(texts: Iterable[str]) -> dict[str, Arguments]:
    """The forms that are named, each with the numbers behind its colon; raises ValueError."""
    found: dict[str, Arguments] = {}
    for text in texts:
        last = None
        for word in text.split(","):
            word = word.strip()
            if last is not None and found[last] and word.isdecimal():
                found[last] += (_number(last, word),)
                continue
            last, _, number = word.partition(":")
            _check(last)
            if last in found:
                raise ValueError(f"names {last} twice")
            found[last] = (_number(last, number),) if ":" in word else ()
    return found


def _check(name: str) -> None:
    if name in ALGORITHMS:
        raise ValueError(f"takes forms, and {name} is an algorithm for the same layer, which has no numbers")
    if name not in FORMS:
        raise ValueError(
            f"has no form {shown(name)}{did_you_mean(name, FORMS)}; forms: {listed(FORMS, len(FORMS))}"
        )


def _number(name: str, text: str) -> int:
    takes = form_named(name).takes
    if not takes:
        raise ValueError(f"gives {name} a number, and it takes none")
    try:
        return parse_size(Numeral(text))
    except ValueError as error:
        raise ValueError(f"gives {name} {takes} that {error}") from None
