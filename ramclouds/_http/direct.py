"""httpx clients that call their transport directly.

The steps of httpx in between (authentication, redirects, cookies, hooks, merging of URLs and
headers) are not used here, and take a quarter of the time of a call:
https://github.com/encode/httpx/blob/0.28.1/httpx/_client.py
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import httpx


class _Requests:
    """Builds requests; adds a client's default headers, and keeps the last ones."""

    def __init__(self, defaults: httpx.Headers) -> None:
        self._defaults = defaults
        self._last: tuple[str, httpx.Headers, httpx.Headers] = ("", defaults, defaults)

    def build(
        self, method: str, url: str, *, headers: httpx.Headers, content: bytes, **rest: Any
    ) -> httpx.Request:
        last_url, given, completed = self._last
        if given is not headers or last_url != url:
            completed = self._completed(url, headers)
            self._last = (url, headers, completed)
        if not content:
            return httpx.Request(method, _url(url), headers=completed, **rest)
        # With a stream httpx.Request does not search the headers for ones to add:
        # https://github.com/encode/httpx/blob/0.28.1/httpx/_models.py
        request = httpx.Request(
            method, _url(url), headers=completed, stream=httpx.ByteStream(content), **rest
        )
        request.headers["Content-Length"] = str(len(content))
        request.read()
        return request

    def _completed(self, url: str, headers: httpx.Headers) -> httpx.Headers:
        completed = httpx.Headers(self._defaults)
        completed.update(headers)
        # httpx.Request adds the Host header, as the first one.
        return httpx.Request("GET", _url(url), headers=completed).headers


class DirectClient(httpx.Client):
    """Builds a request from the arguments alone, and passes it to the transport."""

    build_request: Any

    def __init__(self, transport: httpx.BaseTransport) -> None:
        super().__init__(transport=transport, trust_env=False)
        self.build_request = _Requests(self.headers).build
        self._direct = transport

    def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        response = self._direct.handle_request(request)
        response.request = request
        return response


class AsyncDirectClient(httpx.AsyncClient):
    """Builds a request from the arguments alone, and passes it to the transport."""

    build_request: Any

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        super().__init__(transport=transport, trust_env=False)
        self.build_request = _Requests(self.headers).build
        self._direct = transport

    async def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        response = await self._direct.handle_async_request(request)
        response.request = request
        return response


@lru_cache(maxsize=64)
def _url(url: str) -> httpx.URL:
    return httpx.URL(url)
