"""The checks of `ramclouds doctor` that cost nothing, in order."""

from __future__ import annotations

import os
import re
import socket
from contextlib import suppress
from urllib.parse import urlsplit

from ramclouds._client import Client
from ramclouds.bridge.dialects import dialect_for
from ramclouds.bridge.prepare import apply
from ramclouds.bridge.settings import closest
from ramclouds.cli._amounts import left
from ramclouds.cli._calls import tool_request
from ramclouds.cli._key import NO_KEY, has_key
from ramclouds.cli._options import DEFAULT_MODEL
from ramclouds.cli._remedies import is_redirect
from ramclouds.cli._setup import Found, Setup
from ramclouds.errors import (
    APIConnectionError,
    BlockedError,
    ConfigurationError,
    InsufficientQuotaError,
    RamCloudsError,
    ServerError,
)
from ramclouds.models import embedding_facts, known_models


def key(setup: Setup) -> Found:
    """The key has the form of a key of this gateway; the gateway is not asked yet."""
    # Only the key can be wrong: address and User-Agent are right.
    if not has_key():
        raise ConfigurationError(NO_KEY)
    Client(base_url="http://localhost", user_agent="doctor")
    for text in _warnings(setup):
        if text.startswith("The API key"):
            raise ConfigurationError(text)
    bare = os.environ["RAMCLOUDS_API_KEY"].strip().removeprefix("sk-")
    if re.search(r"[^\w.-]", bare):
        yield (
            "note",
            "The key holds a character that is no letter and no digit, such as a comma or a "
            "bracket. If the gateway refuses it, copy it again without what stands around it.",
        )
    if "-" in bare:
        where = "ends with" if bare.endswith("-") else "holds"
        where = "begins with" if bare.startswith("-") else where
        yield (
            "note",
            f"The key {where} a dash, which keys of RamClouds do not. If the gateway refuses it, "
            "copy it again without the dash.",
        )
    yield "ok", "RAMCLOUDS_API_KEY has the form of a key."


def _warnings(setup: Setup) -> list[str]:
    with suppress(ConfigurationError):  # The next check says what is wrong with the address.
        return setup.warned()
    return []


def base_url(setup: Setup) -> Found:
    """The address is one, and ends as those of gateways do."""
    for text in setup.warned():
        yield "note", text
    if not setup.url.endswith("/v1"):
        yield "note", "The base URL does not end in /v1, as those of gateways normally do."
    yield "ok", f"{setup.url} ({setup.url_source})"


def connection(setup: Setup) -> Found:
    """Name, proxy, TLS and Cloudflare let a request through to a server."""
    proxy = setup.proxy
    if proxy:
        yield "note", f"Requests go through the proxy {proxy}."
    _resolve(setup.url, proxy)
    with setup.client() as client:
        try:
            setup.gateway = client.gateway_status()
        except RamCloudsError as error:
            if isinstance(error, _OF_CONNECTION) or is_redirect(error):
                raise
    yield "ok", f"{urlsplit(setup.url).hostname} responds."


# A ConfigurationError: certificates that cannot be read.
_OF_CONNECTION = (APIConnectionError, BlockedError, ConfigurationError, ServerError)


def _resolve(url: str, proxy: str | None) -> None:
    host = urlsplit(proxy or url).hostname or ""
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError) as error:
        # A UnicodeError: a part of the name is longer than 63 characters.
        why = error.strerror if isinstance(error, OSError) else "it is too long"
        hint = (
            "Check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, and the DNS of this machine."
            if proxy
            else "Check the base URL, and the network and DNS of this machine. In a network "
            "without DNS of its own, set HTTPS_PROXY."
        )
        raise APIConnectionError(f"The name {host} is not found ({why}). {hint}") from None


def access(setup: Setup) -> Found:
    """The gateway takes the key."""
    with setup.client() as client:
        setup.models = client.models()
    yield "ok", "The gateway takes the key."


def credit(setup: Setup) -> Found:
    """Something is left to spend."""
    with setup.client() as client:
        try:
            balance = client.balance()
        except RamCloudsError:
            yield "note", "The gateway does not tell what is left."
            return
    if balance.available is not None and balance.available <= 0:
        raise InsufficientQuotaError(
            f"Nothing is left to spend: {left(balance)}. Top up the account, or raise the limit of "
            "the key."
        )
    yield "ok", f"{left(balance)[0].upper()}{left(balance)[1:]}."


def gateway(setup: Setup) -> Found:
    """The software and its version."""
    status = setup.gateway
    if status is None or not status.version:
        yield "note", "The gateway does not tell its version, as New API does."
    else:
        name = f"{status.name}, " if status.name not in ("", "New API") else ""
        yield "ok", f"{name}New API {status.version}"


def models(setup: Setup) -> Found:
    """The key may use the model that was asked for."""
    names = [one.id for one in setup.models]
    chats = [name for name in names if not _NO_CHATS.search(name)]
    asked = setup.model
    if asked and setup.makes_calls and embedding_facts(asked).known:
        raise ConfigurationError(
            f"{asked} is a model for embeddings, and these calls ask for text. Name another one "
            "with -m, or leave them out with --no-calls."
        )
    setup.model = asked or _model_of(chats)
    if not names:
        yield "note", f"The gateway lists no models. The calls ask {setup.model}."
    elif setup.model in names:
        yield "ok", f"{setup.model} is among the models that the key may use ({len(names)})."
    else:
        near = closest(setup.model.lower(), [name.lower() for name in names])
        meant = next((f" Did you mean {name}?" for name in names if name.lower() == near), "")
        text = f"{setup.model} is not among the models that the key may use ({len(names)}).{meant}"
        if not setup.makes_calls:
            raise ConfigurationError(f"{text} `ramclouds models` lists them.")
        # The gateway may serve more than it lists: the first call shows it.
        yield "note", text


# Of a list whose names are not known: models that make vectors, pictures, sound or films.
_NO_CHATS = re.compile(
    r"embed|rerank|bge-|dall-e|image|imagen|flux|diffusion|midjourney|^mj_|whisper|tts|speech"
    r"|transcribe|realtime|suno|sora|veo|video|moderation",
    re.I,
)


def _model_of(chats: list[str]) -> str:
    """The model to ask where the user named none."""
    documented = [name for name in known_models() if name in chats]
    return next((name for name in [DEFAULT_MODEL, *documented] if name in chats), "") or (
        chats[0] if chats else DEFAULT_MODEL
    )


def dialect(setup: Setup) -> Found:
    """What is changed in requests for the family of the model."""
    row = dialect_for(setup.model)
    changes = apply(tool_request(setup), row).changes
    how = "; ".join(changes) or "a request with a tool goes out as it is"
    yield "ok", f"Requests are fitted to the family {row.name}: {how}."
