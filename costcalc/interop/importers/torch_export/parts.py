"""Parameters that hold the weights of several layers, one behind the other, and are only ever taken apart again.

So has nn.MultiheadAttention those of its query, key and value. Each part is then a parameter of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from costcalc.interop.importers.torch_export.trace import TensorRef, Trace, TracedStep

_SPLITS = ("split", "split_with_sizes", "chunk", "tensor_split", "unsafe_split", "unsafe_chunk")


def parted(trace: Trace) -> dict[str, str]:
    """The steps that take a parameter apart, all of it, into weights of linear layers -> the parameter's name."""
    users: dict[str, list[tuple[TracedStep, str]]] = {}
    for step in trace.steps:
        for argument, name in _references(step.arguments):
            users.setdefault(name, []).append((step, argument))
    found: dict[str, str] = {}
    for name, (full, _) in trace.parameters.items():
        steps = [step for step, _ in users.get(name, ())]
        alike = len({step.sizes for step in steps}) == 1
        if alike and name not in trace.outputs and all(_is_parting(step, users) for step in steps):
            found |= {step.name: full for step in steps}
    return found


def part_name(full: str, index: int) -> str:
    """What one part of a parameter is called."""
    return f"{full}[{index}]"


def _is_parting(step: TracedStep, users: Mapping[str, list[tuple[TracedStep, str]]]) -> bool:
    """Whether every piece that a step makes is taken, and only as a weight or bias."""
    if step.operation not in _SPLITS or step.arguments.get("dim", 0) != 0:
        return False
    items = [item for item, _ in users.get(step.name, ())]
    if {item.arguments.get("1") for item in items if item.operation == "getitem"} != set(
        range(len(step.sizes))
    ):
        return False
    takers = [taker for item in items for taker in users.get(item.name, ())]
    return all(taker.operation == "linear" and word in ("weight", "bias") for taker, word in takers)


def _references(arguments: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for argument, value in arguments.items():
        waiting = [value]
        while waiting:
            each = waiting.pop()
            if isinstance(each, TensorRef):
                yield argument, each.name
            elif isinstance(each, list):
                waiting += each
