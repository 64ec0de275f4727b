"""The sync client's connections: kept, used again, let go of; and the headers that go with them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from ramclouds import Client
from tests.gateway import Gate, Gateway, Sse, chunk
from tests.harness import ASK


@pytest.fixture
def client(gateway: Gateway) -> Iterator[Client]:
    with Client(api_key="test-key", base_url=gateway.base_url, max_retries=0) as client:
        yield client


def test_calls_one_after_the_other_share_a_connection(gateway: Gateway, client: Client) -> None:
    for _ in range(3):
        client.complete(**ASK)
        list(client.stream(**ASK))
    assert gateway.connections == 1


def test_idle_connections_are_used_again(
    gateway: Gateway, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine the end of a body may take longer than is normally waited for.
    monkeypatch.setattr("ramclouds._http.bodies._PATIENCE", 30.0)
    gate = Gate()
    gateway.handler = lambda _: Sse([gate, chunk({"content": "x"}), chunk({}, "stop")])
    with ThreadPoolExecutor(8) as pool:
        first = [pool.submit(lambda: list(client.stream(**ASK))) for _ in range(8)]
        gateway.wait_requests(8)
        gate.open()
        for done in first:
            done.result()
        for done in [pool.submit(lambda: list(client.stream(**ASK))) for _ in range(40)]:
            done.result()
    assert gateway.connections == 8


def test_connection_that_lay_idle_too_long_is_closed(
    gateway: Gateway, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ramclouds._http.pool.KEEPALIVE_EXPIRY", -1.0)
    client.complete(**ASK)
    gateway.wait_closed()
    client.complete(**ASK)
    assert gateway.connections == 2


def test_connection_that_expired_unseen_is_not_used(
    gateway: Gateway, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    gateway.handler = lambda _: Sse([gate, chunk({"content": "x"}), chunk({}, "stop")])
    threads = [threading.Thread(target=lambda: list(client.stream(**ASK))) for _ in range(2)]
    for thread in threads:
        thread.start()
    gateway.wait_requests(2)
    gate.open()
    for thread in threads:
        thread.join()
    assert gateway.open_connections == 2
    monkeypatch.setattr("ramclouds._http.pool.KEEPALIVE_EXPIRY", -1.0)
    list(client.stream(**ASK))
    assert gateway.connections == 3
    gateway.wait_closed()


def test_connections_close_with_the_client(gateway: Gateway, client: Client) -> None:
    client.complete(**ASK)
    client.close()
    gateway.wait_closed()
    client.complete(**ASK)
    assert gateway.connections == 2


def test_headers_of_one_call_are_not_those_of_the_next(gateway: Gateway, client: Client) -> None:
    client.complete(**ASK)
    client.complete(**ASK, extra_headers={"X-Mine": "1", "Accept-Encoding": "identity"})
    client.complete(**ASK)
    first, second, third = (dict(request.headers) for request in gateway.requests)
    assert first == third
    assert httpx.Headers(second) == httpx.Headers(
        {**first, "x-mine": "1", "accept-encoding": "identity"}
    )
