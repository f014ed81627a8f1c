"""How a page is made: the template filled in, every text escaped, and a policy by which only our own script runs.

What a stranger wrote is escaped twice over: first as for a terminal (controls, marks of direction, commands of build
logs), then for HTML. Markup are only our own pictures and files; in pictures vl-convert escapes what stands.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from costcalc import __version__
from costcalc.rendering.escape import terminal
from costcalc.rendering.plot.drawing import extra


def fill(title: str, **values: Any) -> str:
    """The page of the template with these values. Raises CostcalcError where the extra is not installed."""
    style, script = _file("page.css"), _file("page.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    markup = extra("markupsafe").Markup
    page: str = _template().render(
        title=title,
        version=__version__,
        style=markup(style),
        script=markup(script),
        policy=policy,
        **values,
    )
    return page


def markup(text: str) -> Any:
    """A text of our own that is HTML already."""
    return extra("markupsafe").Markup(text)


@cache
def _template() -> Any:
    jinja = extra("jinja2")
    environment = jinja.Environment(
        loader=jinja.PackageLoader("costcalc.rendering.html"),
        autoescape=True,
        finalize=_plain,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja.StrictUndefined,
    )
    return environment.get_template("page.html")


def _plain(value: Any) -> Any:
    """Whatever stands in the template, as one line; markup stays as it is."""
    return terminal(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


@cache
def _file(name: str) -> str:
    environment = _template().environment
    text: str = environment.loader.get_source(environment, name)[0]
    return text


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
