"""TLS contexts, shared by clients with equal settings: building one takes tens of milliseconds."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import httpx

from ramclouds._addresses import proxy_for
from ramclouds._settings import Settings, certificate_paths
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
    if isinstance(verify, str):
        with _naming("verify", verify):
            return _context_of_file(verify)
    if settings.base_url.startswith("http:") and proxy_for(settings.base_url) is None:
        return _unused_context()
    file, folder = certificate_paths()
    with _naming(*(("SSL_CERT_FILE", file) if file else ("SSL_CERT_DIR", folder))):
        return _default_context(file, folder)


@contextmanager
def _naming(setting: str, path: str | None) -> Iterator[None]:
    """Names the setting whose certificates cannot be read."""
    try:
        yield
    except (OSError, ValueError) as exc:
        raise ConfigurationError(
            f"{setting} names certificates that cannot be read: {path!r} ({exc}). It must be the "
            "path of a PEM file, or of a folder of such files."
        ) from exc
