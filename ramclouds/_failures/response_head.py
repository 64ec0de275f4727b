"""The head of an HTTP response without its secrets: what every error about it carries."""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeVar

import httpx

from ramclouds._escaping import escaped
from ramclouds._failures.redact import Redactor
from ramclouds._failures.sent import SentRequest
from ramclouds.errors import RamCloudsError

E = TypeVar("E", bound=RamCloudsError)
# New API's have 30 characters.
_LONGEST_ID = 128


class ResponseHead:
    """Status, headers and URL of a response; the copy of the response has no request headers.

    Most responses are no errors, so what only errors need is made when it is asked for.
    """

    def __init__(self, response: httpx.Response, redactor: Redactor) -> None:
        self.redactor = redactor
        self.status_code = response.status_code
        self.request_id = self._request_id(response.headers)
        self._given = response

    def _request_id(self, headers: httpx.Headers) -> str | None:
        found: str | None = headers.get("x-oneapi-request-id") or headers.get("x-request-id")
        return escaped(self.redactor.text(found))[:_LONGEST_ID] if found else found

    @cached_property
    def url(self) -> str:
        return self.redactor.text(str(self._given.url))

    @cached_property
    def headers(self) -> httpx.Headers:
        return httpx.Headers(
            [
                (name, self.redactor.text(value))
                for name, value in self._given.headers.multi_items()
                if name.lower() != "set-cookie"
            ],
            encoding="utf-8",
        )

    @cached_property
    def sent(self) -> SentRequest:
        return SentRequest(self._given.request)

    @cached_property
    def response(self) -> httpx.Response:
        return self.response_with(b"")

    def response_with(self, body: bytes) -> httpx.Response:
        """A copy with another body, whose request holds no headers."""
        kept = [
            (name, value)
            for name, value in self.headers.multi_items()
            # The body is decoded already, and masking may have changed its length.
            if name.lower() not in {"content-encoding", "content-length", "transfer-encoding"}
        ]
        return httpx.Response(
            self.status_code,
            headers=httpx.Headers(kept, encoding="utf-8"),
            content=body,
            request=httpx.Request(self._given.request.method, self._given.url),
        )

    @property
    def is_from_gateway(self) -> bool:
        # New API sets both before it routes a request (main.go); the edge sets neither.
        return "x-oneapi-request-id" in self.headers or "x-new-api-version" in self.headers

    @property
    def is_from_cloudflare(self) -> bool:
        headers = self.headers
        return "cf-ray" in headers or headers.get("server", "").lower() == "cloudflare"

    @property
    def is_challenge(self) -> bool:
        """Whether Cloudflare asks for a browser, whatever the status."""
        return bool(self.headers.get("cf-mitigated", "").lower() == "challenge")

    def error(self, cls: type[E], text: str, *, code: Any = None, **facts: Any) -> E:
        """An error about this response."""
        return cls(
            self.message(text, code),
            status_code=self.status_code,
            request_id=self.request_id,
            response=self.response,
            code=code,
            **facts,
        )

    def message(self, text: str, code: Any = None) -> str:
        """A message with what identifies the response at its end."""
        facts = [f"status {self.status_code}"]
        if code not in (None, ""):
            facts.append(f"code {code}")
        if self.request_id:
            facts.append(f"request id {self.request_id}")
        elif "cf-ray" in self.headers:
            facts.append(f"cf-ray {self.headers['cf-ray']}")
        return self.redactor.text(f"{text} ({', '.join(facts)})")
