"""A JSON schema built anew, node by node, from its root down."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, NamedTuple

from ramclouds.bridge._schema_references import (
    DEFINITIONS,
    LISTS,
    MAPS,
    SINGLES,
    Node,
    Path,
    References,
    both,
    either,
    well_formed,
    with_words,
)

Rule = Callable[[Node], Node]
"""Gives one node in another form. It is idempotent, and does not build the schemas below a node."""

_DEEPEST = 100
"""pydantic's JSON encoder ends at 255 levels, and a node has two."""


class _Place(NamedTuple):
    """A node that is to be built, and where."""

    source: Mapping[str, Any]
    target: Node
    path: Path
    depth: int


def rebuilt(schema: Mapping[str, Any], rule: Rule, *, keeps_references: bool = False) -> Node:
    """The schema with each of its nodes as the rule makes it."""
    return _Tree(schema, rule, keeps_references=keeps_references).build()


class _Tree:
    def __init__(self, root: Mapping[str, Any], rule: Rule, *, keeps_references: bool) -> None:
        self._root = root
        self._rule = rule
        self._keeps_references = keeps_references
        self._references = References(root)
        # Level by level: where a tree grows too large, all of its branches end at the same level.
        self._todo: deque[_Place] = deque()

    def build(self) -> Node:
        made: Node = self._child(self._root, {}, 0)
        while self._todo:
            self._build_node(self._todo.popleft())
        return made

    def _child(self, source: Any, path: Path, depth: int) -> Any:
        if isinstance(source, bool):
            source = {} if source else {"not": {}}
        if not isinstance(source, Mapping):
            return source
        target: Node = {}
        self._references.nodes += 1
        self._todo.append(_Place(source, target, path, depth))
        return target

    def _build_node(self, place: _Place) -> None:
        node, path = self._in_form(place.source, place.path)
        depth = place.depth + 1
        for key, value in node.items():
            if depth > _DEEPEST and isinstance(value, (Mapping, list)):
                continue
            place.target[key] = self._children(key, value, path, depth)

    def _children(self, key: str, value: Any, path: Path, depth: int) -> Any:
        if key in DEFINITIONS:
            return {
                name: self._child(each, {f"#/{key}/{name}": 1}, depth)
                for name, each in value.items()
            }
        if key in MAPS and isinstance(value, Mapping):
            return {name: self._child(each, path, depth) for name, each in value.items()}
        if key in LISTS and isinstance(value, list):
            return [self._child(each, path, depth) for each in value]
        if key in SINGLES and not isinstance(value, bool):
            return self._child(value, path, depth)
        return value

    def _in_form(self, source: Mapping[str, Any], path: Path) -> tuple[Node, Path]:
        node = dict(source)
        while True:
            if self._keeps_references and "$ref" in node:
                if len(node) == 1:
                    return node, path
                if path.get(str(node["$ref"])):
                    # OpenAI takes nothing beside a reference. Inlined, this one would have no end.
                    node["anyOf"] = [{"$ref": node.pop("$ref")}]
            node, path = self._references.follow(node, path)
            if not self._keeps_references:
                node = {key: value for key, value in node.items() if key not in DEFINITIONS}
            node = self._rule(node)
            if not node.keys() & {"$ref", "allOf"}:
                return node, path


def resolved(schema: Mapping[str, Any]) -> Node:
    """The root of a schema without a reference or `allOf` of its own."""
    definitions = {key: schema[key] for key in DEFINITIONS if key in schema}
    return {**References(schema).follow(schema, {})[0], **definitions}


def as_object(schema: Mapping[str, Any]) -> Node:
    """The schema with an object as its root: for a union, one with the fields of all branches."""
    references = References(schema)
    given = well_formed(schema)
    root = resolved(given)
    todo = [*root.pop("anyOf", ()), *root.pop("oneOf", ())]
    if not todo:
        # Beside a reference, empty properties would win.
        empty: Node = {} if "$ref" in given else {"properties": {}}
        return {**empty, **given, "type": "object"}
    objects = []
    while todo:
        branch = references.follow(todo.pop(0), {})[0]
        todo += [*branch.pop("anyOf", ()), *branch.pop("oneOf", ())]
        objects.append(branch)
    root = {"properties": {}, **both(reduce(either, objects), root), "type": "object"}
    return with_words(root, [f"One of: {'; '.join(map(_label, objects))}."])


def _label(branch: Mapping[str, Any]) -> str:
    fields = ", ".join(branch.get("required") or branch.get("properties", ()))
    return f"{branch.get('title', 'an object')} with {fields or 'any fields'}"
