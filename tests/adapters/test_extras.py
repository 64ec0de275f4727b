"""What a message holds beside text and calls reaches users, in each adapter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from llama_index.core.base.llms.types import ChatMessage, ImageBlock

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from ramclouds import Client
from tests.adapters.asking import Way
from tests.gateway import Gateway, Json, Request, Sse, chunk, completion, usage

PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}
SOURCE = {
    "type": "url_citation",
    "url_citation": {"url": "https://example.com", "title": "A", "start_index": 0, "end_index": 2},
}
AUDIO = {"id": "audio_1", "data": "UklGRg==", "transcript": "Hi there", "expires_at": 17}
LINK = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
NO_PICTURE = {"type": "image_url", "image_url": {}}
FILE = {"type": "file_citation", "file_id": "file-1"}
EXTRA = {
    "audio": AUDIO,
    "images": [PICTURE, LINK, NO_PICTURE],
    "annotations": [SOURCE, FILE],
}
FACTS = {
    "system_fingerprint": "fp_1",
    "service_tier": "default",
    "citations": ["https://example.com"],
}
COUNTED = usage(10, 5) | {
    "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3},
    "completion_tokens_details": {"reasoning_tokens": 2},
}
COUNTS = {"cached_tokens": 4, "cache_creation_tokens": 3, "reasoning_tokens": 2}


def answer(request: Request) -> Json | Sse:
    if not request.json.get("stream"):
        return Json({**completion("Hi", usage=COUNTED, **EXTRA), **FACTS})
    deltas: list[dict[str, Any]] = [
        {"role": "assistant", "content": "Hi"},
        {"audio": {"id": "audio_1", "data": "UklG", "transcript": "Hi "}},
        {"audio": {"data": "Rg==", "transcript": "there", "expires_at": 17}},
        {"images": EXTRA["images"]},
        {"annotations": EXTRA["annotations"]},
    ]
    events = [chunk(delta) for delta in deltas] + [chunk({}, "stop")]
    last = {**chunk({}), "choices": [], "usage": COUNTED}
    return Sse([{**event, **FACTS} for event in [*events, last]])


async def test_langchain_keeps_what_a_message_holds_besides(
    way: Way, gateway: Gateway, chat: Callable[..., ChatRamClouds]
) -> None:
    gateway.handler = answer
    message = await way.langchain(chat(), [HumanMessage("Hi")])
    assert message.text == "Hi"
    assert message.additional_kwargs == EXTRA
    assert message.response_metadata.items() >= FACTS.items()
    assert message.usage_metadata["input_token_details"] == {"cache_read": 4, "cache_creation": 3}
    citations = [
        {"type": "citation", **SOURCE["url_citation"]},  # type: ignore[dict-item]
        {"type": "non_standard_annotation", "value": FILE},
    ]
    assert message.content_blocks == [
        {"type": "text", "text": "Hi", "annotations": citations},
        {"type": "image", "base64": "iVBO", "mime_type": "image/png"},
        {"type": "image", "url": "https://example.com/a.png"},
        {"type": "non_standard", "value": NO_PICTURE},
        {"type": "audio", "base64": AUDIO["data"], "mime_type": "audio/wav"},
    ]


async def test_llama_index_keeps_what_a_message_holds_besides(
    way: Way, gateway: Gateway, llm: Callable[..., RamClouds]
) -> None:
    gateway.handler = answer
    response = await way.llama_index(llm(), [ChatMessage("Hi")])
    assert response.message.content == "Hi"
    pictures = [one for one in response.message.blocks if isinstance(one, ImageBlock)]
    assert [str(picture.url or picture.image_mimetype) for picture in pictures] == [
        "image/png",
        "https://example.com/a.png",
    ]
    assert response.additional_kwargs.items() >= (EXTRA | FACTS | COUNTS).items()


@pytest.mark.parametrize("streamed", [False, True])
def test_client_keeps_what_a_message_holds_besides(gateway: Gateway, streamed: bool) -> None:
    gateway.handler = answer
    asked: Any = {"model": "gpt-5", "messages": [{"role": "user", "content": "Hi"}]}
    with Client(api_key="test-key", base_url=gateway.base_url) as client:
        if streamed:
            last = list(client.stream(**asked))[-1]
            assert (last.extra, last.facts) == (EXTRA, FACTS)
        else:
            whole = client.complete(**asked)
            assert (whole.choices[0].extra, whole.facts) == (EXTRA, FACTS)
