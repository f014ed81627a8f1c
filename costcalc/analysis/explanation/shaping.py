"""The stories of the kinds that have neither multiplies nor params, but an output of another size."""

from __future__ import annotations

from costcalc.analysis.explanation.formula import FormulaStep, formula, size_formula
from costcalc.analysis.explanation.story import Story, positions_step
from costcalc.layers.concat import Concat
from costcalc.layers.fields import resolved_padding
from costcalc.layers.pad import Pad
from costcalc.layers.products import C_IN, POSITIONS, POSITIONS_IN, C, axes
from costcalc.layers.slice import Slice
from costcalc.layers.upsample import Upsample
from costcalc.network import Node


def explain_global_pool(node: Node) -> Story:
    return Story(steps=(positions_step("window", node.input_shapes[0]),))


def explain_adaptive_avg_pool(node: Node) -> Story:
    return Story(remarks=("output i is the mean of the inputs from ⌊i·in/out⌋ to ⌈(i + 1)·in/out⌉ − 1",))


def explain_flatten(node: Node) -> Story:
    source = node.input_shapes[0]
    return Story(steps=(FormulaStep("C", formula((POSITIONS_IN(source.spatial), C_IN(source.channels)))),))


def explain_reshape(node: Node) -> Story:
    return Story(
        steps=(FormulaStep("elements", formula((POSITIONS(node.output.spatial), C(node.output.channels)))),)
    )


def explain_pad(node: Node) -> Story:
    layer, source = node.layer, node.input_shapes[0]
    assert isinstance(layer, Pad)
    ones = (1,) * len(source.spatial)
    pads = resolved_padding(source.spatial, ones, ones, ones, layer.padding)
    sizes = zip(axes(len(pads)), source.spatial, pads, node.output.spatial, strict=True)
    steps = [_padded(*size) for size in sizes if any(size[2])]
    if any(layer.channels):
        steps.append(_padded("C", source.channels, layer.channels, node.output.channels))
    return Story(steps=tuple(steps))


def _padded(name: str, size: int, pads: tuple[int, int], output: int) -> FormulaStep:
    return FormulaStep(name, size_formula("in + before + after", f"{size} + {pads[0]} + {pads[1]}", output))


def explain_upsample(node: Node) -> Story:
    layer, source = node.layer, node.input_shapes[0]
    assert isinstance(layer, Upsample)
    if layer.scale is None:
        return Story()
    scales = layer.scale if isinstance(layer.scale, tuple) else (layer.scale,) * len(source.spatial)
    sizes = zip(axes(len(scales)), source.spatial, scales, node.output.spatial, strict=True)
    return Story(
        steps=tuple(
            FormulaStep(name, size_formula("⌊in·scale⌋", f"⌊{size}·{scale}⌋", output))
            for name, size, scale, output in sizes
        )
    )


def explain_slice(node: Node) -> Story:
    layer, source = node.layer, node.input_shapes[0]
    assert isinstance(layer, Slice)
    steps = []
    if layer.spatial is not None:
        pieces = layer.spatial * len(source.spatial) if len(layer.spatial) == 1 else layer.spatial
        sizes = zip(axes(len(pieces)), pieces, node.output.spatial, strict=True)
        steps += [_piece(*size) for size in sizes]
    if layer.channels is not None:
        steps.append(_piece("C", layer.channels, node.output.channels))
    if layer.of is not None:
        steps.append(
            FormulaStep("C", size_formula("C_in/of", f"{source.channels}/{layer.of}", node.output.channels))
        )
    return Story(steps=tuple(steps))


def _piece(name: str, piece: tuple[int, int], size: int) -> FormulaStep:
    return FormulaStep(name, size_formula("stop − start", f"{piece[1]} − {piece[0]}", size))


def explain_concat(node: Node) -> Story:
    layer, output = node.layer, node.output
    assert isinstance(layer, Concat)
    if layer.axis == "channels":
        name, sizes, total = "C", [shape.channels for shape in node.input_shapes], output.channels
    else:
        name = layer.axis[0].upper()
        at = axes(len(output.spatial)).index(name)
        sizes, total = [shape.spatial[at] for shape in node.input_shapes], output.spatial[at]
    return Story(
        steps=(
            FormulaStep(name, size_formula(f"the inputs' {layer.axis}", " + ".join(map(str, sizes)), total)),
        )
    )


def explain_elementwise(node: Node) -> Story:
    repeated = [shape for shape in node.input_shapes if shape.elements < node.output.elements]
    return Story(remarks=("axes of size 1 are repeated",) if repeated else ())
