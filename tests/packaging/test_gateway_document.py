"""docs/inside/gateway.md and the captures: each statement says how it is known."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tests.captures import CAPTURES, named

TEXT = (Path(__file__).parents[2] / "docs" / "inside" / "gateway.md").read_text("utf-8")
_STATEMENT = re.compile(r"^- ((?:.+)(?:\n  .+)*)", re.MULTILINE)
_MARK = re.compile(r"\[(?P<known>A M B|A|M|B|M B|A M|read|reported)(?:: (?P<names>`[^\]]+`))?\]$")
# Where a provider's own request holds what a setting became.
_PLACES = {
    "gemini-req-params-all-m": {
        "temperature": "temperature",
        "top_p": "topP",
        "top_k": "topK",
        "max_tokens": "maxOutputTokens",
        "stop": "stopSequences",
        "n": "candidateCount",
        "seed": "seed",
        "frequency_penalty": "frequencyPenalty",
        "presence_penalty": "presencePenalty",
        "logprobs": "responseLogprobs",
        "logit_bias": "logitBias",
        "user": "user",
        "metadata": "metadata",
    }
}


def statements() -> list[str]:
    return [" ".join(found.split()) for found in _STATEMENT.findall(TEXT)]


def cited(text: str) -> list[str]:
    """The names of captures in a mark."""
    mark = _MARK.search(text)
    return re.findall(r"`([^`]+)`", mark["names"] or "") if mark else []


def test_each_statement_says_how_it_is_known() -> None:
    assert [one for one in statements() if not _MARK.search(one)] == []


def test_each_mark_names_the_builds_of_its_captures() -> None:
    for statement in statements():
        mark = _MARK.search(statement)
        shown = [
            one for name in cited(statement) for one in CAPTURES if fnmatchcase(one.name, name)
        ]
        assert mark is not None
        assert {one.fields["build"][0] for one in shown} <= set(mark["known"].split()), statement


def test_each_name_stands_for_a_capture() -> None:
    unknown = [p for p in patterns() if not any(fnmatchcase(one.name, p) for one in CAPTURES)]
    assert unknown == []


def test_each_capture_is_named() -> None:
    unnamed = [c.name for c in CAPTURES if not any(fnmatchcase(c.name, p) for p in patterns())]
    assert unnamed == []


def patterns() -> list[str]:
    """All names in the document, `*` standing for several."""
    columns, _ = table()
    in_table = [name for names in columns for name in names]
    return [name for statement in statements() for name in cited(statement)] + in_table


def table() -> tuple[list[list[str]], list[tuple[str, list[str]]]]:
    """The captures of each column, and the rows: a setting and its cells."""
    rows = [line.strip("|").split("|") for line in TEXT.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in row] for row in rows]
    start = next(i for i, row in enumerate(cells) if row[0] == "captures")
    columns = [re.findall(r"`([^`]+)`", cell) for cell in cells[start][1:]]
    settings = [(re.findall(r"`([^`]+)`", row[0])[0], row[1:]) for row in cells[start + 1 :]]
    return columns, settings


def test_table_says_what_the_captures_show() -> None:
    columns, settings = table()
    found = {
        setting: [{arrives(setting, name) for name in names} for names in columns]
        for setting, _ in settings
    }
    assert found == {setting: [{cell} for cell in cells] for setting, cells in settings}


def arrives(setting: str, name: str) -> str:
    capture = named(name)
    if setting not in capture.request:
        return "-"
    body: dict[str, Any] = capture.upstream[0]["body"]
    place = _PLACES.get(name, {}).get(setting, setting)
    sent = body.get("generationConfig", body)
    return "yes" if sent.get(place) is not None else "no"
