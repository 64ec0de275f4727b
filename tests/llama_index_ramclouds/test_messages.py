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
    ToolCallBlock,
    VideoBlock,
)

from llama_index_ramclouds import RamClouds
from llama_index_ramclouds._messages import to_wire
from ramclouds import ConfigurationError, model_facts
from tests.gateway import Gateway
from tests.llama_index_ramclouds.twins import Twin

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PNG_URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(28)
PDF = b"%PDF-1.4 invented"
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(12)


def wire(*messages: ChatMessage, model: str = "gpt-5", replay: bool = False) -> Any:
    return to_wire(messages, model_facts(model), replay_reasoning=replay)


def user(*blocks: Any) -> ChatMessage:
    return ChatMessage(role="user", blocks=list(blocks))


def calling(*calls: ToolCallBlock, text: str = "", **kwargs: Any) -> ChatMessage:
    return ChatMessage(
        role="assistant", blocks=[TextBlock(text=text), *calls], additional_kwargs=kwargs
    )


def result(text: str, id: str = "call_1") -> ChatMessage:
    return ChatMessage(role="tool", content=text, additional_kwargs={"tool_call_id": id})


F = ToolCallBlock(tool_call_id="call_1", tool_name="f", tool_kwargs={"a": 1})
WIRE_F = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}


@pytest.mark.parametrize(
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
        {"role": "user", "content": "Hello world"}
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


@pytest.mark.parametrize(
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
        {"role": "user", "content": "Rivers (atlas.txt):\nThe Rhine.It flows.Plain words."}
    ]


def test_a_cache_point_marks_the_part_before_it_for_claude_alone() -> None:
    message = user(
        TextBlock(text="Long"),
        CachePoint(cache_control=CacheControl(type="ephemeral")),
        TextBlock(text="Short"),
    )

    assert wire(message, model="claude-opus-4-5") == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Long", "cache_control": {"type": "ephemeral"}},
                {"type": "text", "text": "Short"},
            ],
        }
    ]
    assert wire(message, model="gpt-5") == [{"role": "user", "content": "LongShort"}]


