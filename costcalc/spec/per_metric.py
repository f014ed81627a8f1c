"""Models with a field for each metric of the table, such as a budget, which has a limit for each."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, create_model

from costcalc.metrics import Metric


class SpecModel(BaseModel):
    """What a spec says beside its layers: no unknown fields, nothing changes, and it is built when it is used."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the class that has a home: one that is derived from it at run time has none."""
        home = next(cls for cls in type(self).__mro__ if "derived" not in cls.__dict__)
        return _rebuilt, (home, type(self).__name__, dict(self))


class PerMetric(SpecModel):
    """Something for each metric."""

    def of(self, metric: str) -> Any:
        """What is said of a metric; None where it is nothing."""
        return getattr(self, metric, None)


ModelT = TypeVar("ModelT", bound=SpecModel)


def per_metric(
    base: type[ModelT], metrics: tuple[Metric, ...], field: Callable[[Metric], Any], **more: Any
) -> type[ModelT]:
    """The model with a field for each metric, which ``field`` makes for it, and some more."""
    if not metrics and not more:
        return base
    fields = {metric.name: (field(metric) | None, None) for metric in metrics}
    return derived(base, base.__name__, **fields, **more)


def metrics_said(metrics: Iterable[Metric], data: object) -> tuple[Metric, ...]:
    """Those of the metrics that are a key anywhere in plain data."""
    keys: set[object] = set()
    rest = [data]
    while rest:
        value = rest.pop()
        if isinstance(value, dict):
            keys.update(value)
            rest += value.values()
        elif isinstance(value, list):
            rest += value
    return tuple(metric for metric in metrics if metric.name in keys)


def derived(base: type[ModelT], name: str, **fields: Any) -> type[ModelT]:
    """The model with further fields, each with its type and default; it reads and is documented as its base."""
    model = create_model(name, __base__=base, __module__=base.__module__, **fields)
    model.__doc__ = base.__doc__
    type.__setattr__(model, "derived", True)
    return model


def _rebuilt(home: type[SpecModel], name: str, values: dict[str, Any]) -> SpecModel:
    """A model's values, which are right already, in a class of this name with a field for each."""
    further: dict[str, Any] = {key: (Any, None) for key in values if key not in home.model_fields}
    model = derived(home, name, **further) if further else home
    return model.model_construct(**values)
