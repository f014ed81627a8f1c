"""Validation errors of pydantic, as problems that a user can act on."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from costcalc.errors import MAX_PROBLEMS, Problem, Route, closest
from costcalc.quantity import listed, shown

#: What Keras and PyTorch call some fields.
_OTHER_NAMES = {
    "filters": "out_channels",
    "units": "out_features",
    "pool_size": "kernel_size",
    "use_bias": "bias",
    "dilation_rate": "dilation",
}
_FROM_INPUT = ("in_channels", "in_features", "num_features")

ModelT = TypeVar("ModelT", bound=BaseModel)


def validated(
    model: type[ModelT], values: object, noun: str, route: Route, extra_fields: Iterable[str] = ()
) -> tuple[ModelT | None, list[Problem]]:
    """The model of plain values; None, and what is wrong with them, where they do not fit it."""
    try:
        return model.model_validate(without_floods(values, model)), []
    except ValidationError as error:
        return None, problems_of(error, model, noun, route, extra_fields, values)


def without_floods(values: object, model: type[BaseModel] | None) -> object:
    """The values without most of the unknown fields, if there are very many: describing each takes long."""
    if model is None or not isinstance(values, Mapping):
        return values
    fields = model.model_fields
    if len(values) > len(fields) + MAX_PROBLEMS:
        unknown = islice((name for name in values if name not in fields), MAX_PROBLEMS)
        kept = dict.fromkeys(unknown)
        values = {name: value for name, value in values.items() if name in fields or name in kept}
    inner = {
        name: without_floods(value, _model_in(fields[name].annotation))
        for name, value in values.items()
        if isinstance(value, Mapping) and len(value) > MAX_PROBLEMS and name in fields
    }
    return {**values, **inner} if inner else values


class NestedError(ValueError):
    """The value of a field is a model of its own, and wrong: raised by a field's validator."""

    def __init__(self, error: ValidationError, model: type[BaseModel]) -> None:
        self.error = error
        self.model = model
        super().__init__("a nested model is wrong")


class _FieldFault(NamedTuple):
    """One error of pydantic: where it is, and the fields that are legal there."""

    loc: Route
    item: Mapping[str, Any]
    fields: Sequence[str] = ()
    written: Collection[str] = ()  # fields that are there already, which no unknown one can mean

    @property
    def kind(self) -> str:
        return str(self.item["type"])

    @property
    def meant(self) -> tuple[Route, str | None]:
        """The field that an unknown one may be a misspelling of, or that is missing."""
        field = str(self.loc[-1])
        if self.kind == "missing":
            return self.loc[:-1], field
        free = [name for name in self.fields if name not in self.written]
        other = _OTHER_NAMES.get(field)
        return self.loc[:-1], other if other in free else closest(field, free)


def problems_of(
    error: ValidationError,
    model: type[BaseModel],
    noun: str,
    route: Route,
    extra_fields: Iterable[str] = (),
    values: object = None,
) -> list[Problem]:
    """One problem for each mistake, with routes that start at ``route``.

    ``noun`` names what was validated (``conv layer "conv_1"``); ``extra_fields`` are legal there though
    the model does not have them. With the ``values`` no message names a field that was not written, such as
    the ``max`` that a plain quantity stands for. A field that is missing because it is misspelt is one mistake.
    """
    faults = list(_faults(error, model, extra_fields, values))
    misspelt = {fault.meant for fault in faults if fault.kind == "extra_forbidden"}
    return [
        _problem(fault, noun, route)
        for fault in faults
        if fault.kind != "missing" or fault.meant not in misspelt
    ]


def _faults(
    error: ValidationError,
    model: type[BaseModel],
    extra_fields: Iterable[str],
    values: object,
    at: Route = (),
) -> Iterator[_FieldFault]:
    """All errors, those of nested models among them; ``at`` is where the model stands."""
    for item in error.errors(include_url=False)[:MAX_PROBLEMS]:
        loc: Route = item["loc"]
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, NestedError):
            kind = ("type",) if "type" in cause.model.model_fields else ()
            yield from _faults(cause.error, cause.model, kind, None, at + loc)
        elif item["type"] in ("extra_forbidden", "missing"):
            owner = _model_at(model, loc[:-1])
            fields = legal_fields(owner, extra_fields if owner is model else ()) if owner else []
            yield _FieldFault(at + loc, dict(item), fields, _written(loc[:-1], values))
        else:
            yield _FieldFault(at + _as_written(loc, values), dict(item))