def test_a_cache_point_keeps_its_time() -> None:
    point = CachePoint(cache_control=CacheControl(type="ephemeral", ttl="1h"))
    marked = wire(user(TextBlock(text="a"), point), model="claude-opus-4-5")

    assert marked[0]["content"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert wire(user(point), model="claude-opus-4-5") == [{"role": "user", "content": ""}]


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (user(AudioBlock(url="https://example.com/a.wav")), "download it"),
        (user(DocumentBlock(url="https://example.com/a.pdf")), "download it"),
        (user(ImageBlock()), "holds nothing to send"),
        (user(F), "ToolCallBlock cannot be sent"),
        (user(ThinkingBlock(content="hm")), "ThinkingBlock cannot be sent"),
        (ChatMessage(role="assistant", blocks=[ImageBlock(image=PNG)]), "move it to a user"),
        (ChatMessage(role="tool", content="5"), "tool_call_id"),
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


def test_tool_calls_go_back_from_blocks() -> None:
    assert wire(calling(F)) == [{"role": "assistant", "content": None, "tool_calls": [WIRE_F]}]
    assert wire(calling(F, text="Well.")) == [
        {"role": "assistant", "content": "Well.", "tool_calls": [WIRE_F]}
    ]


def test_tool_calls_go_back_once_with_their_extra_keys_and_spelling() -> None:
    listed = {
        "id": "call_1",
        "type": "function",
        "extra_content": {"google": {"thought_signature": "abc"}},
        "function": {"name": "f", "arguments": '{"a":1}'},
    }

    assert wire(calling(F, tool_calls=[listed]))[0]["tool_calls"] == [listed]


def test_a_block_that_was_changed_wins_over_the_listed_call() -> None:
    changed = F.model_copy(update={"tool_kwargs": {"a": 2}})

    sent = wire(calling(changed, tool_calls=[WIRE_F]))[0]["tool_calls"]

    assert sent == [{**WIRE_F, "function": {"name": "f", "arguments": '{"a": 2}'}}]


def test_tool_calls_of_foreign_histories_go_back() -> None:
    class Function:
        """As the openai package has it."""

        def model_dump(self, **_: Any) -> dict[str, Any]:
            return WIRE_F

    sent = wire(
        ChatMessage(role="assistant", additional_kwargs={"tool_calls": [Function()]}),
        ChatMessage(role="assistant", additional_kwargs={"tool_calls": [{**WIRE_F, "index": 0}]}),
    )

    assert [message["tool_calls"] for message in sent] == [[WIRE_F], [WIRE_F]]


@pytest.mark.parametrize(
    ("kwargs", "sent"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ("", "{}"),
        ('{"a": 1, "b": "x', '{"a": 1, "b": "x"}'),
        ("not json", "{}"),
        ("[1]", "{}"),
        ({}, "{}"),
        ({"a": "ü"}, '{"a": "ü"}'),
    ],
)
def test_arguments_go_back_as_a_json_object(kwargs: Any, sent: str) -> None:
    block = F.model_copy(update={"tool_kwargs": kwargs})

    assert wire(calling(block))[0]["tool_calls"][0]["function"]["arguments"] == sent


def test_images_of_tool_results_follow_in_a_user_message() -> None:
    other = ToolCallBlock(tool_call_id="call_2", tool_name="g")
    picture = ChatMessage(
        role="tool", blocks=[ImageBlock(image=PNG)], additional_kwargs={"tool_call_id": "call_1"}
    )

    sent = wire(user(TextBlock(text="Draw")), calling(F, other), picture, result("5", "call_2"))

    assert sent[2:] == [
        {
            "role": "tool",
            "tool_call_id": "call_1",
            "content": "The result follows in the next user message.",
        },
        {"role": "tool", "tool_call_id": "call_2", "content": "5"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Result of tool call call_1:"},
                {"type": "image_url", "image_url": {"url": PNG_URL}},
            ],
        },
    ]


def test_calls_that_return_direct_left_open_are_dropped() -> None:
    other = ToolCallBlock(tool_call_id="call_2", tool_name="g")

    sent = wire(
        user(TextBlock(text="Go")),
        calling(F, other),
        result("5"),
        ChatMessage(role="assistant", content="5"),
        user(TextBlock(text="Again")),
    )

    assert sent[1]["tool_calls"] == [WIRE_F]


def test_reasoning_goes_back_within_the_running_tool_loop_alone() -> None:
    thought = ThinkingBlock(content="I need f.")
    turn = ChatMessage(role="assistant", blocks=[thought, TextBlock(text=""), F])
    messages = (user(TextBlock(text="a")), turn, result("5"), user(TextBlock(text="b")), turn)

    replayed = [message.get("reasoning_content") for message in wire(*messages, replay=True)]

    assert replayed == [None, None, None, None, "I need f."]
    assert not [one for one in wire(*messages) if "reasoning_content" in one]


def test_a_loop_without_kept_reasoning_sends_a_space() -> None:
    sent = wire(user(TextBlock(text="a")), calling(F), result("5"), replay=True)

    assert sent[1]["reasoning_content"] == " "


def test_inline_reasoning_goes_back_into_the_text() -> None:
    thought = ThinkingBlock(content="I need f.")
    turn = ChatMessage(role="assistant", blocks=[thought, TextBlock(text="Wait."), F])

    sent = wire(user(TextBlock(text="a")), turn, model="minimax-m2.1", replay=True)

    assert sent[1]["content"] == "<think>\nI need f.\n</think>\n\nWait."
    assert "reasoning_content" not in sent[1]


async def test_the_gateway_sees_the_media(gateway: Gateway, llm: RamClouds, call: Twin) -> None:
    answer = await call.chat(llm, [user(TextBlock(text="Look"), ImageBlock(image=PNG))])

    assert answer.message.content == "Hello! You said: Look I see 1 image."
