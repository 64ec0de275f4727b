"""The check of the built site's links finds what it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.links import faults
from tests.harness import each_row

RIGHT = """
    <a href="other/#part"></a> <a href="/other/"></a> <a href="#here"></a> <a href=""></a>
    <a href="https://example.com/x"></a> <a href="mailto:a@example.com"></a> <p id="here"></p>
    <img src="data:image/png;base64,AA=="> <link rel="canonical" href="https://example.com/">
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "index.html").write_text('<h2 id="part"></h2>')
    return tmp_path


def test_right_links_are_no_fault(site: Path) -> None:
    (site / "index.html").write_text(RIGHT)
    assert list(faults(site)) == []


@each_row(
    ("element", "fault"),
    [
        ('<a href="missing/">', "missing/: there is no such page or file."),
        ('<a href="other/#gone">', "other/#gone: the page has no such anchor."),
        ('<a href="#gone">', "#gone: the page has no such anchor."),
        ('<a href="https://nowhere">', "https://nowhere: is no address."),
        ('<img src="gone.png">', "gone.png: there is no such page or file."),
        (
            '<script src="https://example.com/x.js">',
            "https://example.com/x.js: is loaded from another host.",
        ),
        (
            '<link rel="stylesheet" href="//example.com/x.css">',
            "//example.com/x.css: is loaded from another host.",
        ),
    ],
)
def test_wrong_links_are_found(site: Path, element: str, fault: str) -> None:
    (site / "index.html").write_text(element)
    assert list(faults(site)) == [f"index.html: {fault}"]
