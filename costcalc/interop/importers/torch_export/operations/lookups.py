"""Tables of vectors: rows of a parameter at places that the input says."""

from __future__ import annotations

from costcalc.interop.importers.errors import RefusedError
from costcalc.interop.importers.tensors.layout import atom
from costcalc.interop.importers.tensors.lookups import looked_up_at
from costcalc.interop.importers.tensors.reducing import reduced_along
from costcalc.interop.importers.tensors.values import Value
from costcalc.interop.importers.torch_export.call import OperatorCall
from costcalc.interop.importers.torch_export.operations.slicing import gathered
from costcalc.interop.importers.torch_export.state import ConstantTensor, Operand


def embedding(call: OperatorCall) -> Operand:
    """``embedding``: of places that follow from the input, else a table read at fixed places."""
    indices = call.operand("indices")
    if isinstance(indices, ConstantTensor):
        return _at_fixed_places(call)
    return _looked_up(call, indices)


def bag(call: OperatorCall) -> list[Value]:
    """``embedding_bag`` of as many indices an example: their vectors, and the sum, mean or extreme of them."""
    indices = call.value("indices")
    if len(indices.dims) != 2:
        raise RefusedError("sums up bags of different sizes: give the indices two axes")
    function = ("sum", "mean", "max")[call.argument("mode", 0)]
    found = _looked_up(call, indices)
    made = reduced_along(call.maps, found, [1], function, False, call.hint("bag"))
    return [made] * len(call.step.sizes)


def one_hot(call: OperatorCall) -> Operand:
    """``one_hot``: rows of the identity, a table that nobody trains."""
    classes = call.sizes[-1]
    value = call.value("self")
    row = atom(classes)
    producer, layout = looked_up_at(call.maps, value, row, call.hint("arrange"))
    fields = {"num_embeddings": classes, "embedding_dim": classes, "trainable": False}
    return Value((*value.axes, row), call.emit("embedding", [producer], layout, **fields))


def _at_fixed_places(call: OperatorCall) -> Value:
    sizes = call.sizes_of(call.step.arguments["indices"])
    return gathered(call, call.value("weight"), 0, tuple(atom(length) for length in sizes))


def _looked_up(call: OperatorCall, indices: Operand) -> Value:
    """The vectors of a table. One that other layers use, too, is a tensor by itself, which is read from."""
    value = call.as_value(indices)
    rows, width = call.weight_sizes("weight")
    row = atom(width)
    producer, layout = looked_up_at(call.maps, value, row, call.hint("arrange"))
    fields = {"num_embeddings": rows, "embedding_dim": width}
    name = call.plain_name("weight")
    if name is None:
        table = call.operand("weight")
        if isinstance(table, Value):
            call.maps.layout(call.value("weight"))
        made = call.emit("embedding", [producer], layout, **fields, trainable=False)
    else:
        made = call.weighted("embedding", producer, layout, {"weight": name}, **fields)
    return Value((*value.axes, row), made)


HANDLERS = {"embedding": embedding, "embedding_bag": bag, "_embedding_bag": bag, "one_hot": one_hot}
