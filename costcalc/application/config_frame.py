"""What a config may say, as models; imported only where there is a config."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from costcalc.errors import Problem
from costcalc.layers.fields import Text
from costcalc.layers.problems import validated

NOUN = "the config"

Texts = Annotated[list[Text], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]


class Override(BaseModel):
    """A budget for the specs that globs match; not parsed yet."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: Texts
    budget: Any


class Frame(BaseModel):
    """The config's keys; budgets are not parsed yet."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    specs: Texts = []
    baseline: Text | None = None
    budget: Any = None
    overrides: list[Override] = []


def parse_frame(data: object, problems: list[Problem]) -> Frame:
    """The frame that plain data stands for; an empty one with problems added where it is wrong."""
    frame, found = validated(Frame, {} if data is None else data, NOUN, ())
    problems += found
    return frame if frame is not None else Frame()
