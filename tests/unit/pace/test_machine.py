"""How near a pace comes to what a server allows, and what it costs in refusals."""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from statistics import median

import pytest

from ramclouds._pace.flights import Flights
from ramclouds._pace.machine import Pace
from ramclouds._pace.permits import FIRST, Refusal
from tests.harness import each_row
from tests.unit.pace.simulated import (
    Bucket,
    Cap,
    Fixed,
    Latency,
    Server,
    Sliding,
    Stray,
    run,
    run_two,
)  # fmt: skip


def always(seconds: float) -> Latency:
    return lambda _: seconds


def around(seconds: float) -> Latency:
    """As models answer: some take four times as long as others."""
    return lambda rnd: seconds * exp(rnd.gauss(0.0, 0.5))


# Server, requests, latency, the least time possible, the least part of the rate that is used, and
# the most refusals in percent.
Row = tuple[Callable[[], Server], int, Latency, float, float, float]
ROWS: dict[str, Row] = {
    "bucket": (lambda: Bucket(50), 500, always(0.1), 9.8, 0.97, 3.0),
    "bucket, long": (lambda: Bucket(50), 2000, always(0.1), 39.8, 0.98, 2.0),
    "bucket, slow answers": (lambda: Bucket(50), 2000, around(3.0), 39.8, 0.98, 2.0),
    "bucket of a few": (lambda: Bucket(3, 3), 300, around(3.0), 99.0, 0.97, 11.0),
    "bucket without a burst": (lambda: Bucket(50, 1), 1000, always(0.1), 20.0, 0.65, 7.0),
    "changes": (
        lambda: Bucket(50, changes=[(20, 10), (40, 50)]), 2200, always(0.1), 59.8, 0.93, 4.0,
    ),
    "sliding window": (lambda: Sliding(60, 2.4), 500, always(0.1), 19.2, 0.88, 5.0),
    "fixed window": (lambda: Fixed(60, 2.4), 500, always(0.1), 19.2, 0.88, 5.0),
    # As many are in flight at each refusal: it is no limit of those.
    "window, slow answers": (lambda: Fixed(60, 2.4), 500, always(5.0), 19.2, 0.88, 5.0),
    "window as long as answers": (lambda: Fixed(60, 2.4), 500, around(3.0), 19.2, 0.88, 5.0),
    "window of as many as in flight": (
        lambda: Sliding(100, 10), 500, always(5.0), 40.0, 0.85, 8.0,
    ),
    "window of three seconds": (lambda: Sliding(30, 3), 240, always(0.1), 21.0, 0.5, 5.0),
    "window of ten seconds": (lambda: Sliding(100, 10), 500, always(0.1), 40.0, 0.9, 3.0),
    # What is sent together comes in any order: all of it is the count of the window.
    "window, answers at once": (lambda: Sliding(100, 10), 500, always(0.0), 40.0, 0.9, 4.0),
    "window of 500 a minute": (lambda: Sliding(500, 60), 2500, always(0.1), 240.0, 0.9, 3.0),
    "window of half a minute": (lambda: Fixed(50, 30), 300, always(0.1), 150.0, 0.9, 5.0),
    "window of a minute": (lambda: Sliding(50, 60, 1.0), 200, always(0.1), 180.0, 0.9, 5.0),
    # Others who use the key, or another reason: no rate may be learned of it for good.
    "stray refusals": (
        lambda: Stray(Sliding(50, 60, 1.0), 20), 200, always(0.1), 180.0, 0.28, 18.0,
    ),
    "stray, fixed": (lambda: Stray(Fixed(60, 2.4), 50), 500, always(0.1), 19.2, 0.2, 6.0),
    "few a minute": (lambda: Sliding(10, 60), 100, always(2.0), 540.0, 0.87, 12.0),
    "in flight": (lambda: Cap(20), 2000, around(2.0), 226.6, 0.85, 4.0),
}  # fmt: skip


@each_row("kind", ROWS)
def test_rate_is_used_and_few_are_refused(kind: str) -> None:
    server, count, latency, least, share, refused = ROWS[kind]
    outcome = run(server(), count, latency)
    assert (outcome.accepted, outcome.left) == (count, 0)
    assert least / outcome.last >= share
    assert 100.0 * outcome.wasted() <= refused


def test_a_bucket_behind_a_long_way_is_no_window() -> None:
    """Until a refusal is known, others use up what the bucket gathers."""
    outcome = run(Bucket(50), 800, round_trip=0.5)
    assert 15.8 / outcome.last >= 0.5


def test_two_processes_come_to_share_a_limit() -> None:
    """The second finds nothing left, and the first must leave it its part."""
    used = []
    for after in (0.01, 0.02, 0.05, 0.08, 0.12, 0.15, 0.2, 0.28, 0.4, 0.6, 0.8):
        outcome = run_two(Bucket(50), 500, after=after)
        assert (outcome.accepted, outcome.left) == (1000, 0)
        assert outcome.wasted() <= 0.06, after
        used.append(19.8 / outcome.last)
    # What comes of one run depends on who is first by a millisecond.
    assert median(used) >= 0.92
    assert min(used) >= 0.7


@pytest.mark.parametrize("seconds", [0.5, 20.0])
def test_nobody_waits_for_whole_answers_where_there_is_no_limit(seconds: float) -> None:
    outcome = run(Bucket(1e9, 1e9), 1000, always(seconds))
    assert outcome.refused == 0
    assert outcome.end <= seconds + 0.6


