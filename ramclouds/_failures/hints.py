"""What to do about an error: the sentences behind what happened."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ramclouds import errors as e
from ramclouds._failures.classification import exceeds_limit
from ramclouds._failures.model_names import chat_name_of, nearest_name
from ramclouds._late import late
from ramclouds.bridge.outcome import refuses_effort

if TYPE_CHECKING:
    from ramclouds._failures.error_body import ErrorBody
    from ramclouds._failures.response_head import ResponseHead

_CHANNEL_IN_KEY = late(r"指定渠道|specif\w{0,9} (a )?channel", re.I)
_MAX_TOKENS = late(r"max_(output_|completion_)?tokens|integer_below_min", re.I)
_TOO_SMALL = late(
    r"minimum|at least|too small|>=|(below|less than) (the )?min"
    r"|(must be|should be|is not) (greater|larger|more|higher) than",
    re.I,
)
# OpenRouter: "No endpoints found that support tool use"; Ollama: "x does not support tools";
# DashScope: "tools is not supported".
_NO_TOOLS = late(
    r"support (?:tool use|tools?\b|function call|the provided 'tool_choice')"
    r"|\b(?:tools?|tool calling|tool use|function calling) (?:is|are) not supported",
    re.I,
)
_UNSUPPORTED = late(r"unsupported (parameter|value)|not supported", re.I)
# The gateway takes field paths for hosts and masks them, as in `***.***.custom.name`, so the words
# in a path say nothing. The lookbehind lets a search start once a word.
_PATH = late(r"(?<![\w*\[\]])[\w*\[\]]+(?:\.[\w*\[\]]+)+")

_WHERE = "ramclouds.me or its Telegram bot @ramclouds_bot"
_DASH = (
    "The key holds a `-` that is not part of `sk-`; the gateway reads what follows it as a channel "
    "number."
)
PROXY_CREDENTIALS = (
    "The proxy asks for a user and a password. Set them in HTTP_PROXY or HTTPS_PROXY, as in "
    "http://user:password@host:3128."
)
_CHECK_KEY = "Check the API key (RAMCLOUDS_API_KEY or api_key=...)."
_UNNAMED = (
    "The key is unknown, disabled, expired or spent; the gateway does not say which, but "
    "client.key_status() can tell."
)
_CHECK_MODEL = (
    "Check the model's name against client.models(), which is list_models() in the adapters: the "
    "list depends on the key."
)
_CHECK_RIGHTS = "Check which models, groups and IP addresses the key may use."
_ACCOUNT = (
    "The gateway's account at the provider was refused; you cannot fix this. Try another model, or "
    "tell RamClouds the request id."
)


class _Failure(NamedTuple):
    """What a hint depends on."""

    head: ResponseHead
    error_body: ErrorBody
    words: str
    """The message without the paths in it."""

    def has_dash(self) -> bool:
        # The gateway names this in the language of the account, or calls the key unknown.
        return not self.error_body.code and self.head.redactor.has_dash

    def is_unnamed(self) -> bool:
        return self.error_body.is_gateways_own and not self.error_body.code

    def has_small_max_tokens(self) -> bool:
        about = f"{self.words} {self.error_body.code} {self.error_body.param}"
        return bool(_MAX_TOKENS.search(about) and _TOO_SMALL.search(about))

    def refuses_effort(self) -> bool:
        return refuses_effort(self.words)

    def is_redirect(self) -> bool:
        return 300 <= self.head.status_code < 400

    def has_no_prices(self) -> bool:
        is_prices = self.head.url.endswith("/api/pricing")
        return is_prices and self.head.status_code in (200, 401, 403, 404)

    def is_401(self) -> bool:
        return self.head.status_code == 401

    def has_usual_path(self) -> bool:
        # A proxy may have changed the path that the gateway calls invalid.
        is_invalid = "invalid url" in self.words.lower()
        return self.head.url.endswith("/v1/chat/completions") and not is_invalid

    def is_relayed(self) -> bool:
        # The gateway's own: "Invalid URL (POST /v1/x)", of a provider's type.
        is_own = self.error_body.is_gateways_own or "invalid url" in self.words.lower()
        return self.head.is_from_gateway and not self.error_body.is_empty and not is_own

    def was_streamed(self) -> bool:
        return self.head.sent.is_stream

    def is_over_limit(self) -> bool:
        return exceeds_limit(self.words)

    def chat_name(self) -> str | None:
        base_url = self.head.url.removesuffix("/chat/completions")
        return chat_name_of(base_url, self.head.sent.model)

    def has_chat_name(self) -> bool:
        return self.chat_name() is not None


def _redirect(failure: _Failure) -> str:
    target = failure.head.headers.get("location", "another address")
    return (
        f"The server redirects to {target}; redirects are not followed, so that the key stays "
        "here. Check base_url."
    )


def _chat_name(failure: _Failure) -> str:
    return (
        "RamClouds names newer Claude models with -CL on chat completions; the name without it is "
        f"for /v1/messages. Ask for {failure.chat_name()}. {_CHECK_MODEL}"
    )


def _model_name(failure: _Failure) -> str:
    base_url = failure.head.url.removesuffix("/chat/completions").removesuffix("/embeddings")
    near = nearest_name(base_url, failure.head.sent.model)
    return f"Did you mean {near}? {_CHECK_MODEL}" if near else _CHECK_MODEL


def _too_large(failure: _Failure) -> str:
    sent = failure.head.sent
    if not sent.size:
        return "Send fewer or smaller messages."
    size, old = sent.size / 1e6, sent.old_media_size / 1e6
    if not old:
        return f"The request has {size:.1f} MB. Send fewer or smaller messages."
    return (
        f"The request has {size:.1f} MB, of which {old:.1f} MB ({old / size:.0%}) are media of "
        "earlier messages. Leave old media out, or send smaller ones."
    )


def _uncapitalized(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


_Condition = str | re.Pattern[str] | Callable[[_Failure], bool] | None
"""The error body's code or type, what stands in the message, or a predicate; None: always."""
_Hint = str | Callable[[_Failure], str]

