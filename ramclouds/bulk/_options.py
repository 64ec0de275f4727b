"""What the caller of a run may set, whatever the run asks for."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from ramclouds._client import AsyncClient
from ramclouds.bridge.body_fields import in_count
from ramclouds.bulk._budget import Budget
from ramclouds.bulk._sources import is_table
from ramclouds.bulk._template import Template
from ramclouds.errors import ConfigurationError

_MOST_IN_FLIGHT = 100_000
_MOST_TOKENS = 10**15


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What a run may use; None is no limit."""

    max_in_flight: int = 256
    max_tokens_total: int | None = None
    max_cost: float | None = None

    def budget(self) -> Budget:
        """What the run may spend.

        Raises:
            ConfigurationError: a limit is out of its range.
        """
        in_count("max_in_flight", self.max_in_flight, 1, _MOST_IN_FLIGHT)
        if self.max_tokens_total is not None:
            in_count("max_tokens_total", self.max_tokens_total, 1, _MOST_TOKENS)
        if self.max_cost is not None and not _is_positive(self.max_cost):
            raise ConfigurationError(
                f"max_cost must be a number of US dollars above 0, not {self.max_cost!r}."
            )
        return Budget(self.max_tokens_total, self.max_cost)


@dataclass(frozen=True, slots=True)
class Options:
    """What `run`, `stream` and `embed` have in common."""

    rows: Any
    out: str | os.PathLike[str] | None
    model: str | None = None
    client: AsyncClient | None = None
    prompt: str | None = None
    limits: RunLimits = field(default_factory=RunLimits)
    skip_bad: bool = False
    retry_failed: bool = False
    with_stored: bool = False

    def template(self) -> Template | None:
        """The template of the prompt, where there is one."""
        return None if self.prompt is None else Template(self.prompt)

    def has_table(self) -> bool:
        """Whether the columns of the rows are data."""
        return is_table(self.rows)


def _is_positive(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
