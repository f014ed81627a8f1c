"""Functions by what they compute: an exporter writes one activation as many nodes, in many orders.

Elementwise nodes are deferred. When their result is needed, the nodes between it and an earlier map are evaluated on
a few numbers, and compared with the functions that we have a kind for. Means and sums along an axis are evaluated as
well, with the numbers as that axis: so a layer norm, a softmax are recognised.

A product or a sum with a constant number changes no cost, and is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from costcalc.interop.importers.onnx_model.proto import OnnxNode
from costcalc.interop.importers.onnx_model.values import Tensor
from costcalc.interop.importers.tensors.values import Value

_SAMPLES = (-5.5, -4.1, -3.2, -2.3, -1.2, -0.7, -0.2, 0.3, 0.9, 1.6, 2.4, 3.1, 4.3, 6.7)
_TOLERANCE = 2e-3
_DEEPEST = 16
_PATIENCE = 5_000  # earlier maps that are tried in all
Numbers = list[float]


@dataclass(eq=False, slots=True)
class Deferred:
    """An elementwise node, or a reduction that keeps its axes, before it is known what it is part of."""

    node: OnnxNode
    operands: tuple[Value | Deferred | Tensor, ...]
    dims: tuple[int, ...]
    index: int
    axes: tuple[int, ...] = ()
    attributes: Mapping[str, float] = field(default_factory=dict)
    exposed: bool = False
    depth: int = 1  # of deferred nodes below one another, when it was made
    resolved: Value | None = None


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def _clip(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)


def _shrunk(x: float, limit: float, bias: float) -> float:
    if -limit <= x <= limit:
        return 0.0
    return x - bias if x > 0 else x + bias


def _gelu(x: float) -> float:
    return x * (1 + math.erf(x / math.sqrt(2))) / 2


_SCALE, _ALPHA = 1.0507009873554805, 1.6732632423543772

_POINTWISE: Mapping[str, Callable[[float], float]] = {
    "relu": lambda x: max(x, 0),
    "relu6": lambda x: _clip(x, 0, 6),
    "sigmoid": _sigmoid,
    "tanh": math.tanh,
    "swish": lambda x: x * _sigmoid(x),
    "hard_sigmoid": lambda x: _clip(x / 6 + 0.5, 0, 1),
    "hard_swish": lambda x: x * _clip(x / 6 + 0.5, 0, 1),
    "gelu": _gelu,
    "mish": lambda x: x * math.tanh(_softplus(x)),
    "softplus": _softplus,
    "elu": lambda x: x if x > 0 else math.expm1(x),
    "selu": lambda x: _SCALE * (x if x > 0 else _ALPHA * math.expm1(x)),
}
_MORE_POINTWISE: Sequence[tuple[str, Callable[[float], float]]] = (
    ("hard_sigmoid", lambda x: _clip(x * 0.2 + 0.5, 0, 1)),
    ("gelu", lambda x: x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2),
    ("gelu", lambda x: x * _sigmoid(1.702 * x)),
)


def _softmax(xs: Numbers) -> Numbers:
    powers = [math.exp(x) for x in xs]
    return [power / sum(powers) for power in powers]


def _centred(xs: Numbers) -> Numbers:
    mean = sum(xs) / len(xs)
    return [x - mean for x in xs]


def _scaled(xs: Numbers, mean: bool) -> Numbers:
    squares = sum(x * x for x in xs)
    return [x / math.sqrt(squares / len(xs) if mean else squares) for x in xs]


_ALONG: Mapping[str, Callable[[Numbers], Numbers]] = {
    "softmax": _softmax,
    "log_softmax": lambda xs: [math.log(x) for x in _softmax(xs)],
    "layer_norm": lambda xs: _scaled(_centred(xs), mean=True),
    "rms_norm": lambda xs: _scaled(xs, mean=True),
    "l2_norm": lambda xs: _scaled(xs, mean=False),
}
_ACTIVATIONS = frozenset((*_POINTWISE, "leaky_relu"))
_AT_SAMPLES = [
    (name, [function(x) for x in _SAMPLES]) for name, function in (*_POINTWISE.items(), *_MORE_POINTWISE)
]
_ALONG_AT_SAMPLES = [(name, function(list(_SAMPLES))) for name, function in _ALONG.items()]


@dataclass(frozen=True, slots=True)
class Recognised:
    """A function of an earlier map: a kind of ours, ``scale`` (no layer), ``rms_norm`` or ``l2_norm``.

    ``axes`` are those that it runs along, if it does.
    """

    function: str
    base: Value | Deferred
    axes: tuple[int, ...] = ()


class Recogniser:
    """Looks for functions; in a graph with more than it has patience for, only from each node's own operands."""

    def __init__(self) -> None:
        self._patience = _PATIENCE

    def recognised(self, root: Deferred) -> Recognised | None:
        """The function that ends in a deferred node, if it is one that we know. None ends in a sum of two maps."""
        if root.node.op_type in ("Add", "Sum") and len(_maps_of(root)) > 1:
            return None
        bases = _bases(root, _DEEPEST if self._patience > 0 else 1)
        self._patience -= len(bases)
        best = None
        for base in bases:
            found = _function(root, base)
            if found is None:
                continue
            if found.function in _ACTIVATIONS:
                return found
            if best is None or (found.axes and _is_part(best.base)):
                best = found
        return best