# The first row whose class and condition fit decides; a subclass stands before its base.
_HINTS: tuple[tuple[type[e.RamCloudsError], _Condition, _Hint], ...] = (
    (e.RamCloudsError, _Failure.is_redirect, _redirect),
    (e.BlockedError, None, (
        "Cloudflare blocked the request before it reached RamClouds, most likely for its "
        "User-Agent or its IP address. Set another User-Agent: user_agent=... or "
        "RAMCLOUDS_USER_AGENT."
    )),
    (e.APIStatusError, _Failure.has_no_prices, (
        "The gateway does not show its prices to everybody. Set those that you know by "
        "ramclouds.set_prices({...}); list prices are used for the others."
    )),
    (e.ProviderAccountError, _Failure.is_401, (
        f"{_ACCOUNT} If every model answers so, check your key."
    )),
    (e.ProviderAccountError, None, _ACCOUNT),
    (e.InsufficientQuotaError, None, (
        "Credit is spent, or does not cover what max_tokens reserves. Top up or raise the limit of "
        f"the key at {_WHERE}, or lower max_tokens."
    )),
    (e.AuthenticationError, _Failure.has_dash, (
        f"{_UNNAMED} {_DASH} If that is intended, {_uncapitalized(_CHECK_KEY)}"
    )),
    (e.AuthenticationError, _Failure.is_unnamed, (
        f"{_UNNAMED} {_CHECK_KEY} Keys and credit are at {_WHERE}."
    )),
    (e.AuthenticationError, None, f"{_CHECK_KEY} Keys are at {_WHERE}."),
    (e.PermissionDeniedError, _CHANNEL_IN_KEY, _DASH),
    (e.PermissionDeniedError, _Failure.has_dash, (
        f"{_DASH} If that is intended, {_uncapitalized(_CHECK_RIGHTS)}"
    )),
    (e.PermissionDeniedError, None, f"{_CHECK_RIGHTS} Keys are at {_WHERE}."),
    (e.ModelUnavailableError, _Failure.has_chat_name, _chat_name),
    (e.ModelUnavailableError, None, _model_name),
    (e.APIStatusError, _NO_TOOLS, (
        "The model, or the gateway's channel to it, takes no tools. Use another model, or ask "
        "through the prompt: tool_calling=\"prompted\" in the adapters."
    )),
    (e.NotFoundError, _Failure.is_relayed, (
        f"The provider behind the gateway did not find it. {_CHECK_MODEL}"
    )),
    (e.NotFoundError, _Failure.has_usual_path, (
        "Check the host in base_url, and the model's name."
    )),
    (e.NotFoundError, None, "Check base_url: it normally ends in /v1."),
    (e.ContextLengthError, None, "Send fewer or shorter messages, or lower max_tokens."),
    (e.RequestTooLargeError, None, _too_large),
    (e.ContentFilterError, "sensitive_words_detected", (
        "The gateway's word filter refused the messages. Change them."
    )),
    (e.ContentFilterError, "prompt_blocked", (
        "Gemini's filter blocked the prompt. Change the messages, or try another model."
    )),
    (e.ContentFilterError, None, (
        "The provider's content filter refused this. Change the messages, or try another model."
    )),
    (e.BadRequestError, _Failure.has_small_max_tokens, (
        "max_tokens is too small for this model. OpenAI's codex models need at least 16, Claude "
        "more than its thinking budget."
    )),
    (e.BadRequestError, _Failure.refuses_effort, (
        "The model takes no tools beside a reasoning effort on this route. Set "
        "reasoning_effort='none', or ask RamClouds to send the model's requests to /v1/responses."
    )),
    (e.BadRequestError, _UNSUPPORTED, "Leave that parameter out."),
    (e.BadRequestError, None, "Change the request."),
    (e.RateLimitError, _Failure.is_over_limit, (
        "This request alone is above the limit, so waiting does not help. Send fewer or shorter "
        "messages, or lower max_tokens."
    )),
    (e.RateLimitError, None, "Wait, then send the request again, or send fewer at once."),
    (e.GatewayTimeoutError, None, (
        "The request may have run and been billed, so it was not sent again. Stream it: a stream "
        "is not cut for being slow to begin."
    )),
    (e.ServerError, "new_api_panic", (
        "The gateway crashed on this request. The usual reasons are a tool's JSON schema, and a "
        "file or audio part that it cannot convert."
    )),
    (e.ServerError, None, "Send the request again later."),
    (e.EmptyResponseError, _Failure.was_streamed, (
        "It may have been billed. Ask for the whole completion instead of a stream, or change the "
        "messages."
    )),
    (e.EmptyResponseError, None, (
        "It may have been billed. Stream the completion, or change the messages."
    )),
    (e.StreamError, None, "Send the request again."),
    (e.APIConnectionError, None, PROXY_CREDENTIALS),
)  # fmt: skip


def hint_for(
    cls: type[e.RamCloudsError], head: ResponseHead, error_body: ErrorBody, message: str
) -> str:
    """What the user can do about an error of this class; empty if nothing is known."""
    failure = _Failure(head, error_body, _PATH.sub(" ", message))
    for known, condition, hint in _HINTS:
        if issubclass(cls, known) and _fits(failure, condition):
            return hint if isinstance(hint, str) else hint(failure)
    return ""


def _fits(failure: _Failure, condition: _Condition) -> bool:
    if condition is None:
        return True
    if isinstance(condition, str):
        return condition in (failure.error_body.code, failure.error_body.type)
    if callable(condition):
        return condition(failure)
    return condition.search(failure.words) is not None
