"""The private parts and quirks of both frameworks that the adapters rely on."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import AsyncGenerator
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.load.load import ALL_SERIALIZABLE_MAPPINGS
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.block_translators import PROVIDER_TRANSLATORS
from langchain_core.outputs import ChatGenerationChunk
from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.llms.callbacks import llm_chat_callback
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.schema import BaseComponent, ImageDocument
from pydantic import BaseModel

from langchain_ramclouds import ChatRamClouds
from langchain_ramclouds._chunks import text_chunk
from llama_index_ramclouds import RamClouds
from tests.harness import each_row


def test_text_chunk_is_what_the_constructors_make() -> None:
    message = AIMessageChunk(content="a", response_metadata={"model_provider": "ramclouds"})
    made, chunk = ChatGenerationChunk(message=message), text_chunk("a")
    slots = BaseModel.__slots__
    for one, other in ((made, chunk), (made.message, chunk.message)):
        assert {name: getattr(one, name) for name in slots} == {
            name: getattr(other, name) for name in slots
        }


def test_langchain_keeps_what_a_model_is_cached_by() -> None:
    assert "_serialized" in vars(BaseChatModel)


def test_langchain_has_the_tables_that_the_model_is_added_to() -> None:
    path = ("langchain_ramclouds", "chat_models", "ChatRamClouds")
    assert ALL_SERIALIZABLE_MAPPINGS[path] == path
    assert "ramclouds" in PROVIDER_TRANSLATORS


@each_row(
    ("ours", "base", "names"),
    [
        (
            ChatRamClouds,
            BaseChatModel,
            "_llm_type _identifying_params _get_ls_params _resolve_model_profile _add_version"
            " _combine_llm_outputs _generate _agenerate _stream _astream",
        ),
        (
            RamClouds,
            FunctionCallingLLM,
            "_prepare_chat_with_tools _validate_chat_with_tools_response _extend_messages"
            " _structured_stream_call _structured_astream_call",
        ),
    ],
)
def test_private_methods_are_still_those_of_the_framework(
    ours: type[Any], base: type[Any], names: str
) -> None:
    # A hook that the framework renames is a method that nobody calls.
    assert [
        name for name in names.split() if not (hasattr(base, name) and hasattr(ours, name))
    ] == []


def test_pydantic_gives_a_class_its_signature_when_it_is_built() -> None:
    assert {"model", "temperature"} <= inspect.signature(RamClouds).parameters.keys()


class Component(BaseComponent):
    """One with an attribute that does not pickle."""

    tokenizer: Any = None


def test_llama_index_takes_attributes_away_from_what_it_pickles() -> None:
    # https://github.com/run-llama/llama_index/issues/22578
    component = Component(tokenizer=lambda text: text)
    pickle.dumps(component)
    assert not hasattr(component, "tokenizer")


def test_llama_index_appends_legacy_images_at_each_validation() -> None:
    images = [ImageDocument(image="aGk=")]
    message = ChatMessage("Hi", additional_kwargs={"images": images})
    count = len(message.blocks)
    assert len(ChatMessage.model_validate(dict(message)).blocks) > count


async def test_llama_index_leaves_the_stream_inside_its_callbacks_open() -> None:
    opened = []

    async def responses() -> AsyncGenerator[ChatResponse, None]:
        yield ChatResponse(message=ChatMessage("a"))
        yield ChatResponse(message=ChatMessage("b"))

    async def open_stream(_: Any, messages: Any) -> AsyncGenerator[ChatResponse, None]:
        opened.append(responses())
        return opened[0]

    llm = RamClouds("gpt-5", api_key="sk-test")
    outer: Any = await llm_chat_callback()(open_stream)(llm, [ChatMessage("Hi")])
    async for _ in outer:
        break
    await outer.aclose()
    assert opened[0].ag_frame is not None
    await opened[0].aclose()
