"""The commands, in the order in which ``costcalc --help`` lists them: name -> module.

A command is a module with a function ``command``: its parameters are typer's, its docstring is the help, it
returns the exit code. Its module is imported when the command is asked for, and no other's is.
"""

from __future__ import annotations

COMMANDS = {
    "analyze": "costcalc.cli.analyze",
    "alternatives": "costcalc.cli.alternatives",
    "explain": "costcalc.cli.explain",
    "zoo": "costcalc.cli.zoo",
    "schema": "costcalc.cli.schema",
    "verify": "costcalc.cli.verify",
    "conventions": "costcalc.cli.conventions",
    "reconcile": "costcalc.cli.reconcile",
    "check": "costcalc.cli.check",
    "baseline": "costcalc.cli.baseline",
    "diff": "costcalc.cli.diff",
    "validate": "costcalc.cli.validate",
    "init": "costcalc.cli.init",
    "convert": "costcalc.cli.convert",
}
