"""URLs of the gateway and of proxies, checked; no message quotes what may be a password."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from ramclouds.errors import ConfigurationError

DEFAULT_BASE_URL = "https://ramclouds.me/v1"
_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


def base_url_from(given: str | None) -> str:
    """The gateway's URL without a slash at its end, its host in ASCII.

    Raises:
        ConfigurationError: it is none.
    """
    if given is not None and not isinstance(given, str):
        raise ConfigurationError(f"base_url must be a string such as {DEFAULT_BASE_URL}.")
    return _checked((given or DEFAULT_BASE_URL).strip().rstrip("/"))


# An application makes many models and clients of one URL; one that is refused is not kept.
@lru_cache(maxsize=64)
def _checked(base_url: str) -> str:
    url = base_url.removesuffix("/chat/completions")
    parts = _split(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        shown = f", not {url!r}" if parts is not None and _is_harmless(url) else ""
        port = "; its port must be a number from 1 to 65535" if _has_odd_port(url) else ""
        raise ConfigurationError(
            f"base_url must be an http or https URL such as {DEFAULT_BASE_URL}{shown}{port}."
        )
    if "@" in url:
        raise ConfigurationError("base_url must not hold a user or password. Pass api_key=...")
    if parts.query or parts.fragment:
        raise ConfigurationError("base_url must not have a query or a fragment.")
    return url if url.isascii() else str(httpx.URL(url))


def _split(url: str) -> SplitResult | None:
    """The parts of a URL; None where it is none, or has a port that is no number."""
    try:
        # It also turns a host that is not ASCII into IDNA, and reads one that begins with xn--.
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode()
        parsed.host  # noqa: B018  a property that raises
        parts = urlsplit(url)
        parts.port  # noqa: B018
    except (ValueError, httpx.InvalidURL):
        return None
    # `getaddrinfo` raises a UnicodeError for an empty label, as in https://ramclouds..me.
    has_gap = host.startswith(".") or ".." in host or " " in parts.netloc
    return None if has_gap else parts


def _has_odd_port(url: str) -> bool:
    """Whether a colon is followed by no port; it is not quoted, as it may be a password."""
    _, colon, port = url.partition("://")[2].partition("/")[0].rpartition(":")
    return bool(colon and port) and not (port.isdecimal() and len(port) < 6 and int(port) < 65536)


def _is_harmless(url: str) -> bool:
    """Whether no part of it can be a password."""
    return "@" not in url and ":" not in url.partition("://")[2]


@lru_cache(maxsize=64)
def is_unencrypted(base_url: str) -> bool:
    """Whether what is sent can be read on the way: plain http to another machine."""
    parts = urlsplit(base_url)
    return parts.scheme == "http" and not _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def proxy_for(base_url: str) -> str | None:
    """The proxy that HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY name for a URL.

    Raises:
        ConfigurationError: it is no URL of a proxy.
    """
    target = urlsplit(base_url)
    proxies = getproxies()
    of_scheme = proxies.get(target.scheme)
    proxy = of_scheme or proxies.get("all")
    if not proxy or proxy_bypass(target.netloc):
        return None
    return _proxy_from(f"{target.scheme if of_scheme else 'all'}_PROXY".upper(), proxy)


def _proxy_from(variable: str, given: str) -> str:
    scheme, found, rest = given.strip().partition("://")
    scheme, rest = (scheme.lower(), rest) if found else ("http", scheme)
    url = f"{scheme}://{rest}"
    parts = _split(url)
    if scheme not in _PROXY_SCHEMES:
        text = f"{variable} names a proxy of an unknown kind. Use http://, https:// or socks5://"
    elif parts is None or "@" in f"{parts.path}{parts.query}{parts.fragment}":
        text = (
            f"{variable} is not the URL of a proxy, such as http://user:password@host:3128. In a "
            "password write / # ? @ : as %2F %23 %3F %40 %3A"
        )
    elif not parts.hostname:
        text = f"{variable} names no host. Use a URL such as http://host:3128"
    else:
        return url
    raise ConfigurationError(f"{text}, or list the gateway's host in NO_PROXY.")


def proxy_secrets(base_url: str) -> list[str]:
    """The password in the proxy's URL, as written and decoded, alone and behind its user."""
    try:
        userinfo, found, _ = (proxy_for(base_url) or "").partition("://")[2].rpartition("@")
    except ConfigurationError:
        return []  # The first request says so.
    texts = {userinfo, userinfo.partition(":")[2]} if found else set()
    return [form for text in texts for form in (text, unquote(text))]
