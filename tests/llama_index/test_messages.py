"""Messages and blocks of LlamaIndex on the wire."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.llms.types import (
    AudioBlock,
    CacheControl,
    CachePoint,
    ChatMessage,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    VideoBlock,
)
from llama_index.core.schema import ImageDocument

from llama_index_ramclouds import RamClouds
from llama_index_ramclouds._messages import to_wire
from ramclouds import ConfigurationError
from tests.gateway import Gateway
from tests.harness import Twin, each_row
from tests.llama_index.conversing import (
    PNG,
    PNG_URL,
    F,
    sent,
    user,
    wire,
)

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(28)
PDF = b"%PDF-1.4 invented"


MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(12)


@each_row(
    ("role", "sent"),
    [
        (MessageRole.SYSTEM, "system"),
        (MessageRole.DEVELOPER, "system"),
        (MessageRole.USER, "user"),
        (MessageRole.ASSISTANT, "assistant"),
        (MessageRole.CHATBOT, "assistant"),
        (MessageRole.MODEL, "assistant"),
    ],
)
def test_roles_are_the_documented_ones(role: MessageRole, sent: str) -> None:
    assert wire(ChatMessage(role=role, content="Hello")) == [{"role": sent, "content": "Hello"}]


@pytest.mark.parametrize("role", ["tool", "function"])
def test_a_tool_result_is_a_tool_message(role: str) -> None:
    message = ChatMessage(role=role, content="5", additional_kwargs={"tool_call_id": "call_1"})

    assert wire(message) == [{"role": "tool", "tool_call_id": "call_1", "content": "5"}]


def test_text_alone_is_a_string() -> None:
    assert wire(user(TextBlock(text="Hello "), TextBlock(text="world"))) == [
        {"role": "user", "content": "Hello \nworld"}
    ]


@pytest.mark.parametrize("role", ["user", "system", "assistant"])
def test_a_message_without_blocks_is_an_empty_string(role: str) -> None:
    assert wire(ChatMessage(role=role)) == [{"role": role, "content": ""}]


def test_an_empty_tool_result_is_a_string() -> None:
    message = ChatMessage(role="tool", additional_kwargs={"tool_call_id": "call_1"})

    assert wire(message) == [{"role": "tool", "tool_call_id": "call_1", "content": ""}]


def test_only_wire_fields_are_sent() -> None:
    message = ChatMessage(
        role="assistant",
        content="The result",
        additional_kwargs={"tool_call_id": "call_1", "leak": 1, "name": "Ada"},
    )

    assert wire(message) == [{"role": "assistant", "content": "The result", "name": "Ada"}]


@each_row(
    ("block", "part"),
    [
        (ImageBlock(image=PNG), {"type": "image_url", "image_url": {"url": PNG_URL}}),
        (ImageBlock(image=io.BytesIO(PNG)), {"type": "image_url", "image_url": {"url": PNG_URL}}),
        (ImageBlock(url=PNG_URL), {"type": "image_url", "image_url": {"url": PNG_URL}}),
        (
            ImageBlock(url="https://example.com/a.png", detail="low"),
            {
                "type": "image_url",
                "image_url": {"url": "https://example.com/a.png", "detail": "low"},
            },
        ),
        (
            AudioBlock(audio=WAV),
            {
                "type": "input_audio",
                "input_audio": {"data": base64.b64encode(WAV).decode(), "format": "wav"},
            },
        ),
        (
            AudioBlock(audio=b"any thing!", format="mp3"),
            {
                "type": "input_audio",
                "input_audio": {"data": base64.b64encode(b"any thing!").decode(), "format": "mp3"},
            },
        ),
        (
            VideoBlock(video=MP4),
            {
                "type": "video_url",
                "video_url": {"url": f"data:video/mp4;base64,{base64.b64encode(MP4).decode()}"},
            },
        ),
        (
            DocumentBlock(data=PDF, title="a.pdf"),
            {
                "type": "file",
                "file": {
                    "filename": "a.pdf",
                    "file_data": f"data:application/pdf;base64,{base64.b64encode(PDF).decode()}",
                },
            },
        ),
    ],
    ids=[
        "image",
        "image-stream",
        "image-data-url",
        "image-url",
        "audio",
        "audio-mp3",
        "video",
        "pdf",
    ],
)
def test_media_are_parts(block: Any, part: dict[str, Any]) -> None:
    assert wire(user(TextBlock(text="Look"), block)) == [
        {"role": "user", "content": [{"type": "text", "text": "Look"}, part]}
    ]


def test_files_are_read_from_their_path(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "a.txt").write_text("from a file")

    blocks = (ImageBlock(path=tmp_path / "a.png"), DocumentBlock(path=tmp_path / "a.txt"))

    assert wire(user(*blocks)) == [
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": PNG_URL}},
                {"type": "text", "text": "from a file"},
            ],
        }
    ]


def test_documents_and_citations_that_are_text_become_text() -> None:
    citable = CitableBlock(title="Rivers", source="atlas.txt", content="The Rhine.")
    citation = CitationBlock(
        cited_content="It flows.", source="s", title="t", additional_location_info={}
    )
    document = DocumentBlock(data=b"Plain words.", document_mimetype="text/plain")

    assert wire(user(citable, citation, document)) == [
        {"role": "user", "content": "Rivers (atlas.txt):\n\nThe Rhine.\nIt flows.\nPlain words."}
    ]


def test_a_cache_point_marks_the_part_before_it_for_claude_alone() -> None:
    message = user(
        TextBlock(text="Long"),
        CachePoint(cache_control=CacheControl(type="ephemeral")),
        TextBlock(text="Short"),
    )

    assert sent(message, model="claude-opus-4-5") == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Long", "cache_control": {"type": "ephemeral"}},
                {"type": "text", "text": "Short"},
            ],
        }
    ]
    assert sent(message, model="gpt-5") == [{"role": "user", "content": "Long\nShort"}]


def test_a_cache_point_keeps_its_time() -> None:
    point = CachePoint(cache_control=CacheControl(type="ephemeral", ttl="1h"))
    marked = wire(user(TextBlock(text="a"), point))

    assert marked[0]["content"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert wire(user(point)) == [{"role": "user", "content": ""}]


@each_row(
    ("message", "says"),
    [
        (user(AudioBlock(url="https://example.com/a.wav")), "of this AudioBlock. Download"),
        (user(DocumentBlock(url="https://example.com/a.pdf")), "Download it"),
        (user(ImageBlock()), "holds nothing to send"),
        (user(F), "ToolCallBlock cannot be sent"),
        (user(ThinkingBlock(content="hm")), "ThinkingBlock cannot be sent"),
    ],
)
def test_what_cannot_be_sent_is_a_clear_error(message: ChatMessage, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        wire(message)


def test_a_document_of_unknown_bytes_is_a_file() -> None:
    data = b"\xff\xfe\x00\x01\x02"
    encoded = base64.b64encode(data).decode()

    assert wire(user(DocumentBlock(data=data, title="a.bin")))[0]["content"] == [
        {
            "type": "file",
            "file": {
                "filename": "a.bin",
                "file_data": f"data:application/octet-stream;base64,{encoded}",
            },
        }
    ]


def test_the_gateway_sees_the_media(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    answer = twin.call(llm, "chat", [user(TextBlock(text="Look"), ImageBlock(image=PNG))])

    assert answer.message.content == "Hello! You said: Look I see 1 image."


def test_legacy_images_are_sent_once(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    """Core appends them to the message anew in each of its events."""
    image = ImageDocument(image=base64.b64encode(PNG).decode())
    legacy = ChatMessage("Look", additional_kwargs={"images": [image]})

    twin.call(llm, "chat", [legacy])
    twin.call(llm, "stream_chat", [legacy])

    seen = [request.json["messages"][0]["content"] for request in gateway.requests]
    picture = {"type": "image_url", "image_url": {"url": PNG_URL}}
    assert seen == [[{"type": "text", "text": "Look"}, picture]] * 2


def test_a_message_that_is_none_of_llamaindexs_is_an_error(
    gateway: Gateway, llm: RamClouds, twin: Twin
) -> None:
    with pytest.raises(ConfigurationError, match="ChatMessages, not dict"):
        twin.call(llm, "chat", [{"role": "user", "content": "Hello"}])

    assert gateway.requests == []


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (AudioBlock(url="https://x.test/a.mp3"), "[audio: https://x.test/a.mp3]"),
        (DocumentBlock(url="https://x.test/a.pdf", title="A"), "[file: A]"),
        (DocumentBlock(url="https://x.test/a.pdf"), "[file: https://x.test/a.pdf]"),
    ],
)
def test_file_in_a_tools_result_that_cannot_be_sent_is_named(block: Any, text: str) -> None:
    result = ChatMessage(role="tool", blocks=[block], additional_kwargs={"tool_call_id": "c1"})
    assert to_wire([result]) == [{"role": "tool", "tool_call_id": "c1", "content": text}]


def test_thoughts_in_a_tools_result_are_not_lost() -> None:
    blocks: list[Any] = [ThinkingBlock(content="Hm.")]
    result = ChatMessage(role="tool", blocks=blocks, additional_kwargs={"call_id": "c1"})
    [sent] = to_wire([result])
    assert sent["tool_call_id"] == "c1"
    assert '"content":"Hm."' in sent["content"]


@each_row("calls", [None, [], "no list", ["no call"]])
def test_calls_that_are_no_list_are_none(calls: Any) -> None:
    message = ChatMessage("Hi", role="assistant", additional_kwargs={"tool_calls": calls})
    assert to_wire([message]) == [{"role": "assistant", "content": "Hi"}]
