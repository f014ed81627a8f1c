"""A JSON Schema as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from costcalc.rendering.escape import json_text


def render_schema(schema: Mapping[str, Any]) -> str:
    """The schema, indented for people; in ASCII, so that no output's encoding harms it."""
    return json_text(json.dumps(schema, indent=2) + "\n")
