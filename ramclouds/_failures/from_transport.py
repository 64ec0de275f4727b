"""The errors of the HTTP libraries, as errors of ours."""

from __future__ import annotations

import ssl

import httpx

from ramclouds._failures.frames import chain_of
from ramclouds._failures.hints import PROXY_CREDENTIALS
from ramclouds.errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    RamCloudsError,
    ResponseError,
)


def transport_error(
    exc: Exception, base_url: str, *, is_stream: bool = False
) -> RamCloudsError | None:
    """The error that one of an HTTP library means; None if it is none of theirs."""
    if isinstance(exc, RamCloudsError):
        return exc
    if isinstance(exc, (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)):
        return ConfigurationError(
            f"The request cannot be sent ({exc}). Check base_url, and the headers that you set."
        )
    if isinstance(exc, httpx.DecodingError):
        return ResponseError(
            f"The response's compression cannot be read ({exc}). Send the request again.",
            retryable=False,
        )
    if isinstance(exc, RuntimeError) and "closed" in str(exc):
        return ConfigurationError("The client is closed. Make a new one.")
    is_theirs = isinstance(exc, (httpx.HTTPError, httpx.StreamError, OSError))
    if not is_theirs and not type(exc).__module__.startswith("httpcore"):
        return None
    if isinstance(exc, (httpx.TimeoutException, TimeoutError)):
        return _timeout_error(exc, base_url, is_stream=is_stream)
    return _connection_error(exc, base_url)


def _timeout_error(exc: Exception, base_url: str, *, is_stream: bool) -> APITimeoutError:
    if isinstance(exc, (httpx.ConnectTimeout, httpx.PoolTimeout)):
        text = f"No connection to {base_url} in time. Check the network, or raise timeout=..."
        return APITimeoutError(text)
    # The request may be running and billed, as with a 524: the user decides to send it again.
    other = "ask for the whole completion" if is_stream else "stream the completion"
    text = (
        f"{base_url} was silent for longer than the timeout allows. Raise timeout=..., or {other}."
    )
    return APITimeoutError(text, retryable=False)


# Plain HTTP where a handshake was expected, in OpenSSL 3 and before.
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL")
_OS_ERRORS = (ConnectionRefusedError, ConnectionResetError, BrokenPipeError, OSError)


def _connection_error(exc: Exception, base_url: str) -> APIConnectionError:
    causes = list(chain_of(exc, None))
    tls = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if isinstance(tls, ssl.SSLCertVerificationError):
        return APIConnectionError(
            f"The certificate of {base_url} is not trusted ({tls.verify_message}). "
            f"{_certificate_hint(tls.verify_code)}",
            retryable=False,
        )
    if tls is not None and tls.reason in _NO_TLS:
        return APIConnectionError(
            f"{base_url} does not speak TLS on this port. Check base_url: its port, or http:// "
            "instead of https:// for a gateway on this machine.",
            retryable=False,
        )
    if isinstance(exc, httpx.ProxyError):
        return _proxy_error(str(exc))
    what = next((str(cause) for cause in causes if type(cause) in _OS_ERRORS), str(exc))
    what = (what or type(exc).__name__).rstrip(".")
    if isinstance(exc, httpx.ConnectError):
        return APIConnectionError(
            f"Cannot connect to {base_url}: {what}. Check base_url (RAMCLOUDS_BASE_URL) and the "
            "network."
        )
    return APIConnectionError(
        f"The connection to {base_url} broke before the response was complete: {what}. "
        "Send the request again."
    )


def _proxy_error(what: str) -> APIConnectionError:
    """What the proxy said; the error of the system behind it says less."""
    if what.startswith("407") or "password" in what:
        text = f"The proxy refused: {what}. {PROXY_CREDENTIALS}"
        return APIConnectionError(text, retryable=False)
    return APIConnectionError(
        f"The proxy failed: {what}. Check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY."
    )


# https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/#error-codes
def _certificate_hint(code: int) -> str:
    if code in (9, 10):
        return "It has expired, or the clock of this machine is wrong."
    if code in (62, 64):
        return "Another server responded: check base_url, and the proxy or network before it."
    return (
        "Behind a company's proxy, name its root certificate: verify='/path/ca.pem' or "
        "SSL_CERT_FILE."
    )
