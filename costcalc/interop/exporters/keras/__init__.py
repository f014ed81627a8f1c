"""A network as a Keras model in source code: the functional API, readable, runnable, free of costcalc.

Layers that belong together are a function: a block, a residual, a convolution with its norm and activation. Those that
differ in numbers alone share one, with these as its arguments.
"""

from __future__ import annotations

from collections.abc import Iterator

from costcalc.errors import CostcalcError
from costcalc.interop.exporters.keras.functions import Writer
from costcalc.interop.exporters.keras.helpers import HELPERS
from costcalc.interop.exporters.keras.layers import leaf_of
from costcalc.interop.exporters.source.header import header
from costcalc.interop.exporters.source.identifiers import Names, identifier
from costcalc.interop.exporters.source.modules import ModuleGraph
from costcalc.interop.exporters.source.program import program
from costcalc.interop.exporters.source.templates import Templates, literal
from costcalc.network import Network

_TAKEN = ("keras", "layers", "ops", "math", "self", "build", "model", "inputs", "x", "y", "range", *HELPERS)


def export(network: Network) -> str:
    """The source code of a model; raises CostcalcError where Keras has nothing for a layer."""
    body = program(network, leaf_of(network), reuse_groups=False)
    templates = Templates(body, Names(_TAKEN), _TAKEN, functions=True)
    writer = Writer(templates)
    functions = [line for each in templates.classes() for line in ("", "", *writer.defined(each))]
    names = Names(_TAKEN)
    inputs = ["x"] if len(network.inputs) == 1 else [names.new(identifier(name)) for name in network.inputs]
    codes = [
        literal(value)
        for step in body.steps
        if step.module is not None
        for value in templates.values(step.module)
    ]
    shapes = [(*shape.spatial, shape.channels) for shape in network.inputs.values()]
    whole = [
        "def build():",
        *(f"    {name} = keras.Input(shape={shape})" for name, shape in zip(inputs, shapes, strict=True)),
        *([f"    inputs = [{', '.join(inputs)}]"] if len(inputs) > 1 else ["    inputs = x"]),
        *writer.body(
            body,
            codes,
            inputs,
            result="keras.Model(inputs, {}" + f', name="{identifier((network.name or "network").lower())}")',
            further=_further_outputs(network, body),
        ),
    ]
    helpers = [text.strip() for name, text in HELPERS.items() if name in writer.used]
    operations = ", ops" if helpers else ""
    head = [
        *header(network, "Keras"),
        "import math",
        "",
        "import keras",
        f"from keras import layers{operations}",
    ]
    classes = [line for text in helpers for line in ("", "", text)]
    return "\n".join([*head, *classes, *functions, "", "", *whole, *_main()]) + "\n"


def _further_outputs(network: Network, body: ModuleGraph) -> list[int]:
    """The steps that nothing takes: Keras leaves out of a model what leads to none of its outputs.

    Raises CostcalcError where such a layer stands in a function, and cannot be returned.
    """
    taken = {value for step in body.steps for value in step.inputs} | {body.output}
    found = [index for index in range(len(body.steps)) if index not in taken]
    used = {source for node in network.nodes for source in node.inputs} | {network.output}
    unused = [node.path for index, node in enumerate(network.nodes) if index not in used]
    if len(unused) > len(found):
        names = {body.steps[index].name for index in found}
        inside = next((path for path in unused if path.split("/")[0] not in names), unused[0])
        raise CostcalcError(f"{inside}: nothing uses it, and a Keras model would leave it out")
    return found


def _main() -> Iterator[str]:
    yield from (
        "",
        "",
        'if __name__ == "__main__":',
        "    model = build()",
        "    parameters = sum(math.prod(weight.shape) for weight in model.trainable_weights)",
        '    print(f"{parameters:,} trainable parameters, output {model.output_shape}")',
    )
