"""LangChain's standard integration tests for embeddings, on loopback and on the local model."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.embeddings import Embeddings
from langchain_tests.integration_tests import EmbeddingsIntegrationTests

from langchain_ramclouds import RamCloudsEmbeddings
from ramclouds.local import LocalServer
from tests.gateway import Gateway


class _Standard(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return RamCloudsEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        # The key and the URL are in the environment.
        return {"model": "text-embedding-3-small"}


class TestOnLoopback(_Standard):
    @pytest.fixture(autouse=True)
    def _environment(self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
        monkeypatch.setenv("RAMCLOUDS_BASE_URL", gateway.base_url)


class TestOnTheLocalModel(_Standard):
    @pytest.fixture(autouse=True)
    def _environment(self, local_server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RAMCLOUDS_API_KEY", local_server.api_key)
        monkeypatch.setenv("RAMCLOUDS_BASE_URL", local_server.base_url)
