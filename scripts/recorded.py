"""Reads cassettes as plain values: each request, and its response byte for byte."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
CASSETTES = ROOT / "cassettes"


@dataclass(frozen=True)
class Interaction:
    """One request and its response."""

    method: str
    path: str
    sent: Any
    """The request's JSON; None if it had no body."""
    status: int
    headers: Mapping[str, str]
    """The response's headers, names in lower case."""
    text: str
    """The response's body."""

    @property
    def json(self) -> Any:
        """The response body as one JSON value."""
        return json.loads(self.text)

    @property
    def lines(self) -> list[str]:
        """The lines of a streamed response that are not empty."""
        return [line for line in self.text.split("\n") if line.strip()]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The JSON events of a streamed response, without its end marker."""
        return [json.loads(line[6:]) for line in self.lines if line.startswith("data: {")]


def interactions_of(requests: Sequence[Any], responses: Sequence[Any]) -> list[Interaction]:
    """The values of vcrpy as our own."""
    return [
        Interaction(
            method=request.method,
            path=request.path,
            sent=json.loads(request.body) if request.body else None,
            status=response["status"]["code"],
            headers={name.lower(): values[0] for name, values in response["headers"].items()},
            text=_text(response["body"]["string"]),
        )
        for request, response in zip(requests, responses, strict=True)
    ]


def load(path: Path) -> list[Interaction]:
    """The interactions of one cassette file."""
    from vcr.request import Request

    read = yaml.safe_load(path.read_text("utf-8"))["interactions"]
    requests = [Request._from_dict(one["request"]) for one in read]
    return interactions_of(requests, [one["response"] for one in read])


def _text(body: str | bytes) -> str:
    return body if isinstance(body, str) else body.decode()


@dataclass(frozen=True)
class Server:
    """A server that cassettes were recorded from: its folder, and the settings of its requests."""

    folder: Path
    model: str
    max_tokens: int
    not_recorded: Mapping[str, str]
    """Tests without a cassette here, as `package/name`, and why."""

    @property
    def ask(self) -> dict[str, Any]:
        """The fields that every request has."""
        return {"model": self.model, "max_tokens": self.max_tokens, "temperature": 0}

    @property
    def cassettes(self) -> set[str]:
        """The recorded tests, as `package/name`."""
        return {f"{path.parent.name}/{path.stem}" for path in self.folder.glob("*/*.yaml")}


def server_of(folder: Path) -> Server:
    """The server whose cassettes are in a folder."""
    facts = json.loads((folder / "server.json").read_text("utf-8"))
    return Server(
        folder=folder,
        model=facts["model"],
        max_tokens=facts["max_tokens"],
        not_recorded=facts.get("not_recorded", {}),
    )


def servers() -> list[Server]:
    """All servers with committed cassettes."""
    return [server_of(path.parent) for path in sorted(CASSETTES.glob("*/server.json"))]
