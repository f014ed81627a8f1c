"""The limits that hold for a spec, so that they can be compared with those of another day: with what is said beside
them, and with what the files say that they name.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import TYPE_CHECKING

from costcalc.application.device import said_of_metrics
from costcalc.budget import merged
from costcalc.budget.rules import in_force
from costcalc.errors import CostcalcError
from costcalc.reading.files import read_text
from costcalc.spec.named import SUFFIXES

if TYPE_CHECKING:
    from costcalc.application.config import Config
    from costcalc.budget import Rule
    from costcalc.spec import NetworkSpec

#: The text of a file; None where there is none. Raises CostcalcError where it cannot be read.
Read = Callable[[str], str | None]


def limits_in_force(
    spec: NetworkSpec,
    own: Iterable[Rule],
    folder: str,
    config: Config | None,
    configured: Iterable[Iterable[Rule]],
    read: Read = read_text,
) -> tuple[Rule, ...]:
    """A spec's ``own`` limits, which name files in its folder, and the ``configured`` ones of a config in its own."""
    above = "" if config is None else config.folder
    said = said_of_metrics(spec, config)
    beside = folder if spec.device is not None else above
    groups = [(above, rules) for rules in configured] + [(folder, own)]
    return tuple(
        merged(*((_with_files(rule, said, where, beside, read) for rule in rules) for where, rules in groups))
    )


def _with_files(rule: Rule, said: dict[str, object], where: str, beside: str, read: Read) -> Rule:
    """A limit with what is said beside it, and digests of the files that are named: by itself, or beside it."""
    itself = dict(rule.arguments)
    (whole,) = in_force([rule], said)
    files = (
        (name, _digest(os.path.join(where if name in itself else beside, value), read))
        for name, value in _files(whole)
    )
    return whole._replace(contents=tuple(files))


def _files(rule: Rule) -> Iterator[tuple[str, str]]:
    for name, value in rule.arguments:
        if isinstance(value, str) and value.endswith(SUFFIXES):
            yield name, value


def _digest(path: str, read: Read) -> str:
    """What a file says, comments and layout apart, in a few digits; "-" for one that says nothing."""
    from costcalc.reading.document import parse

    try:
        text = read(path)
        said = None if text is None else json.dumps(parse(text, path).data, sort_keys=True)
    except CostcalcError:
        said = None
    return "-" if said is None else sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
