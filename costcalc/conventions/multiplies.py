"""Ours: what ``multiplies`` and ``params`` mean everywhere."""

from costcalc.conventions.convention import MULTIPLIES

CONVENTION = MULTIPLIES
