"""Proxies of the environment, and certificates good and bad."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ramclouds import APIConnectionError, APITimeoutError, Client, ConfigurationError
from tests.client.certificates import certificate_in
from tests.gateway import Gateway, Proxy
from tests.harness import ASK, EACH_TWIN, Calls, in_row, read

Connect = Callable[..., Calls]
pytestmark = EACH_TWIN


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate_in(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def secure(certificate: Path) -> Iterator[Gateway]:
    """A gateway that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Gateway(tls=context) as running:
        yield running


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as running:
        yield running


def works(calls: Calls) -> bool:
    return bool(read(calls.stream())["text"] == calls.complete().text)


def test_untrusted_certificate_is_an_error_with_a_hint(secure: Gateway, connect: Connect) -> None:
    calls = connect(base_url=secure.base_url, max_retries=3)
    for call in (calls.complete, calls.stream, calls.models):
        with pytest.raises(APIConnectionError, match="SSL_CERT_FILE") as caught:
            call()
        assert caught.value.retryable is False
    assert secure.requests == []


def test_verify_takes_a_file(secure: Gateway, connect: Connect, certificate: Path) -> None:
    assert works(connect(base_url=secure.base_url, verify=str(certificate)))


def test_verify_takes_a_context(secure: Gateway, connect: Connect, certificate: Path) -> None:
    context = ssl.create_default_context(cafile=certificate)
    assert works(connect(base_url=secure.base_url, verify=context))


def test_verify_can_be_switched_off(secure: Gateway, connect: Connect) -> None:
    assert works(connect(base_url=secure.base_url, verify=False))


def test_ssl_cert_file_is_heeded(
    secure: Gateway, connect: Connect, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert works(connect(base_url=secure.base_url))


def test_certificate_file_that_is_none(secure: Gateway, connect: Connect, tmp_path: Path) -> None:
    for path in (tmp_path / "missing.pem", tmp_path):
        with pytest.raises((ConfigurationError, APIConnectionError)):
            connect(base_url=secure.base_url, verify=str(path)).complete()


def test_tls_spoken_to_a_plain_port(gateway: Gateway, connect: Connect) -> None:
    url = gateway.base_url.replace("http:", "https:")
    calls = connect(base_url=url, verify=False, timeout=0.2)
    with pytest.raises(APIConnectionError):
        calls.complete()


def test_plain_http_spoken_to_a_tls_port(secure: Gateway, connect: Connect) -> None:
    calls = connect(base_url=secure.base_url.replace("https:", "http:"))
    with pytest.raises(APIConnectionError):
        calls.complete()


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_proxy_of_the_environment(
    gateway: Gateway, proxy: Proxy, connect: Connect, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, proxy.url)
    assert works(connect())
    assert proxy.seen == [f"POST {gateway.base_url}/chat/completions"] * 2


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
def test_proxy_for_https_is_a_tunnel(
    secure: Gateway, proxy: Proxy, connect: Connect, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, proxy.url)
    assert works(connect(base_url=secure.base_url, verify=False))
    assert set(proxy.seen) == {f"CONNECT 127.0.0.1:{secure.port}"}


def test_certificate_behind_a_proxy_is_checked(
    secure: Gateway,
    proxy: Proxy,
    connect: Connect,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    with pytest.raises(APIConnectionError):
        connect(base_url=secure.base_url).complete()
    assert works(connect(base_url=secure.base_url, verify=str(certificate)))


def test_verify_holds_for_tls_to_a_proxy(
    secure: Gateway, connect: Connect, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"https://127.0.0.1:{secure.port}")
    with pytest.raises(APIConnectionError, match="not trusted"):
        connect(base_url="https://gateway.localhost/v1").complete()
    # It is no proxy: it takes the request for a tunnel, and is silent then.
    calls = connect(base_url="https://gateway.localhost/v1", verify=str(certificate), timeout=0.3)
    with pytest.raises(APITimeoutError):
        calls.complete()


def test_no_proxy_goes_direct(
    gateway: Gateway, proxy: Proxy, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for value in ["127.0.0.1", "*", "example.com, 127.0.0.1"]:
        with in_row(value):
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            monkeypatch.setenv("NO_PROXY", value)
            assert works(connect())
            assert proxy.seen == []


def test_proxy_of_the_other_scheme_is_not_used(
    gateway: Gateway, proxy: Proxy, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    assert works(connect())
    assert proxy.seen == []


def test_proxy_that_is_not_there(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with pytest.raises(APIConnectionError):
        connect().complete()


def test_proxy_that_is_no_url(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "ftp://127.0.0.1:9")
    client = Client(api_key="test-key", base_url=gateway.base_url)
    with pytest.raises(ConfigurationError, match="PROXY"):
        client.complete(**ASK)


def test_password_of_a_proxy_is_in_no_error(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://user:hidden-password@127.0.0.1:9")
    with pytest.raises(APIConnectionError) as caught:
        connect().complete()
    shown: Any = [str(caught.value), repr(caught.value.__dict__), repr(caught.value.__cause__)]
    assert "hidden-password" not in str(shown)
