"""docs/inside/dialects.md shows the table as it is."""

from __future__ import annotations

from pathlib import Path

from ramclouds.bridge.dialects import Dialect, dialects

DOCUMENT = Path(__file__).parents[3] / "docs" / "inside" / "dialects.md"
WORDS = {"not_while_thinking": "not while thinking", "unless_refused": "unless refused"}


def row_of(dialect: Dialect) -> str:
    cells = (
        f"`{dialect.name}`",
        dialect.family or "any other",
        dialect.schemas,
        ", ".join(dialect.structured),
        dialect.forced_tools,
        dialect.reasoning,
        dialect.thinks,
    )
    return f"| {' | '.join(WORDS.get(cell, cell) for cell in cells)} |"


def test_document_has_a_row_for_each_dialect() -> None:
    lines = DOCUMENT.read_text("utf-8").splitlines()
    first = lines.index("|---|---|---|---|---|---|---|") + 1
    shown = lines[first : lines.index("", first)]
    assert shown == [row_of(dialect) for dialect in dialects()], f"Write the rows into {DOCUMENT}."
