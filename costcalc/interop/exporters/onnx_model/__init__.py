"""A network as an ONNX model: N×C×H×W, a node or a few for each primitive, weights that are one number everywhere.

The weights are made by ConstantOfShape nodes, so that the file is small, and still runs. Source of the operations:
https://onnx.ai/onnx/operators, operator set 21.
"""

from __future__ import annotations

from costcalc.interop.exporters.onnx_model.functions import WRITERS as FUNCTIONS
from costcalc.interop.exporters.onnx_model.graph import FLOAT, INT64, GraphWriter, onnx_package
from costcalc.interop.exporters.onnx_model.layers import WRITERS as LAYERS
from costcalc.interop.exporters.onnx_model.sequences import WRITERS as SEQUENCES
from costcalc.network import Network

OPSET, IR_VERSION = 21, 10


#: Kind -> what writes it.
WRITERS = {**LAYERS, **FUNCTIONS, **SEQUENCES}


def export(network: Network) -> bytes:
    """The model as bytes. Raises CostcalcError where onnx is missing, or has nothing for a layer."""
    from costcalc import __version__

    onnx = onnx_package()
    helper = onnx.helper
    model = helper.make_model(
        onnx.GraphProto(name=network.name or "network"),
        producer_name="costcalc",
        producer_version=__version__,
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    writer = GraphWriter(network, model.graph)  # the model's own: a graph that is put into one is copied
    writer.write(WRITERS)
    names = list(network.inputs)
    inputs = {name: writer.dims(shape) for name, shape in network.inputs.items()}
    output = writer.names[network.output] if network.output >= 0 else names[~network.output]
    outputs = {output: writer.dims(network.shape(network.output))}
    for told, sizes in ((model.graph.input, inputs), (model.graph.output, outputs)):
        told.extend(helper.make_tensor_value_info(name, FLOAT, dims) for name, dims in sizes.items())
    model.graph.initializer.extend(
        helper.make_tensor(name, INT64, [len(values)], values) for values, name in writer.numbers.items()
    )
    data: bytes = model.SerializeToString()
    return data
