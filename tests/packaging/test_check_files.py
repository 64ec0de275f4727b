"""The checks before a commit notice what they are for."""

from __future__ import annotations

from pathlib import Path

from scripts.check_files import faults
from tests.canary import KEYS
from tests.harness import each_row

NO_BREAK = "The last line has no line break. Add one."
EMPTY_LINES = "The file ends with empty lines. Remove them."
RECORDED = "Line 2 looks like a secret. Record it again without it."
WRITTEN = "Line 2 looks like a secret. Take it out."


@each_row(
    ("name", "content", "found"),
    [
        ("page.md", "text\n", []),
        ("page.md", "", []),
        ("page.md", "text", [NO_BREAK]),
        ("page.md", "text\n\n", [EMPTY_LINES]),
        ("wirecases/one.http", "bytes as sent", []),
        ("picture.png", "\0", []),
        ("page.md", f"{KEYS[0]}\n", []),
        ("tests/test_one.py", "\nsk-abcdefgh12345678\n", []),
        ("scripts/load.py", "\nkey = 'sk-load'\n", []),
        ("scripts/load.py", "\nkey = 'sk-abcdefgh12345678'\n", [WRITTEN]),
        ("scripts/load.py", "\nkey = 'sk-proj-abcdefgh12345678'\n", [WRITTEN]),
        ("page.md", "\nAIzaSyA1234567890\n", [WRITTEN]),
        ("page.md", "\nghp_1234567890abcdef\n", [WRITTEN]),
    ],
)
def test_faults_of_a_file(name: str, content: str, found: list[str], tmp_path: Path) -> None:
    assert faults_of(tmp_path / name, content) == found


def faults_of(path: Path, content: str) -> list[str]:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode())
    return list(faults(path))


@each_row(
    "name", ["cassettes/one.yaml", "cassettes/one.yml", "wirecases/one.http", "captures/one.json"]
)
def test_no_recording_holds_a_secret(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert [text for text in SECRETS if faults_of(path, f"é\n{text}\n") != [RECORDED]] == []
    assert [text for text in NO_SECRETS if faults_of(path, f"é\n{text}\n")] == []


SECRETS = [
    f"body: {KEYS[0]}",
    "Authorization: Bearer abc",
    "authorization:\n- token",
    "authorization:\n    - 'token'",
    '"authorization": ["token"]',
    "Proxy-Authorization: Basic dTpw",
    "x-api-key: abc",
    "X-Api-Key:\n- abc",
    '"api-key": "abc"',
    "x-goog-api-key: abc",
    "x-auth-token: abc",
    '"api_key": "abc"',
    "\0 x-api-key: abc",
    "Set-Cookie: session=abc",
    "cookie:\n- session=abc",
    "body: sk-abc",
    "body: sk-proj-abc",
    "body: AIzaSyA1234567890",
    "body: ghp_1234567890",
    "body: github_pat_1234567890",
    "uri: https://user:password@gateway.invalid/v1",
    "uri: https://gateway.invalid/v1?key=abc",
    "uri: https://gateway.invalid/v1?alt=sse&api_key=abc",
]
NO_SECRETS = [
    "body: text",
    "authorization:\n- PLACEHOLDER",
    "x-api-key: PLACEHOLDER",
    '"api-key": "PLACEHOLDER"',
    "uri: https://gateway.invalid/v1?key=PLACEHOLDER",
    "x-api-key: ''\nhost: gateway.invalid",
    "message: The header x-api-key is required",
    "message: Incorrect API key provided: sk-proj-****abcd",
    "uri: https://gateway.invalid:3000/v1?keys=2",
    "Enable JavaScript and cookies to continue",
    "task-1 is done",
]
