"""Settings of a client: argument, then environment, then default."""

from __future__ import annotations

import os
import re
import ssl
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, get_args

import httpx
from pydantic import Secret, SecretStr

from ramclouds._addresses import DEFAULT_BASE_URL, base_url_from, is_unencrypted
from ramclouds._late import late
from ramclouds._version import __version__
from ramclouds.bridge.dialects import DialectChoice, DialectSetting, to_choice
from ramclouds.bridge.fallback_models import check_fallback_models
from ramclouds.bridge.pictures import ImagesInText
from ramclouds.bridge.settings import PHASES, Pace, check_word
from ramclouds.errors import ConfigurationError

TimeoutSetting: TypeAlias = float | Mapping[str, float | None] | httpx.Timeout
"""Seconds for each part of a request, the seconds of some parts, or httpx's own object."""

# Read: a reasoning model can be silent for minutes when the gateway sends no pings (its default).
DEFAULT_TIMEOUT = httpx.Timeout(connect=10.0, read=600.0, write=60.0, pool=60.0)
# A socket counts its timeout in milliseconds of 31 bits. A user who asks for weeks wants no limit.
_LONGEST_TIMEOUT = 2_000_000.0
DEFAULT_MAX_RETRIES = 2
# Cloudflare closes idle connections after 400 s.
KEEPALIVE_EXPIRY = 60.0
DEFAULT_USER_AGENT = f"ramclouds-python/{__version__}"
# https://www.rfc-editor.org/rfc/rfc9110#name-tokens
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Settings:
    """Checked settings; holds the key only as a secret, so its repr is safe."""

    api_key: SecretStr | None
    base_url: str
    timeout: httpx.Timeout
    max_retries: int
    headers: Secret[dict[str, str]]
    verify: bool | str | ssl.SSLContext
    think_tags: bool
    images_in_text: ImagesInText
    stream_whole_calls: bool
    dialect: DialectChoice | None
    stall_timeout: float | None
    total_timeout: float | None
    max_wait: float | None
    pace: Pace
    fallback_models: tuple[str, ...]


def settings_from(**given: Any) -> Settings:
    """Resolves and checks all settings, as a client takes them.

    Raises:
        ConfigurationError: one is missing or unusable; the message says which, and what to do.
    """
    try:
        key = api_key_from(_shown(given["api_key"]))
        url = _base_url_from(_shown(given["base_url"]))
        _warn_of_foreign_key(key, url)
        images_in_text = _or(given["images_in_text"], "text")
        pace = _or(given["pace"], "process")
        return Settings(
            api_key=key,
            base_url=url,
            timeout=DEFAULT_TIMEOUT if given["timeout"] is None else timeout_from(given["timeout"]),
            max_retries=_max_retries_from(given["max_retries"]),
            headers=Secret(_headers_from(_shown(given["default_headers"]), given["user_agent"])),
            verify=_verify_from(given["verify"]),
            think_tags=_or(given["think_tags"], False),
            images_in_text=check_word("images_in_text", images_in_text, get_args(ImagesInText)),
            stream_whole_calls=_or(given["stream_whole_calls"], False),
            dialect=_dialect_from(given["dialect"]),
            stall_timeout=seconds_from("stall_timeout", given["stall_timeout"]),
            total_timeout=seconds_from("total_timeout", given["total_timeout"]),
            max_wait=seconds_from("max_wait", given["max_wait"]),
            pace=check_word("pace", pace, get_args(Pace)),
            fallback_models=tuple(check_fallback_models(given["fallback_models"])),
        )
    except ConfigurationError as exc:
        error = exc
    # The frames in which it was raised hold secrets.
    raise error.with_traceback(None)


def _or(given: Any, otherwise: Any) -> Any:
    return otherwise if given is None else given


def hidden(value: Any) -> Any:
    """A setting that may hold a secret, for frames that an error may keep."""
    return value if value is None or isinstance(value, SecretStr) else Secret(value)


def _shown(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, Secret) else value


def _base_url_from(given: Any) -> str:
    url = base_url_from(given or os.environ.get("RAMCLOUDS_BASE_URL"))
    if is_unencrypted(url):
        warn_user(
            f"base_url {url} is plain http: the API key and all messages travel unencrypted. "
            "Use https."
        )
    return url


def api_key_from(argument: str | SecretStr | None) -> SecretStr:
    """The key as given, or `RAMCLOUDS_API_KEY`; no other vendor's variable is read."""
    given = argument.get_secret_value() if isinstance(argument, SecretStr) else argument
    if given is not None and not isinstance(given, str):
        raise ConfigurationError("api_key must be a string. Pass the key that RamClouds gave you.")
    key = (given or os.environ.get("RAMCLOUDS_API_KEY") or "").strip()
    if not key:
        raise ConfigurationError(
            "No API key. Set the environment variable RAMCLOUDS_API_KEY, or pass api_key=... "
            "Pickles and stored models carry no key: set the variable where they are loaded."
        )
    for shape, what in _NO_KEYS:
        if shape.search(key):
            raise ConfigurationError(f"The API key {what}")
    return SecretStr(key)


