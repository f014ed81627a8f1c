"""The manual's topics, which ``costcalc explain TOPIC`` prints: pages of ``docs/topics``, the same text in both.

An installed package holds them in ``costcalc/_topics``; a checkout (and so an editable install) in ``docs/topics``
beside the package.
"""

from __future__ import annotations

import os

_SUFFIX = ".md"


def topic_names() -> list[str]:
    """The names of the topics, sorted."""
    return sorted(name.removesuffix(_SUFFIX) for name in os.listdir(_folder()) if name.endswith(_SUFFIX))


def topic_text(name: str) -> str:
    """A topic's text, in Markdown; raises FileNotFoundError where there is none."""
    with open(os.path.join(_folder(), name + _SUFFIX), encoding="utf-8") as file:
        return file.read()


def _folder() -> str:
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = os.path.join(package, "_topics")
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(package), "docs", "topics")
