"""A JSON Schema as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from costcalc.rendering.json_document import json_document


def render_schema(schema: Mapping[str, Any]) -> str:
    """The schema, indented for people; in ASCII, so that no output's encoding harms it."""
    return json_document(schema)
