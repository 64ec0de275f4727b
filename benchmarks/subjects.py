"""What is measured: our models, the peers', the frameworks with a model that costs nothing, httpx.

Each is used as its users use it; imports stand in the functions, since each is measured alone.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from benchmarks.promises import promised

MODEL = "gpt-5"
KEY = "test-key"
QUESTION = "Why is the sky blue?"


class LangChain:
    """A LangChain chat model."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def conversation(self, length: int) -> Any:
        from langchain_core.messages import AIMessage, HumanMessage

        kinds = (HumanMessage, AIMessage)
        return [kinds[place % 2](QUESTION) for place in range(length)]

    def call(self, messages: Any) -> str:
        return str(self.model.invoke(messages).text)

    async def acall(self, messages: Any) -> str:
        return str((await self.model.ainvoke(messages)).text)

    def stream(self, messages: Any) -> Iterator[str]:
        for chunk in self.model.stream(messages):
            yield chunk.content

    async def astream(self, messages: Any) -> AsyncIterator[str]:
        async for chunk in self.model.astream(messages):
            yield chunk.content

    def batch(self, messages: Sequence[Any], threads: int) -> int:
        return len(self.model.batch(messages, config={"max_concurrency": threads}))


class LlamaIndex:
    """A LlamaIndex LLM."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def conversation(self, length: int) -> Any:
        from llama_index.core.llms import ChatMessage

        roles = ("user", "assistant")
        return [ChatMessage(QUESTION, role=roles[place % 2]) for place in range(length)]

    def call(self, messages: Any) -> str:
        return str(self.model.chat(messages).message.content)

    async def acall(self, messages: Any) -> str:
        return str((await self.model.achat(messages)).message.content)

    def stream(self, messages: Any) -> Iterator[str]:
        for response in self.model.stream_chat(messages):
            yield response.delta

    async def astream(self, messages: Any) -> AsyncIterator[str]:
        async for response in await self.model.astream_chat(messages):
            yield response.delta

    def batch(self, messages: Sequence[Any], threads: int) -> int:
        return _in_threads(self.model.chat, messages, threads)


class Httpx:
    """httpx and `json` alone: what reading the same bytes costs any Python client."""

    def __init__(self, url: str) -> None:
        import httpx

        # Capped, httpcore's pool closes what is beyond, and now and then a connection
        # that another thread is about to read.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self.client = httpx.Client(timeout=60, limits=limits)
        self.url = f"{url}/chat/completions"
        self.headers = {"Authorization": f"Bearer {KEY}"}

    def conversation(self, length: int) -> Any:
        roles = ("user", "assistant")
        return [{"role": roles[place % 2], "content": QUESTION} for place in range(length)]

    def call(self, messages: Any) -> str:
        body = {"model": MODEL, "messages": messages}
        response = self.client.post(self.url, headers=self.headers, json=body)
        return str(json.loads(response.content)["choices"][0]["message"]["content"])

    def stream(self, messages: Any) -> Iterator[str]:
        body = {"model": MODEL, "messages": messages, "stream": True}
        with self.client.stream("POST", self.url, headers=self.headers, json=body) as response:
            rest = b""
            for data in response.iter_bytes():
                *events, rest = (rest + data).split(b"\n\n")
                for event in events:
                    if event != b"data: [DONE]":
                        for choice in json.loads(event[6:])["choices"]:
                            yield choice["delta"].get("content", "")

    def batch(self, messages: Sequence[Any], threads: int) -> int:
        return _in_threads(self.call, messages, threads)


def _in_threads(call: Callable[[Any], Any], messages: Sequence[Any], threads: int) -> int:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        return len(list(pool.map(call, messages)))


def langchain_ours(url: str) -> Any:
    from langchain_ramclouds import ChatRamClouds

    return ChatRamClouds(model=MODEL, api_key=KEY, base_url=url)


def langchain_peer(url: str) -> Any:
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model=MODEL, api_key=KEY, base_url=url, stream_usage=True)


def llama_index_ours(url: str) -> Any:
    from llama_index_ramclouds import RamClouds

    return RamClouds(model=MODEL, api_key=KEY, base_url=url)


def llama_index_peer(url: str) -> Any:
    from llama_index.llms.openai_like import OpenAILike

    return OpenAILike(
        model=MODEL,
        api_key=KEY,
        api_base=url,
        is_chat_model=True,
        is_function_calling_model=True,
        context_window=400_000,
    )


def langchain_floor(url: str) -> Any:
    from benchmarks.floor_langchain import Memory

    return Memory(**promised(url))


def llama_index_floor(url: str) -> Any:
    from benchmarks.floor_llama_index import Memory

    return Memory(**promised(url))


BUILDERS: dict[str, Callable[[str], Any]] = {
    "langchain-ours": langchain_ours,
    "langchain-peer": langchain_peer,
    "langchain-floor": langchain_floor,
    "llama-index-ours": llama_index_ours,
    "llama-index-peer": llama_index_peer,
    "llama-index-floor": llama_index_floor,
}


def subject(name: str, url: str) -> Any:
    """A subject that talks to a URL."""
    if name == "httpx":
        return Httpx(url)
    wrap = LangChain if name.startswith("langchain") else LlamaIndex
    return wrap(BUILDERS[name](url))
