"""What a config may say, as models; imported only where there is a config."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StrictBool

from costcalc.errors import Problem
from costcalc.layers.fields import Text
from costcalc.layers.problems import validated
from costcalc.spec.blocks import empty_values

NOUN = "the config"

Texts = Annotated[list[Text], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]


def _not_empty(texts: list[str]) -> list[str]:
    if not texts:
        raise ValueError("must name a file or a glob: for no spec a budget holds for nobody")
    return texts


class Override(BaseModel):
    """A budget for the specs that globs match; not parsed yet."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: Annotated[Texts, AfterValidator(_not_empty)]
    budget: Any


class Frame(BaseModel):
    """The config's keys; budgets and ceilings are not parsed yet."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    specs: Texts = []
    baseline: Text | None = None
    device: Text | None = None
    budget: Any = None
    ceiling: Any = None
    locked: StrictBool = False
    overrides: list[Override] = []


def parse_frame(data: object, problems: list[Problem]) -> Frame:
    """The frame that plain data stands for; an empty one with problems added where it is wrong."""
    frame, found = validated(Frame, {} if data is None else data, NOUN, ())
    problems += found
    problems += empty_values(data, (), NOUN, found) if data is not None else []
    return frame if frame is not None else Frame()
