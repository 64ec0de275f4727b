"""Patterns that are compiled at their first use."""

from __future__ import annotations

import re

from ramclouds._late import late


def test_a_late_pattern_does_what_a_compiled_one_does() -> None:
    given, text = r"(?P<letter>[a-z])\d", "A1 b2 C3"
    compiled, found = re.compile(given, re.IGNORECASE), late(given, re.IGNORECASE)

    for _ in range(2):  # the first use, and the next
        assert found.findall(text) == compiled.findall(text) == ["A", "b", "C"]
        assert found.sub("-", text) == compiled.sub("-", text)
        assert found.fullmatch(text) is None
    assert found.pattern == given


def test_a_late_pattern_takes_bytes() -> None:
    assert late(rb"\d+").findall(b"1 22") == [b"1", b"22"]
