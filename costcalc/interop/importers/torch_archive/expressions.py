"""Sizes that an archive leaves open: expressions of symbols, as ``2*s77``, or as newer PyTorch writes the same,
``Mul(Integer(2), Symbol('s77', integer=True))``.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeAlias

_LONGEST = 2000
_LARGEST = 2**63

Number: TypeAlias = "int | Fraction"
_FUNCTIONS: Mapping[str, Callable[..., Number]] = {
    "FloorDiv": lambda a, b: a // b,
    "CleanDiv": lambda a, b: a // b,
    "Mod": lambda a, b: a % b,
    "PythonMod": lambda a, b: a % b,
    "ModularIndexing": lambda a, b, c: a // b % c,
    "Max": max,
    "Min": min,
    "ceiling": math.ceil,
    "CeilToInt": math.ceil,
    "floor": math.floor,
    "FloorToInt": math.floor,
    "TruncToInt": math.trunc,
    "RoundToInt": round,
    "ToFloat": Fraction,
    "IntTrueDiv": Fraction,
    "FloatTrueDiv": lambda a, b: Fraction(a) / b,
    "Identity": lambda a: a,
    "Integer": lambda a: a,
    "Rational": Fraction,
    "Add": lambda *terms: sum(terms),
    "Mul": lambda *factors: math.prod(factors),
    "Pow": lambda a, b: _power(a, b),
}
_OPERATORS: Mapping[type[ast.operator], Callable[..., Number]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Div: lambda a, b: Fraction(a) / b,
    ast.Mod: lambda a, b: a % b,
}


def _power(base: Number, exponent: Number) -> Number:
    if exponent == -1:
        return 1 / Fraction(base)
    if exponent not in range(8):
        raise ValueError(f"a power of {exponent}")
    return base ** int(exponent)


def symbols_of(text: str) -> set[str]:
    """The symbols in an expression. Raises ValueError where it is none."""
    nodes = list(ast.walk(_parsed(text)))
    named = {name for node in nodes if (name := _symbol(node)) is not None}
    return named | {node.id for node in nodes if isinstance(node, ast.Name)} - {*_FUNCTIONS, "Symbol"}


def solved(text: str, value: int) -> tuple[str, int] | None:
    """The one symbol of an expression, and what it is where the expression has this value; None where none is found.

    The expressions of an input's sizes are linear: a multiple of something, or something more or less.
    """
    symbols = symbols_of(text)
    if len(symbols) != 1:
        return None
    (name,) = symbols
    one, two = (evaluated(text, {name: at}) for at in (1, 2))
    found = 1 + (value - one) // (two - one) if two != one else 1
    return (name, found) if evaluated(text, {name: found}) == value else None


def readable(text: str) -> str:
    """An expression as a person writes it, where it is short."""
    try:
        return _readable(_parsed(text).body)
    except (ValueError, RecursionError):
        return text


def _readable(node: ast.expr) -> str:
    name = _symbol(node)
    if name is not None:
        return name
    match node:
        case ast.Call(func=ast.Name(id="Integer"), args=[number]):
            return ast.unparse(number)
        case ast.Call(func=ast.Name(id=("Mul" | "Add") as word), args=parts):
            return ("*" if word == "Mul" else "+").join(map(_readable, parts))
        case _:
            return ast.unparse(node)


def _symbol(node: ast.AST) -> str | None:
    """The name in ``Symbol('s77', positive=True)``."""
    match node:
        case ast.Call(func=ast.Name(id="Symbol"), args=[ast.Constant(value=str() as name)]):
            return name
        case _:
            return None


def evaluated(text: str, values: Mapping[str, int]) -> int:
    """The value of an expression. Raises ValueError where it has none."""
    try:
        value = _value(_parsed(text).body, values)
    except (ArithmeticError, TypeError, LookupError, RecursionError) as error:
        raise ValueError(f"{text}: {error}") from None
    if value != int(value):
        raise ValueError(f"{text} is no whole number")
    return int(value)


def _parsed(text: str) -> ast.Expression:
    if len(text) > _LONGEST:
        raise ValueError(f"an expression of {len(text)} characters")
    try:
        return ast.parse(text.strip(), mode="eval")
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError(f"not an expression: {text}") from None


def _value(node: ast.expr, values: Mapping[str, int]) -> Number:
    found = _unbounded(node, values)
    if not -_LARGEST <= found <= _LARGEST:
        raise OverflowError("larger than 64 bits")
    return found


def _unbounded(node: ast.expr, values: Mapping[str, int]) -> Number:
    symbol = _symbol(node)
    if symbol is not None:
        return values[symbol]
    match node:
        case ast.Constant(value=int() as number):
            return number
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner, values)
        case ast.BinOp(op=ast.Pow(), left=left, right=right):
            return _power(_value(left, values), _value(right, values))
        case ast.BinOp(op=operator, left=left, right=right) if type(operator) in _OPERATORS:
            return _OPERATORS[type(operator)](_value(left, values), _value(right, values))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*(_value(each, values) for each in arguments))
        case _:
            raise ValueError(f"not an expression of sizes: {ast.unparse(node)}")
