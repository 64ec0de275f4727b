"""A scripted model behind a provider that checks its requests first."""

from __future__ import annotations

from tests.gateway.events import error
from tests.gateway.request import Request
from tests.gateway.responses import Json, Response
from tests.gateway.scripted import ScriptedModel
from tests.gateway.vendors.table import Vendor, refusal_of


class VendorModel:
    """Answers a gateway's requests, and keeps what it refused."""

    def __init__(self, vendor: Vendor) -> None:
        self.refused: list[str] = []
        self._vendor = vendor
        self._model = ScriptedModel(dropped=vendor.dropped, reasoning=vendor.reasoning)

    def answer(self, request: Request) -> Response:
        refusal = refusal_of(self._vendor, request.json) if request.method == "POST" else None
        answer = self._model.answer(request)
        if refusal is not None:
            answer = Json(error(refusal, "invalid_request_error"), 400)
        if isinstance(answer, Json) and answer.status >= 400:
            self.refused.append(answer.obj["error"]["message"])
        return answer
