"""Python code that does nothing but call functions with literals, as Gemini writes tool calls."""

from __future__ import annotations

import ast
import json
from typing import Any, NamedTuple


class LiteralCall(NamedTuple):
    """One call: `get_weather("Hanoi", days=3)`."""

    name: str
    given: list[Any]
    """Arguments without a name."""
    named: dict[str, Any]


def literal_calls(code: str) -> list[LiteralCall] | None:
    """The calls that code consists of, in `print(...)` or not; None where it does anything else."""
    try:
        return [_literal_call(statement) for statement in ast.parse(code.strip()).body]
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None


def _literal_call(statement: ast.stmt) -> LiteralCall:
    call: Any = getattr(statement, "value", None)
    if isinstance(call, ast.Call) and ast.unparse(call.func) == "print" and len(call.args) == 1:
        call = call.args[0]
    if not isinstance(statement, (ast.Expr, ast.Assign)) or not isinstance(call, ast.Call):
        raise ValueError("not a call")
    named = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords if word.arg}
    if len(named) < len(call.keywords):
        raise ValueError("keywords that are no literals")
    given = list(map(ast.literal_eval, call.args))
    json.dumps([given, named], allow_nan=False)  # an error for bytes, sets and the like
    return LiteralCall(ast.unparse(call.func), given, named)
