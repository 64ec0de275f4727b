"""TLS contexts, shared by clients with equal settings: building one takes tens of milliseconds."""

from __future__ import annotations

import ssl
from functools import lru_cache
from pathlib import Path

import httpx

from ramclouds._settings import Settings, certificate_paths, proxy_for
from ramclouds.errors import ConfigurationError


@lru_cache(maxsize=16)
def _default_context(cert_file: str | None, cert_dir: str | None) -> ssl.SSLContext:
    # httpx reads both paths from the environment; as arguments they are part of the cache's key.
    return httpx.create_ssl_context()


@lru_cache(maxsize=16)
def _context_of_file(path: str) -> ssl.SSLContext:
    if Path(path).is_dir():
        return ssl.create_default_context(capath=path)
    return ssl.create_default_context(cafile=path)


@lru_cache(maxsize=1)
def _unverified_context() -> ssl.SSLContext:
    return httpx.create_ssl_context(verify=False)


@lru_cache(maxsize=1)
def _unused_context() -> ssl.SSLContext:
    # Plain http needs no root certificates, and loading them takes tens of milliseconds.
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def tls_context(settings: Settings) -> ssl.SSLContext:
    """The TLS context for a client's settings."""
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
        return _default_context(*certificate_paths())
    except OSError as exc:
        raise ConfigurationError(
            f"The certificates cannot be read ({exc}). Check verify=..., SSL_CERT_FILE and "
            "SSL_CERT_DIR."
        ) from exc
