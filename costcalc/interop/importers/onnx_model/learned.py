"""Which tensors of a file are learned. ONNX does not say; PyTorch's newer exporter notes what tells.

It notes of each tensor that is a parameter or a buffer which of the two it is, and of each that it computed before
writing the file the names of what it was computed from. A causal mask, a table of positions are of neither kind.
"""

from __future__ import annotations

import re

from costcalc.interop.importers.onnx_model.proto import Model

_LEARNED = "PARAMETER"
_QUOTED = re.compile(r"'([^']*)'")
_STEP = re.compile(r"(?:val|_tensor_constant|c?_?lifted_tensor)_?\d+", re.ASCII)
_NUMBER = re.compile(r"(?:_default)?(?:_\d+)?$", re.ASCII)
#: What PyTorch calls the steps that make such tensors; any other name may be a parameter's.
_NAMES = """
    _to_copy _unsafe_view abs add alias arange bitwise_and bitwise_not bitwise_or cat ceil clamp clamp_max clamp_min
    clone contiguous convert_element_type copy cos cumsum detach div empty empty_like eq exp expand eye fill flip floor
    floor_divide full full_like ge getitem gt index index_put le lift_fresh_copy linspace log logical_and logical_not
    logical_or lt masked_fill maximum mean minimum mul ne neg new_full new_ones new_zeros ones ones_like outer pad
    permute pow reciprocal remainder repeat reshape roll round rsqrt rsub scalar_tensor select shape sin slice sqrt
    squeeze stack sub sum transpose tril triu unsqueeze view where zeros zeros_like
"""
_COMPUTATIONS = frozenset(_NAMES.split())


def fixed_tensors(model: Model) -> set[str]:
    """The names of the stored tensors that are known not to be learned."""
    if not model.kinds:
        return set()
    made = {info.name for info in model.inputs} | {name for node in model.nodes for name in node.outputs}
    return {
        name
        for name in model.initializers
        if model.kinds.get(name) != _LEARNED
        and not _may_follow_from_learned(model.folded.get(name, ""), made)
    }


def copies_of(model: Model) -> dict[str, str]:
    """Stored tensors that are another one in another order, such as the transpose of a table, by its name."""
    found = {}
    for name, sources in model.folded.items():
        names = _QUOTED.findall(sources)
        source = model.initializers.get(names[0]) if len(names) == 1 else None
        held = model.initializers.get(name)
        if source is not None and held is not None and sorted(source.dims) == sorted(held.dims):
            found[name] = names[0]
    return found


def _may_follow_from_learned(sources: str, made: set[str]) -> bool:
    return any(
        name not in made and not _STEP.fullmatch(name) and _NUMBER.sub("", name) not in _COMPUTATIONS
        for name in _QUOTED.findall(sources)
    )
