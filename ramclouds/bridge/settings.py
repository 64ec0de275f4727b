"""Settings as users write them: names that are nearly right, headers that hold a secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from pydantic import AliasChoices, AliasPath, BaseModel, Secret, ValidationError
from typing_extensions import TypedDict

from ramclouds.bridge._foreign_names import FOREIGN, HEADERS_HINT
from ramclouds.bridge._setting_errors import setting_error
from ramclouds.bridge.body_fields import check_field
from ramclouds.errors import ConfigurationError

if TYPE_CHECKING:
    import ssl

    import httpx
    from pydantic import SecretStr

    from ramclouds.models import KnownEmbeddingModel

__all__ = [
    "CHAT_CLIENT_FIELDS",
    "CLIENT_FIELDS",
    "FOREIGN",
    "MAX_WAIT",
    "PHASES",
    "STALL_TIMEOUT",
    "ClientSettings",
    "EmbeddingSettings",
    "Pace",
    "check_count",
    "check_extra",
    "check_pickles",
    "check_word",
    "closest",
    "construct",
    "fields_by_name",
    "hide_headers",
    "is_secret_header",
    "public_headers",
    "reject_unknown",
    "shown_headers",
    "to_timeout",
    "unknown_name",
]

STALL_TIMEOUT = 330.0
"""Seconds of a stream with nothing but comments; the gateway itself waits 305 for a provider."""

Pace: TypeAlias = Literal["process", "shared", "off"]
"""Who shares what refusals teach about a key: a process, all of a machine, or nobody."""

PHASES = frozenset({"connect", "read", "write", "pool"})
"""The parts of a timeout."""

MAX_WAIT = 600.0
"""Seconds that a call waits at most because the gateway asks for it, or for its turn."""


class ClientSettings(TypedDict, total=False):
    """What a client and every model of an adapter is built with, for type checkers."""

    api_key: str | SecretStr | None
    base_url: str | None
    timeout: float | Mapping[str, float | None] | httpx.Timeout | None
    stall_timeout: float | None
    total_timeout: float | None
    max_retries: int | None
    max_wait: float | None
    pace: Pace | None
    default_headers: Mapping[str, str] | None
    user_agent: str | None
    verify: bool | str | ssl.SSLContext | None
    http_client: httpx.Client | None


CLIENT_FIELDS = tuple(name for name in ClientSettings.__annotations__ if name != "http_client")
"""The fields of every model of an adapter that its client is built with."""
CHAT_CLIENT_FIELDS = (*CLIENT_FIELDS, "think_tags", "images_in_text", "stream_whole_calls")
"""The same of a chat model."""


class EmbeddingSettings(ClientSettings, total=False):
    """What an embedding model of either adapter is built with, for type checkers."""

    model: KnownEmbeddingModel | str
    model_name: KnownEmbeddingModel | str
    dimensions: int | None
    user: str | None
    extra_body: Mapping[str, Any] | None
    on_too_long: Literal["raise", "truncate", "average"] | None


_NO_FIELDS = {
    **dict.fromkeys((*CHAT_CLIENT_FIELDS, "http_client"), ""),
    **dict.fromkeys(("headers", "extra_headers"), HEADERS_HINT),
    "extra_query": "The gateway reads no query, so leave it out.",
}
"""What packages for other providers take beside the body, and where it goes here."""
_SECRET = re.compile(r"auth|cookie|key|token|secret|password|credential", re.IGNORECASE)


@lru_cache(maxsize=64)
def fields_by_name(kind: type[BaseModel]) -> Mapping[str, str]:
    """Every name that a model's constructor takes, and the field that it stands for."""
    names: dict[str, str] = {}
    for field, info in kind.model_fields.items():
        alias = info.validation_alias
        choices = alias.choices if isinstance(alias, AliasChoices) else [alias or field]
        others = [one.path[0] if isinstance(one, AliasPath) else one for one in choices]
        names |= dict.fromkeys((field, *map(str, others)), field)
    return names


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that the given one is most likely meant to be."""
    near = get_close_matches(name, list(known), n=1)
    return near[0] if near else None


def unknown_name(name: str, known: Collection[str], otherwise: str) -> str:
    """What to do with a name that is none of those that are known."""
    foreign = FOREIGN.get(name, {})
    for needed, hint in foreign.items():
        if not needed or needed in known:
            return hint or f"Did you mean {needed!r}?"
    of_client = next((one for one in (name, *foreign) if one in CHAT_CLIENT_FIELDS), None)
    if of_client and of_client not in known:
        return f"Give {of_client} where the client or the model is made."
    near = closest(name, known)
    return f"Did you mean {near!r}?" if near else otherwise


def reject_unknown(
    owner: str, names: Iterable[str], known: Mapping[str, str], otherwise: str
) -> None:
    """Refuse a name that is no setting, or another name of a setting that was given before.

    Raises:
        TypeError: as Python itself does for an argument that a function lacks.
    """
    given: dict[str, str] = {}
    for name in names:
        if name not in known:
            hint = unknown_name(name, known, otherwise)
            raise TypeError(f"{owner} has no setting {name!r}. {hint}")
        if (other := given.setdefault(known[name], name)) != name:
            raise TypeError(f"{owner} got {other!r} and {name!r}, which are one setting. Give one.")


def construct(
    kind: type[BaseModel],
    init: Callable[..., None],
    settings: dict[str, Any],
    error: type[ConfigurationError],
) -> None:
    """Run the constructor of an adapter's model: what is wrong is the same error in both.

    None stands for the default where the field itself does not take it. `settings` is empty
    afterwards.

    Raises:
        TypeError: a name is no setting.
        ConfigurationError: a value is wrong; it is pydantic's error as well.
    """
    otherwise = "Put other fields of the body into extra_body."
    try:
        check_extra(settings.get("extra_body") or settings.get("model_kwargs"), error)
        _check_values(settings.get("model_kwargs"), error)
        fields = fields_by_name(kind)
        reject_unknown(kind.__name__, settings, fields, otherwise)
        for name in [name for name, value in settings.items() if value is None]:
            if not _takes_none(kind, fields[name]):
                del settings[name]
        init(**settings)
        return
    except (TypeError, error) as exc:
        wrong: Exception = exc.with_traceback(None)
    except ValidationError as exc:
        wrong = setting_error(exc, error)
    finally:
        # An error keeps this function's frame and its caller's, and they the key.
        settings.clear()
    # Raised outside of `except`: pydantic's own error shows the values that were given, with the
    # key.
    raise wrong


def _takes_none(kind: type[BaseModel], field: str) -> bool:
    annotation = kind.model_fields[field].annotation
    return annotation is Any or NoneType in get_args(annotation)


def _check_values(fields: Any, error: type[ConfigurationError]) -> None:
    """Check fields of a body as those that are settings are, also LangChain's `model_kwargs`."""
    for name, value in fields.items() if isinstance(fields, Mapping) else ():
        try:
            if value is not None:
                check_field(name, value)
        except ConfigurationError as exc:
            raise error(exc.message) from None


