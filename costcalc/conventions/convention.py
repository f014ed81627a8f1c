"""Conventions: how the facts of a tally weigh in two headline numbers, operations and parameters."""

from collections.abc import Mapping, Set
from fnmatch import fnmatchcase
from functools import cached_property
from typing import NamedTuple, TypeAlias

from costcalc.errors import CostcalcError
from costcalc.kinds import WITHOUT_MULTIPLIES
from costcalc.quantity import shown
from costcalc.tally import TENSOR_QUANTITIES, CalledFact, Fact, Tally

#: The kind that stands for every kind without an entry of its own.
ANY = "*"
#: What it may weigh: multiplies and tensors, and the biases that go with them. All else is weighed kind by kind.
COMMON = (
    frozenset(("multiplies", "output_grid_multiplies", "bias_additions", "gate_bias_additions"))
    | TENSOR_QUANTITIES
)

Weights: TypeAlias = Mapping[Fact, int]
#: kind (or ``*``) -> pattern of calls (``F.*``) -> what quantities weigh there instead; None: as in a module.
CallWeights: TypeAlias = Mapping[str, Mapping[str, Mapping[str, int] | None]]
#: What says that it makes no difference how a model calls a layer.
ALL_ALIKE: CallWeights = {}
#: What a call that a tool does not see weighs.
UNSEEN: Mapping[str, int] = {}
#: What says that a tool sees modules of the framework's own alone.
MODULES_ONLY: CallWeights = {ANY: {ANY: UNSEEN}}


class Difference(NamedTuple):
    """What a tool reports beyond its convention for a network of the zoo, exactly, and why.

    A spec by hand does not know a module from a functional call; tools that hook modules do.
    """

    network: str
    reason: str
    operations: int = 0
    parameters: int = 0


class _Said(NamedTuple):
    """What a convention says."""

    name: str
    version: str
    unit: str
    operations: Weights
    parameters: Weights
    ignores: Set[str] = frozenset()
    unknown_to_tool: Set[str] = frozenset()
    called_operations: CallWeights = ALL_ALIKE
    called_parameters: CallWeights = ALL_ALIKE
    summary: str = ""
    source: str = ""
    versions: str = ""
    notes: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()


