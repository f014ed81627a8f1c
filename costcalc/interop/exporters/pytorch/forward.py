"""The forward method of a body of steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from costcalc.interop.exporters.pytorch.windows import Slid
from costcalc.interop.exporters.source.modules import GraphStep, ModuleGraph
from costcalc.interop.exporters.source.templates import literal
from costcalc.interop.exporters.source.values import needs_no_name, uses_of


def forward_lines(body: ModuleGraph, attributes: Sequence[str], inputs: Sequence[str]) -> Iterator[str]:
    """A line a step, and the return; ``attributes`` name the steps, ``inputs`` what comes in."""
    uses = uses_of(body)
    names: dict[int, str] = {~index: name for index, name in enumerate(inputs)}
    busy = uses.get(~inputs.index("x"), [-1])[-1] if "x" in inputs else -1
    for index, step in enumerate(body.steps):
        if step.module is not None and step.operation in ("parameter", "buffer"):
            names[index] = f"self.{attributes[index]}"
            continue
        if step.operation in ("parameter", "buffer"):
            assert step.same_as is not None
            names[index] = f"self.{attributes[step.same_as]}"
            continue
        last = index == body.output == len(body.steps) - 1
        code = _expression(step, attributes[index if step.same_as is None else step.same_as], names)
        if last:
            yield f"return {code}"
            return
        names[index] = attributes[index]
        if needs_no_name(body, index, uses, busy):
            names[index] = "x"
            busy = uses.get(index, [-1])[-1]
        yield f"{names[index]} = {code}"
    yield f"return {names[body.output]}"


def _expression(step: GraphStep, attribute: str, names: dict[int, str]) -> str:
    values = [names[value] for value in step.inputs]
    if step.operation == "call":
        return f"self.{attribute}({', '.join(values)})"
    if step.operation == "slide":
        return _slid(Slid(*step.detail), f"self.{attribute}", values[0])
    if step.operation == "concat":
        dim, rank, alone = step.detail
        if alone:
            first = values[alone.index(False)]
            kept = ", -1" * (rank + 1)
            values = [
                f"{value}.expand({first}.shape[0]{kept})" if lone else value
                for value, lone in zip(values, alone, strict=True)
            ]
        return f"torch.cat([{', '.join(values)}], dim={dim})"
    spread = [
        f"{value}[:, :{', None' * missing}]" if missing else value
        for value, missing in zip(values, step.detail, strict=True)
    ]
    return (" * " if step.operation == "multiply" else " + ").join(spread)


def _slid(way: Slid, module: str, value: str) -> str:
    """A convolution with the weights of a module."""
    owner = module if way.place is None else f"{module}[{way.place}]"
    given = f"F.pad({value}, {way.before})" if way.before else value
    own = "".join(f", {each.name}={literal(each.value)}" for each in way.arguments)
    code = f"{way.function}({given}, {owner}.weight, {owner}.bias{own})"
    return f"F.pad({code}, {way.after})" if way.after else code
