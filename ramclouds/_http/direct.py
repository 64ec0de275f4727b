"""httpx clients that call their transport directly.

The steps of httpx in between (authentication, redirects, cookies, hooks, merging of URLs and
headers) are not used here, and take a quarter of the time of a call:
https://github.com/encode/httpx/blob/0.28.1/httpx/_client.py
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import httpx


class _Headers:
    """Adds a client's default headers to those of a call, and keeps the last result."""

    def __init__(self, defaults: httpx.Headers) -> None:
        self._defaults = defaults
        self._last: tuple[str, httpx.Headers, httpx.Headers] = ("", defaults, defaults)

    def completed(self, url: str, headers: httpx.Headers) -> httpx.Headers:
        last_url, given, completed = self._last
        if given is not headers or last_url != url:
            completed = httpx.Headers(self._defaults)
            completed.update(headers)
            # httpx.Request adds the Host header, as the first one.
            completed = httpx.Request("GET", _url(url), headers=completed).headers
            self._last = (url, headers, completed)
        return completed


class DirectClient(httpx.Client):
    """Builds a request from the arguments alone, and passes it to the transport."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        super().__init__(transport=transport, trust_env=False)
        self._headers_of = _Headers(self.headers)
        self._direct = transport

    def build_request(self, method: str, url: Any, *, headers: Any = None, **rest: Any) -> Any:
        return _request(method, url, self._headers_of.completed(url, headers), **rest)

    def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        response = self._direct.handle_request(request)
        response.request = request
        return response


class AsyncDirectClient(httpx.AsyncClient):
    """Builds a request from the arguments alone, and passes it to the transport."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        super().__init__(transport=transport, trust_env=False)
        self._headers_of = _Headers(self.headers)
        self._direct = transport

    def build_request(self, method: str, url: Any, *, headers: Any = None, **rest: Any) -> Any:
        return _request(method, url, self._headers_of.completed(url, headers), **rest)

    async def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        response = await self._direct.handle_async_request(request)
        response.request = request
        return response


def _request(
    method: str, url: str, headers: httpx.Headers, *, content: bytes, **rest: Any
) -> httpx.Request:
    if not content:
        return httpx.Request(method, _url(url), headers=headers, **rest)
    # With a stream httpx.Request does not search the headers for ones to add:
    # https://github.com/encode/httpx/blob/0.28.1/httpx/_models.py
    request = httpx.Request(
        method, _url(url), headers=headers, stream=httpx.ByteStream(content), **rest
    )
    request.headers["Content-Length"] = str(len(content))
    request.read()
    return request


@lru_cache(maxsize=64)
def _url(url: str) -> httpx.URL:
    return httpx.URL(url)
