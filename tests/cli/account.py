"""A gateway that tells about itself, the key and its credit, and can refuse at each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.client.account import billed, key_report, status
from tests.gateway import Gateway, Json, Request, Response

Part = Callable[[Request], "Response | None"]


class AccountGateway:
    """Answers for the account; `part` answers first, where it gives anything."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.part: Part = lambda _: None
        self.key: dict[str, Any] = {}
        limit, used = billed(200, 50)
        self._answers = {
            "/api/status": status(),
            "/v1/dashboard/billing/subscription": limit,
            "/v1/dashboard/billing/usage": used,
        }
        gateway.handler = self._answer

    def _answer(self, request: Request) -> Response:
        found = self.part(request) or self._answers.get(request.path)
        if request.path == "/api/usage/token/":
            return found or key_report(**self.key)
        return found or self.gateway.model.answer(request)


def refusing(path: str, answer: Response) -> Part:
    """Answers at a path with this, and elsewhere not."""
    return lambda request: answer if request.path == path else None


def error(message: str, code: Any = "", status: int = 403) -> Json:
    """A refusal of the gateway's own."""
    return Json({"error": {"message": message, "type": "new_api_error", "code": code}}, status)
