"""Chat models, sync and async: they send a prompt, and hand out what arrives."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, closing, contextmanager

import llm
from llm.parts import StreamEvent

from llm_ramclouds._attachments import attachment_types
from llm_ramclouds._options import Options
from llm_ramclouds._request import Request
from llm_ramclouds._response import Reading, as_chunk
from ramclouds import AsyncClient, Client, RamCloudsError
from ramclouds.prompted import AsyncPromptingClient, PromptingClient

KEY = "ramclouds"
"""The name of the key for `llm keys set`."""
KEY_VARIABLE = "RAMCLOUDS_API_KEY"


@contextmanager
def as_model_error() -> Iterator[None]:
    """Turns errors of the client into those that `llm` shows in one line."""
    try:
        yield
    except RamCloudsError as error:
        raise llm.ModelError(str(error)) from error


class _Shared:
    needs_key: str | None = KEY
    key_env_var: str | None = KEY_VARIABLE
    can_stream = True
    # Where a model has none of these, the client asks for them through the prompt.
    supports_tools = True
    supports_schema = True
    attachment_types: set[str] | frozenset[str]

    def __init__(self, name: str) -> None:
        self.model_id = f"ramclouds/{name}"
        self.attachment_types = attachment_types(name)
        self._name = name

    def __str__(self) -> str:
        return f"RamClouds: {self.model_id}"


class Chat(_Shared, llm.KeyModel):
    """One chat model of RamClouds."""

    Options = Options

    def execute(
        self,
        prompt: llm.Prompt,
        stream: bool,
        response: llm.Response,
        conversation: llm.Conversation | None = None,
        key: str | None = None,
    ) -> Iterator[StreamEvent]:
        """The events of one response."""
        with as_model_error(), Client(api_key=key, dialect="auto") as client:
            request = Request.of(prompt, self._name)
            asking = PromptingClient(client, request.mode)
            reading = Reading(request)
            if not stream:
                yield from reading.feed(as_chunk(asking.complete(**request.params)))
            else:
                with closing(asking.stream(**request.params)) as chunks:
                    for chunk in chunks:
                        yield from reading.feed(chunk)
            yield from reading.end(response)


class AsyncChat(_Shared, llm.AsyncKeyModel):
    """The async twin of `Chat`."""

    Options = Options

    async def execute(
        self,
        prompt: llm.Prompt,
        stream: bool,
        response: llm.AsyncResponse,
        conversation: llm.AsyncConversation | None = None,
        key: str | None = None,
    ) -> AsyncGenerator[StreamEvent, None]:
        """The events of one response."""
        with as_model_error():
            async with AsyncClient(api_key=key, dialect="auto") as client:
                request = Request.of(prompt, self._name)
                asking = AsyncPromptingClient(client, request.mode)
                reading = Reading(request)
                if not stream:
                    for event in reading.feed(as_chunk(await asking.complete(**request.params))):
                        yield event
                else:
                    async with aclosing(asking.stream(**request.params)) as chunks:
                        async for chunk in chunks:
                            for event in reading.feed(chunk):
                                yield event
                for event in reading.end(response):
                    yield event
