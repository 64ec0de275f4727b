"""Regular expressions that are compiled at their first use: a process needs few of them."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _LatePattern:
    """Stands for a compiled pattern, and has the methods of one once they are used."""

    def __init__(self, pattern: Any, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        # Kept under its name, so that the next use costs no more than that of a compiled pattern.
        method = self.__dict__[name] = getattr(re.compile(self.pattern, self._flags), name)
        return method


def late(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What `re.compile` gives, but compiled at its first use."""
    return cast("re.Pattern[AnyStr]", _LatePattern(pattern, flags))
