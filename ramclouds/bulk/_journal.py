"""The file of results: appended, synced in groups, healed, and searched for what is answered."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any, BinaryIO, NamedTuple

from ramclouds.bulk._lines import START, Result, read_head, read_line, to_line, to_result
from ramclouds.bulk._lock import lock
from ramclouds.errors import ConfigurationError

# A sync for each line lets 200 of them through in a second; one for a group, 20,000.
_SECONDS_BETWEEN_SYNCS = 0.05
# `O_BINARY` is Windows': without it line ends would change.
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)


class Entry(NamedTuple):
    """The last line of a row."""

    key: str
    offset: int
    is_answered: bool


class Journal:
    """A journal that this process alone writes, until `close`.

    A line is handed to the system at once, so a kill loses nothing; a power cut loses 50 ms.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = _open(path)
        self._is_closed = Event()
        self._has_unsynced = False
        try:
            lock(self._descriptor, str(path))
            self._size = _heal(self._descriptor, path)
            self.entries = _entries(path)
            """The last line of each row; without those whose failure may pass."""
        except BaseException:
            os.close(self._descriptor)
            raise
        self._syncing = Thread(target=self._keep_synced, name="ramclouds-sync", daemon=True)
        self._syncing.start()

    def append(self, result: Result) -> None:
        """Writes a line.

        Raises:
            OSError: it cannot be written, because the disk is full, for example. The file is as it
                was before.
        """
        line = memoryview(to_line(result))
        written = 0
        try:
            while written < len(line):
                written += os.write(self._descriptor, line[written:])
        except OSError:
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += written
        self._has_unsynced = True

    def stored(self, entry: Entry) -> Result:
        """The result of an entry."""
        with self.path.open("rb") as file:
            file.seek(entry.offset)
            found = read_line(file.readline())
        assert found is not None
        return to_result(found)

    def close(self) -> None:
        """Syncs and closes the file."""
        self._is_closed.set()
        self._syncing.join()
        os.close(self._descriptor)

    def _keep_synced(self) -> None:
        while True:
            is_last = self._is_closed.wait(_SECONDS_BETWEEN_SYNCS)
            if self._has_unsynced:
                self._has_unsynced = False
                _sync(self._descriptor)
            if is_last:
                return


def read(path: str | os.PathLike[str]) -> Iterator[Result]:
    """The results in a file: of each `custom_id` the last one.

    Raises:
        ConfigurationError: there is no such file.
    """
    journal = Path(path)
    if not journal.is_file():
        raise ConfigurationError(f"There is no file {journal}. Give the path that `out` had.")
    last = {line["custom_id"]: offset for offset, line in _lines(journal, read_head)}
    for offset, line in _lines(journal, read_line):
        if last[line["custom_id"]] == offset:
            yield to_result(line)


def check_ours(path: Path) -> None:
    """Sees that a file is one of ours, or empty.

    Raises:
        ConfigurationError: it is another's.
    """
    with path.open("rb") as file:
        if not START.startswith(file.read(len(START))):
            raise ConfigurationError(
                f"{path} was not written by a bulk run. Nothing was changed. Give another path."
            )


def _open(path: Path) -> int:
    try:
        if path.exists() and not path.is_file():
            raise ConfigurationError(f"{path} is no file. Give the path of a file to write to.")
        if not path.parent.is_dir():
            raise ConfigurationError(
                f"There is no folder {path.parent}. Make it, or give another path."
            )
        return os.open(path, _FLAGS, 0o666)
    except OSError as exc:
        raise ConfigurationError(f"{path} cannot be written: {exc.strerror}.") from exc


def _heal(descriptor: int, path: Path) -> int:
    """Cuts off a last line that was not written to its end; gives the size of the file."""
    check_ours(path)
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        start = _start_of_last_line(file, size)
        file.seek(start)
        torn = file.read()
    if torn and read_line(torn) is not None:
        return size + os.write(descriptor, b"\n")
    os.ftruncate(descriptor, start)
    return start


def _start_of_last_line(file: BinaryIO, size: int) -> int:
    """Where the text behind the last line end begins."""
    end = size
    while end:
        start = max(end - 65536, 0)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _entries(path: Path) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for offset, line in _lines(path, read_head):
        error, custom_id = line["error"], line["custom_id"]
        if error is not None and error.get("retryable", True):
            entries.pop(custom_id, None)
        else:
            entries[custom_id] = Entry(line["key"], offset, error is None)
    return entries


def _lines(
    path: Path, parse: Callable[[bytes], dict[str, Any] | None]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The lines that can be read: a power cut can leave zeros in the place of others."""
    offset = 0
    with path.open("rb") as file:
        for line in file:
            if (found := parse(line)) is not None:
                yield offset, found
            offset += len(line)


def _sync(descriptor: int) -> None:
    # Some file systems have none; a disk that fails makes the next write fail.
    with suppress(OSError):
        os.fsync(descriptor)