def _is_part(base: Value | Deferred) -> bool:
    """Whether a map is nothing that we have a kind for, so that what follows from it may be part of something."""
    return isinstance(base, Deferred) and all(_function(base, each) is None for each in _bases(base))


def _bases(root: Deferred, deepest: int = _DEEPEST) -> list[Value | Deferred]:
    """The earlier maps that all of the root follows from, the nearest first; at most so many nodes back."""
    found: list[Value | Deferred] = []
    frontier = _maps_of(root)
    for _ in range(deepest):
        if len(frontier) == 1:
            found.append(frontier[0])
        if sum(not isinstance(each, Deferred) for each in frontier) > 1:
            break
        newest = max(frontier, key=_index, default=None)
        if not isinstance(newest, Deferred):
            break
        rest = [each for each in frontier if each is not newest]
        frontier = rest + [each for each in _maps_of(newest) if all(each is not other for other in rest)]
    return found


def _index(each: Value | Deferred) -> int:
    return each.index if isinstance(each, Deferred) else -1


def _maps_of(deferred: Deferred) -> list[Value | Deferred]:
    found: list[Value | Deferred] = []
    for each in deferred.operands:
        if not isinstance(each, Tensor) and all(each is not other for other in found):
            found.append(each)
    return found


class _UnknownError(Exception):
    """Not a function of one map and known numbers alone."""


def _function(root: Deferred, base: Value | Deferred) -> Recognised | None:
    if root.dims != base.dims:
        return None
    evaluation = _Evaluation(base)
    try:
        found = evaluation.of(root)
    except (_UnknownError, ArithmeticError, ValueError):
        return None
    if evaluation.axes is not None:
        names = [name for name, wanted in _ALONG_AT_SAMPLES if _close(found, wanted)]
        return Recognised(names[0], base, evaluation.axes) if names else None
    for name, wanted in _AT_SAMPLES:
        if _close(found, wanted):
            return Recognised(name, base)
    if _close_to_leaky(found):
        return Recognised("leaky_relu", base)
    return Recognised("scale", base) if _is_linear(found) else None


def _close(found: Numbers, wanted: Numbers) -> bool:
    return all(abs(a - b) <= _TOLERANCE * max(1, abs(b)) for a, b in zip(found, wanted, strict=True))


def _close_to_leaky(found: Numbers) -> bool:
    slope = found[0] / _SAMPLES[0]
    wanted = [x if x > 0 else slope * x for x in _SAMPLES]
    return 0 < slope < 1 and _close(found, wanted)


