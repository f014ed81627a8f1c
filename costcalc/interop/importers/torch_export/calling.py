"""How a model calls an operation: by a module of torch.nn's own, or by a function; some tools count by that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from costcalc.kinds import ELEMENTWISE, MOVES

#: A module of torch.nn that is one layer. Its subclasses, elsewhere, are none: tools look at the very class.
LEAF = re.compile(r"torch\.nn\.modules\.(?!container|activation\.Multihead|transformer|module)", re.ASCII)
#: What torch.nn.functional has that is compiled, and what Python's torch.functional has: their kind does not tell.
_COMPILED = re.compile(
    r"conv(_transpose)?[1-3]d|avg_pool[1-3]d|linear|bilinear|gelu|prelu|softplus|scaled_dot_product_attention"
    r"|pixel_(un)?shuffle|channel_shuffle|one_hot|logsigmoid|celu_|rrelu_|hardtanh_"
)
_FUNCTIONAL = frozenset(("einsum", "norm", "tensordot", "cdist", "split", "stft", "chain_matmul"))
_ATTENTION = "nn.MultiheadAttention"
#: The call that is meant where a layer of a kind without a module says nothing.
_USUAL = {"matmul": "torch.matmul"}


def call_of(meta: Mapping[str, Any], module: str, module_type: str, operation: str) -> str:
    """``F.relu``, ``torch.bmm`` or ``Tensor.mean`` (an operator, too); nothing where a module of torch.nn calls it.

    ``F.layer_norm in LayerNorm2d`` is called by a module of another class.
    """
    if LEAF.match(module_type) and module:
        return ""
    last = module_type.rpartition(".")[2]
    if module_type.startswith("torch.nn.modules.activation.Multihead"):
        return _ATTENTION
    owner, _, word = str((meta.get("torch_fn") or ("", ""))[1]).rpartition(".")
    called = f"{_space(owner, word)}.{word}" if word.isidentifier() else f"torch.{operation}"
    return f"{called} in {last}" if module and last.isidentifier() else called


def _space(owner: str, word: str) -> str:
    if owner == "function":
        return "torch" if word in _FUNCTIONAL else "F"
    if owner == "builtin_function_or_method":
        return "F" if _COMPILED.fullmatch(word) else "torch"
    return "Tensor" if "method" in owner or "descriptor" in owner else "torch"


def call_to_say(kind: str, call: str, *, held: bool) -> str:
    """The call as a layer of a kind says it: nothing where it is the usual one, or tells nothing of a cost.

    ``held``: its params are those of the module that calls it, which has no module inside.
    """
    plain, _, _ = call.partition(" in ")
    if kind in MOVES or (kind in ELEMENTWISE and plain.startswith("Tensor.")) or _USUAL.get(kind) == plain:
        return ""
    return call if held else plain
