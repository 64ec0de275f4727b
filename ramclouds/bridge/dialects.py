"""What each family of models takes: one table, its source and date in each row.

Nothing outside of this table and the model facts asks for a model's name. `bridge.prepare` applies
a row to a request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, Union, get_args

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

Way = Literal["json_schema", "tool", "json_object", "prompted"]
"""How structured output is asked for; `prompted` is the schema in words alone."""
Reasoning = Literal["never", "turn", "calls", "all", "inline"]
ReplayReasoning = Literal["never", "turn", "calls", "all", "inline"] | bool
"""Which reasoning of a history goes back; True is as the dialect says, False is never."""
MediaInHistory = Literal["note", "send"]
"""What becomes of media in a history where the model takes text alone."""

_ANY_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
_PLAIN_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which parameters a family takes, and which it must have."""

    beside_thinking: bool = True
    """temperature, top_p and top_k are taken while the model thinks."""
    both: bool = True
    """temperature and top_p are taken together."""
    stop: Literal["list", "string", "here"] = "list"
    """Strings are taken as a list, or one alone, or not: then the client cuts the text."""
    most_stops: int | None = None
    """How many strings of a list are taken; the client looks for the others."""
    blank_stops: bool = True
    """Strings of nothing but white space are taken; else the client looks for them."""
    temperature: tuple[float, float] = (0, 2)
    """The least and the most that are taken; what lies outside is moved to the end."""
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
    """The name of the limit."""
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
    """The parameter that keeps the model from thinking; a user may have said it in another."""
    thinks_in_loops: bool = True
    """The model may be asked to think about a tool's result."""
    forced_tools: Literal["always", "not_while_thinking", "never"] = "not_while_thinking"
    reasoning: Reasoning = "never"
    """Which reasoning of a history goes back."""
    blank_reasoning: Literal["calls", "turn", "all"] = "calls"
    """Where a space stands for reasoning that is not known: messages with calls, all of the running
    turn too, or all."""
    tool_ids: re.Pattern[str] = _PLAIN_ID
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

