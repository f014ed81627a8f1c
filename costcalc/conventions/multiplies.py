"""Ours: what ``multiplies`` and ``params`` mean everywhere."""

from costcalc.convention import MULTIPLIES

CONVENTION = MULTIPLIES
