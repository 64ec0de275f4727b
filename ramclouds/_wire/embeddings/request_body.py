"""Arguments of `embed` to the JSON that is sent: checked before anything leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from typing_extensions import TypedDict

from ramclouds._late import late
from ramclouds._wire.chat.request_body import lay_over, unknown_argument
from ramclouds.bridge.body_fields import checked_model, in_count
from ramclouds.errors import ConfigurationError
from ramclouds.models import embedding_facts

Input = str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]]
"""Texts, or lists of token ids; one of either may stand alone."""
Encoding = Literal["float", "base64"]

# https://platform.openai.com/docs/api-reference/embeddings/create#embeddings_create-input
MAX_TEXTS = 2048
ENCODING = "encoding_format"
_OWNED_KEYS = frozenset({"model", "input"})
_MAX_DIMENSIONS = 65_536
_BYTES = (bytes, bytearray, memoryview)
_SURROGATE = late("[\ud800-\udfff]")


class EmbedParams(TypedDict, total=False):
    """Optional arguments of `embed` and `embed_many`; None is not sent."""

    dimensions: int | None
    """Length of the vectors, where the model can shorten them."""
    user: str | None
    extra_body: Mapping[str, Any] | None
    """Further keys of the body, sent as they are; they win over the others."""
    extra_headers: Mapping[str, str] | None
    total_timeout: float | None
    """Seconds of the call with its retries, in place of the client's."""
    max_wait: float | None
    """Seconds to wait because the gateway asks for it, in place of the client's."""


_NAMES = frozenset(EmbedParams.__annotations__)


def embeddings_body(
    model: str, texts: Input, encoding: str | None, params: Mapping[str, Any]
) -> dict[str, Any]:
    """The body of a request: what the caller set, and base64 where no encoding was chosen.

    Raises:
        ConfigurationError: an argument is out of its documented range; the message names its index.
        TypeError: an argument that does not exist.
    """
    if not params.keys() <= _NAMES:
        raise TypeError(unknown_argument(params, _NAMES))
    body: dict[str, Any] = {
        "model": checked_model(model, example="text-embedding-3-small"),
        "input": checked_input(texts),
        ENCODING: _checked_encoding(encoding),
    }
    if params.get("dimensions") is not None:
        body["dimensions"] = _checked_dimensions(model, params["dimensions"])
    if params.get("user") is not None:
        body["user"] = params["user"]
    lay_over(body, params.get("extra_body") or {}, _OWNED_KEYS)
    return body


def count_of(texts: Input) -> int:
    """How many vectors belong to an input that was checked."""
    is_alone = isinstance(texts, str) or isinstance(texts[0], int)
    return 1 if is_alone else len(texts)


def checked_input(texts: Any) -> str | list[Any]:
    """Texts or token lists, none of them empty, and no more than one request takes."""
    if isinstance(texts, str):
        _check_text(texts, "input")
        return texts
    if not isinstance(texts, Sequence) or isinstance(texts, _BYTES):
        raise ConfigurationError("input must be a text or a list of texts.")
    if not texts:
        raise ConfigurationError("input is empty. Give at least one text.")
    if isinstance(texts[0], int):
        _check_tokens(texts, "input")
        return list(texts)
    if len(texts) > MAX_TEXTS:
        raise ConfigurationError(
            f"input holds {len(texts):,} texts, and a request takes {MAX_TEXTS:,} at most. "
            "Call embed_many, which sends several requests."
        )
    for index, text in enumerate(texts):
        check_one(text, f"input[{index}]")
        if isinstance(text, str) != isinstance(texts[0], str):
            raise ConfigurationError(
                f"input[{index}] and input[0] are a text and a list of tokens. "
                "Embed texts and lists of tokens by requests of their own."
            )
    return list(texts)


def check_one(text: Any, name: str) -> None:
    """Check one of several texts, or one list of token ids."""
    if isinstance(text, Sequence) and not isinstance(text, (str, *_BYTES)):
        _check_tokens(text, name)
    else:
        _check_text(text, name)


def _check_text(text: Any, name: str) -> None:
    if not isinstance(text, str):
        raise ConfigurationError(f"{name} must be a text, not {type(text).__name__}.")
    if not text:
        # OpenAI: 400 "'$.input' is invalid"; llama.cpp: 400 "Input content cannot be empty".
        raise ConfigurationError(f"{name} is empty, which models refuse. Leave it out.")
    if not text.isascii() and _SURROGATE.search(text):
        # Half of a pair, as text read from a PDF holds: UTF-8 has no bytes for it.
        raise ConfigurationError(
            f"{name} holds a lone surrogate, which is no character. "
            "Replace it: text.encode('utf-8', 'replace').decode()."
        )


def _check_tokens(tokens: Sequence[Any], name: str) -> None:
    if not tokens:
        raise ConfigurationError(f"{name} is empty, which models refuse. Leave it out.")
    if not all(type(token) is int and token >= 0 for token in tokens):
        raise ConfigurationError(f"{name} must hold token ids: whole numbers from 0.")


def _checked_encoding(encoding: Any) -> str:
    if encoding is not None and encoding not in get_args(Encoding):
        raise ConfigurationError(f"{ENCODING} must be 'float' or 'base64', not {encoding!r}.")
    return encoding or "base64"


def _checked_dimensions(model: str, given: Any) -> int:
    dimensions = in_count("dimensions", given, 1, _MAX_DIMENSIONS)
    facts = embedding_facts(model)
    if not facts.can_shorten:
        raise ConfigurationError(
            f"{model} cannot shorten its vectors of {facts.dimensions}. Leave dimensions out."
        )
    if facts.dimensions is not None and dimensions > facts.dimensions:
        raise ConfigurationError(
            f"dimensions is {dimensions}, and the vectors of {model} have {facts.dimensions}. "
            "Ask for as many or fewer."
        )
    return dimensions
