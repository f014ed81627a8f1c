"""Validation errors of pydantic, as problems that a user can act on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from costcalc.errors import MAX_PROBLEMS, Problem, Route, did_you_mean
from costcalc.quantity import listed, shown

ModelT = TypeVar("ModelT", bound=BaseModel)


def validated(
    model: type[ModelT], values: object, noun: str, route: Route, extra_fields: Iterable[str] = ()
) -> tuple[ModelT | None, list[Problem]]:
    """The model of plain values; None, and what is wrong with them, where they do not fit it."""
    try:
        return model.model_validate(values), []
    except ValidationError as error:
        return None, problems_of(fewer(error, model, values), model, noun, route, extra_fields, values)


def fewer(error: ValidationError, model: type[BaseModel], values: object) -> ValidationError:
    """The same error, or one of the first values alone: describing a million takes long."""
    if error.error_count() <= MAX_PROBLEMS:
        return error
    try:
        model.model_validate(_cut(values, model))
    except ValidationError as first:
        return first
    return error


def _cut(values: object, model: type[BaseModel] | None) -> object:
    """The fields that the model has, and the first of all else."""
    if isinstance(values, list):
        return values[:MAX_PROBLEMS]
    if not isinstance(values, Mapping):
        return values
    fields = model.model_fields if model else {}
    cut = {name: _cut(values[name], _model_in(fields[name].annotation)) for name in fields if name in values}
    others = (name for name in values if name not in fields)
    return cut | {name: values[name] for name in islice(others, MAX_PROBLEMS)}


class NestedError(ValueError):
    """The value of a field is a model of its own, and wrong: raised by a field's validator."""

    def __init__(self, error: ValidationError, model: type[BaseModel]) -> None:
        self.error = error
        self.model = model
        super().__init__("a nested model is wrong")


def problems_of(
    error: ValidationError,
    model: type[BaseModel],
    noun: str,
    route: Route,
    extra_fields: Iterable[str] = (),
    values: object = None,
) -> list[Problem]:
    """One problem for each error, with routes that start at ``route``.

    ``noun`` names what was validated (``conv layer "conv_1"``); ``extra_fields`` are legal there though
    the model does not have them. With the ``values`` no message names a field that was not written, such as
    the ``max`` that a plain quantity stands for.
    """
    problems: list[Problem] = []
    for item in error.errors(include_url=False)[:MAX_PROBLEMS]:
        cause = item.get("ctx", {}).get("error")
        loc: Route = item["loc"] if item["type"] == "missing" else _as_written(item["loc"], values)
        if isinstance(cause, NestedError):
            problems += _nested_problems(cause, loc, noun, route)
        else:
            problems.append(_problem(dict(item), loc, model, noun, route, extra_fields))
    return problems


def legal_fields(model: type[BaseModel], extra_fields: Iterable[str] = ()) -> list[str]:
    """The fields a user may write, sorted."""
    return sorted({*(name for name in model.model_fields if name != "type"), *extra_fields})


def _as_written(loc: Route, values: object) -> Route:
    """As much of the route as leads to what was written."""
    if values is None or "[key]" in loc:
        return loc
    here: Any = values
    for depth, step in enumerate(loc):
        if not isinstance(here, (Mapping, list)):
            return loc[:depth]
        here = here.get(step) if isinstance(here, Mapping) else here[int(step)]
    return loc


def _nested_problems(cause: NestedError, loc: Route, noun: str, route: Route) -> Iterator[Problem]:
    for item in cause.error.errors(include_url=False)[:MAX_PROBLEMS]:
        yield _problem(dict(item), loc + item["loc"], cause.model, noun, route, ("type",), len(loc))


def _problem(
    item: dict[str, Any],
    loc: Route,
    model: type[BaseModel],
    noun: str,
    route: Route,
    extra_fields: Iterable[str],
    depth: int = 0,
) -> Problem:
    """The problem of one error; ``model`` is that of the value ``depth`` steps along ``loc``."""
    kind = item["type"]
    if kind in ("extra_forbidden", "missing"):
        owner = _model_at(model, loc[depth:-1])
        fields = legal_fields(owner, extra_fields if owner is model else ()) if owner else []
        hint = f"fields: {', '.join(fields)}" if fields else None
        inside = noun if len(loc) == 1 else f"{_dotted(loc[:-1])} of {noun}"
        if kind == "missing":
            return Problem(f"{inside} needs {loc[-1]}", route + loc[:-1], hint)
        message = f"unknown field {shown(loc[-1])} of {inside}{did_you_mean(loc[-1], fields)}"
        return Problem(message, route + loc, hint, at="key")
    if loc and loc[-1] == "[key]":
        return Problem(
            f"a name in {_dotted(loc[:-2])} of {noun} {_sentence(item)}", route + loc[:-1], at="key"
        )
    subject = f"{_dotted(loc)} of {noun}" if loc else noun
    return Problem(f"{subject} {_sentence(item)}", route + loc)


def _sentence(item: dict[str, Any]) -> str:
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
        return f"must be {wanted}, not {shown(item['input'])}"
    return f"is wrong: {message[:1].lower()}{message[1:]}"


def _model_at(model: type[BaseModel], loc: Route) -> type[BaseModel] | None:
    found: type[BaseModel] | None = model
    for step in loc:
        field = found.model_fields.get(str(step)) if found else None
        found = _model_in(field.annotation) if field else None
    return found


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _dotted(loc: Route) -> str:
    text = ""
    for step in loc:
        text += f"[{step}]" if isinstance(step, int) else f".{listed([step])}" if text else listed([step])
    return text
