"""RamClouds with a key, the local model without."""

from __future__ import annotations

import pytest

from ramclouds.local import Endpoint, local_or_remote


def test_key_leads_to_ramclouds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")

    with local_or_remote() as endpoint:
        assert endpoint == Endpoint("https://ramclouds.me/v1", "test-key", "gpt-5", is_local=False)
        assert str(endpoint) == "gpt-5 at RamClouds (https://ramclouds.me/v1)"
        assert "test-key" not in repr(endpoint)


def test_environment_names_url_and_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
    monkeypatch.setenv("RAMCLOUDS_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("RAMCLOUDS_MODEL", "glm-4.7")

    with local_or_remote() as endpoint:
        assert endpoint == Endpoint("http://127.0.0.1:9/v1", "test-key", "glm-4.7", is_local=False)


def test_argument_names_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
    monkeypatch.setenv("RAMCLOUDS_MODEL", "glm-4.7")

    with local_or_remote("gpt-5.1") as endpoint:
        assert endpoint.model == "gpt-5.1"


@pytest.mark.real_model
def test_no_key_leads_to_the_local_model() -> None:
    with local_or_remote() as endpoint:
        assert endpoint.is_local
        assert endpoint.base_url.startswith("http://127.0.0.1:")
        assert str(endpoint) == (
            "the local model SmolLM2-135M-Instruct.Q4_1 (RAMCLOUDS_API_KEY is not set)"
        )
        with local_or_remote() as inner:
            assert inner == endpoint
