"""The checks before a commit notice what they are for."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.check_files import faults
from tests.canary import KEYS

NO_BREAK = "The last line has no line break. Add one."
EMPTY_LINES = "The file ends with empty lines. Remove them."
SECRET = "Line 2 looks like a secret. Record the cassette again without it."


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("page.md", "text\n", []),
        ("page.md", "", []),
        ("page.md", "text", [NO_BREAK]),
        ("page.md", "text\n\n", [EMPTY_LINES]),
        ("wirecases/one.http", "bytes as sent", []),
        ("picture.png", "\0", []),
        ("cassettes/one.yaml", "é\nbody: text\n", []),
        ("cassettes/one.yaml", f"é\nbody: {KEYS[0]}\n", [SECRET]),
        ("cassettes/one.yaml", "é\nAuthorization: Bearer abc\n", [SECRET]),
        ("cassettes/one.yaml", "é\nauthorization:\n- token\n", [SECRET]),
        ("cassettes/one.yaml", "é\nauthorization:\n- PLACEHOLDER\n", []),
        ("cassettes/one.yaml", "é\nbody: sk-abc\n", [SECRET]),
        ("page.md", f"{KEYS[0]}\n", []),
    ],
)
def test_faults_of_a_file(name: str, content: str, found: list[str], tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode())
    assert list(faults(path)) == found
