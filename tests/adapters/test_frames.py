"""No secret in what an error of an adapter keeps alive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from llama_index.core.base.llms.types import ChatMessage

from langchain_ramclouds import ChatRamClouds, RamCloudsEmbeddings
from llama_index_ramclouds import RamClouds, RamCloudsEmbedding
from ramclouds import RamCloudsError
from tests.adapters.asking import Way
from tests.gateway import Gateway, Json, error
from tests.harness import each_row
from tests.harness.failing import FAILURES, PASSWORD, failing
from tests.harness.walk import Walk

KEY = "c4narybirdc4narybird"
HEADER = "h34d3rc4narybird"
GIVEN: dict[str, Any] = {"api_key": f"sk-{KEY}", "default_headers": {"X-Api-Key": HEADER}}


async def found(
    asking: Callable[[dict[str, Any]], Any], kind: str, gateway: Gateway
) -> tuple[str, ...]:
    """Where a secret is, after a call that fails."""
    with failing(kind, gateway) as settings, pytest.MonkeyPatch.context() as patch:
        if proxy := settings.pop("proxy", None):
            patch.setenv("HTTP_PROXY", proxy)
        with pytest.raises(RamCloudsError) as info:
            await asking({**GIVEN, **settings})
    texts = Walk().texts(info.value)
    secrets = (KEY, HEADER, PASSWORD)
    held = ((path, text) for path, text in texts if any(one in text for one in secrets))
    return tuple(f"{path}: {text[:200]}" for path, text in held)


async def test_no_secret_is_kept_by_an_error_of_langchain(
    gateway: Gateway, chat: Callable[..., ChatRamClouds], way: Way
) -> None:
    async def ask(settings: dict[str, Any]) -> None:
        await way.langchain(chat(**settings), [HumanMessage("Hi")])

    leaks = {kind: await found(ask, kind, gateway) for kind in FAILURES}
    assert leaks == dict.fromkeys(FAILURES, ())


async def test_no_secret_is_kept_by_an_error_of_llama_index(
    gateway: Gateway, llm: Callable[..., RamClouds], way: Way
) -> None:
    async def ask(settings: dict[str, Any]) -> None:
        await way.llama_index(llm(**settings), [ChatMessage("Hi")])

    leaks = {kind: await found(ask, kind, gateway) for kind in FAILURES}
    assert leaks == dict.fromkeys(FAILURES, ())


class _Ours(Walk):
    """Walks over our frames: those of the frameworks keep what they were called with."""

    def _frame(self, frame: FrameType, path: str) -> Iterator[tuple[str, str]]:
        file = frame.f_code.co_filename
        if "site-packages" not in file:
            yield from super()._frame(frame, path)


CALL: dict[str, Any] = {"extra_headers": {"X-Api-Key": HEADER}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
PROMPTED: dict[str, Any] = {**CALL, "tools": [TOOL], "tool_calling": "prompted"}
FALLBACK: dict[str, Any] = {**PROMPTED, "fallback_models": ["glm-4.6"]}


async def test_no_header_of_a_call_is_kept_by_our_frames(
    gateway: Gateway, chat: Callable[..., ChatRamClouds], llm: Callable[..., RamClouds], way: Way
) -> None:
    status = {"gpt-5": 503, "glm-4.6": 400}
    gateway.handler = lambda request: Json(error("no", "", ""), status[request.json["model"]])
    for given in (CALL, PROMPTED, FALLBACK):
        for asked in (
            way.langchain(chat(), [HumanMessage("Hi")], **given),
            way.llama_index(llm(), [ChatMessage("Hi")], **given),
        ):
            with pytest.raises(RamCloudsError) as info:
                await asked
            assert gateway.last.headers["x-api-key"] == HEADER
            walk = _Ours()
            held = [(path, text[:200]) for path, text in walk.texts(info.value) if HEADER in text]
            assert held == []
            assert walk.frames > 1


WRONG: list[dict[str, Any]] = [
    {"model": None, "max_retries": -1},
    {"api_key": [KEY]},
    {"api_key": (KEY,)},
    {"api_key": {"key": KEY}},
    {"api_key": f"Bearer {KEY}"},
    {"default_headers": f"Authorization: {KEY}"},
    {"default_headers": [("Authorization", KEY)]},
    {"default_headers": {"Authorization": [KEY]}},
    {"default_headers": {"Authorization": f"{KEY}\n"}},
    {"base_url": f"https://u:{KEY}@h/v1"},
    {"base_url": f"https://h:{KEY}/v1"},
    {"timeout": -1},
    {"apikey": KEY},
    {"temperature": 9},
]


@each_row("kind", [ChatRamClouds, RamClouds, RamCloudsEmbeddings, RamCloudsEmbedding])
def test_no_secret_is_kept_by_an_error_of_a_constructor(kind: Any) -> None:
    for settings in WRONG:
        with pytest.raises((RamCloudsError, ValueError, TypeError)) as info:
            kind(**{"model": "gpt-5", **GIVEN, **settings})
        texts = Walk().texts(info.value)
        held = [(path, text[:200]) for path, text in texts if KEY in text or HEADER in text]
        assert (settings, held) == (settings, [])
