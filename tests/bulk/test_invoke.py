"""Runs that call a chain, a model or a function in place of the client."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from pydantic import BaseModel

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from ramclouds import bulk
from tests.bulk.conftest import lines_of
from tests.gateway import Gateway, Json, completion, error

HI = {"role": "user", "content": "Hi"}
Make = Callable[[dict[str, Any]], Any]


class Cat(BaseModel):
    """A cat."""

    name: str


def _chain(connection: dict[str, Any]) -> Any:
    prompt = ChatPromptTemplate.from_messages([("user", "{greeting} {name}")])
    return prompt | ChatRamClouds(model="gpt-5", **connection) | StrOutputParser()


def _structured(connection: dict[str, Any]) -> Any:
    return ChatRamClouds(model="gpt-5", **connection).with_structured_output(Cat)


async def _twice(value: Any) -> Any:
    await asyncio.sleep(0)
    return {"twice": value * 2}


def _in_a_thread(value: Any) -> Any:
    assert threading.current_thread() is not threading.main_thread()
    return Cat(name=value)


@pytest.mark.parametrize(
    ("make", "row", "shows"),
    [
        (_chain, {"greeting": "Hi", "name": "Ann"}, "Hello! You said: Hi Ann"),
        (lambda at: ChatRamClouds(model="gpt-5", **at), "Hi", {"content": "Hello! You said: Hi"}),
        (lambda at: ChatRamClouds(model="gpt-5", **at),
         {"custom_id": "a", "body": {"model": "x", "messages": [HI]}}, {"type": "ai"}),
        (_structured, "A cat", Cat),
        (lambda at: RamClouds(model="gpt-5", **at), "Hi", "Hello! You said: Hi"),
        (lambda at: RamClouds(model="gpt-5", **at),
         {"messages": [HI]}, {"role": "assistant"}),
        (lambda at: RamClouds(model="gpt-5", **at).as_structured_llm(Cat), "A cat", Cat),
        (lambda at: _twice, {"prompt": "Hi"}, {"twice": "HiHi"}),
        (lambda at: _twice, 0.5, {"twice": 1.0}),
        (lambda at: _in_a_thread, "Tom", {"name": "Tom"}),
        (lambda at: (lambda value: _twice(value)), "Hi", {"twice": "HiHi"}),
    ],
)  # fmt: skip
def test_body_is_the_value(make: Make, row: Any, shows: Any, gateway: Gateway, out: Path) -> None:
    invoke = make({"api_key": "test-key", "base_url": gateway.base_url})
    report = bulk.run([row], invoke=invoke, out=out)
    assert (report.answered, report.failures) == (1, {})
    assert report.usage.total_tokens > 0 or not gateway.requests
    (line,) = lines_of(out)
    body = line["response"]["body"]
    if shows is Cat:
        Cat.model_validate(body)
    elif isinstance(shows, dict):
        assert shows.items() <= body.items()
    else:
        assert body == shows
    assert bulk.run([row], invoke=invoke, out=out).skipped == 1


@pytest.mark.parametrize(
    ("make", "kind"),
    [(_chain, "AuthenticationError"), (lambda at: RamClouds(model="gpt-5", **at), None)],
)
def test_refusals_of_a_chain_stop_the_run(
    make: Make, kind: str | None, gateway: Gateway, out: Path
) -> None:
    gateway.handler = lambda request: Json(error("no"), 401)
    rows = [{"greeting": "Hi", "name": str(n)} for n in range(30)]
    prompts = rows if kind else [row["name"] for row in rows]
    invoke = make({"api_key": "test-key", "base_url": gateway.base_url})
    report = bulk.run(prompts, invoke=invoke, out=out, max_in_flight=1)
    assert report.stopped == "refused"
    assert report.failures == {"AuthenticationError": 5}


def test_progress_of_a_chain_shows_what_was_refused(
    gateway: Gateway, out: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without tqdm, progress goes to the log.
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    gateway.reply(Json(error("slow", code="rate_limit_exceeded"), 429))
    invoke = ChatRamClouds(model="gpt-5", api_key="test-key", base_url=gateway.base_url)
    with caplog.at_level("INFO", "ramclouds.bulk"):
        bulk.run(["Hi"], invoke=invoke, out=out, progress=True)
    assert "50.0% refused" in caplog.text


def test_error_of_a_function_fails_its_row_for_good(out: Path) -> None:
    def picky(text: str) -> str:
        if text == "b":
            raise KeyError(text)
        return text

    report = bulk.run(["a", "b", "c"], invoke=picky, out=out)
    assert (report.answered, report.failures) == (2, {"KeyError": 1})
    assert bulk.run(["a", "b", "c"], invoke=picky, out=out).failed == 1


class Odd:
    def __repr__(self) -> str:
        raise RuntimeError


def test_value_that_json_cannot_hold_is_kept_as_it_can_be_shown(out: Path) -> None:
    circular: list[Any] = []
    circular.append(circular)
    values = {"circular": circular, "odd": Odd(), "bytes": b"\xff"}
    assert bulk.run(list(values), invoke=values.get, out=out).answered == 3
    texts = sorted(result.text for result in bulk.read(out))
    assert texts[1:] == ["[[...]]", "b'\\xff'"]
    assert "Odd object at" in texts[0]


async def test_call_that_cancels_itself_fails_its_row(out: Path) -> None:
    async def cancelled(text: str) -> str:
        raise asyncio.CancelledError

    report = bulk.run(["a"], invoke=cancelled, out=out)
    assert (report.failures, report.exit_code) == ({"CancelledError": 1}, 1)


def test_template_makes_what_is_called_with(out: Path) -> None:
    bulk.run([{"custom_id": "a", "word": "cat"}], invoke=_twice, prompt="a {word},", out=out)
    assert next(bulk.read(out)).body == {"twice": "a cat,a cat,"}


def test_model_of_llama_index_takes_texts_and_messages_alone(gateway: Gateway, out: Path) -> None:
    invoke = RamClouds(model="gpt-5", api_key="test-key", base_url=gateway.base_url)
    report = bulk.run([{"a": 1}], invoke=invoke, out=out)
    assert (report.failures, gateway.requests) == ({"ConfigurationError": 1}, [])
    (line,) = lines_of(out)
    assert line["error"]["message"].startswith("A model is asked with a text or with messages")


def test_budget_counts_what_a_chain_asks(gateway: Gateway, out: Path) -> None:
    used = {"prompt_tokens": 5, "completion_tokens": 10, "total_tokens": 15}
    gateway.handler = lambda request: Json(completion("Hi", usage=used))
    invoke = _chain({"api_key": "test-key", "base_url": gateway.base_url})
    rows = [{"greeting": "Hi", "name": str(n)} for n in range(9)]
    report = bulk.run(rows, invoke=invoke, out=out, max_tokens_total=100)
    assert report.stopped == "budget"
    assert 30 <= report.usage.total_tokens <= 100


async def test_text_of_a_result_is_found_in_what_a_chain_gave(gateway: Gateway) -> None:
    at = {"api_key": "test-key", "base_url": gateway.base_url}
    for invoke in (_twice, ChatRamClouds(model="gpt-5", **at), RamClouds(model="gpt-5", **at)):
        rows = [{"messages": [{"role": "user", "content": "Hi"}]}] if invoke is not _twice else "x"
        async for result in bulk.stream(list(rows), invoke=invoke):
            assert result.text == ("" if invoke is _twice else "Hello! You said: Hi")
