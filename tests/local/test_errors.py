"""What a user without luck sees, from a real server."""

from __future__ import annotations

import pytest

from ramclouds import APIConnectionError, AuthenticationError, Client, ContextLengthError
from ramclouds.local import LocalServer

MESSAGES = [{"role": "user", "content": "Say hello."}]


def test_wrong_key_is_an_authentication_error(local_server: LocalServer) -> None:
    client = Client(api_key="wrong-key", base_url=local_server.base_url)

    with client, pytest.raises(AuthenticationError) as caught:
        client.complete(model=local_server.model, messages=MESSAGES)

    assert caught.value.status_code == 401
    assert "RAMCLOUDS_API_KEY" in str(caught.value)
    assert "wrong-key" not in str(caught.value)


def test_too_long_a_prompt_is_a_context_length_error(local_server: LocalServer) -> None:
    client = Client(api_key=local_server.api_key, base_url=local_server.base_url)

    with client, pytest.raises(ContextLengthError):
        client.complete(
            model=local_server.model, messages=[{"role": "user", "content": "word " * 6000}]
        )


def test_unreachable_host_says_what_to_check() -> None:
    # Port 9, discard: nothing listens there.
    client = Client(api_key="test-key", base_url="http://127.0.0.1:9/v1", max_retries=0)

    with client, pytest.raises(APIConnectionError) as caught:
        client.complete(model="gpt-5", messages=MESSAGES)

    assert "http://127.0.0.1:9" in str(caught.value)
    assert "RAMCLOUDS_BASE_URL" in str(caught.value)