def test_a_burst_is_not_out_before_the_first_refusal_is_read() -> None:
    outcome = run(Bucket(0.001, 5), 500, round_trip=0.3, until=0.29)
    assert outcome.accepted + outcome.refused == FIRST
    outcome = run(Bucket(0.001, 5), 500, round_trip=0.3, until=2.0)
    assert outcome.refused <= FIRST


def test_a_limit_in_flight_waits_too_while_asked_to() -> None:
    pace = Pace()
    pace.state, pace.flights.cap = "paced", 3
    permits = [pace.give(1.0) for _ in range(4)]
    pace.refuse(permits[-1], 1.5, Refusal(wait=30.0))
    assert (pace.state, pace.permit_at(2.0)) == ("paced", 31.5)


def test_nothing_is_sent_while_asked_to_wait() -> None:
    outcome = run(Bucket(0.001, 5), 50, refusal=Refusal(wait=30.0), until=29.0)
    assert outcome.accepted + outcome.refused == FIRST


def test_a_short_wait_is_rounded_and_stops_nobody_else() -> None:
    outcome = run(Bucket(50), 500, refusal=Refusal(wait=1.0))
    assert 9.8 / outcome.last >= 0.97


def test_a_long_wait_is_put_off() -> None:
    """It stops all calls: a bucket overflows meanwhile, and its rate must not be overrated."""
    outcome = run(Bucket(50), 3000, refusal=Refusal(wait=5.0))
    assert 59.8 / outcome.last >= 0.65
    assert outcome.wasted() <= 0.01


@pytest.mark.parametrize(
    ("server", "refusal", "least"),
    [
        (lambda: Bucket(50), Refusal(count=3000, seconds=60.0), 9.8),
        # The words are those of another window than it is.
        (lambda: Sliding(60, 2.4), Refusal(count=60, seconds=60.0), 19.2),
    ],
)
def test_words_of_the_gateway_are_a_hint_and_no_law(
    server: Callable[[], Server], refusal: Refusal, least: float
) -> None:
    outcome = run(server(), 500, refusal=refusal)
    assert least / outcome.last >= 0.85
    assert outcome.wasted() <= 0.05


def test_a_pause_is_not_taken_for_a_low_rate() -> None:
    server, pace = Bucket(50), Pace(0.003)
    run(server, 15, pace=pace)
    outcome = run(server, 200, pace=pace, since=300.0)
    assert outcome.last < 306.0


def test_a_limit_in_flight_that_proved_wrong_needs_new_evidence() -> None:
    flights = Flights()
    for _ in range(100):
        flights.begin(0.0)
    refused = [flights.refused(100, is_probe=False) for _ in range(2)]
    assert refused == [False, True]
    flights.accepted(105)
    assert not flights.cap
    assert not flights.refused(100, is_probe=False)


class Nothing:
    """Refuses all after the first few."""

    def __init__(self, few: int) -> None:
        self._left = few

    def takes(self, now: float) -> bool:
        self._left -= 1
        return self._left >= 0

    def ended(self) -> None:
        pass


def test_gives_up_when_nothing_was_accepted_for_long() -> None:
    pace = Pace(0.003)
    assert pace.gives_up(1e6) is None
    outcome = run(Nothing(20), 50, pace=pace, until=140.0)
    assert pace.gives_up(140.0) is None
    assert pace.gives_up(151.0) == "No request of this key was accepted for 150 s"
    assert outcome.refused < 30


def test_a_request_that_was_refused_late_is_taken_back() -> None:
    pace = Pace(0.003)
    permit = pace.give(0.0)
    pace.permit_at(1.0)
    assert pace.budget.accepted == 1
    pace.refuse(permit, 1.5, Refusal())
    assert (pace.budget.accepted, pace.budget.refused, pace.state) == (0, 1, "closed")


def test_a_cancelled_probe_gives_its_place_to_the_next() -> None:
    pace = Pace(0.003)
    pace.refuse(pace.give(0.0), 0.003, Refusal())
    at = pace.permit_at(0.01)
    probe = pace.give(at)
    assert pace.permit_at(at) > at
    pace.end(probe, at + 0.001)
    assert pace.permit_at(at + 0.001) <= at + 0.001


def test_only_one_trial_goes_out_where_who_has_a_permit_wakes_up_late() -> None:
    outcome = run(Sliding(60, 2.4), 500, wakes=0.01)

    assert outcome.wasted() < 0.06
    assert outcome.last < 19.2 / 0.88


def test_the_last_calls_are_not_refused_where_they_would_come_back_late() -> None:
    for callers in range(300, 700, 25):
        outcome = run(Bucket(50), callers, refusal=Refusal(1.2))
        assert outcome.last < (callers - 10) / 50 + 0.3, callers


def test_a_request_refused_alone_shows_no_limit_in_flight() -> None:
    flights = Flights()
    for _ in range(2):
        flights.begin(0.0)
    assert [flights.refused(2, is_probe=False) for _ in range(2)] == [False, True]
    flights.end(is_refused=True)
    # Else it would come back at once, again and again.
    assert not flights.refused(1, is_probe=False)


def test_of_requests_that_go_out_together_any_may_come_first() -> None:
    flights = Flights()
    for _ in range(24):
        flights.begin(0.0)
    assert not flights.refused(13, 1.0, is_probe=False)
    flights.accepted(24, 0.0)
    assert [flights.refused(21, at, is_probe=False) for at in (2.0, 3.0)] == [False, True]
