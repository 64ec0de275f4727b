"""Runs: when they stop, what they count, and how they are driven."""

from __future__ import annotations

import asyncio
import pickle
import re
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from ramclouds import AsyncClient, ConfigurationError, ServerError, bulk
from ramclouds._pace.places import Learned
from ramclouds.bulk._budget import Budget, Spent
from ramclouds.bulk._job import Job
from ramclouds.bulk._limits import in_words, is_crowded
from ramclouds.bulk._lines import Result
from ramclouds.bulk._needs import Needs, invoke_need
from ramclouds.bulk._options import Options
from ramclouds.bulk._outputs import Outputs
from ramclouds.bulk._plan import Plan
from ramclouds.bulk._report import Report
from ramclouds.bulk._rows import Row
from ramclouds.prices import Metered, set_prices
from tests.bulk.conftest import lines_of
from tests.gateway import Gateway, Json, Sse, completion, error, text_chunks


@pytest.mark.parametrize("status", [401, 403])
def test_permanent_refusals_stop_the_run(status: int, settings: Any, gateway: Gateway) -> None:
    gateway.handler = lambda request: Json(error("no"), status)
    report = bulk.run([f"row {n}" for n in range(50)], **settings, max_in_flight=2)
    assert report.stopped == "refused"
    assert report.failed == len(gateway.requests) < 10
    assert (report.left, report.exit_code) == (50 - report.failed, 1)
    gateway.handler = None
    assert bulk.run([f"row {n}" for n in range(50)], **settings).answered == 50


def test_refusals_between_answers_do_not_stop_the_run(settings: Any, gateway: Gateway) -> None:
    gateway.handler = lambda request: (
        Json(error("not yours"), 403)
        if "odd" in request.json["messages"][0]["content"]
        else Json(completion("Hi"))
    )
    rows = [f"{'odd' if n % 2 else 'even'} {n}" for n in range(40)]
    report = bulk.run(rows, **settings, max_in_flight=1)
    assert (report.answered, report.failed, report.stopped) == (20, 20, None)
    assert report.failures == {"PermissionDeniedError": 20}


def test_outage_lets_one_call_at_a_time_find_its_end() -> None:
    plan = Plan(20, Budget(None, None))
    for _ in range(40):
        assert plan.start(Spent())
        plan.fail(Spent(), Metered(), ServerError("down"))
    assert plan.has_room()
    assert plan.start(Spent())
    assert not plan.has_room()
    plan.answer(Spent(), Metered())
    assert plan.start(Spent())
    assert plan.has_room()
    assert plan.stopped is None


def test_call_that_was_broken_off_gives_its_budget_back() -> None:
    plan = Plan(20, Budget(10, None))
    assert plan.start(Spent(10))
    assert not plan.start(Spent(1))
    plan.leave(Spent(10), Metered())
    assert plan.start(Spent(10))
    assert (plan.in_flight, plan.answered, plan.failed, plan.stopped) == (1, 0, 0, None)


def test_calls_that_wait_for_the_limit_are_a_crowd() -> None:
    assert [is_crowded(Learned(waiting=waiting)) for waiting in (64, 65)] == [False, True]
    refused = [Learned(None, 1, 0, 8), Learned(None, 1, 0, 9), Learned(5, 1, 0, 10)]
    assert [*map(is_crowded, refused), is_crowded(Learned(5, 1, 0, 11))] == [
        False, True, False, True,
    ]  # fmt: skip
    assert in_words(Learned(accepted=9)) == ""
    assert in_words(Learned(None, 1, 3)) == "25.0% refused"
    assert in_words(Learned(12.345, 1, 3)) == "limit 12.3/s, 25.0% refused"


@pytest.mark.parametrize("limits", [{"max_tokens": 10}, {}], ids=["limited", "guessed"])
def test_budget_counts_what_calls_in_flight_may_use(
    limits: Any, settings: Any, gateway: Gateway
) -> None:
    used = {"prompt_tokens": 5, "completion_tokens": 10, "total_tokens": 15}
    gateway.handler = lambda request: Json(completion("Hi", usage=used))
    rows = [f"w{n}" for n in range(9)]
    report = bulk.run(rows, **settings, **limits, max_tokens_total=50)
    assert (report.stopped, report.exit_code, report.left) == ("budget", 2, 6)
    assert report.usage.total_tokens == 45
    assert bulk.run(rows, **settings, **limits).answered == 6


