"""What the user wrote: the frame of a spec, its budget and its published figures."""

from costcalc.spec.frame import NetworkSpec, parse_spec

__all__ = ["NetworkSpec", "parse_spec"]