# Seen on New API, builds A, M and B: channels that make a vendor's own request drop these.
_SELDOM = ("n", "seed", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs")
# New API, M, 2026-04-15: Claude's thinking budget by reasoning effort (relay-claude.go).
_CLAUDE_BUDGETS = (("low", 1280), ("medium", 2048), ("high", 4096))
_CLAUDE = Dialect(
    name="claude",
    family="claude",
    # New API's Claude channel drops response_format (relay-claude.go).
    structured=("tool", "prompted"),
    structured_thinking=("prompted",),
    # "When `thinking` is enabled, a final `assistant` message must start with a thinking block": no
    # signature passes the gateway. Newer hosts think no more in such a turn by themselves.
    thinks_in_loops=False,
    assistant_last="not_while_thinking",
    # New API's Claude channel puts them in front itself, and leaves what stood between as it is.
    merge_system=True,
    cache_marks=True,
    # https://docs.claude.com/en/api/handling-stop-reasons#empty-responses-with-end-turn
    may_end_with_nothing=True,
    sampling=Sampling(
        # "stop_sequences: each stop sequence must contain non-whitespace"
        blank_stops=False,
        # "temperature: range: 0..1"
        temperature=(0, 1),
        beside_thinking=False,
        both=False,
        ignored=(*_SELDOM, "parallel_tool_calls"),
        budgets=_CLAUDE_BUDGETS,
        default_max_tokens=8192,
    ),
    source="https://docs.claude.com/en/api/messages; New API's Claude channel, builds A, M, B",
)
_GPT = Dialect(
    name="gpt-4",
    family="gpt",
    schemas="strict",
    structured=("json_schema", "tool", "json_object", "prompted"),
    structured_thinking=("json_schema", "tool", "json_object", "prompted"),
    # Where the gateway converts to the Responses API, systems become instructions:
    # "Response input messages must contain the word 'json' in some form".
    json_word_of_user=True,
    forced_tools="always",
    tool_ids=re.compile(r"[a-zA-Z0-9_.:-]{1,40}"),
    id_length=40,
    join_neighbours=False,
    user_first=False,
    assistant_last="always",
    names=True,
    # "Expected an array with maximum length 4"
    sampling=Sampling(most_stops=4),
    source="https://platform.openai.com/docs/api-reference/chat; New API's OpenAI channel",
)
_GEMINI = Dialect(
    name="gemini",
    family="gemini",
    schemas="gemini",
    structured=("json_schema", "tool", "json_object", "prompted"),
    structured_thinking=("json_schema", "tool", "json_object", "prompted"),
    # "Function calling with a response mime type: 'application/json' is unsupported"
    format_beside_tools=False,
    forced_tools="always",
    tool_ids=_ANY_ID,
    assistant_last="always",
    # As Claude's channel.
    merge_system=True,
    video_as_string=True,
    # "The number of stop sequences must not exceed 5."
    sampling=Sampling(most_stops=5, ignored=tuple(name for name in _SELDOM if name != "seed")),
    source="https://ai.google.dev/api/caching; New API's Gemini channel, builds A, M, B",
)
_DEEPSEEK = Dialect(
    name="deepseek-v3.1",
    family="deepseek",
    # "This response_format type is unavailable now"
    structured=("json_object", "tool", "prompted"),
    structured_thinking=("json_object", "prompted"),
    tool_ids=_ANY_ID,
    user_first=False,
    assistant_last="always",
    names=True,
    source="https://api-docs.deepseek.com/guides/thinking_mode",
)
_KIMI = Dialect(
    name="kimi-thinking",
    family="kimi",
    structured=("json_object", "tool", "prompted"),
    structured_thinking=("json_object", "prompted"),
    thinks="unless_refused",
    thinking_off="thinking",
    reasoning="calls",
    tool_ids=_ANY_ID,
    user_first=False,
    assistant_last="always",
    names=True,
    # "The value range is [0, 1]"
    sampling=Sampling(temperature=(0, 1)),
    source="https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model; new-api#3121",
)
_QWEN = Dialect(
    name="qwen",
    family="qwen",
    structured=("json_object", "tool", "prompted"),
    # "Json mode response is not supported when enable_thinking is true"
    structured_thinking=("prompted",),
    # "parameter.enable_thinking must be set to false for non-streaming calls"
    thinking_off="enable_thinking",
    tool_ids=_ANY_ID,
    user_first=False,
    assistant_last="always",
    names=True,
    # New API's Ali channel sends 0.001 where it is unset (relay/channel/ali/text.go).
    sampling=Sampling(top_p=0.8, top_p_thinking=0.95),
    stream_whole_calls="while_thinking",
    source="https://help.aliyun.com/zh/model-studio/qwen-api-reference; New API's Ali channel",
)
_MINIMAX = Dialect(
    name="minimax",
    family="minimax",
    structured=("prompted",),
    structured_thinking=("prompted",),
    thinks="always",
    # The documented choices are auto and none.
    forced_tools="never",
    reasoning="inline",
    tool_ids=_ANY_ID,
    # Each turn begins with its own `<think>`, which goes back unchanged.
    join_neighbours=False,
    user_first=False,
    assistant_last="always",
    names=True,
    # "temperature must be in (0, 1]"
    sampling=Sampling(temperature=(0.01, 1)),
    source="https://platform.minimax.io/docs/api-reference/text-openai-api",
)
_GLM = Dialect(
    name="glm",
    family="glm",
    # New API's GLM channel drops response_format (relay-zhipu_v4.go).
    structured=("prompted", "tool"),
    structured_thinking=("prompted",),
    # The only documented choice is auto.
    forced_tools="never",
    thinks="unless_refused",
    thinking_off="thinking",
    tool_ids=_ANY_ID,
    user_first=False,
    assistant_last="always",
    sampling=Sampling(stop="string", temperature=(0, 1), ignored=_SELDOM),
    source="https://docs.z.ai/api-reference/llm/chat-completion; New API's GLM channel",
)
_MISTRAL = Dialect(
    name="mistral",
    family="mistral",
    structured=("tool", "prompted"),
    structured_thinking=("tool", "prompted"),
    forced_tools="always",
    # "Tool call id was ... but must be a-z, A-Z, 0-9, with a length of 9."
    tool_ids=re.compile(r"[a-zA-Z0-9]{9}"),
    id_length=9,
    merge_system=True,
    # "Expected last role User or Tool (or Assistant with prefix True)"
    assistant_last="never",
    # "Unexpected role 'user' after role 'tool'"
    user_after_tool=False,
    names=True,
    media_in_results=True,
    # 422 "Extra inputs are not permitted"
    message_keys=frozenset(
        {"role", "content", "tool_calls", "tool_call_id", "name", "prefix"},
    ),
    # New API's Mistral channel drops it (relay/channel/mistral/text.go).
    sampling=Sampling(stop="here", ignored=_SELDOM),
    source="https://docs.mistral.ai/api/; New API's Mistral channel",
)
_GROK = replace(_GPT, name="grok", family="grok", join_neighbours=True)
_MIMO = replace(
    _KIMI,
    name="mimo",
    family="mimo",
    sampling=Sampling(),
    source="https://platform.xiaomimimo.com",
)


@dataclass(frozen=True, slots=True)
class _Row:
    dialect: Dialect
    since: tuple[int, ...] = ()
    """The first version of the family that speaks it."""
    names: str = ""
    """A pattern of the names that do, whatever their version."""


_GPT_5 = replace(
    _GPT,
    name="gpt-5",
    thinks="unless_refused",
    # "Unsupported parameter: 'stop' is not supported with this model."
    sampling=Sampling(
        most_tokens="max_completion_tokens",
        stop="here",
        refused=("frequency_penalty", "presence_penalty", "logit_bias"),
        # The OpenAI channel drops these itself, the one that is converted to responses does not.
        refused_thinking=("temperature", "top_p", "logprobs", "top_logprobs"),
    ),
)
_DEEPSEEK_ALL = replace(
    _DEEPSEEK, reasoning="all", thinks="unless_refused", thinking_off="thinking"
)

# The last row that fits is taken. A name without a version is taken for the newest.
_ROWS: tuple[_Row, ...] = (
    _Row(replace(_CLAUDE, name="claude-4", sampling=replace(_CLAUDE.sampling, both=True))),
    # "`temperature` and `top_p` cannot both be specified for this model."
    _Row(_CLAUDE, (4, 1)),
    # "This model does not support assistant message prefill."
    _Row(replace(_CLAUDE, name="claude-4.6", assistant_last="never"), (4, 6)),
    _Row(_GPT),
    _Row(_GPT_5, (5,)),
    # "Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions."
    _Row(replace(_GPT_5, name="gpt-5.4", effort_beside_tools=False), (5, 4)),
    # "Stream must be set to true"
    _Row(replace(_GPT_5, name="codex", stream_whole_calls="always"), names=r"gpt-5.*codex"),
    _Row(_GEMINI),
    _Row(replace(_GEMINI, name="gemini-3", format_beside_tools=True), (3,)),
    # V3.1 does not think while it calls tools; R1 refuses `reasoning_content` in a history.
    _Row(_DEEPSEEK),
    _Row(replace(_DEEPSEEK, name="deepseek-r1", thinks="always"), names=r"deepseek-r\d"),
    _Row(replace(_DEEPSEEK_ALL, name="deepseek-v3.2", blank_reasoning="turn"), (3, 2)),
    _Row(replace(_DEEPSEEK_ALL, name="deepseek-v4", blank_reasoning="all"), (4,)),
    _Row(replace(_KIMI, name="kimi", thinks="asked", reasoning="never")),
    _Row(_KIMI, (2, 5)),
    _Row(_KIMI, names=r"kimi-.*thinking"),
    _Row(_MIMO),
    _Row(_QWEN),
    _Row(replace(_QWEN, name="qwen-open", thinks="unless_refused"), names=r"qwq|qwen3-\d+b"),
    # Its template takes one system message alone, in front.
    _Row(replace(_QWEN, name="qwen-3.5", thinks="unless_refused", merge_system=True), (3, 5)),
    _Row(_MINIMAX),
    _Row(_GLM),
    _Row(_MISTRAL),
    _Row(_GROK),
)
_BY_NAME = {SAFE.name: SAFE} | {row.dialect.name: row.dialect for row in _ROWS}


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
    for row in _ROWS:
        if row.dialect.family == family:
            is_newer = not facts.version or facts.version >= row.since
            named = re.search(row.names, model.lower()) if row.names else is_newer
            found = row.dialect if named else found
    return found


_CHANNELS = (("anthropic", "claude"), ("gemini", "gemini"))


DIALECT_FIELDS = ("dialect", "replay_reasoning", "merge_system_messages", "media_in_history")
"""The settings of an adapter that a `DialectChoice` is made of, in its order."""
DialectSetting = Union[str, "Dialect", "DialectChoice"]
"""`auto`, `none`, the name of a row, a row, or a choice with what a user wants otherwise."""


@dataclass(frozen=True, slots=True)
class DialectChoice:
    """Which row is taken, and what a user wants otherwise."""

    dialect: str | Dialect = "auto"
    """`auto` is the row of the model, else a row or its name; `none` leaves requests alone."""
    replay_reasoning: ReplayReasoning | None = None
    merge_system_messages: bool | None = None
    media_in_history: MediaInHistory | None = None

    def ways(self, body: Mapping[str, Any]) -> tuple[Way, ...]:
        """The ways of structured output for a request, the best first."""
        return (self.of(str(body["model"])) or SAFE).ways(body)

    def of(self, model: str, endpoint_types: tuple[str, ...] = ()) -> Dialect | None:
        """The row for a model; None where requests go out as they are."""
        return None if self.dialect == "none" else _chosen(self, model, endpoint_types)


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