def _is_linear(found: Numbers) -> bool:
    slope = (found[-1] - found[0]) / (_SAMPLES[-1] - _SAMPLES[0])
    wanted = [found[0] + slope * (x - _SAMPLES[0]) for x in _SAMPLES]
    return slope != 0 and all(
        abs(a - b) <= 1e-6 * (abs(slope) + abs(b)) for a, b in zip(found, wanted, strict=True)
    )


class _Evaluation:
    """Evaluates deferred nodes with the samples in the place of one map."""

    def __init__(self, base: Value | Deferred) -> None:
        self.base = base
        self.axes: tuple[int, ...] | None = None
        self._known: dict[int, Numbers] = {}

    def of(self, each: Value | Deferred | Tensor) -> Numbers:
        if each is self.base:
            return list(_SAMPLES)
        if isinstance(each, Tensor):
            number = each.scalar()
            if number is None:
                raise _UnknownError
            return [number] * len(_SAMPLES)
        if not isinstance(each, Deferred):
            raise _UnknownError
        if id(each) not in self._known:
            operands = [self.of(operand) for operand in each.operands]
            self._known[id(each)] = self._node(each, operands)
        return self._known[id(each)]

    def _node(self, each: Deferred, operands: list[Numbers]) -> Numbers:
        name = each.node.op_type
        if name in REDUCTIONS:
            if self.axes not in (None, each.axes):
                raise _UnknownError
            self.axes = each.axes
            return [REDUCTIONS[name](operands[0])] * len(_SAMPLES)
        if name in FOLDED:
            total = operands[0]
            for more in operands[1:]:
                total = [FOLDED[name](a, b) for a, b in zip(total, more, strict=True)]
            return total
        if name == "Where":
            return [one if chosen else other for chosen, one, other in zip(*operands, strict=True)]
        function = FUNCTIONS.get(name)
        if function is None:
            raise _UnknownError
        return [function(x, each.attributes) for x in operands[0]]


#: Reductions that keep their axes.
REDUCTIONS: Mapping[str, Callable[[Numbers], float]] = {
    "ReduceMean": lambda xs: sum(xs) / len(xs),
    "ReduceSum": sum,
    "ReduceMax": max,
    "ReduceMin": min,
    "ReduceProd": math.prod,
    "ReduceL1": lambda xs: sum(map(abs, xs)),
    "ReduceL2": lambda xs: math.sqrt(sum(x * x for x in xs)),
    "ReduceSumSquare": lambda xs: sum(x * x for x in xs),
    "ReduceLogSum": lambda xs: math.log(sum(xs)),
    "ReduceLogSumExp": lambda xs: math.log(sum(map(math.exp, xs))),
}
#: Of two operands, or more.
FOLDED: Mapping[str, Callable[[float, float], float]] = {
    "Add": lambda a, b: a + b,
    "Sum": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Div": lambda a, b: a / b,
    "Min": min,
    "Max": max,
    "Pow": math.pow,
    "Greater": lambda a, b: float(a > b),
    "GreaterOrEqual": lambda a, b: float(a >= b),
    "Less": lambda a, b: float(a < b),
    "LessOrEqual": lambda a, b: float(a <= b),
    "Equal": lambda a, b: float(a == b),
    "And": lambda a, b: float(bool(a) and bool(b)),
    "Or": lambda a, b: float(bool(a) or bool(b)),
    "Xor": lambda a, b: float(bool(a) != bool(b)),
}
_OF_MATH = ("acos", "asin", "atan", "cos", "cosh", "erf", "exp", "log", "sin", "sinh", "sqrt", "tan")


def _plain(function: Callable[[float], float]) -> Callable[[float, Mapping[str, float]], float]:
    return lambda x, attributes: function(x)


