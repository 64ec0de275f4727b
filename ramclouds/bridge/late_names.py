"""Names of a module that are loaded at their first use, since most processes need none of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

__all__ = ["late_names"]


def late_names(
    module: str, places: Mapping[str, Sequence[str]], *, keep: bool = False
) -> Callable[[str], Any]:
    """The `__getattr__` of a module: it finds the names of other modules.

    `places` has the names by the module that defines them. Such a module is found by its own name
    too if it stands in `module` itself. `keep` is for names of each call: a name that is found is
    not looked for again. A public module keeps none, or a mock would stay in it after its test.
    """
    place_of = {name: place for place, names in places.items() for name in names}

    def find(name: str) -> Any:
        if name in place_of:
            found = getattr(import_module(place_of[name]), name)
        elif f"{module}.{name}" in places:
            found = import_module(f"{module}.{name}")
        else:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        if keep:
            setattr(sys.modules[module], name, found)
        return found

    return find
