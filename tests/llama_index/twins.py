"""The sync and the async methods of an LLM behind the same names, so that a test runs on both."""

from __future__ import annotations

from typing import Any

from llama_index_ramclouds import RamClouds


class Synchronous:
    async def chat(self, llm: RamClouds, *args: Any, **kwargs: Any) -> Any:
        return llm.chat(*args, **kwargs)

    async def complete(self, llm: RamClouds, *args: Any, **kwargs: Any) -> Any:
        return llm.complete(*args, **kwargs)

    async def stream_chat(self, llm: RamClouds, *args: Any, **kwargs: Any) -> list[Any]:
        return list(llm.stream_chat(*args, **kwargs))

    async def stream_complete(self, llm: RamClouds, *args: Any, **kwargs: Any) -> list[Any]:
        return list(llm.stream_complete(*args, **kwargs))

    async def chat_with_tools(self, llm: RamClouds, *args: Any, **kwargs: Any) -> Any:
        return llm.chat_with_tools(*args, **kwargs)

    async def stream_chat_with_tools(self, llm: RamClouds, *args: Any, **kwargs: Any) -> list[Any]:
        return list(llm.stream_chat_with_tools(*args, **kwargs))

    async def predict_and_call(self, llm: RamClouds, *args: Any, **kwargs: Any) -> Any:
        return llm.predict_and_call(*args, **kwargs)

    async def structured_predict(self, llm: RamClouds, *args: Any, **kwargs: Any) -> Any:
        return llm.structured_predict(*args, **kwargs)

    async def stream_structured_predict(
        self, llm: RamClouds, *args: Any, **kwargs: Any
    ) -> list[Any]:
        return list(llm.stream_structured_predict(*args, **kwargs))

    async def structured_chat(self, llm: RamClouds, output_cls: type[Any], messages: Any) -> Any:
        return llm.as_structured_llm(output_cls).chat(messages)

    async def list_models(self, llm: RamClouds) -> Any:
        return llm.list_models()


class Asynchronous:
    async def chat(self, llm: RamClouds, *args: Any, **kwargs: Any) -> Any:
        async with llm:
            return await llm.achat(*args, **kwargs)

    async def complete(self, llm: RamClouds, *args: Any, **kwargs: Any) -> Any:
        async with llm:
            return await llm.acomplete(*args, **kwargs)

    async def stream_chat(self, llm: RamClouds, *args: Any, **kwargs: Any) -> list[Any]:
        async with llm:
            return [chunk async for chunk in await llm.astream_chat(*args, **kwargs)]

    async def stream_complete(self, llm: RamClouds, *args: Any, **kwargs: Any) -> list[Any]:
        async with llm:
            return [chunk async for chunk in await llm.astream_complete(*args, **kwargs)]

    async def chat_with_tools(self, llm: RamClouds, *args: Any, **kwargs: Any) -> Any:
        async with llm:
            return await llm.achat_with_tools(*args, **kwargs)

    async def stream_chat_with_tools(self, llm: RamClouds, *args: Any, **kwargs: Any) -> list[Any]:
        async with llm:
            return [chunk async for chunk in await llm.astream_chat_with_tools(*args, **kwargs)]

    async def predict_and_call(self, llm: RamClouds, *args: Any, **kwargs: Any) -> Any:
        async with llm:
            return await llm.apredict_and_call(*args, **kwargs)

    async def structured_predict(self, llm: RamClouds, *args: Any, **kwargs: Any) -> Any:
        async with llm:
            return await llm.astructured_predict(*args, **kwargs)

    async def stream_structured_predict(
        self, llm: RamClouds, *args: Any, **kwargs: Any
    ) -> list[Any]:
        async with llm:
            return [one async for one in await llm.astream_structured_predict(*args, **kwargs)]

    async def structured_chat(self, llm: RamClouds, output_cls: type[Any], messages: Any) -> Any:
        async with llm:
            return await llm.as_structured_llm(output_cls).achat(messages)

    async def list_models(self, llm: RamClouds) -> Any:
        async with llm:
            return await llm.alist_models()


Twin = Synchronous | Asynchronous
