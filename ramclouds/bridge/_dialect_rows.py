"""The rows of the table of dialects: one or more a family, each with its source and date."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from ramclouds.bridge._dialect import ANY_ID, Dialect, Sampling

# Seen on New API, builds A, M and B: channels that make a vendor's own request drop these.
_SELDOM = ("n", "seed", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs")
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
        # New API, M, 2026-04-15: the thinking budget by reasoning effort (relay-claude.go).
        budgets=(("low", 1280), ("medium", 2048), ("high", 4096)),
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
    allowed_tools=True,
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
    tool_ids=ANY_ID,
    assistant_last="always",
    # As Claude's channel.
    merge_system=True,
    # An id is `chatcmpl-` and that of the request, converted or not; each finish reason that the
    # channel does not know, MALFORMED_FUNCTION_CALL among them, is content_filter.
    is_rewritten=True,
    video_as_string=True,
    # "The number of stop sequences must not exceed 5."
    sampling=Sampling(most_stops=5, ignored=tuple(name for name in _SELDOM if name != "seed")),
    source="https://ai.google.dev/api/caching; New API's Gemini channel, builds A, M, B",
)
# What vendors take whose API has OpenAI's form.
_OPEN = Dialect(tool_ids=ANY_ID, user_first=False, assistant_last="always", names=True)
_DEEPSEEK = replace(
    _OPEN,
    name="deepseek-v3.1",
    family="deepseek",
    # "This response_format type is unavailable now"
    structured=("json_object", "tool", "prompted"),
    structured_thinking=("json_object", "prompted"),
    source="https://api-docs.deepseek.com/guides/thinking_mode",
)
_KIMI = replace(
    _OPEN,
    name="kimi-thinking",
    family="kimi",
    structured=("json_object", "tool", "prompted"),
    structured_thinking=("json_object", "prompted"),
    thinks="unless_refused",
    thinking_off="thinking",
    reasoning="calls",
    # "The value range is [0, 1]"
    sampling=Sampling(temperature=(0, 1)),
    source="https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model; new-api#3121",
)
_QWEN = replace(
    _OPEN,
    name="qwen",
    family="qwen",
    structured=("json_object", "tool", "prompted"),
    # "Json mode response is not supported when enable_thinking is true"
    structured_thinking=("prompted",),
    # "parameter.enable_thinking must be set to false for non-streaming calls"
    thinking_off="enable_thinking",
    # New API's Ali channel sends 0.001 where it is unset (relay/channel/ali/text.go).
    sampling=Sampling(top_p=0.8, top_p_thinking=0.95),
    stream_whole_calls="while_thinking",
    source="https://help.aliyun.com/zh/model-studio/qwen-api-reference; New API's Ali channel",
)
_MINIMAX = replace(
    _OPEN,
    name="minimax",
    family="minimax",
    structured=("prompted",),
    structured_thinking=("prompted",),
    thinks="always",
    # The documented choices are auto and none.
    forced_tools="never",
    reasoning="inline",
    # Each turn begins with its own `<think>`, which goes back unchanged.
    join_neighbours=False,
    # "temperature must be in (0, 1]"
    sampling=Sampling(temperature=(0.01, 1)),
    source="https://platform.minimax.io/docs/api-reference/text-openai-api",
)
_GLM = replace(
    _OPEN,
    name="glm",
    family="glm",
    # New API's GLM channel drops response_format (relay-zhipu_v4.go).
    structured=("prompted", "tool"),
    structured_thinking=("prompted",),
    # The only documented choice is auto.
    forced_tools="never",
    thinks="unless_refused",
    thinking_off="thinking",
    names=False,
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
    message_keys=frozenset({"role", "content", "tool_calls", "tool_call_id", "name", "prefix"}),
    # New API's Mistral channel drops it (relay/channel/mistral/text.go).
    sampling=Sampling(stop="here", ignored=_SELDOM),
    source="https://docs.mistral.ai/api/; New API's Mistral channel",
)
_GROK = replace(_GPT, name="grok", family="grok", join_neighbours=True, allowed_tools=False)
_MIMO = replace(
    _KIMI,
    name="mimo",
    family="mimo",
    sampling=Sampling(),
    source="https://platform.xiaomimimo.com",
)


class Row(NamedTuple):
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
ROWS: tuple[Row, ...] = (
    Row(replace(_CLAUDE, name="claude-4", sampling=replace(_CLAUDE.sampling, both=True))),
    # "`temperature` and `top_p` cannot both be specified for this model."
    Row(_CLAUDE, (4, 1)),
    # "This model does not support assistant message prefill."
    Row(replace(_CLAUDE, name="claude-4.6", assistant_last="never"), (4, 6)),
    Row(_GPT),
    Row(_GPT_5, (5,)),
    # "Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions."
    Row(replace(_GPT_5, name="gpt-5.4", effort_beside_tools=False), (5, 4)),
    # "Stream must be set to true"
    Row(replace(_GPT_5, name="codex", stream_whole_calls="always"), names=r"gpt-5.*codex"),
    Row(_GEMINI),
    Row(replace(_GEMINI, name="gemini-3", format_beside_tools=True), (3,)),
    # V3.1 does not think while it calls tools; R1 refuses `reasoning_content` in a history.
    Row(_DEEPSEEK),
    Row(replace(_DEEPSEEK, name="deepseek-r1", thinks="always"), names=r"deepseek-r\d"),
    Row(replace(_DEEPSEEK_ALL, name="deepseek-v3.2", blank_reasoning="turn"), (3, 2)),
    Row(replace(_DEEPSEEK_ALL, name="deepseek-v4", blank_reasoning="all"), (4,)),
    Row(replace(_KIMI, name="kimi", thinks="asked", reasoning="never")),
    Row(_KIMI, (2, 5)),
    Row(_KIMI, names=r"kimi-.*thinking"),
    Row(_MIMO),
    Row(_QWEN),
    Row(replace(_QWEN, name="qwen-open", thinks="unless_refused"), names=r"qwq|qwen3-\d+b"),
    # Its template takes one system message alone, in front.
    Row(replace(_QWEN, name="qwen-3.5", thinks="unless_refused", merge_system=True), (3, 5)),
    Row(_MINIMAX),
    Row(_GLM),
    Row(_MISTRAL),
    Row(_GROK),
)
