"""A network as a PyTorch module in source code: readable, runnable, free of costcalc.

Layers that belong together are a class: a block, a residual, a convolution with its norm and activation. Those that
differ in numbers alone share one, with these as its arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from costcalc.interop.exporters.pytorch.attention import attentions
from costcalc.interop.exporters.pytorch.deformable import deformables
from costcalc.interop.exporters.pytorch.forward import forward_lines
from costcalc.interop.exporters.pytorch.helpers import HELPERS, NEEDS
from costcalc.interop.exporters.pytorch.layers import leaf_of
from costcalc.interop.exporters.pytorch.wholes import with_wholes
from costcalc.interop.exporters.source.header import header
from costcalc.interop.exporters.source.identifiers import Names, class_name, identifier
from costcalc.interop.exporters.source.layout import Code, assignment, call
from costcalc.interop.exporters.source.modules import (
    REQUIRED,
    Argument,
    Chain,
    Copies,
    Module,
    ModuleCall,
    ModuleGraph,
)
from costcalc.interop.exporters.source.program import program
from costcalc.interop.exporters.source.templates import Template, TemplateParameter, Templates, literal
from costcalc.network import Network

#: What an attribute of a module must not be called, since nn.Module has it.
_WORDS = (
    "add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval extra_repr "
    "float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules mtia "
    "named_buffers named_children named_modules named_parameters parameters register_backward_hook register_buffer "
    "register_forward_hook register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook "
    "register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter "
    "register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule "
    "share_memory state_dict to to_empty train training type xpu zero_grad append extend insert pop"
)
_TAKEN = _WORDS.split()
_OF_TORCHVISION = {"DeformConv2d": "from torchvision.ops import DeformConv2d"}
_IMPORTED = ("torch", "nn", "F", "model", "output", "parameters", *HELPERS, *_OF_TORCHVISION)


def export(network: Network) -> str:
    """The source code of a module; raises CostcalcError where PyTorch has nothing for a layer."""
    whole = with_wholes(network, {**attentions(network), **deformables(network)})
    body = program(whole, leaf_of(whole))
    names = Names(_IMPORTED)
    name = names.new(class_name(network.name or ""))
    templates = Templates(body, names, ("self", "x", "torch", "nn", "F"))
    writer = _ClassWriter(templates)
    inputs = ["x"] if len(network.inputs) == 1 else _unique(network.inputs, ("self", "torch", "nn", "F"))
    classes = [line for each in templates.classes() for line in ("", "", *writer.defined(each))]
    outer = writer.body_class(name, body, _literals(templates, body), inputs, ())
    lines = [*classes, "", "", *outer, *_main(network, name)]
    helpers = list(_helpers(writer.used))
    functional = any("F." in line for line in (*helpers, *lines))
    imports = ["import torch", *(["import torch.nn.functional as F"] if functional else [])]
    imports += [
        "from torch import nn",
        *(_OF_TORCHVISION[name] for name in sorted(writer.used & {*_OF_TORCHVISION})),
    ]
    return "\n".join([*header(network, "PyTorch"), *imports, *helpers, *lines]) + "\n"


def _literals(templates: Templates, body: ModuleGraph) -> list[str]:
    return [
        literal(value)
        for step in body.steps
        if step.module is not None
        for value in templates.values(step.module)
    ]


def _unique(texts: Iterable[str], taken: Iterable[str]) -> list[str]:
    names = Names(taken)
    return [names.new(identifier(text)) for text in texts]


def _helpers(used: set[str]) -> Iterator[str]:
    wanted = used | {need for name in used for need in NEEDS.get(name, ())}
    for name, text in HELPERS.items():
        if name in wanted:
            yield from ("", "", text.strip())


def _main(network: Network, name: str) -> Iterator[str]:
    examples = [
        f"torch.randn({', '.join(map(str, (1, shape.channels, *shape.spatial)))})"
        for shape in network.inputs.values()
    ]
    yield from (
        "",
        "",
        'if __name__ == "__main__":',
        f"    model = {name}().eval()",
        "    parameters = sum(parameter.numel() for parameter in model.parameters())",
        "    with torch.no_grad():",
        *assignment("output", call("model", examples), "        "),
        '    print(f"{parameters:,} parameters, output {tuple(output.shape)}")',
    )


class _ClassWriter:
    """Modules as code; ``used`` are the helpers that it has named."""

    def __init__(self, templates: Templates) -> None:
        self.templates = templates
        self.used: set[str] = set()

    def defined(self, template: Template) -> Iterator[str]:
        """The class of a template."""
        codes = template.codes()
        arguments = [
            each.name if each.default is REQUIRED else f"{each.name}={literal(each.default)}"
            for each in template.parameters
        ]
        module = template.module
        if isinstance(module, ModuleGraph):
            inputs = ["x"] if module.inputs == 1 else [f"input_{index + 1}" for index in range(module.inputs)]
            yield from self.body_class(template.name, module, codes, inputs, arguments)
            return
        assert isinstance(module, Chain)
        yield f"class {template.name}(nn.Sequential):"
        yield from _signature(arguments)
        yield from assignment("", Code("super().__init__(", self._parts(module, codes), ")", True), " " * 8)

    def body_class(
        self,
        name: str,
        body: ModuleGraph,
        codes: Sequence[str],
        inputs: Sequence[str],
        arguments: Sequence[str],
    ) -> Iterator[str]:
        """A class of steps."""
        names = Names((*_TAKEN, *inputs, *arguments, "self", "torch", "nn", "F", "x"))
        attributes = [names.new(identifier(step.name)) for step in body.steps]
        yield f"class {name}(nn.Module):"
        yield from _signature(arguments)
        yield "        super().__init__()"
        at = 0
        for step, attribute in zip(body.steps, attributes, strict=True):
            if step.module is None:
                continue
            size = len(self.templates.values(step.module))
            code = self._code(step.module, codes[at : at + size])
            at += size
            if step.operation == "buffer":
                code = Code("self.register_buffer(", (Code(repr(attribute)), code), ")")
            target = "" if step.operation == "buffer" else f"self.{attribute}"
            yield from assignment(target, code, " " * 8)
        yield ""
        yield f"    def forward(self, {', '.join(inputs)}):"
        yield from (f"        {line}" for line in forward_lines(body, attributes, inputs))

    def _code(self, module: Module, codes: Sequence[str]) -> Code:
        template = self.templates.of(module)
        if template.name:
            return call(
                template.name,
                list(_given([(each, codes[each.place]) for each in template.parameters])),
            )
        if isinstance(module, ModuleCall):
            self.used.add(module.callee)
            return call(
                module.callee, list(_given(list(zip(module.arguments, codes, strict=True)))), module.close
            )
        if isinstance(module, Copies):
            return Code("nn.Sequential(", (self._copies(module, codes),), ")")
        assert isinstance(module, Chain)
        parts = self._parts(module, codes)
        return Code("nn.Sequential(", parts, ")", len(parts) > 1)

    def _copies(self, module: Copies, codes: Sequence[str]) -> Code:
        one = self._code(module.module, codes)
        each = one._replace(after=f"{one.after} for _ in range({module.times})")
        return Code("*(", (each,), ")", generator=True)

    def _parts(self, module: Chain, codes: Sequence[str]) -> tuple[Code, ...]:
        found: list[Code] = []
        at = 0
        for part in module.parts:
            size = len(self.templates.values(part))
            mine = codes[at : at + size]
            at += size
            if isinstance(part, Copies):
                found.append(self._copies(part, mine))
            elif isinstance(part, Chain) and not self.templates.of(part).name:
                found += self._parts(part, mine)
            else:
                found.append(self._code(part, mine))
        return tuple(found)


def _given(arguments: Sequence[tuple[Argument | TemplateParameter, str]]) -> Iterator[str]:
    for argument, code in arguments:
        name, default = argument.name, argument.default
        if default is REQUIRED:
            yield code
        elif code != literal(default):
            yield f"{name}={code}"


def _signature(arguments: Sequence[str]) -> Iterator[str]:
    flat = f"    def __init__({', '.join(('self', *arguments))}):"
    if len(flat) <= 100:
        yield flat
        return
    yield "    def __init__("
    yield from (f"        {argument}," for argument in ("self", *arguments))
    yield "    ):"
