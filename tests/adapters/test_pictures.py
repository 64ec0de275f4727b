"""Pictures and other media that models write: as blocks on request, and never sent back."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from llama_index.core.base.llms.types import (
    AudioBlock,
    ChatMessage,
    CitableBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    VideoBlock,
)

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from ramclouds import Client
from ramclouds.bridge.pictures import PictureSplitter, split_pictures
from tests.adapters.asking import Way
from tests.gateway import Gateway, Json, Request, Response, Sse, chunk, completion, text_chunks
from tests.harness import each_row

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(60)).decode()
DATA = f"data:image/png;base64,{PNG}"
PICTURE = {"type": "image_url", "image_url": {"url": DATA}}
# As New API writes a picture of Gemini's (relay/channel/gemini/relay-gemini.go).
TEXT = f"A cat!![image]({DATA}) And its basket: [here](https://example.com)."
WITHOUT = "A cat! And its basket: [here](https://example.com)."
NOTED = "A cat![image] And its basket: [here](https://example.com)."


def written(request: Request) -> Response:
    if request.json.get("stream"):
        pieces = [TEXT[place : place + 7] for place in range(0, len(TEXT), 7)]
        return Sse([*(chunk({"content": piece}) for piece in pieces), chunk({}, "stop")])
    return Json(completion(TEXT))


@each_row(
    ("text", "plain", "count"),
    [
        (TEXT, WITHOUT, 1),
        (f"![image]({DATA})![image]({DATA})", "", 2),
        (f'![]({DATA} "A cat") by <![b](<{DATA}>)', " by <", 2),
        ("![a](https://example.com/a.png) ![", "![a](https://example.com/a.png) ![", 0),
        (f"![![![a]({DATA})", "![![", 1),
        (f"Cut off: ![image]({DATA}", f"Cut off: ![image]({DATA}", 0),
    ],
)
def test_pictures_are_split_off_at_any_split(text: str, plain: str, count: int) -> None:
    assert split_pictures(text) == (plain, [PICTURE] * count)
    for size in (1, 3, 11):
        splitter = PictureSplitter()
        found = "".join(splitter.feed(text[at : at + size]) for at in range(0, len(text), size))
        assert (found + splitter.close(), splitter.pictures) == (plain, [PICTURE] * count)


async def test_pictures_are_blocks_on_request(
    way: Way, gateway: Gateway, chat: Callable[..., ChatRamClouds], llm: Callable[..., RamClouds]
) -> None:
    gateway.handler = written
    message = await way.langchain(chat(images_in_text="block"), [HumanMessage("A cat")])
    image = {"type": "image", "base64": PNG, "mime_type": "image/png"}
    assert message.content_blocks == [{"type": "text", "text": WITHOUT}, image]
    response = await way.llama_index(llm(images_in_text="block"), [ChatMessage("A cat")])
    [text, block] = response.message.blocks
    assert text.text == WITHOUT
    assert (block.image, block.image_mimetype) == (PNG.encode(), "image/png")
    # Left in the text by default.
    assert (await way.langchain(chat(), [HumanMessage("A cat")])).text == TEXT
    assert (await way.llama_index(llm(), [ChatMessage("A cat")])).message.content == TEXT


@pytest.mark.parametrize("streamed", [False, True])
def test_client_takes_pictures_out_of_the_text(gateway: Gateway, streamed: bool) -> None:
    gateway.handler = written
    asked: Any = {"model": "gpt-5", "messages": [{"role": "user", "content": "A cat"}]}
    settings: Any = {"api_key": "test-key", "base_url": gateway.base_url}
    with Client(**settings, images_in_text="block") as client:
        if streamed:
            chunks = list(client.stream(**asked))
            assert "".join(chunk.text for chunk in chunks) == WITHOUT
            assert chunks[-1].extra == {"images": [PICTURE]}
        else:
            choice = client.complete(**asked).choices[0]
            assert (choice.text, choice.extra) == (WITHOUT, {"images": [PICTURE]})


def test_picture_that_was_cut_off_is_no_text_of_a_stream(gateway: Gateway) -> None:
    cut = f"A cat: ![image]({DATA[:40]}"
    gateway.handler = lambda request: Sse(text_chunks(cut, finish_reason="length"))
    settings: Any = {"api_key": "test-key", "base_url": gateway.base_url}
    with Client(**settings, images_in_text="block") as client:
        chunks = list(client.stream(model="gpt-5", messages=[{"role": "user", "content": "A"}]))
    assert "".join(chunk.text for chunk in chunks) == cut


FILE = {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}
# What an assistant's message holds in each framework, and how it goes out.
HISTORIES: dict[str, tuple[Any, list[Any], str]] = {
    "picture in the text": (TEXT, [TextBlock(text=TEXT)], NOTED),
    "picture in a part": (
        [{"type": "text", "text": "So: "}, {"type": "text", "text": TEXT}],
        [TextBlock(text="So: "), TextBlock(text=TEXT)],
        f"So: {NOTED}",
    ),
    "image": (
        ["Here: ", {"type": "image_url", "image_url": {"url": DATA}}],
        [TextBlock(text="Here: "), ImageBlock(image=PNG.encode())],
        "Here: [image]",
    ),
    "image at a URL": (
        [{"type": "image", "url": "https://example.com/a.png"}],
        [ImageBlock(url="https://example.com/a.png")],
        "[image: https://example.com/a.png]",
    ),
    "speech": (
        [{"type": "audio", "base64": "UklGRg==", "mime_type": "audio/wav"}, "."],
        [AudioBlock(audio=b"UklGRg==", format="wav"), TextBlock(text=".")],
        "[audio].",
    ),
    "video": (
        [{"type": "video", "url": "https://example.com/a.mp4"}],
        [VideoBlock(url="https://example.com/a.mp4")],
        "[video: https://example.com/a.mp4]",
    ),
    "file": (
        [{"type": "file", "file": FILE}],
        [
            CitableBlock(
                title="a.pdf",
                source="b",
                content=[DocumentBlock(data=b"JVBERi0=", title="a.pdf", document_mimetype="x/pdf")],
            )
        ],
        "[file: a.pdf]",
    ),
}


@each_row("dialect", ["auto", "none"])
@each_row("row", HISTORIES.values(), ids=HISTORIES)
def test_media_of_an_assistant_go_back_as_words(
    row: tuple[Any, list[Any], str],
    dialect: str,
    gateway: Gateway,
    chat: Callable[..., ChatRamClouds],
    llm: Callable[..., RamClouds],
) -> None:
    content, blocks, says = row
    gateway.handler = lambda request: Json(completion("Hi"))
    history = [HumanMessage("A cat"), AIMessage(content), HumanMessage("Thanks")]
    chat(dialect=dialect).invoke(history)
    spoken = ChatMessage(role="assistant", blocks=blocks)
    llm(dialect=dialect).chat([ChatMessage("A cat"), spoken, ChatMessage("Thanks")])
    sent = [request.json["messages"][1]["content"] for request in gateway.requests]
    assert sent == [says, says if "CitableBlock" not in repr(blocks) else f"a.pdf (b):\n{says}"]


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_picture_that_a_model_made_goes_back_as_words(
    adapter: str,
    gateway: Gateway,
    chat: Callable[..., ChatRamClouds],
    llm: Callable[..., RamClouds],
) -> None:
    gateway.handler = written
    if adapter == "langchain":
        model = chat(images_in_text="block")
        model.invoke([HumanMessage("A"), model.invoke("A"), HumanMessage("B")])
    else:
        index = llm(images_in_text="block")
        index.chat([ChatMessage("A"), index.chat([ChatMessage("A")]).message, ChatMessage("B")])
    sent = gateway.requests[-1].json["messages"][1]
    assert sent == {"role": "assistant", "content": f"{WITHOUT}[image]"}


def test_what_a_model_spoke_goes_back_as_its_words(
    gateway: Gateway, chat: Callable[..., ChatRamClouds]
) -> None:
    audio = {"id": "audio_1", "data": "UklGRg==", "transcript": "Hi there"}
    gateway.handler = lambda request: Json(completion(None, audio=audio))
    message = chat().invoke("Hi")
    chat().invoke([HumanMessage("Hi"), message, HumanMessage("Bye")])
    assert gateway.requests[-1].json["messages"][1]["content"] == "Hi there"
