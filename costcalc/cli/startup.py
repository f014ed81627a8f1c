"""What a command need not wait for: pydantic's search for plugins.

Before it builds its first model, pydantic imports ``importlib.metadata`` to read the metadata of every package
that is installed: a tenth of the time that a small command takes, and no model of ours has a use for a plugin.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Any

_LOADER = "pydantic.plugin._loader"


def skip_plugins() -> None:
    """Tell pydantic that it has no plugins; without effect where it is imported already."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    if _LOADER not in sys.modules:
        sys.modules[_LOADER] = _NoPlugins(_LOADER)


class _NoPlugins(ModuleType):
    """Stands for pydantic's loader of plugins; asked for anything else, it gives way to the real one."""

    @staticmethod
    def get_plugins() -> tuple[()]:
        return ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        from importlib import import_module

        if sys.modules.get(_LOADER) is self:
            del sys.modules[_LOADER]
        return getattr(import_module(_LOADER), name)
