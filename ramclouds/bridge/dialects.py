"""What each family of models takes: one table, its source and date in each row.

Nothing outside of this table and the model facts asks for a model's name. `bridge.prepare` applies
a row to a request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, get_args

from ramclouds.bridge._dialect import (
    SAFE,
    Dialect,
    MediaInHistory,
    Reasoning,
    ReplayReasoning,
    Sampling,
    Way,
)
from ramclouds.bridge._dialect_rows import ROWS
from ramclouds.bridge.settings import check_word, closest
from ramclouds.errors import ConfigurationError
from ramclouds.models import model_facts

__all__ = [
    "DIALECT_FIELDS",
    "SAFE",
    "Dialect",
    "DialectChoice",
    "DialectSetting",
    "MediaInHistory",
    "ReplayReasoning",
    "Sampling",
    "Way",
    "dialect_for",
    "dialects",
    "to_choice",
]

_BY_NAME = {SAFE.name: SAFE} | {row.dialect.name: row.dialect for row in ROWS}


def dialects() -> tuple[Dialect, ...]:
    """All rows of the table."""
    return tuple(_BY_NAME.values())


@lru_cache(maxsize=1024)
def dialect_for(model: str, endpoint_types: tuple[str, ...] = ()) -> Dialect:
    """The row of a model; of an unknown model the one that is safe everywhere.

    `endpoint_types` is what `/v1/models` says of the model: `anthropic` and `gemini` name the kind
    of channel behind a name that does not say the family.
    """
    facts = model_facts(model)
    family = facts.family or next((name for kind, name in _CHANNELS if kind in endpoint_types), "")
    found = SAFE
    for row in ROWS:
        if row.dialect.family == family:
            is_newer = not facts.version or facts.version >= row.since
            named = re.search(row.names, model.lower()) if row.names else is_newer
            found = row.dialect if named else found
    return found


_CHANNELS = (("anthropic", "claude"), ("gemini", "gemini"))


@dataclass(frozen=True, slots=True)
class DialectChoice:
    """Which row is taken, and what a user wants otherwise."""

    dialect: str | Dialect = "auto"
    """`auto` is the row of the model, else a row or its name; `none` leaves requests alone."""
    replay_reasoning: ReplayReasoning | None = None
    merge_system_messages: bool | None = None
    media_in_history: MediaInHistory | None = None

    @classmethod
    def taken(cls, params: dict[str, Any], model: Any) -> DialectChoice:
        """What a call says, taken out of its parameters, else the settings of a model."""
        return cls(
            params.pop("dialect", model.dialect),
            params.pop("replay_reasoning", model.replay_reasoning),
            params.pop("merge_system_messages", model.merge_system_messages),
            params.pop("media_in_history", model.media_in_history),
        )

    def ways(self, params: Mapping[str, Any]) -> tuple[Way, ...]:
        """The ways of structured output for a call with these parameters, the best first."""
        body = {**params, **(params.get("extra_body") or {})}
        return (self.of(str(body["model"])) or SAFE).ways(body)

    def of(self, model: str, endpoint_types: tuple[str, ...] = ()) -> Dialect | None:
        """The row for a model; None where requests go out as they are."""
        return None if self.dialect == "none" else _chosen(self, model, endpoint_types)


DialectSetting = str | Dialect | DialectChoice
"""`auto`, `none`, the name of a row, a row, or a choice with what a user wants otherwise."""
DIALECT_FIELDS = tuple(DialectChoice.__dataclass_fields__)
"""The settings of an adapter that a `DialectChoice` is made of, in its order."""


@lru_cache(maxsize=1024)
def _chosen(choice: DialectChoice, model: str, endpoint_types: tuple[str, ...]) -> Dialect:
    row = _row_of(choice.dialect, model, endpoint_types)
    changed: dict[str, Any] = {}
    words = (None, True, False, *get_args(Reasoning))
    replay = check_word("replay_reasoning", choice.replay_reasoning, words)
    if replay is False:
        changed["reasoning"] = "never"
    elif isinstance(replay, str):
        changed["reasoning"] = replay
    merge = check_word("merge_system_messages", choice.merge_system_messages, (None, True, False))
    if merge is not None:
        changed["merge_system"] = merge
    if choice.media_in_history is not None:
        words = get_args(MediaInHistory)
        changed["media_in_history"] = check_word("media_in_history", choice.media_in_history, words)
    return replace(row, **changed) if changed else row


def _row_of(choice: str | Dialect, model: str, endpoint_types: tuple[str, ...]) -> Dialect:
    if isinstance(choice, Dialect):
        return choice
    if choice == "auto":
        return dialect_for(model, endpoint_types)
    if choice not in _BY_NAME:
        known = ("auto", "none", *_BY_NAME)
        near = closest(choice, known)
        hint = f"Did you mean {near!r}?" if near else f"Use one of {', '.join(known)}."
        raise ConfigurationError(f"dialect={choice!r} is unknown. {hint}")
    return _BY_NAME[choice]


def to_choice(setting: DialectSetting | None) -> DialectChoice | None:
    """What a setting means; None where requests go out as they are."""
    if setting is None or isinstance(setting, DialectChoice):
        return setting
    if not isinstance(setting, (str, Dialect)):
        raise ConfigurationError("dialect must be 'auto', 'none', the name of a row, or a Dialect.")
    return DialectChoice(setting)
