"""Where results go: the journal, and the file of errors beside it."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import BinaryIO

from ramclouds.bulk._journal import Entry, Journal, check_ours
from ramclouds.bulk._lines import Result, to_line
from ramclouds.bulk._rows import Row
from ramclouds.bulk._sources import BadRowError, is_path
from ramclouds.errors import ConfigurationError

logger = logging.getLogger("ramclouds.bulk")


class Outputs:
    """The files of a run, or none; `close` closes them."""

    def __init__(self, out: str | os.PathLike[str] | None, rows: object) -> None:
        self.out = None if out is None else Path(out)
        self.unwritten: list[Result] = []
        """Results that came after the disk was full."""
        self._journal: Journal | None = None
        self._errors_path: Path | None = None
        self._errors: BinaryIO | None = None
        if self.out is not None:
            self._open(self.out, rows)

    def _open(self, out: Path, rows: object) -> None:
        self._errors_path = out.with_name(f"{out.stem}.errors{out.suffix or '.jsonl'}")
        for path in (out, self._errors_path):
            if is_path(rows) and os.path.realpath(path) == os.path.realpath(rows):
                raise ConfigurationError(
                    f"{path} is the input too. Give another file for the results."
                )
        self._journal = Journal(out)
        try:
            _forget(self._errors_path)
        except BaseException:
            self._journal.close()
            raise

    @property
    def errors(self) -> Path | None:
        """The file of errors, where there are some."""
        return self._errors_path if self._errors is not None else None

    def find(self, row: Row) -> Entry | None:
        """The entry of an earlier run for exactly this row."""
        if self._journal is None:
            return None
        entry = self._journal.entries.get(row.custom_id)
        return entry if entry is not None and entry.key == row.key else None

    def stored(self, entry: Entry) -> Result:
        """The result of an entry."""
        assert self._journal is not None
        return self._journal.stored(entry)

    def write(self, result: Result) -> None:
        """Writes a result.

        Raises:
            OSError: it cannot be written; it is kept in `unwritten`.
        """
        if self._journal is None:
            return
        try:
            self._journal.append(result)
            if not result.is_answered:
                self.write_error(result)
        except OSError:
            self.unwritten.append(result)
            raise

    def write_bad(self, row: BadRowError) -> None:
        """Writes what is wrong with a row that could not be read."""
        self.write_error(Result("", "", error={"code": "bad_row", "message": str(row)}))

    def write_error(self, result: Result) -> None:
        """Writes a result into the file of errors; what fails is in the journal too."""
        if self._errors_path is None:
            return
        try:
            if self._errors is None:
                self._errors = self._errors_path.open("ab", buffering=0)
            self._errors.write(to_line(result))
        except OSError as exc:
            logger.warning("%s cannot be written: %s", self._errors_path, exc)

    def retry(self) -> None:
        """Tries to write once more what could not be written."""
        kept, self.unwritten = self.unwritten, []
        for result in kept:
            try:
                self.write(result)
            except OSError:
                continue

    def close(self) -> None:
        """Closes the files."""
        if self._journal is not None:
            self._journal.close()
        if self._errors is not None:
            self._errors.close()


def _forget(errors: Path) -> None:
    """Removes the errors of the last run: all that still fails is written again."""
    try:
        if errors.exists():
            check_ours(errors)
            errors.unlink()
    except OSError as exc:
        raise ConfigurationError(f"{errors} cannot be replaced: {exc.strerror}.") from exc