def test_cost_is_limited_as_tokens_are(settings: Any, gateway: Gateway) -> None:
    used = {"prompt_tokens": 0, "completion_tokens": 1_000_000, "total_tokens": 1_000_000}
    gateway.handler = lambda request: Json(completion("Hi", usage=used))
    set_prices({"gpt-5": {"output": 2.0}}, base_url=gateway.base_url)
    rows = [f"w{n}" for n in range(9)]
    report = bulk.run(rows, **settings, max_tokens=1_000_000, max_cost=7.0)
    assert (report.stopped, report.answered, report.cost) == ("budget", 3, 6.0)
    assert "3,000,000 tokens, $6" in str(report)


@pytest.mark.parametrize(
    ("settings_of", "message"),
    [
        ({"model": "own-model"}, "max_cost needs the price of own-model"),
        ({"invoke": ChatRamClouds(model="own-model", api_key="test-key") | str}, "of own-model"),
        ({"invoke": RamClouds(model="own-model", api_key="test-key")}, "of own-model"),
        ({"invoke": str.upper}, "Name it beside invoke"),
        ({"model": "gpt-5", "max_cost": 0}, "max_cost must be a number"),
    ],
)
def test_limit_of_cost_needs_prices_before_anything_is_sent(
    settings_of: Any, message: str, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
    monkeypatch.setenv("RAMCLOUDS_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(ConfigurationError, match=message):
        bulk.run(["Hi"], out=out, **{"max_cost": 1.0, **settings_of})


def test_completion_of_a_stream_is_put_together(settings: Any, gateway: Gateway) -> None:
    client = AsyncClient(api_key="test-key", base_url=gateway.base_url, stream_whole_calls=True)
    gateway.reply(Sse(text_chunks("Hello world", model="gpt-5")))
    bulk.run(["x"], **{**settings, "client": client})
    (line,) = lines_of(settings["out"])
    body = line["response"]["body"]
    assert body["object"] == "chat.completion"
    assert body["choices"][0]["message"] == {"role": "assistant", "content": "Hello world"}
    assert body["choices"][0]["finish_reason"] == "stop"


async def test_stream_gives_results_as_they_come_and_those_of_the_journal(
    client: AsyncClient, out: Path, gateway: Gateway
) -> None:
    async def texts(rows: list[str]) -> list[tuple[str, bool]]:
        stream = bulk.stream(rows, model="gpt-5", client=client, journal=out)
        return sorted([(result.text, result.is_stored) async for result in stream])

    assert await texts(["a", "b"]) == [
        ("Hello! You said: a", False),
        ("Hello! You said: b", False),
    ]
    assert await texts(["b", "c"]) == [("Hello! You said: b", True), ("Hello! You said: c", False)]
    assert len(gateway.requests) == 3


async def test_stream_reads_on_only_when_results_are_taken(client: AsyncClient) -> None:
    read = []
    rows = (read.append(n) or f"row {n}" for n in range(50))
    stream = bulk.stream(rows, model="gpt-5", client=client, max_in_flight=4)
    async for result in stream:
        assert result.is_answered
        break
    assert len(read) == 4
    await stream.aclose()


async def test_run_works_where_an_event_loop_runs(settings: Any) -> None:
    assert bulk.run(["x"], **settings).answered == 1


def test_error_of_a_generator_is_raised_when_all_in_flight_is_kept(
    settings: Any, out: Path
) -> None:
    def rows() -> Any:
        yield "one"
        yield "two"
        raise OSError("cable")

    with pytest.raises(OSError, match="cable"):
        bulk.run(rows(), **settings)
    assert len(lines_of(out)) == 2


def test_row_that_is_long_in_coming_stops_no_call(settings: Any, gateway: Gateway) -> None:
    has_come = threading.Event()
    gateway.handler = lambda request: has_come.set() or Json(completion("Hi"))  # type: ignore[func-returns-value]

    def rows() -> Any:
        yield "one"
        assert has_come.wait(30)
        yield "two"

    assert bulk.run(rows(), **settings).answered == 2


def test_embeddings_are_asked_for_in_groups(settings: Any, gateway: Gateway, out: Path) -> None:
    settings["model"] = "text-embedding-3-small"
    rows = [f"word{n}" for n in range(7)]
    report = bulk.embed(rows, **settings, chunk_size=3)
    assert (report.answered, len(gateway.requests)) == (7, 3)
    assert report.usage.total_tokens > 0
    lines = lines_of(out)
    assert {line["response"]["body"]["data"][0]["index"] for line in lines} == {0}
    assert len({tuple(line["response"]["body"]["data"][0]["embedding"]) for line in lines}) == 7
    assert bulk.embed([*rows, "new"], **settings).answered == 1
    limited = bulk.embed(["another word"], **settings, max_tokens_total=1)
    assert (limited.stopped, limited.left) == ("budget", 1)


def test_bad_text_fails_alone(settings: Any, gateway: Gateway) -> None:
    def answer(request: Any) -> Json | None:
        is_bad = "bad" in request.json["input"]
        return Json(error("too long"), 400) if is_bad else gateway.model.answer(request)

    gateway.handler = answer
    settings["model"] = "text-embedding-3-small"
    report = bulk.embed(["a", "b", "bad", "c"], **settings)
    assert (report.answered, report.failed) == (3, 1)


def test_settings_that_travel_to_other_machines_hold_no_key(client: AsyncClient) -> None:
    sent = pickle.dumps(Options([], "out.jsonl", client=client))
    assert b"test-key" not in sent


def test_report_reads_well(settings: Any, gateway: Gateway) -> None:
    gateway.reply(Json(error("no"), 400))
    report = bulk.run(["a", "b", "b"], **{**settings, "model": "own-model"}, max_in_flight=1)
    assert repr(report).startswith("<Report: 2 answered, 1 failed (BadRequestError 1) in 0.")
    assert repr(report).endswith(f"; 10 tokens; errors in {report.errors}>")


def test_report_of_a_long_run_reads_well() -> None:
    texts = [str(Report(seconds=seconds)).partition(" in ")[2] for seconds in (59.94, 60, 7265)]
    assert texts == ["59.9 s", "1 min 0 s", "2 h 1 min"]
    spent = [str(Report(cost=cost)).rpartition("; ")[2] for cost in (0.00012, 1234.5)]
    assert spent == ["$0.00012", "$1,234.50"]


def test_progress_is_logged_where_there_is_no_bar(
    settings: Any,
    gateway: Gateway,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    set_prices({"gpt-5": {"output": 2.0}}, base_url=gateway.base_url)
    used = {"prompt_tokens": 0, "completion_tokens": 1_000_000, "total_tokens": 1_000_000}
    gateway.reply(Json(error("no"), 400), Json(completion("Hi", usage=used)))
    caplog.set_level("INFO", logger="ramclouds.bulk")
    monkeypatch.setattr("ramclouds.bulk._progress._SECONDS_BETWEEN_LINES", 0)
    bulk.run(["a", "b"], **settings, max_in_flight=1, progress=True)
    assert "1 of 2 rows" in caplog.messages[-3]
    shown = re.sub(r"\d+\.\d rows/s", "N rows/s", caplog.messages[-1])
    assert shown == (
        "2 of 2 rows, N rows/s, 0 s left, 1 failed, 0 in flight, 1,000,000 tokens, $2.00"
    )


async def test_cancelled_stream_leaves_nothing_running(client: AsyncClient) -> None:
    before = asyncio.all_tasks()
    stream = bulk.stream(["a", "b"], model="gpt-5", client=client)
    await anext(stream)
    await stream.aclose()
    assert asyncio.all_tasks() == before


async def test_crowd_at_the_limit_holds_back_new_calls() -> None:
    in_flight, most = 0, 0

    async def ask(rows: Sequence[Row]) -> list[Result]:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        for _ in range(5):
            await asyncio.sleep(0)
        in_flight -= 1
        return [Result(row.custom_id, row.key, body="Hi") for row in rows]

    budget = Budget(None, None)
    needs = Needs(budget, invoke_need, lambda value: [])
    rows = [[Row(str(n), n, str(n), "")] for n in range(20)]
    job = Job(iter(rows), ask, needs, Plan(8, budget), Outputs(None, ()))
    job.is_crowded = lambda: in_flight >= 2
    assert len([result async for result in job.results()]) == 20
    assert most == 2
