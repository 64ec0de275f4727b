"""Why a completion is not what was asked for, and what to do then."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from ramclouds._late import late
from ramclouds.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ContentFilterError,
    ContextLengthError,
    EmptyResponseError,
    GatewayTimeoutError,
    RamCloudsError,
    RateLimitError,
    ServerError,
    StreamError,
)

if TYPE_CHECKING:
    from ramclouds.types import InvalidToolCall

__all__ = [
    "WORDS",
    "OnEmpty",
    "OnInvalidToolCalls",
    "OnUnsupported",
    "Outcome",
    "ToolCalling",
    "complaint",
    "invalid_calls_message",
    "is_native_refused",
    "limited_message",
    "may_succeed",
    "refuses_effort",
    "shown",
    "unsupported_message",
]

ToolCalling = Literal["native", "prompted", "grammar"]
"""How tools and formats are asked for."""
OnUnsupported = Literal["raise", "fallback"]
"""What becomes of a native request that had no effect."""
OnInvalidToolCalls = Literal["raise", "return"]
"""What becomes of a message with invalid tool calls and no valid one."""
OnEmpty = Literal["raise", "return"]
"""What becomes of a message without text and calls, where tools were offered."""

WORDS: dict[str, tuple[str | None, ...]] = {
    "tool_calling": (None, *get_args(ToolCalling)),
    "on_unsupported": get_args(OnUnsupported),
    "on_invalid_tool_calls": get_args(OnInvalidToolCalls),
    "on_empty": get_args(OnEmpty),
}
"""The adapters' settings that are not sent, which a call may set too, and what they may be."""

