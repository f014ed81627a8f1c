"""Modules as functions: a layer a line, blocks as calls, copies as loops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from costcalc.interop.exporters.keras.helpers import FUNCTIONS, HELPERS
from costcalc.interop.exporters.source.identifiers import Names, identifier
from costcalc.interop.exporters.source.layout import WIDTH, Code, assignment, call
from costcalc.interop.exporters.source.modules import (
    REQUIRED,
    Argument,
    Chain,
    Copies,
    GraphStep,
    Module,
    ModuleCall,
    ModuleGraph,
)
from costcalc.interop.exporters.source.templates import Template, TemplateParameter, Templates, literal
from costcalc.interop.exporters.source.values import needs_no_name, uses_of

_TAKEN = ("keras", "layers", "ops", "math", "x", "y", "inputs", *HELPERS)

_WITHOUT_WEIGHTS = ("layers.ZeroPadding", "layers.Cropping", "layers.Flatten")


class _Shared(NamedTuple):
    """What is called more than once: the variable of its layer, and what it is made of."""

    name: str
    module: Module
    codes: Sequence[str]


class Writer:
    """Writes functions; ``used`` are the layers that it has named."""

    def __init__(self, templates: Templates) -> None:
        self.templates = templates
        self.used: set[str] = set()

    def defined(self, template: Template) -> Iterator[str]:
        """The function of a template."""
        arguments = [
            each.name if each.default is REQUIRED else f"{each.name}={literal(each.default)}"
            for each in template.parameters
        ]
        module, codes = template.module, template.codes()
        count = module.inputs if isinstance(module, ModuleGraph) else 1
        inputs = ["x"] if count == 1 else [f"input_{index + 1}" for index in range(count)]
        yield from _signature(template.name, [*inputs, *arguments])
        if isinstance(module, ModuleGraph):
            yield from self.body(module, codes, inputs)
            return
        assert isinstance(module, Chain)
        yield from self.statements(module, codes, "x", "x", "    ", inline=True)
        yield "    return x"

    def body(
        self,
        body: ModuleGraph,
        codes: Sequence[str],
        inputs: Sequence[str],
        result: str = "{}",
        further: Sequence[int] = (),
    ) -> Iterator[str]:
        """The lines of a body; ``result`` is what it returns, with its output in the braces.

        ``further`` are the steps that it returns too, behind its output.
        """
        functions = (template.name for template in self.templates.classes())
        names = Names((*_TAKEN, *inputs, *codes, *functions))
        shared = {step.same_as for step in body.steps}
        has_parameter = any(step.operation == "parameter" for step in body.steps)
        values = {~index: name for index, name in enumerate(inputs)}
        layers: dict[int, _Shared] = {}
        uses = uses_of(body)
        for index in further:
            uses.setdefault(index, []).append(len(body.steps))
        short = "y" if has_parameter else "x"
        busy = uses.get(-1, [-1])[-1] if inputs[0] == short else -1
        at = 0
        for index, step in enumerate(body.steps):
            mine: Sequence[str] = ()
            if step.module is not None:
                size = len(self.templates.values(step.module))
                mine = codes[at : at + size]
                at += size
            own = identifier(step.name)
            target = short if needs_no_name(body, index, uses, busy) else None
            if target is None:
                target = names.new(own)
            else:
                busy = uses.get(index, [-1])[-1]
            values[index] = target
            taken = ", ".join(values[value] for value in step.inputs) or inputs[0]
            if index in shared and step.module is not None:
                layers[index] = _Shared(names.new(f"{own}_layer"), step.module, mine)
                yield from self.object(layers[index])
                yield from self.again(layers[index], target, taken)
            elif step.same_as is not None:
                yield from self.again(layers[step.same_as], target, taken)
            elif step.module is None:
                yield f"    {target} = {_join(step, [values[value] for value in step.inputs])}"
            else:
                yield from self.statements(step.module, mine, target, taken, "    ")
        returned = ", ".join(values[index] for index in (body.output, *further))
        yield f"    return {result.format(f'[{returned}]' if further else returned)}"

    def object(self, shared: _Shared) -> Iterator[str]:
        """The line that makes a layer to call more than once."""
        for part, codes in self.parts(shared.module, shared.codes):
            if not part.callee.startswith(_WITHOUT_WEIGHTS):
                yield from assignment(shared.name, self.layer(part, codes), "    ")

    def again(self, shared: _Shared, target: str, value: str) -> Iterator[str]:
        """A call of it. What has no weights is made anew, for a map of another size."""
        for part, codes in self.parts(shared.module, shared.codes):
            if part.callee.startswith(_WITHOUT_WEIGHTS):
                yield from self.statements(part, codes, target, value, "    ")
            else:
                yield f"    {target} = {shared.name}({value})"
            value = target

    def parts(self, module: Module, codes: Sequence[str]) -> Iterator[tuple[ModuleCall, Sequence[str]]]:
        """The layers of a single node, with their values."""
        at = 0
        for part in module.parts if isinstance(module, Chain) else (module,):
            assert isinstance(part, ModuleCall)
            size = len(self.templates.values(part))
            yield part, codes[at : at + size]
            at += size

    def layer(self, module: ModuleCall, codes: Sequence[str]) -> Code:
        """A layer of Keras, or of our helpers."""
        self.used.add(module.callee)
        return call(
            module.callee, list(_given(list(zip(module.arguments, codes, strict=True)))), module.close
        )

    def statements(
        self, module: Module, codes: Sequence[str], target: str, value: str, indent: str, inline: bool = False
    ) -> Iterator[str]:
        """The lines that put what a module makes of a value into a variable."""
        template = self.templates.of(module)
        if template.name and not inline:
            arguments = list(_given([(each, codes[each.place]) for each in template.parameters]))
            yield from assignment(target, call(template.name, [value, *arguments]), indent)
        elif isinstance(module, ModuleCall) and module.callee in FUNCTIONS:
            self.used.add(module.callee)
            given = _given(list(zip(module.arguments, codes, strict=True)))
            yield from assignment(target, call(module.callee, [value, *given]), indent)
        elif isinstance(module, ModuleCall):
            code = self.layer(module, codes)
            yield from assignment(target, code._replace(after=f"{code.after}({value})"), indent)
        elif isinstance(module, Copies):
            if target != value:
                yield f"{indent}{target} = {value}"
            yield f"{indent}for _ in range({module.times}):"
            yield from self.statements(module.module, codes, target, target, f"{indent}    ")
        else:
            assert isinstance(module, Chain)
            at = 0
            for part in module.parts:
                size = len(self.templates.values(part))
                yield from self.statements(part, codes[at : at + size], target, value, indent)
                at += size
                value = target


def _join(step: GraphStep, names: Sequence[str]) -> str:
    if step.operation == "concat":
        return f"layers.Concatenate(axis={step.detail[0]})([{', '.join(names)}])"
    spread = [
        f"layers.Reshape({shape})({name})" if shape else name
        for name, shape in zip(names, step.detail, strict=True)
    ]
    return (" * " if step.operation == "multiply" else " + ").join(spread)


def _given(arguments: Sequence[tuple[Argument | TemplateParameter, str]]) -> Iterator[str]:
    for argument, code in arguments:
        if argument.default is REQUIRED:
            yield code
        elif code != literal(argument.default):
            yield f"{argument.name}={code}"


def _signature(name: str, arguments: Sequence[str]) -> Iterator[str]:
    flat = f"def {name}({', '.join(arguments)}):"
    if len(flat) <= WIDTH:
        yield flat
        return
    yield f"def {name}("
    yield from (f"    {argument}," for argument in arguments)
    yield "):"
