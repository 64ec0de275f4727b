"""TLS contexts, shared by all clients of one kind: building one takes tens of milliseconds."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache

import httpx

from ramclouds._settings import Settings, proxy_for
from ramclouds.errors import ConfigurationError


@lru_cache(maxsize=16)
def _default_context(cert_file: str | None, cert_dir: str | None) -> ssl.SSLContext:
    # The arguments are what httpx reads from the environment: another file, another context.
    return httpx.create_ssl_context()


@lru_cache(maxsize=16)
def _context_of_file(path: str) -> ssl.SSLContext:
    if os.path.isdir(path):  # noqa: PTH112  `verify` is a str as in httpx
        return ssl.create_default_context(capath=path)
    return ssl.create_default_context(cafile=path)


@lru_cache(maxsize=1)
def _unverified_context() -> ssl.SSLContext:
    return httpx.create_ssl_context(verify=False)


@lru_cache(maxsize=1)
def _unused_context() -> ssl.SSLContext:
    # Plain http needs none, and loading the root certificates takes tens of milliseconds.
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def tls_context(settings: Settings) -> ssl.SSLContext:
    """The TLS context for a client's settings, shared with all others of the same ones."""
    verify = settings.verify
    if isinstance(verify, ssl.SSLContext):
        return verify
    if verify is False:
        return _unverified_context()
    try:
        if isinstance(verify, str):
            return _context_of_file(verify)
        if settings.base_url.startswith("http:") and proxy_for(settings.base_url) is None:
            return _unused_context()
        env = os.environ
        return _default_context(env.get("SSL_CERT_FILE"), env.get("SSL_CERT_DIR"))
    except OSError as exc:
        raise ConfigurationError(
            f"The certificates cannot be read ({exc}). Check verify=..., SSL_CERT_FILE and "
            "SSL_CERT_DIR."
        ) from exc
