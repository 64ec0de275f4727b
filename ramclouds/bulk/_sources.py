"""Files, lists and generators as numbered values, one at a time."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from io import IOBase
from itertools import chain, count
from pathlib import Path
from typing import Any, TypeGuard

from pydantic_core import from_json

from ramclouds.errors import ConfigurationError

Numbered = Iterator[tuple[str, Any]]
"""Where a value stands ("Line 3"), and the value, or the `BadRowError` that stands for it."""

MAPPINGS = (dict, Mapping)
"""For `isinstance`: the abstract class alone takes five times as long to find a dict."""

_LONGEST_LINE = 256 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_TABLES = {".csv": ",", ".tsv": "\t"}
_PARQUET = (".parquet", ".pq")
_PARQUET_ROWS = 1000
_BAD_BYTE = re.compile("[\udc80-\udcff]")


class BadRowError(ConfigurationError):
    """A row that cannot be asked; the message names its line."""


def is_path(rows: object) -> TypeGuard[str | os.PathLike[str]]:
    """Whether rows are the path of a file."""
    return isinstance(rows, (str, os.PathLike))


def is_table(rows: Any) -> bool:
    """Whether rows are a file whose columns are data: CSV or Parquet."""
    return is_path(rows) and Path(rows).suffix.lower() in (*_TABLES, *_PARQUET)


def can_be_read_twice(rows: Any) -> bool:
    """Whether all rows can be checked before the first is asked: a generator gives each once."""
    if is_path(rows):
        return not Path(rows).is_fifo()
    return not isinstance(rows, Iterator)


def numbered(rows: Any) -> Numbered:
    """The values of a file or of an iterable, with their places.

    Raises:
        ConfigurationError: there is no such file, or it is no iterable.
    """
    if isinstance(rows, IOBase):
        return _json_lines(rows)
    if not is_path(rows):
        # A data frame of pandas would give the names of its columns.
        if (
            not isinstance(rows, Iterable)
            or isinstance(rows, (bytes, dict))
            or hasattr(rows, "iterrows")
        ):
            raise ConfigurationError(
                f"Rows must be a list, a generator or the path of a file, not {rows!r:.80}. "
                'Of a data frame, pass frame.to_dict("records").'
            )
        return ((f"Row {number}", value) for number, value in enumerate(rows, 1))
    path = Path(rows)
    if not path.is_file() and not path.is_fifo():
        raise ConfigurationError(f"There is no file {path}. Give the path of a JSONL file.")
    kind = path.suffix.lower()
    if kind in _TABLES:
        return _csv_rows(path, _TABLES[kind])
    return _parquet_rows(path) if kind in _PARQUET else _file_lines(path)


def _file_lines(path: Path) -> Numbered:
    with path.open("rb") as file:
        yield from _json_lines(file)


def _json_lines(file: Any) -> Numbered:
    for number in count(1):
        line = file.readline(_LONGEST_LINE)
        if not line:
            return
        if isinstance(line, str):
            line = line.encode("utf-8", "surrogatepass")
        if number == 1:
            line = line.removeprefix(_BOM)
        if line.strip():
            place = f"Line {number}"
            yield place, _parsed(line, place)


def _parsed(line: bytes, place: str) -> Any:
    try:
        return from_json(line, allow_inf_nan=False)
    except ValueError:
        # It refuses halves of surrogate pairs, which the client repairs.
        return _parsed_slowly(line, place)


def _parsed_slowly(line: bytes, place: str) -> Any:
    try:
        return json.loads(line.decode(), parse_constant=_no_number)
    except UnicodeDecodeError:
        return BadRowError(f"{place} is not UTF-8. Save the file as UTF-8.")
    except (ValueError, RecursionError):
        shown = line[:80].decode("utf-8", "replace").strip()
        return BadRowError(
            f"{place} is no JSON: {shown!r}. Write one object or string in each line."
        )


def _no_number(word: str) -> Any:
    raise ValueError(word)


def _csv_rows(path: Path, delimiter: str) -> Numbered:
    # The limit of a field is one of the process, and 128 KiB by default.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_LINE))
    # Bytes that are not UTF-8 become halves of surrogate pairs: found below, with their line.
    with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        header = file.readline()
        if _BAD_BYTE.search(header):
            yield "Line 1", BadRowError("Line 1 is not UTF-8. Save the file as UTF-8.")
            return
        lines = chain([header], file)
        reader = csv.DictReader(lines, delimiter=_delimiter(header, delimiter))
        while True:
            try:
                row: Any = next(reader, None)
            except csv.Error as exc:
                row = BadRowError(f"Line {reader.line_num} is no CSV: {exc}.")
            if row is None:
                return
            place = f"Line {reader.line_num}"
            yield place, row if isinstance(row, BadRowError) else _checked_fields(row, place)


def _delimiter(header: str, usual: str) -> str:
    """Semicolons where Excel wrote the file in a country of decimal commas."""
    return ";" if usual == "," and "," not in header and ";" in header else usual


def _checked_fields(row: dict[Any, Any], place: str) -> Any:
    if None in row:
        return BadRowError(f"{place} has more fields than the header. Quote commas in texts.")
    if None in row.values():
        return BadRowError(f"{place} has fewer fields than the header.")
    if _BAD_BYTE.search("".join(row.values())):
        return BadRowError(f"{place} is not UTF-8. Save the file as UTF-8.")
    return row


def _parquet_rows(path: Path) -> Numbered:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as exc:
        raise ConfigurationError(
            f"{path} is a Parquet file, which needs pyarrow. Install it: "
            'pip install "ramclouds[bulk]"'
        ) from exc
    try:
        with ParquetFile(path) as file:
            batches = (batch.to_pylist() for batch in file.iter_batches(_PARQUET_ROWS))
            for number, row in enumerate(chain.from_iterable(batches), 1):
                yield f"Row {number}", row
    except ArrowException as exc:
        raise ConfigurationError(f"{path} is no Parquet file: {exc}.") from exc
