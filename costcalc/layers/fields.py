"""The types of layer fields, each with the messages a user sees."""

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator
from pydantic_core import core_schema

from costcalc.dtype import BITS, TENSORS, SaidDtype, parse_dtype
from costcalc.errors import ShapeError, did_you_mean, either
from costcalc.quantity import MAX_QUANTITY, MAX_SIZE, Numeral, parse_decimal, parse_size, shown
from costcalc.shape import Shape, output_size, same_padding

#: An int for every spatial axis, or one per axis, height then width.
AxisSizes: TypeAlias = "int | tuple[int, ...]"
#: ``same``, ``valid``, an int, one per axis, or (before, after) axis by axis.
PaddingValue: TypeAlias = "str | int | tuple[int, ...]"


def titled(title: str, description: str, **schema: Any) -> dict[str, Any]:
    """A JSON Schema with a name (its place under ``$defs``) and its meaning in words."""
    return {"title": title, "description": description, **schema}


def list_of(item: dict[str, Any], least: int, most: int | None = None) -> dict[str, Any]:
    """The JSON Schema of a list of so many items."""
    longest = {} if most is None else {"maxItems": most}
    return {"type": "array", "items": item, "minItems": least, **longest}


def mapping_of(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    """The JSON Schema of a mapping with these fields and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _or_each_axis(item: dict[str, Any]) -> dict[str, Any]:
    description = f"{item['description']}, or one for each spatial axis"
    return titled(f"{item['title']}s", description, anyOf=[item, list_of(item, 1, 3)])


SIZE_SCHEMA = titled("size", "a whole number from 1", type="integer", minimum=1, maximum=MAX_SIZE)
COUNT_SCHEMA = titled("count", "a whole number from 0", type="integer", minimum=0, maximum=MAX_SIZE)
DECIMAL_SCHEMA = titled("decimal", "a number above 0", type="number", exclusiveMinimum=0, maximum=MAX_SIZE)
INTERVAL_SCHEMA = titled("interval", "[start, stop], stop not included", **list_of(COUNT_SCHEMA, 2, 2))


class AlsoWritten:
    """The annotation of a field whose value may also be written in a short form, in its JSON Schema."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {"anyOf": [self.schema, handler(schema)]}


QUANTITY_SCHEMA = titled(
    "quantity",
    "a count such as 600M, 600_000_000 or 600e6",
    anyOf=[
        {"type": "integer", "minimum": 0, "maximum": MAX_QUANTITY},
        {"type": "string", "pattern": r"^[\d._eE+-]+ ?[kKMGT]?$"},
    ],
)
BYTES_SCHEMA = titled(
    "bytes",
    "bytes such as 256KiB, 1.5MB or 262_144",
    anyOf=[
        {"type": "integer", "minimum": 0, "maximum": MAX_QUANTITY},
        {"type": "string", "pattern": r"^[\d._eE+-]+ ?([kKMGT]?B?|[KMGT]iB)$"},
    ],
)
SECONDS_SCHEMA = titled(
    "seconds", "a time such as 50ms", type="string", pattern=r"^[\d._eE+-]+ ?(ns|us|ms|s)$"
)
#: How a value in each unit is written.
UNIT_SCHEMAS = {"count": QUANTITY_SCHEMA, "bytes": BYTES_SCHEMA, "seconds": SECONDS_SCHEMA}
#: Stands for the schema of a list of layers, which knows all kinds (costcalc.spec.schema).
LAYERS_SCHEMA = {"type": "array", "format": "layers", "description": "a list of layers"}
PADDING_LIST_SCHEMA = {
    "anyOf": [list_of(COUNT_SCHEMA, 1, 4), list_of(COUNT_SCHEMA, 6, 6)],
    "description": "a list with one number for each spatial axis, or two (before, after)",
}


def _non_negative(value: object) -> int:
    if value == 0 and type(value) is int:
        return 0
    try:
        return parse_size(value)
    except ValueError as error:
        raise ValueError(str(error).replace("between 1 and", "between 0 and")) from None


def _per_axis(one: Callable[[object], int]) -> Callable[[object], AxisSizes]:
    def parse(value: object) -> AxisSizes:
        if type(value) is tuple:
            return value
        if isinstance(value, str) and re.fullmatch(r"[0-9]+(x[0-9]+){1,2}", value):
            raise ValueError(
                f"must be a number, or a list, not {shown(value)}; did you mean {_as_list(value)}?"
            )
        if not isinstance(value, list):
            return one(value)
        if not 1 <= len(value) <= 3:
            raise ValueError(f"must be one number or one per axis, not a list of {len(value)}")
        return tuple(one(item) for item in value)

    return parse


def _as_list(text: str) -> str:
    return f"[{', '.join(text.split('x'))}]"


def _padding(value: object) -> PaddingValue:
    if type(value) is tuple or value in ("same", "valid"):
        return value
    if isinstance(value, list):
        if len(value) not in (1, 2, 3, 4, 6):
            raise ValueError(f"must have one number per axis or two (before, after), not {len(value)}")
        return tuple(_non_negative(item) for item in value)
    if type(value) is int or isinstance(value, Numeral):
        return _non_negative(value)
    guess = did_you_mean("valid" if value == "none" else value, ("same", "valid"))
    raise ValueError(f"must be same, valid, a number or a list of numbers, not {shown(value)}{guess}")


def parse_flag(value: object) -> bool:
    """``true`` or ``false``; raises ValueError."""
    if isinstance(value, bool):
        return value
    words = {"yes": "true", "on": "true", "no": "false", "off": "false"}
    meant = words.get(value.lower()) if isinstance(value, str) else None
    raise ValueError(
        f"must be true or false, not {shown(value)}" + (f"; did you mean {meant}?" if meant else "")
    )


def _decimal(value: object) -> Fraction:
    return value if isinstance(value, Fraction) else parse_decimal(value)


def _positive_decimal(value: object) -> Fraction:
    number = _decimal(value)
    if not 0 < number <= MAX_SIZE:
        raise ValueError(f"must be above 0, not {shown(value)}")
    return number


def _rate(value: object) -> Fraction:
    number = _decimal(value)
    if not 0 <= number <= 1:
        raise ValueError(f"must be between 0 and 1, not {shown(value)}")
    return number


def _text(value: object) -> str:
    if not isinstance(value, str) or isinstance(value, Numeral):
        raise ValueError(f"must be text, not {shown(value)}")
    if not value:
        raise ValueError("must not be empty")
    return value


def parse_shape(value: object) -> Shape:
    """A shape from ``224x224x3`` or a bare channel count; raises ValueError."""
    if isinstance(value, Shape):
        return value
    if type(value) is int:
        return Shape((), parse_size(value))
    parts = value.replace("×", "x").split("x") if isinstance(value, str) and len(value) <= 60 else [""]
    if not all(part.isascii() and part.isdecimal() for part in parts):
        raise ValueError(_SHAPE_WANTED + shown(value) + _shape_meant(value))
    try:
        sizes = [parse_size(int(part) if len(part) <= 10 else Numeral(part)) for part in parts]
    except ValueError as error:
        raise ValueError(f"has a size that {error}") from None
    if len(sizes) > 4:
        raise ValueError(f"must have at most three spatial axes, not {len(sizes) - 1}: {shown(value)}")
    return Shape(tuple(sizes[:-1]), sizes[-1])


def _shape_meant(value: object) -> str:
    """A guess at what ``224, 224, 3`` or ``[224, 224, 3]`` means."""
    text = "x".join(map(str, value[:5])) if isinstance(value, list) else str(value)[:60]
    text = re.sub(r"\s*[xX×*,]\s*", "x", text)
    return f"; did you mean {text}?" if re.fullmatch(r"[0-9]+(x[0-9]+){1,3}", text) else ""


_MANY = 1000
_SHAPE_WANTED = "must be a shape such as 224x224x3 (height x width x channels), not "


class Parsed:
    """The annotation of a field that a function reads; ``schema`` says in a JSON Schema how it is written.

    pydantic's PlainValidator also builds the schema of the annotated type, to print what is never printed from there.
    """

    def __init__(self, parse: Callable[[Any], Any], schema: dict[str, Any] | None = None) -> None:
        self.parse = parse
        self.schema = schema

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.parse)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return handler(schema) if self.schema is None else {**self.schema}


