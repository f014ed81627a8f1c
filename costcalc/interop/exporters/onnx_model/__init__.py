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
    onnx = onnx_package()
    writer = GraphWriter(network)
    writer.write(WRITERS)
    helper = onnx.helper
    names = list(network.inputs)
    shape = writer.dims(network.shape(network.output))
    output = writer.names[network.output] if network.output >= 0 else names[~network.output]
    graph = helper.make_graph(
        [],
        network.name or "network",
        [helper.make_tensor_value_info(name, FLOAT, writer.dims(network.inputs[name])) for name in names],
        [helper.make_tensor_value_info(output, FLOAT, shape)],
        [helper.make_tensor(name, INT64, [len(values)], values) for values, name in writer.numbers.items()],
    )
    from costcalc import __version__

    model = helper.make_model(
        graph,
        producer_name="costcalc",
        producer_version=__version__,
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    model.graph.node.extend(  # in its place: a graph that is made of nodes, and a model of a graph, copy them
        helper.make_node(kind, inputs, outputs, name=name, **more)
        for kind, inputs, outputs, name, more in writer.nodes
    )
    data: bytes = model.SerializeToString()
    return data
