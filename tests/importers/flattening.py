"""A resolved network as a flat one, as a front end would have read it from a model."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from costcalc.interop.importers.flat import FlatLayer, FlatNetwork
from costcalc.layers import kind_model
from costcalc.network import Network
from costcalc.quantity import Numeral
from costcalc.shape import Shape

_DRESS = {"norm", "activation"}


def flattened(network: Network) -> FlatNetwork:
    """One flat layer for each node; the names are the nodes' paths, dotted."""
    names = [node.path.replace("/", ".") for node in network.nodes]
    inputs = list(network.inputs)
    layers = []
    for node, name in zip(network.nodes, names, strict=True):
        fields = {
            key: _plain(value)
            for key in node.layer.model_fields_set - _DRESS - {"type", "width", "separable"}
            if key in kind_model(node.layer.type).model_fields  # a class of its own knows more: its attention
            and (value := getattr(node.layer, key)) != type(node.layer).model_fields[key].default
        }
        sources = tuple(names[index] if index >= 0 else inputs[~index] for index in node.inputs)
        shares = None if node.shares is None else names[node.shares]
        layers.append(FlatLayer(name, node.layer.type, sources, node.output, fields, shares))
    return FlatNetwork(network.name or "network", "", network.inputs, tuple(layers), (names[network.output],))


def _plain(value: Any) -> Any:
    if isinstance(value, Shape):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else Numeral(f"{float(value):g}")
    return value
