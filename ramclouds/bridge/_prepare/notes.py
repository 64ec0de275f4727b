"""What was changed in a request, and what was left out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

WireMessage = dict[str, Any]
Part = dict[str, Any]


@dataclass(slots=True)
class Notes:
    """Sentences about one request."""

    changed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    """What a user may miss."""
