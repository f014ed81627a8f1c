"""Writes into part of a tensor, which the graph does not show as values.

``x[:, :8] = y`` writes through a view: later readers of ``x`` name the old value. Where what is written or written to
follows from the model's input, that would lose operations, so it is refused. A whole tensor that is written in place
(``relu_``) is no such case: its later readers name the new value.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from costcalc.interop.importers.errors import ModelError

_VIEWS = frozenset(
    [
        "view",
        "reshape",
        "_unsafe_view",
        "unflatten",
        "flatten",
        "squeeze",
        "unsqueeze",
        "permute",
        "transpose",
        "swapaxes",
        "movedim",
        "t",
        "slice",
        "select",
        "narrow",
        "split",
        "chunk",
        "unbind",
        "getitem",
        "expand",
        "expand_as",
        "view_as",
        "alias",
        "detach",
        "unfold",
        "diagonal",
        "T",
        "mT",
    ]
)
#: What takes only the sizes of a tensor, not what is in it.
FACTORIES = frozenset(
    [
        "new_zeros",
        "new_ones",
        "new_full",
        "new_empty",
        "new_empty_strided",
        "zeros_like",
        "ones_like",
        "full_like",
        "empty_like",
        "rand_like",
        "randn_like",
    ]
)


def refuse_hidden_writes(nodes: Sequence[Any], live: Collection[str], inputs: Collection[str]) -> None:
    """Raise ModelError where a needed value is changed through a view of it."""
    known = set(inputs)  # names of values that follow from the model's input
    place = {node.name: index for index, node in enumerate(nodes)}
    for index, node in enumerate(nodes):
        if _word(node) not in FACTORIES and any(source.name in known for source in node.all_input_nodes):
            known.add(node.name)
        if node.op != "call_function" or not _writes(node) or not node.args:
            continue
        base = _base(node.args[0])
        later = [user for user in base.users if place[user.name] > index and _read(user, live)]
        if base is not node.args[0] and later and (node.name in known or base.name in known):
            stack = node.meta.get("nn_module_stack") or {}
            path = list(stack.values())[-1][0] if stack else ""
            raise ModelError(
                f"{node.target}{f' in {path}' if path else ''} writes into a part of a tensor, which cannot be "
                "followed: build the tensor from its parts (torch.cat, torch.where) instead"
            )


def _read(user: Any, live: Collection[str]) -> bool:
    return user.op == "output" or user.name in live


def _writes(node: Any) -> bool:
    word = str(node.target).split(".")[1] if str(node.target).startswith("aten.") else ""
    return word.endswith("_") and not word.startswith("__")


def _base(node: Any) -> Any:
    """The tensor that a view looks at."""
    while node.op == "call_function" and node.args and _word(node) in _VIEWS and hasattr(node.args[0], "op"):
        node = node.args[0]
    return node


def _word(node: Any) -> str:
    target = str(node.target)
    return (
        target.split(".")[1].rstrip("_")
        if target.startswith("aten.")
        else getattr(node.target, "__name__", "")
    )
