"""The import statements of the three packages, as the source has them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("ramclouds", "langchain_ramclouds", "llama_index_ramclouds")


@dataclass(frozen=True)
class Import:
    """`module` imports `target`: at the top of the file, or when a function runs."""

    module: str
    target: str
    is_lazy: bool = False


def modules() -> dict[str, Path]:
    """Each module of the packages by its dotted name."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


MODULES = modules()


def public_modules() -> list[str]:
    """Those whose path has no part that begins with an underscore."""
    return [name for name in MODULES if "._" not in name]


def _targets(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"Line {node.lineno}: use absolute imports."
        for alias in node.names:
            submodule = f"{node.module}.{alias.name}"
            yield submodule if submodule in MODULES else node.module or ""
    elif isinstance(node, ast.Call) and _name(node.func) in ("import_module", "__import__"):
        yield ast.unparse(node)


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _imports(module: str, tree: ast.AST, is_lazy: bool = False) -> Iterator[Import]:
    for node in ast.iter_child_nodes(tree):
        yield from (Import(module, target, is_lazy) for target in _targets(node))
        in_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _imports(module, node, is_lazy or in_function)


@cache
def imports() -> frozenset[Import]:
    """All of them, also under `if TYPE_CHECKING`: a circle of types is a circle for the reader.

    Read where a test asks for them: it takes seconds, and each worker collects all tests.
    """
    return frozenset(
        found
        for module, path in MODULES.items()
        for found in _imports(module, ast.parse(path.read_text("utf-8")))
    )
