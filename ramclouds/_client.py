"""`Client` and `AsyncClient`: their methods for completions; the others stand in their bases.

The twins differ by `async`, `await` and a-names alone; a test compares their syntax trees.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Sequence

from typing_extensions import Unpack

from ramclouds._account_client import AccountClient, AsyncAccountClient
from ramclouds._chat_requests import ChatRequests
from ramclouds._embedding_client import AsyncEmbeddingClient, EmbeddingClient
from ramclouds._settings import TimeoutSetting
from ramclouds._wire.chat.request_body import Message, Params
from ramclouds.models import KnownModel
from ramclouds.types import Chunk, Completion


class Client(AccountClient, EmbeddingClient, ChatRequests):
    """Talks to RamClouds; one object serves any number of threads.

    Args are settings: each falls back to its environment variable, then to its default. `timeout`
    is in seconds, one number for every phase or an `httpx.Timeout`; by default connecting may take
    10 s and silence 600 s. `stall_timeout` ends a stream that gives nothing but comments for so
    many seconds, and `total_timeout` a call with all its retries; None is no limit. An
    `http_client` handed in, of httpx or httpx2, is used as it is, and not closed.

    Raises:
        ConfigurationError: a setting is missing or unusable.

    Examples:
        >>> with Client() as client:
        ...     messages = [{"role": "user", "content": "Hi"}]
        ...     print(client.complete(model="gpt-5", messages=messages).text)
    """

    def complete(
        self,
        *,
        model: KnownModel | str,
        messages: Sequence[Message],
        timeout: TimeoutSetting | None = None,
        **params: Unpack[Params],
    ) -> Completion:
        """Asks for a completion and waits for all of it.

        Raises:
            ConfigurationError: an argument is out of range; nothing was sent.
            RamCloudsError: anything else; see `ramclouds.errors`.
        """
        attempts = self._chat_attempts(self._whole_request, model, messages, timeout, params)
        del messages, params  # An error keeps the variables of this frame.
        return self._ask(attempts, self._to_completion)

    def stream(
        self,
        *,
        model: KnownModel | str,
        messages: Sequence[Message],
        timeout: TimeoutSetting | None = None,
        **params: Unpack[Params],
    ) -> Generator[Chunk, None, None]:
        """Asks for a completion and gives its chunks as they come.

        Arguments are checked at once; the request is sent when the first chunk is asked for.
        Closing the generator closes the response.

        Raises:
            ConfigurationError: an argument is out of range; nothing was sent.
            RamCloudsError: anything else, from the generator; what had arrived is its `partial`.
        """
        return self._chunks(
            self._chat_attempts(self._stream_request, model, messages, timeout, params),
            self._reader,
        )


class AsyncClient(AsyncAccountClient, AsyncEmbeddingClient, ChatRequests):
    """`Client` for async code, on asyncio or trio; one object serves any number of event loops.

    Examples:
        >>> async with AsyncClient() as client:
        ...     async for chunk in client.stream(model="gpt-5", messages=messages):
        ...         print(chunk.text, end="")
    """

    async def complete(
        self,
        *,
        model: KnownModel | str,
        messages: Sequence[Message],
        timeout: TimeoutSetting | None = None,
        **params: Unpack[Params],
    ) -> Completion:
        """Asks for a completion and waits for all of it.

        Raises:
            ConfigurationError: an argument is out of range; nothing was sent.
            RamCloudsError: anything else; see `ramclouds.errors`.
        """
        attempts = self._chat_attempts(self._whole_request, model, messages, timeout, params)
        del messages, params  # An error keeps the variables of this frame.
        return await self._ask(attempts, self._to_completion)

    def stream(
        self,
        *,
        model: KnownModel | str,
        messages: Sequence[Message],
        timeout: TimeoutSetting | None = None,
        **params: Unpack[Params],
    ) -> AsyncGenerator[Chunk, None]:
        """Asks for a completion and gives its chunks as they come.

        Arguments are checked at once; the request is sent when the first chunk is asked for.
        Closing the generator closes the response.

        Raises:
            ConfigurationError: an argument is out of range; nothing was sent.
            RamCloudsError: anything else, from the generator; what had arrived is its `partial`.
        """
        return self._chunks(
            self._chat_attempts(self._stream_request, model, messages, timeout, params),
            self._reader,
        )
