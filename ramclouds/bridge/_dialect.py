"""What one row of the table of dialects says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Way = Literal["json_schema", "tool", "json_object", "prompted"]
"""How structured output is asked for; `prompted` is the schema in the prompt alone."""
Reasoning = Literal["never", "turn", "calls", "all", "inline"]
ReplayReasoning = Reasoning | bool
"""Which reasoning of a history goes back; True is as the dialect says, False is never."""
MediaInHistory = Literal["note", "send"]
"""What becomes of media in a history where the model takes text alone."""

ANY_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
PLAIN_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which parameters a family takes, and which it must have."""

    beside_thinking: bool = True
    """temperature, top_p and top_k may be sent while the model thinks."""
    both: bool = True
    """temperature and top_p may be sent together."""
    stop: Literal["list", "string", "here"] = "list"
    """`stop` may be a list, may be one string, or is cut from the text by the client (`here`)."""
    most_stops: int | None = None
    """How many stop strings may be sent; the client looks for the others."""
    blank_stops: bool = True
    """A stop string may be white space alone; else the client looks for it."""
    temperature: tuple[float, float] = (0, 2)
    """The lowest and highest value; one outside is replaced by the nearer of them."""
    refused: tuple[str, ...] = ()
    """Parameters that are left out."""
    refused_thinking: tuple[str, ...] = ()
    """The same, while the model thinks."""
    ignored: tuple[str, ...] = ()
    """Parameters that do not arrive: New API's channel for the family drops them."""
    top_p: float | None = None
    """Sent where the user set none."""
    top_p_thinking: float | None = None
    most_tokens: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """The parameter that limits the completion."""
    budgets: tuple[tuple[str, int], ...] = ()
    """Tokens that the gateway lets a model think for, by reasoning effort."""
    default_max_tokens: int | None = None
    """The gateway's own limit where none is set."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one family of models takes; the defaults are those that are safe everywhere."""

    name: str = "safe"
    family: str = ""
    schemas: Literal["plain", "strict", "gemini"] = "plain"
    structured: tuple[Way, ...] = ("tool", "json_schema", "json_object", "prompted")
    """Ways of structured output, the best first."""
    structured_thinking: tuple[Way, ...] = ("json_schema", "json_object", "prompted")
    """The same, while the model thinks."""
    format_beside_tools: bool = True
    """`response_format` is taken beside tools."""
    json_word_of_user: bool = False
    """`json_object` asks for the word JSON in a message that is not the system's."""
    thinks: Literal["asked", "unless_refused", "always"] = "asked"
    """When the model thinks: where it is asked to, unless it is asked not to, or always."""
    thinking_off: Literal["", "enable_thinking", "thinking"] = ""
    """The parameter that keeps the model from thinking; a user may have used another one."""
    thinks_in_loops: bool = True
    """The model may be asked to think about a tool's result."""
    forced_tools: Literal["always", "not_while_thinking", "never"] = "not_while_thinking"
    allowed_tools: bool = False
    """OpenAI's `tool_choice` of the type `allowed_tools` is taken."""
    reasoning: Reasoning = "never"
    """Which reasoning of a history goes back."""
    blank_reasoning: Literal["calls", "turn", "all"] = "calls"
    """Where a space stands for reasoning that is not known: messages with calls, all of the running
    turn too, or all."""
    tool_ids: re.Pattern[str] = PLAIN_ID
    id_length: int = 64
    join_neighbours: bool = True
    """Messages of one role in a row become one."""
    merge_system: bool = False
    """All system messages become one, in front."""
    user_first: bool = True
    """The first message behind the system's must be the user's."""
    assistant_last: Literal["always", "not_while_thinking", "never"] = "never"
    """When the last message may be the assistant's."""
    user_after_tool: bool = True
    """A message of the user or the system may follow a tool's result."""
    names: bool = False
    """Messages may have a `name`."""
    message_keys: frozenset[str] = frozenset()
    """The keys that a message may have; empty where others do no harm."""
    cache_marks: bool = False
    """`cache_control` is taken on parts."""
    video_as_string: bool = False
    """`video_url` is a string, not an object."""
    media_in_results: bool = False
    """A tool's result may hold media."""
    media_in_history: MediaInHistory = "note"
    """`note`: where the model takes text alone, media before the newest message become words."""
    sampling: Sampling = Sampling()
    stream_whole_calls: Literal["never", "while_thinking", "always"] = "never"
    """When the model takes streams alone."""
    is_rewritten: bool = False
    """The gateway writes ids and finish reasons of its own into each response of the family."""
    may_end_with_nothing: bool = False
    """An empty completion right behind tool results ends the turn."""
    effort_beside_tools: bool = True
    """False: tools may be refused beside a reasoning effort."""
    source: str = "what all vendors take"
    date: str = "2026-11-26"

    def is_thinking(self, body: Mapping[str, Any]) -> bool:
        """Whether the model will think about this request."""
        if self.thinks == "always":
            return True
        asked = _thinking_asked(body)
        return self.thinks == "unless_refused" if asked is None else asked

    def is_kept_from_thinking(self, body: Mapping[str, Any]) -> bool:
        """Whether the request asks the model not to think."""
        return _thinking_asked(body) is False

    def ways(self, body: Mapping[str, Any]) -> tuple[Way, ...]:
        """The ways of structured output for this request, the best first."""
        return self.structured_thinking if self.is_thinking(body) else self.structured


def _thinking_asked(body: Mapping[str, Any]) -> bool | None:
    """Whether a request asks the model to think; None where it does not say."""
    thinking = body.get("thinking")
    if isinstance(thinking, Mapping) and "type" in thinking:
        return bool(thinking["type"] != "disabled")
    template = body.get("chat_template_kwargs")
    for values in (body, template if isinstance(template, Mapping) else {}):
        for key in ("enable_thinking", "thinking", "think"):
            if isinstance(values.get(key), bool):
                return bool(values[key])
    effort = body.get("reasoning_effort")
    if effort is not None:
        return bool(effort != "none")
    # New API: a model's name may end in it (relay-claude.go, relay-gemini.go).
    name = str(body.get("model", "")).lower().removesuffix("-cl")
    if name.endswith("-nothinking"):
        return False
    return True if "-thinking" in name or "reasoner" in name else None


SAFE = Dialect()
"""What every model takes."""
