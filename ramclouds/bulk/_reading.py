"""What is still to be asked: rows without those that an earlier run has done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ramclouds.bulk._journal import Entry
from ramclouds.bulk._lines import Result
from ramclouds.bulk._options import Options
from ramclouds.bulk._outputs import Outputs
from ramclouds.bulk._rows import Kind, Row, rows_of
from ramclouds.bulk._sources import BadRowError, can_be_read_twice, numbered
from ramclouds.errors import ConfigurationError


@dataclass(slots=True)
class Counts:
    """What reading has found."""

    skipped: int = 0
    failed: int = 0
    """Rows that failed for good in an earlier run."""
    bad: int = 0


class Reading:
    """The rows of a run, read as they are needed; those of a list or file are checked before."""

    def __init__(
        self, options: Options, kind: Kind, outputs: Outputs, require: Callable[[Any], object]
    ) -> None:
        self.counts = Counts()
        self.total: int | None = None
        """How many rows there are, where that is known."""
        self._options = options
        self._rows = options.rows
        self._kind = kind
        self._outputs = outputs
        self._require = require
        """Raises if no row at all can be asked, for example without a price."""

    def prepare(self) -> None:
        """Reads all rows once, if they can be read twice.

        Raises:
            BadRowError: one of them cannot be asked.
        """
        if not can_be_read_twice(self._rows):
            return
        found, total = Counts(), 0
        for one in self._sorted(found):
            total += 1
            if isinstance(one, BadRowError) and not self._options.skip_bad:
                raise one
        self.total = total
        if self.total == found.skipped and not self._options.with_stored:
            self.counts, self._rows = found, ()

    def work(self, group: int) -> Iterator[list[Row] | Result]:
        """Rows to ask, so many together as one call takes, and results that are there already.

        Raises:
            BadRowError: a row cannot be asked.
        """
        rows: list[Row] = []
        for one in self._sorted(self.counts):
            if rows and not _belong_together(rows[0], one):
                yield rows
                rows = []
            if isinstance(one, Row):
                rows.append(one)
            elif isinstance(one, Entry):
                yield from self._done(one)
            else:
                self._leave_out(one)
            if len(rows) == group:
                # At once: the next row may be long in coming.
                yield rows
                rows = []
        if rows:
            yield rows

    def _sorted(self, counts: Counts) -> Iterator[Row | Entry | BadRowError]:
        for row in rows_of(numbered(self._rows), self._kind):
            if isinstance(row, BadRowError):
                counts.bad += 1
                yield row
            else:
                yield self._looked_up(row, counts)

    def _looked_up(self, row: Row, counts: Counts) -> Row | Entry | BadRowError:
        entry = self._outputs.find(row)
        if entry is not None and entry.is_answered:
            counts.skipped += 1
            return entry
        if entry is not None and not self._options.retry_failed:
            counts.failed += 1
            return entry
        try:
            self._kind.check(row.input)
        except (ConfigurationError, TypeError) as exc:
            counts.bad += 1
            return BadRowError(f"{row.place} cannot be asked: {exc}")
        self._require(row.input)
        return row

    def _leave_out(self, row: BadRowError) -> None:
        if not self._options.skip_bad:
            raise row
        self._outputs.write_bad(row)

    def _done(self, entry: Entry) -> Iterator[Result]:
        if entry.is_answered and not self._options.with_stored:
            return
        result = self._outputs.stored(entry)
        if not result.is_answered:
            self._outputs.write_error(result)
        if self._options.with_stored:
            yield result


def _belong_together(one: Row, other: Row | Entry | BadRowError) -> bool:
    """Whether two texts can be embedded by one request."""
    return not isinstance(other, Row) or _settings_of(one) == _settings_of(other)


def _settings_of(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.input.items() if name != "input"}
