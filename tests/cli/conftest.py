"""Fixtures of the command's tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from ramclouds.cli._commands import commands
from tests.cli.account import AccountGateway
from tests.client.conftest import _own_environment  # noqa: F401  autouse
from tests.gateway import Gateway

Run = Callable[..., Result]
KEY = "sk-c4narybirdc4narybird"


@pytest.fixture
def account(gateway: Gateway) -> AccountGateway:
    """A gateway that tells about itself, the key and its credit, as New API does."""
    return AccountGateway(gateway)


@pytest.fixture
def run(
    account: AccountGateway, gateway: Gateway, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> Run:
    """Runs a command before the gateway; the key is in no output."""
    monkeypatch.setenv("RAMCLOUDS_API_KEY", KEY)
    monkeypatch.setenv("RAMCLOUDS_BASE_URL", gateway.base_url)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("RAMCLOUDS_MODEL", raising=False)

    def call(*arguments: str, stdin: str | bytes | None = None, color: bool = False) -> Result:
        named = {"prog_name": "ramclouds", "color": color}
        result = CliRunner().invoke(commands, arguments, input=stdin, **named)
        assert KEY[3:] not in result.output
        return result

    return call