def legal_fields(model: type[BaseModel], extra_fields: Iterable[str] = ()) -> list[str]:
    """The fields a user may write, sorted."""
    return sorted({*(name for name in model.model_fields if name != "type"), *extra_fields})


def _written(loc: Route, values: object) -> Collection[str]:
    """The keys of the mapping to which a route leads."""
    here: Any = values
    for step in loc:
        here = here.get(step) if isinstance(here, Mapping) else None
    return here.keys() if isinstance(here, Mapping) else ()


def _as_written(loc: Route, values: object) -> Route:
    """As much of the route as leads to what was written."""
    if values is None or "[key]" in loc:
        return loc
    here: Any = values
    for depth, step in enumerate(loc):
        if isinstance(here, Mapping):
            here = here.get(step)
        elif isinstance(here, list) and isinstance(step, int):
            here = here[step]
        else:
            return loc[:depth]
    return loc


def _problem(fault: _FieldFault, noun: str, route: Route) -> Problem:
    loc = fault.loc
    if fault.kind in ("extra_forbidden", "missing"):
        hint = f"fields: {', '.join(fault.fields)}" if fault.fields else None
        inside = noun if len(loc) == 1 else f"{dotted(loc[:-1])} of {noun}"
        if fault.kind == "missing":
            return Problem(f"{inside} needs {loc[-1]}", route + loc[:-1], hint)
        if loc[-1] in _FROM_INPUT:
            return Problem(
                f"{loc[-1]} of {inside} is not said: it follows from the input", route + loc, at="key"
            )
        guess = fault.meant[1]
        meant = f'; did you mean "{guess}"?' if guess else ""
        return Problem(f"unknown field {shown(loc[-1])} of {inside}{meant}", route + loc, hint, at="key")
    if loc and loc[-1] == "[key]":
        message = f"a name in {dotted(loc[:-2])} of {noun} {_sentence(fault.item)}"
        return Problem(message, route + loc[:-1], at="key")
    subject = f"{dotted(loc)} of {noun}" if loc else noun
    return Problem(f"{subject} {_sentence(fault.item)}", route + loc)


def _sentence(item: Mapping[str, Any]) -> str:
    message: str = item["msg"]
    if item["type"] == "value_error":
        return message.removeprefix("Value error, ")
    wanted = {
        "model_type": "a mapping",
        "model_attributes_type": "a mapping",
        "dict_type": "a mapping",
        "list_type": "a list",
        "string_type": "text",
    }.get(item["type"])
    if wanted:
        is_model = item["type"].startswith("model") and item["input"] is True
        with_defaults = "; {} takes all defaults" if is_model else ""
        return f"must be {wanted}, not {shown(item['input'])}{with_defaults}"
    return f"is wrong: {message[:1].lower()}{message[1:]}"


def _model_at(model: type[BaseModel], loc: Route) -> type[BaseModel] | None:
    """The model of the value to which a route leads, if it has one."""
    annotation: object = model
    for step in loc:
        annotation = _inside(annotation, step)
    return _model_in(annotation)


def _inside(annotation: object, step: str | int) -> object:
    """The annotation of what stands one step inside of what is annotated so."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(str(step))
        return field.annotation if field else None
    if get_origin(annotation) in (dict, list):
        return get_args(annotation)[-1]
    return next(filter(None, (_inside(part, step) for part in get_args(annotation))), None)


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (dict, list):
        return None  # what stands in it is one step further
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def dotted(loc: Route) -> str:
    """``regression.multiplies``, ``published[1]``: a route as it stands in messages."""
    text = ""
    for step in loc:
        text += f"[{step}]" if isinstance(step, int) else f".{listed([step])}" if text else listed([step])
    return text
