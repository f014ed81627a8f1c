"""Sizes that an archive leaves open: expressions of symbols, as ``2*s77`` or ``((s3 - 1)//2) + 1``."""

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
}
_OPERATORS: Mapping[type[ast.operator], Callable[..., Number]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Div: lambda a, b: Fraction(a) / b,
    ast.Mod: lambda a, b: a % b,
}


def symbols_of(text: str) -> set[str]:
    """The symbols in an expression. Raises ValueError where it is none."""
    return {node.id for node in ast.walk(_parsed(text)) if isinstance(node, ast.Name)} - set(_FUNCTIONS)


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
    found: Number
    match node:
        case ast.Constant(value=int() as found):
            pass
        case ast.Name(id=name):
            found = values[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            found = -_value(inner, values)
        case ast.BinOp(op=ast.Pow(), left=left, right=ast.Constant(value=int() as power)) if 0 <= power < 8:
            found = _value(left, values) ** power
        case ast.BinOp(op=operator, left=left, right=right) if type(operator) in _OPERATORS:
            found = _OPERATORS[type(operator)](_value(left, values), _value(right, values))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            found = _FUNCTIONS[name](*(_value(each, values) for each in arguments))
        case _:
            raise ValueError(f"not an expression of sizes: {ast.unparse(node)}")
    if abs(found) > _LARGEST:
        raise OverflowError("larger than 64 bits")
    return found