_NO_KEYS = (
    # `docker run --env-file` keeps the quotation marks that a shell removes.
    (re.compile("""^["'].*["']$"""), "is in quotation marks. Remove them."),
    # Copied from a page: RAMCLOUDS_API_KEY=sk-..., <your key>, YOUR_API_KEY, sk-your-key-here; or a
    # variable that no shell filled in: ${RAMCLOUDS_API_KEY}.
    (
        re.compile(r"(?i)^((sk-)?(\.{3,}|…)|<.*>|\$.*|(sk-)?your[-_]?(api[-_]?)?key([-_]here)?)$"),
        "is a placeholder. Put your own key in its place.",
    ),
    (re.compile(r"(?i)^(authorization:|bearer\b)"), "begins as a header does. Pass the key alone."),
    (
        re.compile(r"""[^!#-&(-~]"""),
        "holds a character that no key has (white space, a quotation mark, or not ASCII). "
        "Copy it again.",
    ),
)
_OTHER_KEYS = {
    "Anthropic": r"sk-ant-",
    "OpenAI": r"sk-(proj|svcacct|admin|None)-",
    "OpenRouter": r"sk-or-",
    "Google": r"AIza",
    "Groq": r"gsk_",
    "xAI": r"xai-",
    "Hugging Face": r"hf_",
    "Perplexity": r"pplx-",
    "NVIDIA": r"nvapi-",
    "Replicate": r"r8_",
    "LangSmith": r"lsv2_",
    "LlamaCloud": r"llx-",
    "AWS": r"(AKIA|ABSK)",
}


def _warn_of_foreign_key(key: SecretStr, base_url: str) -> None:
    # Another gateway may have keys of any shape.
    if base_url != DEFAULT_BASE_URL:
        return
    for provider, shape in _OTHER_KEYS.items():
        if re.match(shape, key.get_secret_value()):
            warn_user(
                f"The API key has the shape of a key of {provider}, which RamClouds does not know. "
                "Pass a key of RamClouds."
            )


def warn_user(message: str) -> None:
    """Warn at the line of the user's code that led here."""
    level, frame = 1, sys._getframe(0)
    while frame.f_back is not None and _IN_LIBRARIES.match(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)


_IN_LIBRARIES = late(
    r"(ramclouds|langchain_ramclouds|llama_index_ramclouds|langchain|langchain_core|langgraph"
    r"|llama_index|pydantic|contextlib|functools|copy|pickle|asyncio|threading|concurrent)(\.|$)"
)


def timeout_from(given: Any, otherwise: httpx.Timeout = DEFAULT_TIMEOUT) -> httpx.Timeout:
    """One number for every phase, in seconds, a dict of phases, or an `httpx.Timeout`.

    None, and infinite, is no limit. `otherwise` has the phases that a dict lacks.

    Raises:
        ConfigurationError: a number of it is none, or not above 0, or a phase is unknown.
    """
    if hasattr(given, "as_dict"):
        given = given.as_dict()
    if not isinstance(given, Mapping):
        return httpx.Timeout(seconds_from("timeout", given))
    unknown = [name for name in given if name not in PHASES]
    if unknown:
        raise ConfigurationError(
            f"timeout has no part {unknown[0]!r}. A dict of it has connect, read, write or pool."
        )
    phases = {name: seconds_from(f"The timeout for {name}", given[name]) for name in given}
    return httpx.Timeout(**{**otherwise.as_dict(), **phases})


def _verify_from(given: Any) -> bool | str | ssl.SSLContext:
    if given is None or isinstance(given, (bool, ssl.SSLContext)):
        return True if given is None else given
    if not isinstance(given, (str, os.PathLike)) or not str(given):
        raise ConfigurationError(
            "verify must be True, False, the path of a file or folder of certificates, or an "
            f"ssl.SSLContext, not {given!r}."
        )
    return str(os.fspath(given))


def seconds_from(name: str, given: Any) -> float | None:
    """A limit in seconds; None is none, and so is what a socket cannot count."""
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not given > 0:
        raise ConfigurationError(
            f"{name} must be a positive number of seconds, or None for no limit, not {given!r}."
        )
    return None if given > _LONGEST_TIMEOUT else float(given)


def _max_retries_from(given: int | None) -> int:
    if given is None:
        return DEFAULT_MAX_RETRIES
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        raise ConfigurationError(f"max_retries must be 0 or more, not {given!r}.")
    return given


def _dialect_from(given: DialectSetting | None) -> DialectChoice | None:
    choice = to_choice(given)
    if choice is not None:
        choice.of("")  # Raises for a name or a word that is unknown.
    return choice


def _headers_from(
    default_headers: Mapping[str, str] | None, user_agent: str | None
) -> dict[str, str]:
    headers = {
        "Accept": "application/json, text/event-stream",
        # Python's decoders of other codings have no limit for what a few bytes expand to.
        "Accept-Encoding": "gzip, deflate",
        # Newer gateway versions translate their messages by it.
        "Accept-Language": "en",
        "Content-Type": "application/json",
    }
    agent = user_agent or os.environ.get("RAMCLOUDS_USER_AGENT") or DEFAULT_USER_AGENT
    return merge_headers(merge_headers(headers, {"User-Agent": agent}), default_headers)


def merge_headers(headers: dict[str, str], more: Any) -> dict[str, str]:
    """Headers with others laid over them, whatever their case."""
    if more is not None and not isinstance(more, Mapping):
        raise ConfigurationError('Headers must be a mapping such as {"X-Team": "a"}.')
    if not more:
        return headers
    merged = dict(headers)
    for name, value in more.items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise ConfigurationError(f"{name!r} is no name of a header, as X-Team is.")
        if not isinstance(value, str) or not value.isprintable() or not value.isascii():
            raise ConfigurationError(f"The value of header {name!r} must be one line of ASCII.")
        for other in [known for known in merged if known.lower() == name.lower()]:
            del merged[other]
        merged[name] = value
    return merged


def certificate_paths() -> tuple[str | None, str | None]:
    """The file and the folder of root certificates that the environment names."""
    return os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
