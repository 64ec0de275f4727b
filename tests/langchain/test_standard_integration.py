"""LangChain's standard integration tests, against a gateway that interprets requests."""

from __future__ import annotations

import base64
from typing import Any, cast

import httpx
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_tests.integration_tests import ChatModelIntegrationTests

from langchain_ramclouds import ChatRamClouds
from tests.gateway import Gateway, Json, Sse, completion, text_chunks, usage

# One white pixel.
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII="
)
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
_WAV = b"RIFF$\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00@\x1f\x00\x00@\x1f\x00\x00"


def _downloaded(url: str, **_: Any) -> httpx.Response:
    """What the tests download from the internet, from here."""
    media = {".png": _PNG, ".pdf": _PDF, ".wav": _WAV, ".ogg": _WAV, ".mp3": _WAV}
    content = next(data for suffix, data in media.items() if url.endswith(suffix))
    return httpx.Response(200, content=content, request=httpx.Request("GET", url))


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
class TestStandardIntegration(ChatModelIntegrationTests):
    @pytest.fixture(autouse=True)
    def _on_loopback(self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gateway = gateway
        monkeypatch.setenv("RAMCLOUDS_BASE_URL", gateway.base_url)
        monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
        monkeypatch.setenv("LANGCHAIN_TESTS_USER_AGENT", "ramclouds-tests")
        monkeypatch.setattr("langchain_tests.integration_tests.chat_models.httpx.get", _downloaded)

    @property
    def chat_model_class(self) -> type[ChatRamClouds]:
        return ChatRamClouds

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "gpt-5"}

    @property
    def model_override_value(self) -> str:
        return "claude-opus-4-5"

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_image_inputs(self) -> bool:
        return True

    @property
    def supports_image_urls(self) -> bool:
        return True

    @property
    def supports_image_tool_message(self) -> bool:
        return True

    @property
    def supports_pdf_inputs(self) -> bool:
        return True

    @property
    def supports_pdf_tool_message(self) -> bool:
        return True

    @property
    def supports_audio_inputs(self) -> bool:
        return True

    @property
    def supports_video_inputs(self) -> bool:
        return True

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True

    @property
    def enable_vcr_tests(self) -> bool:
        return True

    @property
    def supported_usage_metadata_details(self) -> dict[str, list[str]]:
        details = [
            "audio_input",
            "audio_output",
            "reasoning_output",
            "cache_read_input",
            "cache_creation_input",
        ]
        return {"invoke": details, "stream": details}

    def _counted(self, *, stream: bool, **details: int) -> AIMessage:
        counted = usage(100, 50, **details)
        if stream:
            self.gateway.reply(Sse(text_chunks("Hello world", usage=counted)))
        else:
            self.gateway.reply(Json(completion("Hello world", usage=counted)))
        model = ChatRamClouds(model="gpt-5")
        if not stream:
            return model.invoke("Hello")
        chunks = list(model.stream("Hello"))
        return cast("AIMessageChunk", chunks[0] + chunks[1:])

    def invoke_with_audio_input(self, *, stream: bool = False) -> AIMessage:
        return self._counted(stream=stream, prompt_audio_tokens=7)

    def invoke_with_audio_output(self, *, stream: bool = False) -> AIMessage:
        return self._counted(stream=stream, completion_audio_tokens=7)

    def invoke_with_reasoning_output(self, *, stream: bool = False) -> AIMessage:
        return self._counted(stream=stream, reasoning_tokens=7)

    def invoke_with_cache_read_input(self, *, stream: bool = False) -> AIMessage:
        return self._counted(stream=stream, cached_tokens=7)

    def invoke_with_cache_creation_input(self, *, stream: bool = False) -> AIMessage:
        return self._counted(stream=stream, cache_creation_tokens=7)
