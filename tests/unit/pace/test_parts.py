"""Parts of a pace one by one: what no run of many callers comes to, or only in a race."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from math import inf
from pathlib import Path
from time import monotonic

import pytest

from ramclouds import RateLimitError
from ramclouds._pace.flights import Flights
from ramclouds._pace.gate import Gate
from ramclouds._pace.loops import LoopReader
from ramclouds._pace.machine import Pace
from ramclouds._pace.permits import Refusal
from ramclouds._pace.places import Place
from ramclouds._pace.refusals import refusal_in
from ramclouds._pace.registry import _MOST, Registry
from ramclouds._pace.shared import SharedGate, can_share
from ramclouds._pace.window import Window
from tests.harness.rows import in_row
from tests.unit.pace.simulated import Bucket, run

REFUSALS = {
    "1分钟内最多请求60次": Refusal(None, 60, 60.0),
    "at most 300 requests in 5 minutes": Refusal(None, 300, 300.0),
    "In 1 minute you may send up to 20": Refusal(None, 20, 60.0),
    "at most 0 requests in 1 minute": Refusal(),
    "at most 5 requests in 0 minutes": Refusal(),
    "Too many requests": Refusal(),
}


def test_words_of_a_refusal_are_read() -> None:
    for message, refusal in REFUSALS.items():
        with in_row(message):
            assert refusal_in(RateLimitError(message), None) == refusal
    error = RateLimitError("at most 9 requests in 1 minute")
    assert refusal_in(error, 2.0) == Refusal(2.0, 9, 60.0)


def test_request_that_was_not_sent_yet() -> None:
    pace = Pace(0.1)
    pace.started(permit := pace.give(3.0))
    pace.refuse(permit, 3.5, Refusal())
    assert (permit.sent_at, pace.round_trip) == (3.0, 0.5)
    pace = Pace()
    pace.started(permit := pace.give(3.0))
    pace.end(permit, 4.0)
    assert (pace.rate.accepted, [*pace.window.sent], pace.flights.count) == (0, [], 0)


def test_a_request_counts_as_sent_when_it_is_sent() -> None:
    # A thread that has its permit may still have to wake up, and to make the connections.
    gate, place = Gate(), Place(is_bulk=False)
    assert gate.try_pass(place)
    permit = place.permit
    assert permit is not None
    assert permit.sent_at == inf
    gate.note(place, "sent")
    assert permit.given_at <= permit.sent_at < inf


def test_a_permit_that_was_not_used_lets_the_next_one_go() -> None:
    pace = Pace(0.003)
    now = pace.permit_at(run(Bucket(50), 100, pace=pace).end)
    pace.started(permit := pace.give(now))
    assert pace.permit_at(now) > now
    pace.end(permit, now)
    assert pace.permit_at(now) <= now


def test_a_pause_teaches_a_known_rate_nothing() -> None:
    server, pace = Bucket(50), Pace(0.003)
    run(server, 500, pace=pace)
    before = pace.per_second()
    outcome = run(server, 200, pace=pace, since=300.0)
    assert outcome.last < 306.0
    assert before is not None
    assert pace.per_second() == pytest.approx(before, rel=0.1)


def at_cap() -> Flights:
    flights = Flights()
    assert [flights.refused(20, is_probe=False) for _ in range(2)] == [False, True]
    assert flights.cap == 19
    return flights


def test_limit_in_flight_rises_and_is_given_up() -> None:
    flights = at_cap()
    for _ in range(3):
        flights.refused(20, is_probe=False)
    # It was refused for long: one more than the limit is a new limit, and no mistake.
    flights.accepted(20)
    assert flights.cap == 20
    flights = at_cap()
    flights.accepted(20)
    assert flights.cap == 0
    flights = at_cap()
    flights.refused(12, is_probe=False)
    assert flights.cap == 11
    flights.refused(9, is_probe=False)
    assert flights.cap == 0


def test_place_is_free_when_a_response_has_come_and_not_when_one_was_refused() -> None:
    flights = at_cap()
    for _ in range(3):
        flights.begin(0.0)
    flights.refused(19, is_probe=False)
    flights.end(is_refused=True)
    flights.end(is_refused=True)
    assert flights.free_at(0.0) > 0.0
    flights.end(is_refused=True)
    assert flights.free_at(0.0) == 0.0


def test_trials_of_a_window() -> None:
    window = Window()
    window.sent.extend((0.0, 0.1, 0.2))
    window.find(0.2, 5.0, 10.0)
    assert (window.count, window.shortest, window.longest) == (3, 5.0, 10.0)
    counts = []
    # Before the shortest length is over, it is the count that is larger: by 1, 2, and 1 again.
    trials = ((4.0, True), (4.5, True), (4.5, False), (4.6, False), (4.7, True))
    for sent_at, is_accepted in trials:
        window.tried(sent_at, is_accepted=is_accepted)
        window.sent.append(sent_at)
        counts.append(window.count)
    assert counts == [4, 6, 6, 6, 7]
    window.count = 8
    window.tried(7.5, is_accepted=True)
    window.tried(6.5, is_accepted=False)
    assert (window.count, window.shortest, window.longest) == (8, 6.5, 7.5)


def woken() -> tuple[list[str], Callable[[], None]]:
    calls: list[str] = []
    return calls, lambda: calls.append("woken")


def test_defect_of_a_pace_lets_all_calls_go(caplog: pytest.LogCaptureFixture) -> None:
    gate, place = Gate(), Place(is_bulk=False)
    gate._pace = None  # type: ignore[assignment]
    calls, wake = woken()
    gate.join(place, wake)
    assert (calls, place.permit, place.failed, gate.is_broken) == (["woken"], None, "", True)
    assert "they are sent without it from now on" in caplog.text
    assert gate.try_pass(Place(is_bulk=False))
    assert not gate.learned().refused


def test_permit_of_a_call_whose_loop_is_closed_is_given_back() -> None:
    def closed() -> None:
        raise RuntimeError("Event loop is closed")

    gate, place = Gate(), Place(is_bulk=False)
    gate.join(place, closed)
    assert (place.permit, gate._pace.flights.count, gate.is_broken) == (None, 0, False)


async def test_loop_says_when_it_has_read_what_had_come() -> None:
    reader, has_read = LoopReader(asyncio.get_running_loop()), asyncio.Event()
    reader.ask(5.0, has_read.set)
    assert (reader.read_until, reader.is_asked) == (0.0, True)
    await has_read.wait()
    assert (reader.read_until, reader.is_asked) == (5.0, False)


def test_loop_that_is_closed_has_read_all() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    reader = LoopReader(loop)
    reader.ask(1.0, lambda: None)
    assert reader.read_until == inf


def test_those_who_wait_hear_that_nothing_is_accepted() -> None:
    pace, since = Pace(), monotonic() - 200.0
    pace.refuse(pace.give(since), since, Refusal(wait=1e6))
    gate, place = Gate(pace), Place(is_bulk=False)
    calls, wake = woken()
    gate.join(place, wake)
    assert calls == ["woken"]
    assert place.failed == "No request of this key was accepted for 150 s"


def test_oldest_gate_is_forgotten() -> None:
    registry = Registry()
    gates = [registry.gate(str(number)) for number in range(_MOST)]
    assert registry.gate("0") is gates[0]
    registry.gate("new")
    assert len(registry.all()) == _MOST
    assert registry.gate("0") is gates[0]
    assert registry.gate("1") is not gates[1]


@pytest.mark.skipif(not can_share(), reason="files cannot be locked here")
def test_file_of_another_user_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pace"
    path.write_bytes(b"theirs")
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    gate = SharedGate(path, "key")
    assert gate.try_pass(Place(is_bulk=False))
    assert gate.is_broken
    assert path.read_bytes() == b"theirs"
