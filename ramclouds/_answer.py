"""The head of an HTTP answer without its secrets: what every error about it carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from ramclouds._redact import Redactor


@dataclass(slots=True)
class Answer:
    """Status, headers and URL of an answer; its copy of the response has no request headers."""

    status_code: int
    headers: httpx.Headers
    url: str
    redactor: Redactor
    response: httpx.Response

    @property
    def request_id(self) -> str | None:
        found: str | None = self.headers.get("x-oneapi-request-id")
        return found or self.headers.get("x-request-id")

    @property
    def is_from_gateway(self) -> bool:
        # Both are set before anything is routed (New API, main.go); without them it is the edge.
        return "x-oneapi-request-id" in self.headers or "x-new-api-version" in self.headers

    def message(self, text: str, code: Any = None) -> str:
        """A message with what identifies the answer behind its first sentence."""
        facts = [f"status {self.status_code}"]
        if code not in (None, ""):
            facts.append(f"code {code}")
        if self.request_id:
            facts.append(f"request id {self.request_id}")
        elif "cf-ray" in self.headers:
            facts.append(f"cf-ray {self.headers['cf-ray']}")
        return self.redactor.text(f"{text} ({', '.join(facts)})")


def answer_from(response: httpx.Response, redactor: Redactor) -> Answer:
    """The head of a response; its copy has no request headers, so no key."""
    headers = httpx.Headers(
        [
            (name, redactor.text(value))
            for name, value in response.headers.multi_items()
            if name.lower() != "set-cookie"
        ]
    )
    return Answer(
        status_code=response.status_code,
        headers=headers,
        url=redactor.text(str(response.url)),
        redactor=redactor,
        response=bare_response(response, headers, b""),
    )


def bare_response(response: httpx.Response, headers: httpx.Headers, body: bytes) -> httpx.Response:
    """A copy with another body, whose request holds no headers."""
    kept = [
        (name, value)
        for name, value in headers.multi_items()
        # The body is decoded already, and masking may have changed its length.
        if name.lower() not in {"content-encoding", "content-length", "transfer-encoding"}
    ]
    return httpx.Response(
        response.status_code,
        headers=kept,
        content=body,
        request=httpx.Request(response.request.method, response.url),
    )