#: Of one operand, and attributes.
FUNCTIONS: Mapping[str, Callable[[float, Mapping[str, float]], float]] = {
    **{name.capitalize(): _plain(getattr(math, name)) for name in (*_OF_MATH, "tanh")},
    "Relu": lambda x, a: max(x, 0),
    "Sigmoid": lambda x, a: _sigmoid(x),
    "Reciprocal": lambda x, a: 1 / x,
    "Neg": lambda x, a: -x,
    "Abs": lambda x, a: abs(x),
    "Sign": lambda x, a: float((x > 0) - (x < 0)),
    "Ceil": lambda x, a: float(math.ceil(x)),
    "Floor": lambda x, a: float(math.floor(x)),
    "Round": lambda x, a: float(round(x)),
    "Not": lambda x, a: float(not x),
    "Softplus": lambda x, a: _softplus(x),
    "HardSigmoid": lambda x, a: _clip(a.get("alpha", 0.2) * x + a.get("beta", 0.5), 0, 1),
    "HardSwish": lambda x, a: x * _clip(x / 6 + 0.5, 0, 1),
    "LeakyRelu": lambda x, a: x if x > 0 else a.get("alpha", 0.01) * x,
    "Elu": lambda x, a: x if x > 0 else a.get("alpha", 1.0) * math.expm1(x),
    "Celu": lambda x, a: x if x > 0 else a.get("alpha", 1.0) * math.expm1(x / a.get("alpha", 1.0)),
    "Selu": lambda x, a: _SCALE * (x if x > 0 else _ALPHA * math.expm1(x)),
    "Gelu": lambda x, a: _gelu(x),
    "FastGelu": lambda x, a: _gelu(x),
    "QuickGelu": lambda x, a: x * _sigmoid(a.get("alpha", 1.702) * x),
    "Mish": lambda x, a: x * math.tanh(_softplus(x)),
    "Swish": lambda x, a: x * _sigmoid(a.get("alpha", 1.0) * x),
    "Softsign": lambda x, a: x / (1 + abs(x)),
    "Shrink": lambda x, a: _shrunk(x, a.get("lambd", 0.5), a.get("bias", 0.0)),
    "ThresholdedRelu": lambda x, a: x if x > a.get("alpha", 1.0) else 0.0,
    "IsNaN": lambda x, a: float(math.isnan(x)),
    "IsInf": lambda x, a: float(math.isinf(x)),
    "Expand": lambda x, a: x,
    "Clip": lambda x, a: _clip(x, a.get("min", -math.inf), a.get("max", math.inf)),
}
#: Operator -> what ``elementwise`` calls it, where it is part of no function that has a kind of its own.
BY_ELEMENT: Mapping[str, str] = {
    **{name.capitalize(): name for name in _OF_MATH},
    "Abs": "abs",
    "Ceil": "ceil",
    "Clip": "clip",
    "Floor": "floor",
    "Neg": "negate",
    "Not": "not",
    "Reciprocal": "reciprocal",
    "Round": "round",
    "Shrink": "clip",
    "Sign": "sign",
    "ThresholdedRelu": "clip",
}
#: Operator -> kind, of several maps. Of truth values the smaller is both, the larger either.
OF_SEVERAL: Mapping[str, str] = {
    "Max": "maximum",
    "Min": "minimum",
    "And": "minimum",
    "Or": "maximum",
    "Xor": "compare",
    "Equal": "compare",
    "Greater": "compare",
    "GreaterOrEqual": "compare",
    "Less": "compare",
    "LessOrEqual": "compare",
    "Where": "where",
}
#: Operator -> kind, where no more is known than what the node says.
ACTIVATIONS: Mapping[str, str] = {
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "HardSigmoid": "hard_sigmoid",
    "HardSwish": "hard_swish",
    "LeakyRelu": "leaky_relu",
    "Elu": "elu",
    "Celu": "elu",
    "Selu": "selu",
    "Gelu": "gelu",
    "FastGelu": "gelu",
    "QuickGelu": "gelu",
    "Mish": "mish",
    "Swish": "swish",
}


def attributes_of(node: OnnxNode) -> dict[str, float]:
    """A node's attributes that are numbers."""
    return {name: float(value) for name, value in node.attributes.items() if isinstance(value, int | float)}


def operand_dims(operand: Any) -> tuple[int, ...]:
    """The dims of a value, a deferred node or a tensor."""
    dims: tuple[int, ...] = operand.dims
    return dims
