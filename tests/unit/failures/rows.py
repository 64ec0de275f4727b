"""Rows of errors: what the gateway sends, and the error that comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from ramclouds import RamCloudsError
from tests.gateway import REQUEST_ID, Json, OfflineGateway, error
from tests.harness import Calls

ASK_ID = "(request id: 20261122070000123456789aB3dE5fG)"


@dataclass(frozen=True)
class Row:
    status: int
    body: Any
    kind: type[RamCloudsError]
    retryable: bool = False
    hint: str = ""
    """A word that the message must hold."""


def gateway_error(text: str, code: Any = "", type: str = "new_api_error") -> dict[str, Any]:
    return error(f"{text} {ASK_ID}", type, code)


def assert_refused(gateway: OfflineGateway, calls: Calls, row: Row) -> None:
    """Plays a row and checks the error that comes of it."""
    gateway.reply(Json(row.body, row.status))
    with pytest.raises(RamCloudsError) as caught:
        calls.complete()
    raised = caught.value
    assert type(raised) is row.kind
    assert raised.retryable is row.retryable
    assert (raised.status_code, raised.request_id) == (row.status, REQUEST_ID)
    assert row.hint.lower() in str(raised).lower()
    assert len(str(raised)) > 20
