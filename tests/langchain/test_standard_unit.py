"""LangChain's standard unit tests."""

from __future__ import annotations

from typing import Any

from langchain_tests.unit_tests import ChatModelUnitTests

from langchain_ramclouds import ChatRamClouds


class TestStandardUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[ChatRamClouds]:
        return ChatRamClouds

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "gpt-5", "api_key": "test-key"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return (
            {"RAMCLOUDS_API_KEY": "test-key", "RAMCLOUDS_BASE_URL": "http://127.0.0.1:1/v1"},
            {"model": "gpt-5"},
            {"api_key": "test-key", "base_url": "http://127.0.0.1:1/v1"},
        )
