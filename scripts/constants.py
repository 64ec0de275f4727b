"""Mutants of what mutmut leaves as it is: the constants of modules and classes, such as tables."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

_Value: TypeAlias = str | bytes | bool | int | float
_CHANGED = (str, bytes, bool, int, float)


@dataclass(frozen=True)
class Mutant:
    """One constant of a file, changed."""

    file: str
    line: int
    before: _Value
    after: _Value
    source: str
    """All of the file."""


def mutants_of(tree: Path, file: str) -> list[Mutant]:
    """A mutant for each constant outside functions; not for annotations and docstrings."""
    source = (tree / file).read_text("utf-8")
    lines = source.splitlines(keepends=True)
    # The columns of `ast` count bytes.
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    data = source.encode()
    found = []
    for node in _constants(ast.parse(source)):
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        assert isinstance(node.value, _CHANGED)
        after = _changed(node.value)
        text = (data[:start] + repr(after).encode() + data[end:]).decode()
        found.append(Mutant(file, node.lineno, node.value, after, text))
    return found


def _constants(node: ast.AST) -> Iterator[ast.Constant]:
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.Constant):
                # None and the dots stay what they are.
                if isinstance(child.value, _CHANGED):
                    yield child
            elif isinstance(child, ast.AST) and not _is_left_out(child, name):
                yield from _constants(child)


def _is_left_out(node: ast.AST, name: str) -> bool:
    if isinstance(node, (ast.FunctionDef, ast.Lambda, ast.JoinedStr)) or name == "annotation":
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changed(value: _Value) -> _Value:
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return f"XX{value}XX"
    if isinstance(value, bytes):
        return b"XX" + value + b"XX"
    return value + 1


def survivors(trees: Sequence[Path], mutants: Sequence[Mutant], tests: list[str]) -> list[Mutant]:
    """The mutants that no test notices; each tree is a copy to change, and they work in turns."""
    shares = [mutants[number :: len(trees)] for number in range(len(trees))]
    with ThreadPoolExecutor(len(trees)) as pool:
        alive = pool.map(lambda tree, share: list(_alive(tree, share, tests)), trees, shares)
        return [mutant for found in alive for mutant in found]


def _alive(tree: Path, mutants: Sequence[Mutant], tests: list[str]) -> Iterator[Mutant]:
    command = [sys.executable, "-m", "pytest", "-x", "-q", *tests]
    for mutant in mutants:
        path = tree / mutant.file
        original = path.read_text("utf-8")
        path.write_text(mutant.source, "utf-8")
        done = subprocess.run(command, cwd=tree, capture_output=True, check=False)
        path.write_text(original, "utf-8")
        if done.returncode == 0:
            yield mutant
