"""The sync client's own HTTP/1.1 over a socket: requests that cannot go out, and large ones."""

from __future__ import annotations

import json
import socket
import threading

import pytest
from httpx import Timeout

from ramclouds import APIConnectionError, APITimeoutError, Client, ConfigurationError
from tests.gateway import Gateway, Json, Raw, completion
from tests.harness import in_row


def test_header_that_would_end_early_is_not_sent(gateway: Gateway) -> None:
    for name, value in [
        ("X", "a\r\nY: b"),
        ("X", "a\nb"),
        ("X", "a\0b"),
        ("X Y", "a"),
        ("X:", "a"),
        ("", "a"),
    ]:
        with in_row(name):
            with (
                Client(api_key="test-key", base_url=gateway.base_url) as client,
                pytest.raises(ConfigurationError) as caught,
            ):
                client.complete(
                    model="gpt-5",
                    messages=[{"role": "user", "content": "Hi"}],
                    extra_headers={name: value},
                )
            assert "test-key" not in str(caught.value)
            assert gateway.requests == []


def ask(client: Client, text: str = "Hi") -> str:
    return client.complete(model="gpt-5", messages=[{"role": "user", "content": text}]).text


def test_body_of_many_megabytes_goes_out_whole(gateway: Gateway) -> None:
    gateway.reply(Json(completion("Seen.")))
    text = "x" * 20_000_000
    with Client(api_key="test-key", base_url=gateway.base_url) as client:
        assert ask(client, text) == "Seen."
    assert gateway.last.json["messages"][0]["content"] == text


def test_connection_is_not_used_again_where_something_follows_the_answer(gateway: Gateway) -> None:
    body = json.dumps(completion("Hi")).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    gateway.reply(Raw([head + body + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"]))
    with Client(api_key="test-key", base_url=gateway.base_url, max_retries=0) as client:
        assert ask(client) == "Hi"
        assert ask(client)
    assert gateway.connections == 2


@pytest.mark.parametrize(
    ("closes", "expected"), [(False, APITimeoutError), (True, APIConnectionError)]
)
def test_request_that_nobody_takes(closes: bool, expected: type[Exception]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        settings = {"api_key": "test-key", "base_url": f"http://127.0.0.1:{port}/v1"}
        with Client(**settings, max_retries=0, timeout=Timeout(5, write=0.2)) as client:
            if closes:
                thread = threading.Thread(target=lambda: server.accept()[0].close())
                thread.start()
            with pytest.raises(expected) as caught:
                ask(client, "x" * 20_000_000)
            if closes:
                thread.join()
    assert isinstance(caught.value, APITimeoutError) is not closes