class OneOf(Parsed):
    """The annotation of a field that takes one of a few words."""

    def __init__(self, *words: str) -> None:
        self.words = words
        described = f"{', '.join(words[:-1])} or {words[-1]}"
        super().__init__(self._parse, {"enum": [*words], "description": described})

    def _parse(self, value: object) -> str:
        if isinstance(value, str) and value in self.words:
            return value
        guess = did_you_mean(value, self.words)
        raise ValueError(f"must be {either(self.words)}, not {shown(value)}{guess}")


def interval(value: object) -> tuple[int, int]:
    """``[start, stop]``, the stop not included; raises ValueError."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"must be [start, stop], not {shown(value)}")
    start, stop = _non_negative(value[0]), _non_negative(value[1])
    if start >= stop:
        raise ValueError(f"must start before it stops, not [{start}, {stop}]")
    return start, stop


Size = Annotated[int, Parsed(parse_size, SIZE_SCHEMA)]
Sizes = Annotated[AxisSizes, Parsed(_per_axis(parse_size), _or_each_axis(SIZE_SCHEMA))]
Counts = Annotated[AxisSizes, Parsed(_per_axis(_non_negative), _or_each_axis(COUNT_SCHEMA))]
Padding = Annotated[
    PaddingValue,
    Parsed(
        _padding,
        titled(
            "padding",
            "same, valid, a whole number, or a list: one for each spatial axis, or two (before, after)",
            anyOf=[{"enum": ["same", "valid"]}, COUNT_SCHEMA, PADDING_LIST_SCHEMA],
        ),
    ),
]
Flag = Annotated[bool, Parsed(parse_flag, {"type": "boolean", "description": "true or false"})]
Decimal = Annotated[Fraction, Parsed(_positive_decimal, DECIMAL_SCHEMA)]
Rate = Annotated[
    Fraction,
    Parsed(_rate, {"type": "number", "minimum": 0, "maximum": 1, "description": "a number from 0 to 1"}),
]
Text = Annotated[str, Parsed(_text, {"type": "string", "minLength": 1})]
ShapeText = Annotated[
    Shape,
    Parsed(
        parse_shape,
        titled(
            "shape",
            "a shape such as 224x224x3 (height x width x channels), or the channels of a vector",
            anyOf=[{"type": "string", "pattern": r"^\d+([x×]\d+){0,3}$"}, SIZE_SCHEMA],
        ),
    ),
]
Interval = Annotated[tuple[int, int], Parsed(interval, INTERVAL_SCHEMA)]
Width = Annotated[str, OneOf("scale", "fixed", "grow")]


def per_axis(value: AxisSizes, rank: int, field: str) -> tuple[int, ...]:
    """One number per spatial axis; raises ShapeError where the list has another length."""
    if isinstance(value, int):
        return (value,) * rank
    if len(value) != rank:
        raise ShapeError(f"{field} (={list(value)}) must have one number per spatial axis ({rank})", field)
    return value


def window(
    inputs: Sequence[Shape], kernel_size: AxisSizes, stride: AxisSizes, dilation: AxisSizes = 1
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Kernel, stride and dilation per axis of the one input; raises ShapeError on a vector."""
    rank = len(inputs[0].spatial)
    if rank == 0:
        raise ShapeError("needs a map with spatial axes, not a vector")
    return (
        per_axis(kernel_size, rank, "kernel_size"),
        per_axis(stride, rank, "stride"),
        per_axis(dilation, rank, "dilation"),
    )


