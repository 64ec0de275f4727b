"""Clients of httpx2, or of any library with httpx's interface, in the place of httpx's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from inspect import iscoroutinefunction
from typing import Any

import httpx

from ramclouds.errors import ConfigurationError


def adopted(client: Any, kind: type[httpx.Client] | type[httpx.AsyncClient]) -> Any:
    """A client of the user's own, in httpx's form.

    Raises:
        ConfigurationError: it is none, or one of the other kind.
    """
    if client is None or isinstance(client, kind):
        return client
    is_async = kind is httpx.AsyncClient
    has_form = all(hasattr(client, name) for name in ("build_request", "send", "timeout"))
    if not has_form or iscoroutinefunction(client.send) is not is_async:
        raise ConfigurationError(
            f"http_client must be an httpx.{kind.__name__} or an httpx2.{kind.__name__}, "
            f"not {type(client).__name__}."
        )
    return _AsyncForeign(client) if is_async else _Foreign(client)


class _Foreign:
    """Passes requests on, and gives their responses and errors as httpx's."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.timeout = httpx.Timeout(**client.timeout.as_dict())

    def build_request(self, method: str, url: str, *, headers: Any, **rest: Any) -> Any:
        return self._client.build_request(method, url, headers=headers.multi_items(), **rest)

    def send(self, request: Any, **settings: Any) -> httpx.Response:
        with _translating():
            return _response(request, self._client.send(request, **settings))


class _AsyncForeign(_Foreign):
    async def send(self, request: Any, **settings: Any) -> httpx.Response:  # type: ignore[override]
        with _translating():
            return _response(request, await self._client.send(request, **settings))


def _response(request: Any, response: Any) -> httpx.Response:
    return httpx.Response(
        response.status_code,
        headers=response.headers.multi_items(),
        stream=_Body(response),
        request=httpx.Request(request.method, str(request.url)),
    )


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, response: Any) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _translating():
            yield from self._response.iter_raw()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _translating():
            async for part in self._response.aiter_raw():
                yield part

    def close(self) -> None:
        self._response.close()

    async def aclose(self) -> None:
        await self._response.aclose()


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except Exception as exc:
        # Both libraries have the same names.
        kind: Any = getattr(httpx, type(exc).__name__, None)
        if kind is None or type(exc).__module__.partition(".")[0] != "httpx2":
            raise
        raise kind(str(exc)) from exc
