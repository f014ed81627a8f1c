"""Choices: values that stand in layers as ``$word``, of which a network takes one: the first, unless told otherwise."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, NamedTuple, TypeAlias

from costcalc.errors import Problem, Route
from costcalc.layers.fields import Parsed, list_of, mapping_of
from costcalc.metrics import METRICS
from costcalc.quantity import parse_quantity, shown

MAX_VALUES = 10_000
_RANGE = ("from", "to", "step")
#: What a row of a sweep has columns for already.
TAKEN = ("width_multiplier", "resolution", "error", *METRICS)

Values: TypeAlias = tuple[object, ...]


class Choice(NamedTuple):
    """What can be chosen in one place of a network, and which of it is."""

    values: Values
    taken: int = 0

    @property
    def labels(self) -> tuple[str, ...]:
        """The values as they are asked for."""
        return tuple(map(label, self.values))


def label(value: object) -> str:
    """A value as it is asked for on a command line, and printed: ``5``, ``true``, ``[3,1]``."""
    if isinstance(value, str):
        return str(value)
    import json

    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _choices(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"must be a mapping of names to lists of values, not {shown(value)}")
    return value


_COUNT = {"type": ["integer", "string"]}
CHOICES_SCHEMA = {
    "type": "object",
    "description": "values of which a network takes the first, unless --set names another; $name stands for it",
    "additionalProperties": {
        "anyOf": [
            {**list_of({"not": {"type": "null"}}, 1, MAX_VALUES), "uniqueItems": True},
            mapping_of(dict.fromkeys(_RANGE, _COUNT), "from", "to"),
        ]
    },
}

#: Choices as they were written; :func:`values_of` reads them.
ChoicesField = Annotated[dict[str, object], Parsed(_choices, CHOICES_SCHEMA)]


def values_of(written: object) -> Values:
    """All values of a choice: a list of them, or ``{from: 16, to: 64, step: 8}``. Raises ValueError."""
    if isinstance(written, dict):
        return _range(written)
    if not isinstance(written, list):
        raise ValueError(f"must be a list of values, or {{from: 16, to: 64, step: 8}}, not {shown(written)}")
    if not written:
        raise ValueError("must have at least one value")
    _refuse_many(len(written))
    labels: set[str] = set()
    for value in written:
        if value is None:
            raise ValueError("must have no empty value")
        if label(value) in labels:
            raise ValueError(f"must have no value twice: {shown(value)}")
        labels.add(label(value))
    return tuple(written)


def _range(written: Mapping[str, object]) -> Values:
    unknown = [key for key in written if key not in _RANGE]
    if unknown or "from" not in written or "to" not in written:
        raise ValueError(f"must be a list of values, or {{from: 16, to: 64, step: 8}}, not {shown(written)}")
    first, last = parse_quantity(written["from"]), parse_quantity(written["to"])
    step = parse_quantity(written.get("step", 1))
    if step < 1 or last < first:
        raise ValueError("must go upwards, from the least to the greatest by a step of at least 1")
    _refuse_many((last - first) // step + 1)
    return tuple(range(first, last + 1, step))


def _refuse_many(count: int) -> None:
    if count > MAX_VALUES:
        raise ValueError(f"must have at most {MAX_VALUES:,} values, not {count:,}")


def readable(written: Mapping[str, object]) -> dict[str, Values]:
    """The choices that can be read; what is wrong with the others :func:`check_choices` tells."""
    found = {}
    for name, value in written.items():
        try:
            found[name] = values_of(value)
        except ValueError:
            continue
    return found


def check_choices(written: Mapping[str, object], route: Route, owner: str = "") -> Iterator[Problem]:
    """What is wrong with the values of choices."""
    for name, value in written.items():
        try:
            values_of(value)
        except ValueError as error:
            yield Problem(f"choice {shown(name)}{owner} {error}", (*route, name))


def check_names(names: Iterable[str], parameters: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """What is wrong with the names of a spec's own choices; ``parameters`` are those of each block."""
    owners = {parameter: block for block, names in parameters.items() for parameter in names}
    for name in names:
        if name in TAKEN:
            fault = "is named like a column that each row of a sweep has"
        elif name in owners:
            fault = f"is named like a parameter of block {shown(owners[name])}"
        else:
            continue
        yield Problem(f"choice {shown(name)} {fault}", ("choices", name), at="key")
