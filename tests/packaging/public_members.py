"""The parameters of all that is public, and what public classes have.

`python -m tests.packaging.public_members` writes public_members.json anew, for a change that is
meant: it belongs in CHANGELOG.md too.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Container, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from tests.packaging.sources import PACKAGES, public_modules

FILE = Path(__file__).with_suffix(".json")
_SPECIAL = {"__init__", "__call__", "__enter__", "__aenter__", "__iter__", "__len__", "__add__"}
# pydantic makes them in some of our classes.
_MADE = {"model_post_init", "model_config", "model_fields", "model_computed_fields"}


def public_names(module: ModuleType) -> list[str]:
    """What `__all__` lists; without one, what the module defines and does not begin with `_`."""
    named = getattr(module, "__all__", None)
    if named is not None:
        return sorted(named)
    return sorted(
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    )


def public_members() -> dict[str, Any]:
    """The parameters of each public function; the members of each public class, by name.

    What a class has of a public class stands there. What a framework's class defines does not
    count.
    """
    found: dict[Any, str] = {}
    for module in map(import_module, public_modules()):
        for name in public_names(module):
            value = getattr(module, name)
            if inspect.isclass(value) or inspect.isfunction(value):
                found.setdefault(value, f"{module.__name__}.{name}")
    members = {
        name: _members_of(value, found) if inspect.isclass(value) else _parameters_of(value)
        for value, name in found.items()
    }
    return dict(sorted(members.items()))


def _members_of(kind: type, public: Container[Any]) -> dict[str, str]:
    """The parameters of each method; under "", the names of what is no method."""
    bases = [base for base in kind.__mro__ if base is kind or base not in public]
    own = {name: base for base in reversed(bases) for name in _own(base)}
    members = {name: _parameters_in(own[name], name) for name in sorted(own)}
    methods = {name: parameters for name, parameters in members.items() if parameters}
    return {"": " ".join(name for name in members if name not in methods), **methods}


def _parameters_in(kind: type, name: str) -> str:
    """The parameters of a method as its class has them in the source.

    Decorators of LlamaIndex hide some, and other versions of it others.
    """
    for one in reversed(_body(kind)):  # Overloads stand before it.
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name == name:
            is_property = any("property" in ast.unparse(word) for word in one.decorator_list)
            return "" if is_property else _plain(one.args)
    return _parameters_of(getattr(kind, name, None))  # What a dataclass makes.


@cache
def _body(kind: type) -> list[ast.stmt]:
    [defined] = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(defined, ast.ClassDef)
    return defined.body


def _plain(args: ast.arguments) -> str:
    for one in ast.walk(args):
        if isinstance(one, ast.arg):
            one.annotation = None
    args.defaults, args.kw_defaults = [], [None] * len(args.kwonlyargs)
    return f"({ast.unparse(args)})"


def _own(base: type) -> Iterator[str]:
    if not base.__module__.startswith(PACKAGES):
        return
    is_protocol = getattr(base, "_is_protocol", False)
    for name in vars(base):
        is_special = name in _SPECIAL and not is_protocol
        if is_special or not (name.startswith("_") or name in _MADE):
            yield name
    if not issubclass(base, BaseModel):  # Fields are in FIELDS, in test_public_api.py.
        yield from (name for name in inspect.get_annotations(base) if not name.startswith("_"))


def _parameters_of(value: Any) -> str:
    if not callable(value) or inspect.isclass(value):
        return ""
    empty = inspect.Parameter.empty
    parameters = inspect.signature(value).parameters.values()
    plain = [one.replace(annotation=empty, default=empty) for one in parameters]
    return str(inspect.Signature(plain))


def pinned() -> dict[str, Any]:
    """What the file says."""
    members: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return members


if __name__ == "__main__":
    FILE.write_text(json.dumps(public_members(), indent=1) + "\n", "utf-8")
