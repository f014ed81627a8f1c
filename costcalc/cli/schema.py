"""``costcalc schema``: the JSON Schema of a spec, for editors."""

from __future__ import annotations

from costcalc.cli.options import Debug
from costcalc.cli.output import emit


def command(debug: Debug = False) -> int:
    """Print the JSON Schema of a spec, by which editors complete and check what is typed.

    costcalc schema > costcalc.schema.json; then, in a spec's first line, for editors with the YAML language
    server: # yaml-language-server: $schema=costcalc.schema.json
    """
    from costcalc import __version__
    from costcalc.rendering.schema import render_schema
    from costcalc.spec.schema import spec_schema

    emit(render_schema(spec_schema(__version__)))
    return 0
