"""What LangChain's registries get: content blocks of our messages, and our model's path.

LangChain's own guess at content blocks loses some of them.

It makes complete tool calls of fragments that arrive with text, and splits text from text where
reasoning came between.
"""

from __future__ import annotations

from typing import Any, cast

from langchain_core.load.load import ALL_SERIALIZABLE_MAPPINGS
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages import content as types
from langchain_core.messages.block_translators import register_translator

from ramclouds.bridge.pictures import picture_source

PROVIDER = "ramclouds"
"""In `response_metadata["model_provider"]` of every message; LangSmith's `ls_provider` too."""


_PATH = ("langchain_ramclouds", "chat_models", "ChatRamClouds")


def register() -> None:
    """Make `content_blocks` of our messages come from here, and `load` know our model.

    The table of `load` is what `allowed_objects="all"` stands for; third parties are not in it. The
    caller of `load` still has to name our package in `valid_namespaces`:
    https://github.com/langchain-ai/langchain/issues/14589
    """
    register_translator(PROVIDER, to_blocks, chunk_to_blocks)
    ALL_SERIALIZABLE_MAPPINGS[_PATH] = _PATH


def to_blocks(message: AIMessage) -> list[types.ContentBlock]:
    """Blocks of a whole message: reasoning, text, media, tool calls, invalid ones, refusal."""
    calls = [dict(call) for call in message.tool_calls]
    invalid = [dict(call) for call in message.invalid_tool_calls]
    blocks = _spoken(message) + _media(message) + calls + invalid + _refused(message)
    return cast("list[types.ContentBlock]", blocks)


def chunk_to_blocks(chunk: AIMessageChunk) -> list[types.ContentBlock]:
    """Blocks of a chunk, each with the index that says which chunks of it belong together.

    A sum of chunks that holds the last one is whole. The last chunk itself holds no fragments of
    calls and no text: `_chunks.py` sees to it.
    """
    if chunk.chunk_position == "last":
        return to_blocks(chunk)
    # Strings that begin with "lc_" are indexes to LangChain's merging. Integers would collide:
    # it numbers text by change of type, and a call has its own number from the gateway.
    spoken = [{**block, "index": f"lc_{block['type']}"} for block in _spoken(chunk)]
    calls = [_fragment(dict(call)) for call in chunk.tool_call_chunks]
    refused = [{**block, "index": "lc_refusal"} for block in _refused(chunk)]
    return cast("list[types.ContentBlock]", spoken + calls + refused)


def _spoken(message: AIMessage) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if reasoning := message.additional_kwargs.get("reasoning_content"):
        blocks.append({"type": "reasoning", "reasoning": reasoning})
    if message.content:
        text: dict[str, Any] = {"type": "text", "text": str(message.text)}
        if sources := list(map(_source, message.additional_kwargs.get("annotations") or ())):
            text["annotations"] = sources
        blocks.append(text)
    return blocks


def _source(annotation: Any) -> Any:
    """OpenAI's annotation of a text as LangChain's."""
    if not isinstance(annotation, dict) or annotation.get("type") != "url_citation":
        return {"type": "non_standard_annotation", "value": annotation}
    about = annotation.get("url_citation") or annotation
    keys = ("url", "title", "start_index", "end_index")
    return {"type": "citation"} | {key: about[key] for key in keys if key in about}


def _media(message: AIMessage) -> list[dict[str, Any]]:
    extra = message.additional_kwargs
    blocks = [_image(picture) for picture in extra.get("images") or ()]
    if data := (extra.get("audio") or {}).get("data"):
        blocks.append({"type": "audio", "base64": data, "mime_type": "audio/wav"})
    return blocks


def _image(picture: Any) -> dict[str, Any]:
    """An image, which is in OpenAI's form, as LangChain's block."""
    source = picture_source(picture)
    return (
        {"type": "non_standard", "value": picture}
        if source is None
        else {"type": "image", **source}
    )


def _fragment(call: dict[str, Any]) -> dict[str, Any]:
    fields = {key: call[key] for key in ("id", "name", "args")}
    return {"type": "tool_call_chunk", **fields, "index": f"lc_tool_call_{call['index']}"}


def _refused(message: AIMessage) -> list[dict[str, Any]]:
    refusal = message.additional_kwargs.get("refusal")
    if not refusal:
        return []
    block = {"type": "refusal", "refusal": refusal}
    # A standard block since langchain-core 1.7.5.
    return [
        block if hasattr(types, "RefusalContentBlock") else {"type": "non_standard", "value": block}
    ]
