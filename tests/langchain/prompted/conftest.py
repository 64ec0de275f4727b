"""Every test of this folder asks through the prompt, of a channel that passes on nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.gateway import Gateway
from tests.gateway.documented import is_documented
from tests.langchain.conftest import Chat


@pytest.fixture(autouse=True)
def _documented_requests_only(gateway: Gateway) -> Iterator[None]:
    gateway.model.dropped = frozenset({"tools", "tool_choice", "response_format"})
    yield
    assert [body for body in gateway.bodies if not is_documented(body)] == []


@pytest.fixture
def asking(chat: Chat) -> Chat:
    """Builds a model that asks through the prompt."""

    def build(**settings: Any) -> Any:
        return chat(**{"tool_calling": "prompted", **settings})

    return build
