"""What the processes of a machine share: the state of a pace, in a file that one has at a time."""

from __future__ import annotations

import json
import os
import tempfile
from collections import deque
from contextlib import suppress
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from ramclouds._pace.gate import Gate
from ramclouds._pace.machine import Pace

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_POLL = 0.05
"""Seconds after which a waiting process looks at what the others have learned."""
_TOO_OLD = 3600.0
_REMEMBERED = 256
"""Times of requests that are shared where no window is known."""
_PARTS = ("budget", "rate", "window", "flights", "closed")
_OWN = {
    "pace": frozenset({*_PARTS, "_pending", "waiting"}),
    "flights": frozenset({"count", "elsewhere"}),
    "closed": frozenset({"probe"}),
}
"""Attributes that belong to the requests of one process, or that are written in parts."""


def can_share() -> bool:
    """Whether files can be locked here."""
    return fcntl is not None


def pace_file() -> Path:
    """Where the processes of this user meet."""
    named = os.environ.get("RAMCLOUDS_PACE_FILE")
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(named or Path(tempfile.gettempdir(), f"ramclouds-pace-{user}"))


class SharedLock:
    """A lock of all threads of all processes; its owner sees the state of all."""

    def __init__(self, path: Path, key: str, pace: Pace) -> None:
        self._lock = Lock()
        self._path, self._key, self._pace = path, key.encode(), pace
        self._file: int | None = None
        self._lines: dict[bytes, bytes] = {}
        self._written = b""
        self._me = f"{os.getpid()} {id(self)}"
        self._others: dict[str, int] = {}
        """Requests in flight of the other processes."""

    def acquire(self, blocking: bool = True) -> bool:
        """Waits for the lock, and takes in the state."""
        if not self._lock.acquire(blocking):
            return False
        try:
            file = self._open()
            fcntl.flock(file, fcntl.LOCK_EX)
        except BaseException:
            self._lock.release()
            raise
        try:
            self._lines = _read(file)
            line = self._lines.get(self._key, b"")
            if line != self._written or not line:
                self._take_in(_state_in(line))
            self._others = {one: n for one, n in self._others.items() if _runs(one)}
            self._pace.flights.elsewhere = sum(self._others.values())
        except BaseException:
            self._let_go(file)
            raise
        return True

    def release(self) -> None:
        """Writes the state, and lets the next one have it."""
        file = self._open()
        try:
            in_flight = {**self._others, self._me: self._pace.flights.count}
            state = json.dumps({**_state_of(self._pace), "in_flight": in_flight})
            self._written = b"%a %s" % (monotonic(), state.encode())
            self._lines[self._key] = self._written
            _write(file, self._lines)
        finally:
            self._let_go(file)

    def _let_go(self, file: int) -> None:
        """Also where reading or writing has failed: else all other processes wait for ever."""
        try:
            fcntl.flock(file, fcntl.LOCK_UN)
        finally:
            self._lock.release()

    def _take_in(self, state: Any) -> None:
        """A state that was written by a process of the same version; another one is no state."""
        self._others = {}
        if _is_whole(state):
            _fill(self._pace, state)
            self._others = {**state["in_flight"]}
            self._others.pop(self._me, None)

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _open(self) -> int:
        if self._file is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            file = os.open(self._path, flags, 0o600)
            if os.fstat(file).st_uid != os.geteuid():
                os.close(file)
                raise PermissionError(f"{self._path} belongs to another user")
            self._file = file
        return self._file

    def __del__(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)


class SharedGate(Gate):
    """A gate whose pace is that of all processes of the machine."""

    def __init__(self, path: Path, key: str) -> None:
        pace = Pace()
        super().__init__(pace, lock=SharedLock(path, key, pace), poll=_POLL)


# A line for each key: its hash, when it was written, and its state in JSON. A process reads its own
# alone: to read those of many keys would take milliseconds at each call.
def _read(file: int) -> dict[bytes, bytes]:
    """The lines of all keys without those that are damaged, old or of an earlier boot."""
    found = os.pread(file, os.fstat(file).st_size, 0).splitlines()
    lines = (line.partition(b" ")[::2] for line in found)
    return {key: line for key, line in lines if _is_fresh(line)}


def _is_fresh(line: bytes) -> bool:
    try:
        return 0.0 <= monotonic() - float(line.partition(b" ")[0]) < _TOO_OLD
    except ValueError:
        return False


def _state_in(line: bytes) -> Any:
    """The state of a key; None where there is none, or a damaged one."""
    try:
        return json.loads(line.partition(b" ")[2])
    except ValueError:
        return None


def _write(file: int, lines: dict[bytes, bytes]) -> None:
    data = b"".join(b"%s %s\n" % one for one in lines.items())
    os.ftruncate(file, os.pwrite(file, data, 0))


def _runs(name: str) -> bool:
    """Whether a process still runs: the requests of an ended one are no longer in flight."""
    try:
        os.kill(int(name.split()[0]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _state_of(pace: Pace) -> dict[str, Any]:
    state = {name: _shared(name, getattr(pace, name)) for name in _PARTS}
    sent = list(pace.window.sent)[-max(pace.window.count + 1, _REMEMBERED) :]
    state["window"]["sent"], state["rate"]["_cycles"] = sent, list(pace.rate._cycles)
    return {**state, "pace": _shared("pace", pace)}


def _shared(part: str, thing: object) -> dict[str, Any]:
    own = _OWN.get(part, frozenset())
    return {name: value for name, value in vars(thing).items() if name not in own}


def _is_whole(state: Any) -> bool:
    if not isinstance(state, dict) or state.keys() != {*_KEYS, "in_flight"}:
        return False
    return all(state[name].keys() == keys for name, keys in _KEYS.items())


def _fill(pace: Pace, state: Any) -> None:
    sent, cycles = pace.window.sent.maxlen, pace.rate._cycles.maxlen
    vars(pace).update(state["pace"])
    for name in _PARTS:
        vars(getattr(pace, name)).update(state[name])
    pace.window.sent = deque(pace.window.sent, sent)
    pace.rate._cycles = deque(((seconds, count) for seconds, count in pace.rate._cycles), cycles)


_KEYS = {name: part.keys() for name, part in _state_of(Pace()).items()}
