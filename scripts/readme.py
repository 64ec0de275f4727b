"""The README of a server's cassettes, written from what was recorded."""

from __future__ import annotations

import json
from pathlib import Path

from scripts.recorded import Interaction, load, server_of

_TEXT = """\
# {name}

Recorded on {recorded} with `{command}`. Written by that command: do not edit.

| | |
|---|---|
| server | {software} |
| model asked | `{model}` |
| responses | {count} in {files} cassettes |

{missing}
A cassette holds what one test sent and what the server sent back, with only those headers that say
something about the server. Its port is written as 8080. `{again}`
records again into another folder and prints what changed.
"""


def write_readme(folder: Path) -> None:
    """Write which server it is, from its own responses."""
    server = server_of(folder)
    facts = json.loads((folder / "server.json").read_text("utf-8"))
    responses = [one for path in sorted(folder.glob("*/*.yaml")) for one in load(path)]
    is_local = folder.name.startswith("llama.cpp")
    command = "make record" if is_local else "make record-live"
    text = _TEXT.format(
        name=folder.name,
        recorded=facts["recorded"],
        command=f"{command} INTO=cassettes/{folder.name} REPLACE=1",
        again=f"{command} INTO=some/other/folder/{folder.name}",
        software=_software(responses),
        model=server.model,
        count=len(responses),
        files=len(server.cassettes),
        missing=_missing(server.not_recorded),
    )
    (folder / "README.md").write_text(text, "utf-8")


def _software(responses: list[Interaction]) -> str:
    """The server's name and version, as far as its responses name them."""
    named = [
        *(one.headers.get("server") for one in responses),
        *(_named("New API", one.headers.get("x-new-api-version")) for one in responses),
        *(_named("build", _fingerprint(one)) for one in responses),
    ]
    return ", ".join(dict.fromkeys(text for text in named if text))


def _named(name: str, value: str | None) -> str | None:
    return value and f"{name} {value}"


def _fingerprint(response: Interaction) -> str | None:
    if not response.text.startswith("{"):
        return None
    found = response.json.get("system_fingerprint")
    return str(found) if found else None


def _missing(not_recorded: object) -> str:
    assert isinstance(not_recorded, dict)
    if not not_recorded:
        return ""
    lines = [f"- `{name}`: {why}" for name, why in sorted(not_recorded.items())]
    return "Not recorded, because this server does not do what the test expects:\n\n{}\n".format(
        "\n".join(lines)
    )
