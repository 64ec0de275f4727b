"""Both clients are one: their syntax trees differ by async, await and a-names alone."""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from typing import Any

from ramclouds import AsyncClient, Client
from ramclouds._account_client import AccountClient, AsyncAccountClient
from ramclouds._embedding_client import AsyncEmbeddingClient, EmbeddingClient
from ramclouds._exchange import AsyncExchange, Exchange
from tests.harness import in_row

TWINS = {
    Client: AsyncClient,
    AccountClient: AsyncAccountClient,
    EmbeddingClient: AsyncEmbeddingClient,
    Exchange: AsyncExchange,
}
# Where the connections are kept: one pool for all threads, or one for each event loop.
POOLS = {"_http", "_forget_pool", "close"}
DUNDERS = {"__aenter__": "__enter__", "__aexit__": "__exit__"}
SOURCES = "".join(map(inspect.getsource, TWINS))
SYNC_NAMES = set(re.findall(r"\w+", SOURCES)) | {"Generator", "Iterator"}


def plain_name(name: str) -> str:
    """The name of the sync twin: without `Async`, without an `a` in front."""
    name = DUNDERS.get(name, name)
    is_twin = name.startswith(("Async", "a")) and name not in SYNC_NAMES
    twins = (name.removeprefix("Async"), name[1:]) if is_twin else ()
    return next((twin for twin in twins if twin in SYNC_NAMES), name)


class Plain(ast.NodeTransformer):
    """Takes the async out of a tree."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Any:
        return self.visit(ast.FunctionDef(**dict(ast.iter_fields(node))))

    def visit_AsyncFor(self, node: ast.AsyncFor) -> Any:
        return self.visit(ast.For(**dict(ast.iter_fields(node))))

    def visit_AsyncWith(self, node: ast.AsyncWith) -> Any:
        return self.visit(ast.With(**dict(ast.iter_fields(node))))

    def visit_Await(self, node: ast.Await) -> Any:
        return self.visit(node.value)

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        node.is_async = 0
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = plain_name(node.name)
        node.body = without_docstring(node.body)
        return self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        # A Generator says one thing more than an AsyncGenerator: what it returns.
        is_generator = isinstance(node.value, ast.Name) and node.value.id == "Generator"
        if is_generator and isinstance(node.slice, ast.Tuple):
            node.slice = node.slice.elts[0]
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = plain_name(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        node.attr = plain_name(node.attr)
        return self.generic_visit(node)


def without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (body[1:] or [ast.Pass()]) if is_docstring else body


def _documented(body: list[ast.stmt]) -> list[ast.stmt]:
    """A class's body without its docstring and the settings that differ by design."""
    kept = without_docstring(body)
    return [node for node in kept if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@cache
def methods(kind: type) -> dict[str, str]:
    """The methods of a client as text, their order and docstrings aside."""
    tree = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(tree, ast.ClassDef)
    plain = [ast.fix_missing_locations(Plain().visit(node)) for node in _documented(tree.body)]
    return {getattr(node, "name", str(at)): ast.unparse(node) for at, node in enumerate(plain)}


def test_a_client_is_of_twins_and_of_what_both_share() -> None:
    def bases(kind: type) -> set[type]:
        return {one for one in kind.__mro__ if "ramclouds" in one.__module__}

    assert bases(Client) - bases(AsyncClient) == TWINS.keys()
    assert bases(AsyncClient) - bases(Client) == set(TWINS.values())


def test_twins_have_the_same_methods() -> None:
    for kind, twin in TWINS.items():
        assert list(methods(kind)) == list(methods(twin))


def test_twin_methods_have_the_same_tree() -> None:
    for kind, twin in TWINS.items():
        for name in sorted(methods(kind).keys() - POOLS):
            with in_row(kind.__name__, name):
                assert methods(twin)[name] == methods(kind)[name]


def test_twin_signatures_take_the_same_parameters() -> None:
    def taken(kind: type, name: str) -> list[tuple[str, object, object]]:
        found = inspect.signature(getattr(kind, name)).parameters.values()
        return [(one.name, one.kind, one.default) for one in found]

    for name in ("__init__", "complete", "stream", "models", "embed", "embed_many"):
        assert taken(Client, name) == taken(AsyncClient, name), name