_CUT_OFF = {
    "length": ("It was cut off at its token limit.", "Raise max_tokens."),
    # As Anthropic and Gemini say it, where a channel passes it on.
    "max_tokens": ("It was cut off at its token limit.", "Raise max_tokens."),
    "model_context_window_exceeded": (
        "It was cut off because the context window is full.",
        "Send fewer or shorter messages.",
    ),
}
# As providers say that they take no tools; and the panic of a gateway that reads `parameters.type`
# as a string: "interface conversion: interface {} is []interface {}, not string".
_NATIVE = late(
    r"\b(tools?|tool_choice|function[_ -]?call\w*|functions|response_format|json_schema)\b"
    r"|interface conversion: interface \{\} is \[\]interface \{\}, not string",
    re.IGNORECASE,
)
_EFFORT = late(r"reasoning[_. ]effort", re.IGNORECASE)
_TOOLS = late(r"\btools?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a completion says about itself, where it is not what was asked for."""

    model: str = ""
    finish_reason: str | None = None
    refusal: str = ""
    tool_calling: str | None = None
    """How it was asked for, where not natively."""
    token_limit: int | None = None
    """The gateway's own limit, where the user set none."""

    @property
    def is_cut_off(self) -> bool:
        """Whether a limit on tokens ended it."""
        return (self.finish_reason or "").lower() in _CUT_OFF

    @property
    def stopped(self) -> str | None:
        """The advice where something stopped the model; None where it came to its end.

        The same request would be stopped again.
        """
        if self.finish_reason == "length" and self.token_limit is not None:
            return limited_message(self.token_limit)
        if (cut := _CUT_OFF.get((self.finish_reason or "").lower())) is not None:
            return " ".join(cut)
        if self.finish_reason == "content_filter":
            return "The provider's filter stopped it. Change the messages."
        if self.refusal or self.finish_reason == "refusal":
            return "It is a refusal. Change the messages, or use another model."
        return None

    def without_call(self, ignored: str) -> str:
        """The advice where a forced call did not come; `ignored` is what had no effect."""
        if (stopped := self.stopped) is not None:
            return stopped
        if self.tool_calling is not None:
            return (
                f"It was asked for through the prompt (tool_calling={self.tool_calling!r}). "
                "Leave tool_choice at 'auto', or use another model."
            )
        return unsupported_message(ignored, self.model)

    def without_json(self, ignored: str | None) -> str:
        """The advice where JSON was asked for and did not come; None: asked in the prompt alone."""
        if (stopped := self.stopped) is not None:
            return stopped
        if self.tool_calling is None and ignored is not None:
            return unsupported_message(ignored, self.model)
        way = "" if self.tool_calling is None else f" (tool_calling={self.tool_calling!r})"
        return f"It was asked for through the prompt{way}. Use another model."

    def without_fit(self) -> str:
        """The advice where JSON came that does not fit."""
        return self.stopped or "Describe the fields in the schema, or use another model."

    def without_words(self, reasoning: str) -> str:
        """The words of an error about a completion without text and calls."""
        what = f", only thoughts: {shown(reasoning)}" if reasoning else ""
        advice = (
            self.stopped
            or "Ask again (empty_retries=2 does), lower reasoning_effort, or use another model."
        )
        return (
            f"The completion holds neither text nor a tool call{what}. {advice}"
            ' on_empty="return" returns such a message.'
        )


def limited_message(token_limit: int) -> str:
    """The words about a completion that a limit ended which the user did not set."""
    return (
        f"It was cut off at {token_limit:,} tokens, the gateway's limit for this model where"
        " max_tokens is not set. Set max_tokens."
    )


def refuses_effort(message: str) -> bool:
    """Whether a refusal says that tools are not taken beside a reasoning effort.

    "Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions."
    """
    return bool(_EFFORT.search(message) and _TOOLS.search(message))


def is_native_refused(error: Exception) -> bool:
    """Whether a request was refused for its `tools`, `tool_choice` or `response_format`."""
    # Both errors may mention tools: their tokens count, and the filter's error may mean a malformed
    # call.
    if not isinstance(error, APIStatusError) or isinstance(
        error, (ContentFilterError, ContextLengthError)
    ):
        return False
    if refuses_effort(error.message):
        # Else the model would be asked through the prompt from then on.
        return False
    return bool(_NATIVE.search(f"{error.message} {error.param}"))


def may_succeed(error: RamCloudsError) -> bool:
    """Whether the same request may succeed, also where the client does not repeat it by itself.

    It does not where a part of the completion was given out, or where the request may be running.
    """
    if error.partial is not None and isinstance(error, _MAY_BREAK_OFF):
        return True
    return error.retryable or isinstance(error, _MAY_PASS)


_MAY_BREAK_OFF = (APIConnectionError, RateLimitError, ServerError)
_MAY_PASS = (APITimeoutError, GatewayTimeoutError, EmptyResponseError, StreamError)


def unsupported_message(what: str, model: str) -> str:
    """The words of an error about `tools` or `response_format` that had no effect."""
    return (
        f"{what} had no effect: the model {model!r}, or the gateway's channel to it, ignored it."
        ' Use tool_calling="prompted", which asks through the prompt, or on_unsupported="fallback",'
        " which changes to it by itself."
    )


def invalid_calls_message(
    calls: Sequence[InvalidToolCall], text: str, finish_reason: str | None
) -> str:
    """The words of an error about calls that no tool may run, and none that one may."""
    listed = "; ".join(f"{call.name}({shown(call.arguments)}): {call.reason}" for call in calls)
    beside = f" Beside them stands the text {shown(text)}." if text else ""
    _, advice = _CUT_OFF.get(finish_reason or "", ("", "Ask again, or use another model."))
    # A reason may give the same advice already.
    then = "" if advice.lower() in listed.lower() else f" {advice}"
    return (
        f"The model called tools with arguments that are not whole, so no tool was run. {listed}"
        f'{beside}{then} on_invalid_tool_calls="return" returns such a message.'
    )


def complaint(call: InvalidToolCall) -> str:
    """What the model gets to read in place of the result of a call that no tool ran."""
    return f"{call.reason} The tool was not run. Call it again with one whole JSON object."


def shown(text: str) -> str:
    """The beginning of a text, in quotes."""
    return repr(text if len(text) <= 200 else text[:200] + "...")
