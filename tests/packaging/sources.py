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
    """`module` takes `name` from the module `target`: at the top of the file, or in a function.

    `name` is the whole dotted name: of `from ramclouds import types` and `types.Chunk`, both
    `ramclouds.types` and `ramclouds.types.Chunk`.
    """

    module: str
    target: str
    name: str
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


def module_of(name: str) -> str:
    """The module of ours that has a dotted name; empty if none has."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name


def is_inside(name: str, package: str) -> bool:
    """Whether a dotted name is that of a package, or of something in it."""
    return name == package or name.startswith(f"{package}.")


class _Reader:
    """Finds what one module takes from others."""

    def __init__(self, module: str, tree: ast.AST) -> None:
        self.module = module
        # What each imported name stands for, as a dotted name.
        self._bound = {name: f"builtins.{name}" for name in ("__import__", "exec", "eval")}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    self._bound[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    self._bound[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def read(self, tree: ast.AST, is_lazy: bool = False) -> Iterator[Import]:
        for node in ast.iter_child_nodes(tree):
            for target, name in self._statement(node):
                yield Import(self.module, target, name, is_lazy)
            used = self._dotted(node)
            if used:
                yield Import(self.module, module_of(used) or used.partition(".")[0], used)
                continue
            in_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from self.read(node, is_lazy or in_function)

    def _statement(self, node: ast.AST) -> Iterator[tuple[str, str]]:
        """The modules, and the names, of a statement or call that imports."""
        if isinstance(node, ast.Import):
            yield from ((alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"Line {node.lineno}: use absolute imports."
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else node.module or "", name
        elif isinstance(node, ast.Call):
            function = self._dotted(node.func)
            if function.endswith((".import_module", ".__import__")):
                match node.args:
                    case [ast.Constant(value=str(target)), *_]:
                        yield target, target
                    case _:
                        yield ast.unparse(node), ast.unparse(node)

    def _dotted(self, node: ast.AST) -> str:
        """The dotted name of an expression that begins with an imported name; else empty."""
        if isinstance(node, ast.Attribute):
            before = self._dotted(node.value)
            return before and f"{before}.{node.attr}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            match node.func.id, node.args:
                case "getattr", [value, ast.Constant(value=str(name)), *_]:
                    before = self._dotted(value)
                    return before and f"{before}.{name}"
        return self._bound.get(node.id, "") if isinstance(node, ast.Name) else ""

    def late(self, tree: ast.AST) -> Iterator[Import]:
        """The names of a table of `late_names`, which are imported at their first use."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and self._dotted(node.func).endswith(".late_names"):
                for target, names in ast.literal_eval(node.args[1]).items():
                    for name in names:
                        yield Import(self.module, target, f"{target}.{name}")


def imports_of(module: str, source: str) -> Iterator[Import]:
    """What the source of a module imports, and which names of imported modules it uses."""
    tree = ast.parse(source)
    reader = _Reader(module, tree)
    yield from reader.read(tree)
    yield from reader.late(tree)


@cache
def imports() -> frozenset[Import]:
    """All of them, also under `if TYPE_CHECKING`: a circle of types is a circle for the reader.

    Read where a test asks for them: it takes seconds, and each worker collects all tests.
    """
    return frozenset(
        found
        for module, path in MODULES.items()
        for found in imports_of(module, path.read_text("utf-8"))
    )