def check_extra(extra: Any, error: type[ConfigurationError] = ConfigurationError) -> None:
    """Refuse what is no field of a body, as `extra_headers` in LangChain's `model_kwargs`.

    Raises:
        ConfigurationError: `extra` holds such a name.
    """
    names = [name for name in extra if name in _NO_FIELDS] if isinstance(extra, Mapping) else []
    if names:
        hint = _NO_FIELDS[names[0]] or f"Give {names[0]} where the client or the model is made."
        raise error(f"extra_body holds {names[0]!r}, which is no field of the body. {hint}")


def check_word(name: str, word: Any, words: Sequence[Any]) -> Any:
    """The word that a setting has, if it is one of those that the setting may have."""
    if word not in words:
        listed = ", ".join(repr(each) for each in words if each is not None)
        raise ConfigurationError(f"{name}={word!r} is unknown. Use one of {listed}.")
    return word


def check_count(name: str, count: Any) -> int:
    """The number that a setting has, if it is a whole one from 0."""
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise ConfigurationError(f"{name} must be a whole number from 0, not {count!r}.")
    return count


def is_secret_header(name: str) -> bool:
    """Whether a header of this name may hold a secret."""
    return _SECRET.search(name) is not None


def public_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that may be stored: a pickle and a serialized model are files, and travel."""
    return {name: value for name, value in headers.items() if not is_secret_header(name)}


def hide_headers(given: Any) -> None:
    """Hides the `extra_headers` of a call in its own keywords: an error keeps their frame."""
    headers = given.get("extra_headers")
    if headers is not None and not isinstance(headers, Secret):
        given["extra_headers"] = Secret(headers)


def shown_headers(headers: Any) -> Any:
    """The `extra_headers` of a call, hidden or not."""
    return headers.get_secret_value() if isinstance(headers, Secret) else headers


def check_pickles(verify: Any) -> None:
    """Refuse to pickle an `ssl.SSLContext`, which is bound to its process."""
    if not isinstance(verify, (bool, str, NoneType)):
        raise ConfigurationError(
            "A client or model with an ssl.SSLContext cannot be pickled. "
            "Pass verify='/path/ca.pem'."
        )


def to_timeout(value: Any) -> Any:
    """The `httpx.Timeout` that a stored LLM has as a dict; any other timeout as it is given."""
    if not isinstance(value, Mapping) or value.keys() != PHASES:
        return value
    # httpx is a third of an adapter's import, so it is loaded with the first of its objects.
    from httpx import Timeout

    return Timeout(**value)
