"""How long a model that failed is asked last."""

from __future__ import annotations

import pytest

from ramclouds._resting import Rests

ASKED = ["a", "b", "c"]


def test_a_model_that_failed_is_asked_last_for_half_a_minute() -> None:
    rests = Rests()
    rests.begin("key", "a", 100.0, None)
    assert rests.order("key", ASKED, 129.0) == ["b", "c", "a"]
    assert rests.order("another key", ASKED, 129.0) == ASKED
    assert rests.order("key", ASKED, 131.0) == ASKED


def test_many_calls_that_fail_at_once_count_as_one() -> None:
    rests = Rests()
    for second in range(20):
        rests.begin("key", "a", 100.0 + second, None)
    assert not rests.is_resting("key", "a", 131.0)


@pytest.mark.parametrize(
    ("failures", "until"),
    [
        ([100.0, 131.0], 191.0),  # again, right after the rest: twice as long
        ([100.0, 131.0, 192.0], 312.0),
        ([100.0, 161.0], 191.0),  # it worked for as long as it had rested
    ],
)
def test_the_rest_grows_where_the_model_fails_again(failures: list[float], until: float) -> None:
    rests = Rests()
    for failure in failures:
        rests.begin("key", "a", failure, None)
    assert rests.is_resting("key", "a", until - 1)
    assert not rests.is_resting("key", "a", until + 1)


@pytest.mark.parametrize(("wait", "rest"), [(5.0, 30.0), (90.0, 90.0), (9000.0, 600.0)])
def test_the_rest_is_as_long_as_the_wait_that_was_asked_for(wait: float, rest: float) -> None:
    rests = Rests()
    rests.begin("key", "a", 0.0, wait)
    assert rests.is_resting("key", "a", rest - 1)
    assert not rests.is_resting("key", "a", rest + 1)


def test_old_rests_are_forgotten() -> None:
    rests = Rests()
    for number in range(3000):
        rests.begin("key", f"model-{number}", number * 100.0, None)
    assert len(rests._rests) <= 1024
