"""How a model calls its layers, where that is not as a module of the framework's own: some tools count by it.

    called: {relu: F.relu, global_avg_pool: Tensor.mean}

It says so of the layers of a kind: ``F.relu`` (torch.nn.functional), ``torch.bmm``, ``Tensor.mean`` (a method, or an
operator), ``nn.MultiheadAttention`` (inside a module that does more), ``F.layer_norm in LayerNorm2d`` (in a module of a
class of the model's own), or ``module``, as where nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from costcalc.quantity import shown

MODULE = "module"
PATTERN = r"(F|torch|Tensor|nn)\.[A-Za-z_][A-Za-z0-9_]{0,99}( in [A-Za-z_][A-Za-z0-9_]{0,99})?"
CALLED_SCHEMA = {
    "title": "called",
    "description": "how the model calls its layers of a kind, where not as modules of the framework's own",
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"type": "string", "pattern": f"^({MODULE}|{PATTERN})$"},
}


def parse_called(value: object) -> dict[str, str]:
    """Kinds of layers, and how they are called; raises ValueError."""
    if not isinstance(value, Mapping) or not value:
        raise ValueError(f"must be a mapping of kinds to calls, such as {{relu: F.relu}}, not {shown(value)}")
    for kind, call in value.items():
        if not isinstance(kind, str):
            raise ValueError(f"must name kinds of layers, not {shown(kind)}")
        if not isinstance(call, str) or not (call == MODULE or re.fullmatch(PATTERN, call)):
            raise ValueError(f"must say module, or a call such as F.relu or Tensor.mean, not {shown(call)}")
    return dict(value)
