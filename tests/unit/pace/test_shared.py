"""What the processes of a machine share of a pace, and what the file may hold."""

from __future__ import annotations

import os
import stat
from errno import ENOSPC
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from ramclouds._pace.machine import Pace
from ramclouds._pace.permits import Refusal
from ramclouds._pace.places import Place
from ramclouds._pace.registry import Gates
from ramclouds._pace.shared import SharedGate, SharedLock, _state_of, can_share, pace_file
from tests.unit.pace.simulated import Cap, Sliding, run, run_two

pytestmark = pytest.mark.skipif(not can_share(), reason="files cannot be locked here")


def refused(gate: Any) -> None:
    """One request of a gate goes out and is refused, with 30 s to wait."""
    place = Place(is_bulk=False)
    assert gate.try_pass(place)
    gate.refuse(None, place, Refusal(wait=30.0))


def test_one_process_keeps_to_what_another_has_learned(tmp_path: Path) -> None:
    one, other = (SharedGate(tmp_path / "pace", "key") for _ in range(2))
    refused(one)
    assert other.learned().refused == 1
    assert not other.try_pass(Place(is_bulk=False))
    assert SharedGate(tmp_path / "pace", "another").try_pass(Place(is_bulk=False))


def test_all_of_a_pace_that_has_learned_is_taken_in(tmp_path: Path) -> None:
    lock = SharedLock(tmp_path / "pace", "key", Pace())
    run(Sliding(60, 2.4), 300, pace=lock._pace)
    with lock:
        pass
    taken = SharedLock(tmp_path / "pace", "key", Pace())
    with taken:
        assert _state_of(taken._pace) == _state_of(lock._pace)
        assert taken._pace.window.count
        assert taken._pace.per_second() == lock._pace.per_second()


def test_a_limit_in_flight_is_one_of_all_processes(tmp_path: Path) -> None:
    locks = [SharedLock(tmp_path / "pace", "key", Pace(0.003)) for _ in range(2)]
    outcome = run_two(
        Cap(20),
        150,
        lambda rnd: 0.5 + rnd.random(),
        after=0.1,
        paces=[lock._pace for lock in locks],
        guards=locks,
    )
    assert outcome.left == 0
    for lock in locks:
        with lock:
            assert lock._pace.flights.cap == 20
    assert outcome.wasted() <= 0.06


def test_what_a_dead_process_had_in_flight_does_not_count(tmp_path: Path) -> None:
    lock = SharedLock(tmp_path / "pace", "key", Pace())
    with lock:
        for _ in range(3):
            lock._pace.flights.begin(0.0)
    other = SharedLock(tmp_path / "pace", "key", Pace())
    with other:
        assert other._pace.flights.elsewhere == 3
    # No process has this number: it is above the most that Linux and macOS give.
    path = tmp_path / "pace"
    path.write_text(path.read_text().replace(f'"{os.getpid()} ', '"99999999 '))
    with other:
        assert other._pace.flights.elsewhere == 0


def test_file_is_the_users_own_and_holds_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAMCLOUDS_PACE_FILE", str(tmp_path / "pace"))
    refused(Gates("https://a.test/v1", {"authorization": "Bearer sk-secret"}, "shared").of_key)
    assert stat.S_IMODE(pace_file().stat().st_mode) == 0o600
    assert "secret" not in pace_file().read_text()
    assert "a.test" not in pace_file().read_text()


@pytest.mark.parametrize(
    "damage",
    [
        *(b"", b"{", b"[]", b'{"at": 1e12}', b"\xff\x00", b"key", b"key NOW", b"key nan {}"),
        *(b"key 1e12 {}", b"key NOW {", b"key NOW []", b'key NOW {"pace": {}}', b"key NOW \xff"),
    ],
)
def test_a_damaged_file_is_begun_anew(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "pace"
    path.write_bytes(damage.replace(b"NOW", b"%a" % monotonic()))
    gate = SharedGate(path, "key")
    refused(gate)
    assert not gate.is_broken
    assert SharedGate(path, "key").learned().refused == 1


@pytest.mark.parametrize("part", ["_read", "_write"])
def test_a_failure_keeps_no_lock_from_other_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """As where the disk is full: they would wait for ever."""

    def fails(*_: Any) -> None:
        raise OSError(ENOSPC, "No space left on device")

    lock, other = (SharedLock(tmp_path / "pace", "key", Pace()) for _ in range(2))
    with monkeypatch.context() as broken:
        broken.setattr(f"ramclouds._pace.shared.{part}", fails)
        with pytest.raises(OSError, match="No space"), lock:
            pass
    assert other.acquire()
    other.release()


def test_a_file_that_cannot_be_opened_stops_no_call(tmp_path: Path) -> None:
    gate = SharedGate(tmp_path / "no folder" / "pace", "key")
    assert gate.try_pass(Place(is_bulk=False))
    assert gate.is_broken
