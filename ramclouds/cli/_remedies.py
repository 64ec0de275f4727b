"""What to do about a fault, beyond the error's own hint: found out by trying."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ramclouds.cli._setup import Setup
from ramclouds.errors import (
    APIConnectionError,
    AuthenticationError,
    BadRequestError,
    BlockedError,
    ConfigurationError,
    NotFoundError,
    PermissionDeniedError,
    RamCloudsError,
    ResponseError,
)

# Seconds. A guess is no reason to wait: TLS to a port without it gets no response.
_TRY_TIMEOUT = 3.0
# A browser's, and that of a well-known program.
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "curl/8.5.0",
)
_PROMPTED = (
    'Ask through the prompt, which every model takes: tool_calling="prompted" in both adapters.'
)
_OF_MODEL = ("tools", "response_format")
_IS_SAID = 'tool_calling="prompted"'


def more_about(check: str, error: RamCloudsError, setup: Setup) -> Iterator[str]:
    """Sentences that go behind the error's message."""
    if isinstance(error, ConfigurationError):
        return
    yield from _tried_remedies(check, error, setup)
    if setup.proxy and isinstance(error, PermissionDeniedError):
        yield f"Or the proxy {setup.proxy} refused. NO_PROXY lists the hosts that go around it."


def _tried_remedies(check: str, error: RamCloudsError, setup: Setup) -> Iterator[str]:
    if isinstance(error, BlockedError):
        yield _about_agents(setup)
    elif is_redirect(error) or isinstance(error, APIConnectionError):
        yield from _about_scheme(setup)
    elif check == "access" and isinstance(error, (AuthenticationError, PermissionDeniedError)):
        yield from _about_key(error, setup)
    elif check in _OF_MODEL:
        # Not if the gateway is busy, or if the error gives the advice itself.
        if isinstance(error, (BadRequestError, ResponseError)) and _IS_SAID not in error.message:
            yield _PROMPTED
    elif isinstance(error, (ResponseError, NotFoundError)):
        yield from _about_path(setup)


def is_redirect(error: RamCloudsError) -> bool:
    """Whether the server sent the client to another address."""
    return 300 <= (error.status_code or 0) < 400


def _about_agents(setup: Setup) -> str:
    for agent in _AGENTS:
        if not isinstance(_tried(setup, user_agent=agent), BlockedError):
            return f'With another User-Agent it works: RAMCLOUDS_USER_AGENT="{agent}"'
    return (
        "Other User-Agents are blocked, too, so it is the IP address: use another network, or ask "
        "RamClouds to let this one in."
    )


def _about_scheme(setup: Setup) -> Iterator[str]:
    if setup.url.startswith("http://"):
        url = f"https://{setup.url.removeprefix('http://')}"
        if _is_gateway(_tried(setup, base_url=url)):
            yield f"With https it works: RAMCLOUDS_BASE_URL={url}"


def _about_path(setup: Setup) -> Iterator[str]:
    root = setup.url.partition("://")
    for url in (f"{setup.url}/v1", f"{root[0]}://{root[2].partition('/')[0]}/v1"):
        if url != setup.url and _is_gateway(_tried(setup, base_url=url)):
            yield f"This one works: RAMCLOUDS_BASE_URL={url}"
            return


def _about_key(error: RamCloudsError, setup: Setup) -> Iterator[str]:
    """Newer gateways refuse an unknown, a spent and an expired key with the same words."""
    try:
        with setup.client() as client:
            status = client.key_status()
    except RamCloudsError:
        return
    if status.is_expired:
        yield f"It has expired, on {status.expires_at:%Y-%m-%d}: make a new one."
    elif status.is_spent:
        yield "Its quota is spent: raise its limit, or make a new one."
    elif isinstance(error, PermissionDeniedError):
        yield (
            "The gateway knows the key, so it is the IP address of this machine that is not "
            "allowed, or the key's group."
        )


def _tried(setup: Setup, **changes: Any) -> RamCloudsError | None:
    """The error of a request with other settings."""
    try:
        with setup.client(timeout=_TRY_TIMEOUT, **changes) as client:
            client.models()
    except RamCloudsError as error:
        return error
    return None


def _is_gateway(error: RamCloudsError | None) -> bool:
    """Whether a gateway responded, be it that it refuses the key."""
    return error is None or isinstance(error, (AuthenticationError, PermissionDeniedError))
