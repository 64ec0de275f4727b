"""What the references of a JSON schema point to, and what two schemas say together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

Node = dict[str, Any]
Path = Mapping[str, int]
"""How often each reference was followed on the way from the root."""

MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
SINGLES = frozenset({
    "items", "additionalProperties", "additionalItems", "unevaluatedProperties",
    "unevaluatedItems", "contains", "propertyNames", "not", "if", "then", "else"
})  # fmt: skip
DEFINITIONS = ("$defs", "definitions")

_LEVELS = 3
"""How often a definition stands within itself."""
_MOST_DEEP = 50
"""How many definitions stand within each other; New API's Gemini channel ends at 64 nodes."""
_MOST_NODES = 500
"""From then on a definition is not copied again: copies of copies grow without end."""


class References:
    """The definitions of one schema, and how often they were copied into a tree of it."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._targets: dict[str, Node] = {}
        self._shortened: dict[str, Node] = {}
        self._copied: set[str] = set()
        self.nodes = 0
        """Nodes that the tree has."""

    def follow(self, node: Mapping[str, Any], path: Path) -> tuple[Node, Path]:
        """The node without a reference or `allOf` of its own, and the references on the way."""
        found = well_formed(node)
        while True:
            if "$ref" in found:
                found, path = self._followed(found, path)
            elif "allOf" in found:
                found, path = self._merged(found, path)
            else:
                return found, path

    def target(self, name: str) -> Node:
        """What a reference points to."""
        if name not in self._targets:
            self._targets[name] = self._look_up(name)
        return self._targets[name]

    def _look_up(self, name: str) -> Node:
        found: Any = self._root
        for step in name.partition("#")[2].split("/")[1:]:
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            found = found.get(key) if isinstance(found, Mapping) else None
        if not name.startswith("#") or not isinstance(found, Mapping):
            return {"description": f"As in {name}."}
        return well_formed({key: found[key] for key in found if key not in DEFINITIONS})

    def _followed(self, node: Node, path: Path) -> tuple[Node, Path]:
        name = str(node.pop("$ref"))
        times = path.get(name, 0)
        is_spent = self.nodes > _MOST_NODES and name in self._copied
        if times == _LEVELS or len(path) == _MOST_DEEP or is_spent:
            return self._cut(name, node), path
        self._copied.add(name)
        # Keywords beside a reference win over those of its definition.
        return {**self.target(name), **node}, {**path, name: times + 1}

    def _merged(self, node: Node, path: Path) -> tuple[Node, Path]:
        parts = node.pop("allOf")
        for part in parts:
            found, path = self.follow(part, path)
            node = both(found, node)
        return node, path

    def _cut(self, name: str, node: Node) -> Node:
        """The definition without its further references, which its description names."""
        target = self.target(name)
        if name not in self._shortened:
            self._shortened[name] = _without_references(target)
        short = self._shortened[name]
        title = target.get("title") or unquote(name.rsplit("/", 1)[-1])
        left_out = [
            each for each in target.get("properties", ()) if each not in short["properties"]
        ]
        fields = f", with {', '.join(left_out)}," if left_out else ""
        words = f"One more {title}{fields} in the form that is described above."
        # Open to other properties, since those that are left out are allowed.
        opened = {"additionalProperties": True} if short.get("type") == "object" else {}
        return with_words({**short, **opened, **node}, [words])


_SHAPES: dict[str, Any] = {
    **dict.fromkeys(MAPS, Mapping),
    **dict.fromkeys(SINGLES, (Mapping, bool)),
    "items": (Mapping, bool, list),
    **dict.fromkeys((*LISTS, "required", "enum"), list),
    **dict.fromkeys(("$ref", "title", "description", "format"), str),
    "type": (str, list),
}
_NULLABLE = ("const", "default")
_ITEMS = {**dict.fromkeys((*LISTS, "items"), Mapping), "required": str, "type": str}


def well_formed(node: Mapping[str, Any]) -> Node:
    """The node without what is no JSON schema, so that no later step has to check."""
    found: Node = {
        key: each
        for key, each in node.items()
        if isinstance(each, _SHAPES.get(key, object)) and (each is not None or key in _NULLABLE)
    }
    for key, kind in _ITEMS.items():
        if isinstance(found.get(key), list):
            found[key] = [each for each in found[key] if isinstance(each, kind)]
            if not found[key]:
                del found[key]
    return found


def _without_references(target: Mapping[str, Any]) -> Node:
    short: Node = {}
    for key, value in target.items():
        if key in MAPS:
            short[key] = {name: each for name, each in value.items() if not _leads_on(each)}
        elif key in LISTS:
            if some := [each for each in value if not _leads_on(each)]:
                short[key] = some
        elif key != "$ref" and not _leads_on(value):
            short[key] = value
    if "properties" in short and "required" in short:
        short["required"] = [name for name in short["required"] if name in short["properties"]]
    return short if short.keys() & {"type", "anyOf", "oneOf"} else {**short, "type": "object"}


def _leads_on(value: Any) -> bool:
    todo = [value]
    while todo:
        found = todo.pop()
        if isinstance(found, Mapping):
            if "$ref" in found:
                return True
            todo += found.values()
        elif isinstance(found, list):
            todo += found
    return False


def both(first: Mapping[str, Any], second: Mapping[str, Any]) -> Node:
    """The schema of what fits two schemas; if no keyword can say that, the second one's."""
    merged = {**first, **second}
    if "properties" in first and "properties" in second:
        merged["properties"] = _joined("allOf", first["properties"], second["properties"])
    if "required" in first and "required" in second:
        merged["required"] = list(dict.fromkeys([*first["required"], *second["required"]]))
    return merged


def either(first: Mapping[str, Any], second: Mapping[str, Any]) -> Node:
    """An object that fits if it fits one of two schemas of objects, and others besides."""
    properties = _joined("anyOf", first.get("properties", {}), second.get("properties", {}))
    required = [name for name in first.get("required", ()) if name in second.get("required", ())]
    return {"type": "object", "properties": properties, "required": required}


def _joined(key: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> Node:
    shared = {
        name: {key: [first[name], schema]}
        for name, schema in second.items()
        if name in first and first[name] != schema
    }
    return {**first, **second, **shared}


def with_words(node: Mapping[str, Any], words: Iterable[str]) -> Node:
    """The node with sentences added to its description."""
    described = node.get("description", "")
    for text in words:
        if text not in described:
            described = f"{described} {text}".lstrip()
    return {**node, "description": described} if described else dict(node)