def padding_per_axis(padding: PaddingValue, rank: int) -> tuple[tuple[int, int], ...]:
    """(before, after) for each axis of an explicit padding (``valid`` is none at all); raises ShapeError."""
    if padding == "valid":
        return ((0, 0),) * rank
    if isinstance(padding, int):
        return ((padding, padding),) * rank
    assert isinstance(padding, tuple)
    if len(padding) == rank:
        return tuple((amount, amount) for amount in padding)
    if len(padding) == 2 * rank:
        return tuple(zip(padding[::2], padding[1::2], strict=True))
    plural = "s" if rank != 1 else ""
    raise ShapeError(
        f"padding (={list(padding)}) must have {rank} number{plural} (one per axis) "
        f"or {2 * rank} (before and after)",
        "padding",
    )


def window_output(
    spatial: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    padding: PaddingValue,
) -> tuple[int, ...]:
    """The spatial output sizes of a sliding window; raises ShapeError where it does not fit."""
    if padding == "same":
        return tuple(-(-size // step) for size, step in zip(spatial, stride, strict=True))
    pads = padding_per_axis(padding, len(spatial))
    return tuple(map(output_size, spatial, kernel, stride, dilation, pads))


def resolved_padding(
    spatial: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    padding: PaddingValue,
) -> tuple[tuple[int, int], ...]:
    """(before, after) for each axis, ``same`` included."""
    if padding == "same":
        return tuple(map(same_padding, spatial, kernel, stride, dilation))
    return padding_per_axis(padding, len(spatial))


def explicit_padding(value: object) -> PaddingValue:
    """A padding that is not ``same``; raises ValueError."""
    if value == "same":
        raise ValueError("must be a number or a list of numbers, not same: a pad has no kernel")
    return _padding(value)


def before_and_after(value: object) -> tuple[int, int]:
    """``[before, after]``; raises ValueError."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"must be [before, after], not {shown(value)}")
    return _non_negative(value[0]), _non_negative(value[1])


def positive_decimals(value: object) -> Fraction | tuple[Fraction, ...]:
    """A factor, or one per axis; raises ValueError."""
    if isinstance(value, list | tuple):
        return tuple(_positive_decimal(item) for item in value)
    return _positive_decimal(value)


DTYPE_SCHEMA = titled(
    "dtype",
    "float32, int8, …, or one each for weights, activations and biases",
    anyOf=[
        {"enum": [*BITS]},
        {**mapping_of({tensor: {"enum": [*BITS]} for tensor in TENSORS}), "minProperties": 1},
    ],
)
DtypeField = Annotated[SaidDtype, Parsed(parse_dtype, DTYPE_SCHEMA)]


def _few(value: object) -> object:
    if isinstance(value, (dict, list)) and len(value) > _MANY:
        raise ValueError(f"must have at most {_MANY:,} entries (limit), not {len(value):,}")
    return value


#: A list or mapping of which nobody needs very many entries: each that is wrong takes long to describe.
FEW = BeforeValidator(_few)


def _entries(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"must be a list of layers, not {shown(value)}")
    return value


#: Layers inside a layer, as they were written.
Entries = Annotated[list[object], Parsed(_entries, LAYERS_SCHEMA)]
