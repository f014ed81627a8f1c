"""Dtypes: in how many bits the numbers of a network are kept: its weights, its activations, its biases."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from costcalc.errors import did_you_mean, either
from costcalc.quantity import shown

#: Bits of one number.
BITS = {
    "float32": 32,
    "float16": 16,
    "bfloat16": 16,
    "int32": 32,
    "int16": 16,
    "int8": 8,
    "int4": 4,
    "int2": 2,
    "int1": 1,
}
TENSORS = ("weights", "activations", "biases")


class Dtype(NamedTuple):
    """The dtype of each sort of tensor; vectors that a norm or a prelu keeps have that of the biases."""

    weights: str
    activations: str
    biases: str

    def __str__(self) -> str:
        weights, activations, biases = self
        if weights == activations and biases == biases_beside(weights):
            return weights
        return f"{weights} weights, {activations} activations, {biases} biases"


class SaidDtype(NamedTuple):
    """What somebody said of dtypes; None where nothing was said."""

    weights: str | None = None
    activations: str | None = None
    biases: str | None = None

    def inside(self, outer: "SaidDtype | None") -> "SaidDtype":
        """What holds for a layer that says this, inside one that says something else."""
        if outer is None:
            return self
        biases = self.biases or (None if self.weights else outer.biases)
        return SaidDtype(self.weights or outer.weights, self.activations or outer.activations, biases)

    def over(self, base: Dtype) -> Dtype:
        """The dtypes of a layer that says this where others have those of the base."""
        biases = self.biases or (biases_beside(self.weights) if self.weights else base.biases)
        return Dtype(self.weights or base.weights, self.activations or base.activations, biases)


FLOAT32 = Dtype("float32", "float32", "float32")


def biases_beside(weights: str) -> str:
    """The dtype of the biases where only that of the weights is said: int32 where those are integers."""
    return "int32" if weights.startswith("int") else weights


def tensor_bytes(count: int, dtype: str) -> int:
    """The bytes of a tensor: its bits, rounded up."""
    return -(-count * BITS[dtype] // 8)


def parse_dtype(value: object) -> SaidDtype:
    """What ``int8`` says, or ``{weights: int4, activations: int8}``; raises ValueError."""
    if isinstance(value, SaidDtype):
        return value
    if isinstance(value, Mapping):
        if not value:
            raise ValueError("must say the dtype of weights, activations or biases")
        for tensor in value:
            if tensor not in TENSORS:
                raise ValueError(
                    f"has dtypes of {either(TENSORS)}, not of {shown(tensor)}{did_you_mean(tensor, TENSORS)}"
                )
        return SaidDtype(**{tensor: _word(word, f" for {tensor}") for tensor, word in value.items()})
    word = _word(value)
    return SaidDtype(word, word)


def parse_dtype_option(text: str) -> SaidDtype:
    """The same from a command line: ``int8``, or ``weights=int4,activations=int8``; raises ValueError."""
    if "=" not in text:
        return parse_dtype(text)
    pairs = [pair.partition("=") for pair in text.split(",")]
    return parse_dtype({tensor.strip(): word.strip() for tensor, _, word in pairs})


def _word(value: object, where: str = "") -> str:
    if isinstance(value, str) and value in BITS:
        return value
    raise ValueError(f"must be {either(BITS)}{where}, not {shown(value)}{did_you_mean(value, BITS)}")


#: How a dtype is looked up for one that said something, or nothing.
Resolve = Callable[["SaidDtype | None"], Dtype]


def resolver(base: Dtype) -> Resolve:
    """The dtypes of what says something, over a base; each worked out once."""
    known: dict[SaidDtype | None, Dtype] = {None: base}

    def resolve(said: SaidDtype | None) -> Dtype:
        if said not in known:
            assert said is not None
            known[said] = said.over(base)
        return known[said]

    return resolve