class Convention(_Said):
    """Two tables of weights over facts; ``("*", quantity)`` weighs every kind that has no entry of its own.

    Nothing is silently zero: a kind that no table names, and to none of whose facts the ``*`` of a table applies, is
    refused there, unless it is listed. ``ignores`` are kinds that count nothing on purpose (``*``: all that are
    not weighed), ``unknown_to_tool`` those that count nothing because the tool does not know them.

    ``called_operations`` and ``called_parameters`` weigh what layers count of which it is known how a model calls them
    (a layer's ``called``): the first pattern that fits, of the kind before ``*``. Where none fits, the call changes
    nothing.

    ``unit`` names what one operation is; ``summary`` says in a line what is counted; ``versions`` are the
    releases of the tool that count so, ``source`` where that is to be seen; ``notes`` say what a spec cannot
    tell, and ``differences`` what that comes to for networks of the zoo.
    """

    @property
    def stamp(self) -> str:
        """``thop 0.1.1``: what a number under it is to be marked with."""
        named = self.name.endswith(f"-{self.version}")
        return self.name if named else f"{self.name} {self.version}"

    def count_operations(self, tally: Tally) -> int:
        """The weighted sum of the facts, as operations; raises CostcalcError on a kind that it knows nothing of."""
        called = sum(weight * count for _, weight, count in self.operations_as_called(tally))
        return self._count(tally, self.operations, self._weights_found[0]) + called

    def count_parameters(self, tally: Tally) -> int:
        """The weighted sum of the facts, as parameters; raises CostcalcError on a kind that it knows nothing of."""
        called = sum(weight * count for _, weight, count in self.parameters_as_called(tally))
        return self._count(tally, self.parameters, self._weights_found[1]) + called

    def operations_as_called(self, tally: Tally) -> list[tuple[CalledFact, int, int]]:
        """The facts that weigh otherwise since a model calls layers so: how much more or less, and their counts."""
        return _as_called(tally, self.operations, self.called_operations)

    def parameters_as_called(self, tally: Tally) -> list[tuple[CalledFact, int, int]]:
        """The same of parameters."""
        return _as_called(tally, self.parameters, self.called_parameters)

    def refuses(self, tally: Tally) -> str | None:
        """What is wrong where it knows nothing of a kind of layer."""
        try:
            self.count_operations(tally)
            self.count_parameters(tally)
        except CostcalcError as error:
            return str(error)
        return None

    @cached_property
    def _named(self) -> Set[str]:
        """The kinds that it says something of."""
        weighed = {kind for table in (self.operations, self.parameters) for kind, _ in table}
        return (weighed - {ANY}) | self.ignores | self.unknown_to_tool

    @cached_property
    def _weights_found(self) -> tuple[dict[Fact, int], dict[Fact, int]]:
        """The weights of the facts that were met, of each table: looked up once."""
        return {}, {}

    def _count(self, tally: Tally, weights: Weights, found: dict[Fact, int]) -> int:
        total = 0
        for fact, count in tally.facts.items():
            weight = found.get(fact)
            if weight is None:
                self._check(fact, tally, weights)
                weight = found[fact] = _weight(fact, weights)
            if weight:
                total += weight * count
        return total

    def _check(self, fact: Fact, tally: Tally, weights: Weights) -> None:
        kind, quantity = fact
        if kind in self._named or ANY in self.ignores:
            return
        if weights is self.parameters and quantity not in TENSOR_QUANTITIES:
            return
        if not any(of == kind and (ANY, quantity) in weights for of, quantity in tally.facts):
            raise CostcalcError(
                f"convention {shown(self.name)} neither weighs nor ignores {kind}: "
                "a file of your own may, under operations or ignores"
            )


def weigh(tally: Tally, weights: Weights) -> int:
    """The weighted sum of the facts under one table; a fact of no weight counts nothing."""
    return sum(_weight(fact, weights) * count for fact, count in tally.facts.items())


def _as_called(tally: Tally, weights: Weights, calls: CallWeights) -> list[tuple[CalledFact, int, int]]:
    found = []
    for fact, count in tally.called.items():
        kind, quantity, call = fact
        instead = _instead(calls, kind, call)
        if instead is not None:
            more = instead.get(quantity, 0) - _weight((kind, quantity), weights)
            if more and count:
                found.append((fact, more, count))
    return found


def _instead(calls: CallWeights, kind: str, call: str) -> Mapping[str, int] | None:
    """What the facts of a layer that is called so weigh, where it is not what they weigh anyway."""
    for of in (kind, ANY):
        for pattern, weights in calls.get(of, {}).items():
            if fnmatchcase(call, pattern):
                return weights
    return None


def _weight(fact: Fact, weights: Weights) -> int:
    weight = weights.get(fact)
    return weights.get((ANY, fact[1]), 0) if weight is None else weight


#: All trainable tensors.
TRAINABLE: Weights = {(ANY, "weights"): 1, (ANY, "biases"): 1, (ANY, "affine"): 1, (ANY, "slopes"): 1}

#: That tensors are no operations, whatever kind has them.
NO_OPERATIONS: Weights = dict.fromkeys(TRAINABLE, 0)

#: Ours: multiplications of conv, linear and matmul; all trainable tensors.
MULTIPLIES = Convention(
    name="multiplies",
    version="1",
    unit="multiplications (= multiply-adds, MACs)",
    operations={(ANY, "multiplies"): 1, **NO_OPERATIONS},
    parameters=TRAINABLE,
    ignores=WITHOUT_MULTIPLIES,
    summary="multiplications alone; all that is trained",
    source="Howard et al., MobileNets, arXiv:1704.04861, section 3.1 (mult-adds)",
)
