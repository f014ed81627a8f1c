"""The planners that come with costcalc, a plain data value a module.

To add one: write its module (``PLANNER``, no code), and its line here. Each says something of every kind of layer.
"""

from __future__ import annotations

from importlib import import_module

from costcalc.planners.planner import Planner

#: name -> module; a module is imported when its planner is asked for.
PLANNERS = {
    "live": "costcalc.planners.live",
    "tflm": "costcalc.planners.tflm",
    "in_place": "costcalc.planners.in_place",
}

#: What memory is planned by where nobody says.
DEFAULT = "live"


def planner(name: str) -> Planner:
    """The planner of a name; raises KeyError where there is none."""
    found: Planner = import_module(PLANNERS[name]).PLANNER
    return found
