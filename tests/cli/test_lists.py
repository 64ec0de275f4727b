"""`ramclouds models` and `ramclouds balance`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.account import AccountGateway, refusing
from tests.cli.conftest import Run
from tests.client.account import billed, status
from tests.gateway import Body, Hang, Json, Request, Response

ROWS = [
    ["gpt-5", "400,000", "128,000", "2", "8", "images", "reasoning", "schemas"],
    ["claude-opus-4-5-CL", "200,000", "64,000", "2", "8", "images", "pdf", "reasoning", "schemas"],
    ["text-embedding-3-small", "8,192", "0.02*", "0*", "1536", "dimensions"],
    ["mystery-7b"],
]


def listing(*names: str) -> Json:
    return Json({"data": [{"id": name, "owned_by": "custom"} for name in names], "object": "list"})


@pytest.fixture(autouse=True)
def _models(account: AccountGateway) -> None:
    names = ("gpt-5", "claude-opus-4-5-CL", "text-embedding-3-small", "mystery-7b")
    account.part = lambda request: listing(*names) if request.path == "/v1/models" else None


def test_models_are_joined_with_what_is_known_of_them(run: Run) -> None:
    head, *rows = run("models").output.splitlines()
    assert head.split("  ")[0] == "model"
    assert [row.split() for row in rows] == ROWS
    assert [row.index("images") for row in rows[:2]] == [head.index("takes")] * 2


def test_hidden_prices_are_the_vendors_list(run: Run, account: AccountGateway) -> None:
    listed = account.part
    account.part = lambda request: (
        Json({"success": False}, 403) if request.path == "/api/pricing" else listed(request)
    )
    rows = run("models", "gpt").output.splitlines()[1:]
    assert rows[0].split()[3:5] == ["1.25*", "10*"]


def test_words_choose_models(run: Run) -> None:
    assert len(run("models", "OPUS").output.splitlines()) == 1 + 1


def test_words_that_no_model_has_are_named(run: Run) -> None:
    result = run("models", "claude", "gpt")
    assert (result.exit_code, result.output) == (
        1,
        "Error: No model of this key has claude and gpt in its name. "
        "Leave the words out to see all.\n",
    )


@pytest.mark.parametrize("answer", [Json({}, 404), Body("<html>")])
def test_balance_of_a_gateway_that_tells_none(
    run: Run, account: AccountGateway, answer: Response
) -> None:
    account.part = lambda request: answer if request.path.startswith("/api/usage") else None
    result = run("balance")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: The gateway does not tell what is left")


def test_prices_that_do_not_come_are_not_waited_for(
    run: Run, account: AccountGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = account.part
    account.part = lambda request: (
        Hang("headers") if request.path == "/api/pricing" else listed(request)
    )
    monkeypatch.setattr("ramclouds.cli._amounts._PATIENCE", 0.2)
    assert run("models", "gpt").stdout.splitlines()[1].split()[3:5] == ["1.25*", "10*"]


def test_price_of_a_call(run: Run, account: AccountGateway) -> None:
    listed = account.part
    priced = {"model_name": "mystery-7b", "quota_type": 1, "model_price": 0.25}
    account.part = lambda request: (
        Json({"success": True, "data": [priced], "group_ratio": {"default": 1}})
        if request.path == "/api/pricing"
        else listed(request)
    )
    assert run("models", "mystery").stdout.splitlines()[1].split() == [
        "mystery-7b", "0.25", "a", "call",
    ]  # fmt: skip


def test_models_as_json(run: Run) -> None:
    found = json.loads(run("models", "--json").stdout)
    assert [(one["id"], one["facts"]["known"]) for one in found] == [
        ("gpt-5", True),
        ("claude-opus-4-5-CL", True),
        ("text-embedding-3-small", True),
        ("mystery-7b", False),
    ]
    assert found[0]["facts"]["context_window"] == 400_000
    assert found[2]["facts"]["dimensions"] == 1536


BALANCES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "key": (
        {"expires_at": 4102444800},
        {},
        ["1.9999 USD on the key", "0.0001 USD", "lim, ends on 2100-01-01 00:00 UTC"],
    ),
    "yuan": ({}, {"quota_display_type": "CNY"}, ["14.5993 CNY on the key", "0.0007 CNY"]),
    "tokens": ({}, {"quota_display_type": "TOKENS"}, ["999,951 tokens on the key", "49 tokens"]),
    "account": ({"unlimited_quota": True}, {}, ["150.0000 USD on the account", "50.0000 USD"]),
    "limited": (
        {"model_limits_enabled": True, "model_limits": {"gpt-5": True}, "expires_at": 1},
        {},
        ["1.9999 USD on the key", "0.0001 USD", "lim, ended on 1970-01-01 00:00 UTC", "gpt-5"],
    ),
}


@pytest.mark.parametrize("kind", BALANCES)
def test_balance_is_shown_in_the_operators_unit(
    run: Run, account: AccountGateway, kind: str
) -> None:
    key, unit, expected = BALANCES[kind]
    account.key.update(key)

    def part(request: Request) -> Response | None:
        return status(**unit) if request.path == "/api/status" else None

    account.part = part
    values = [line.split(maxsplit=1)[1] for line in run("balance").output.splitlines()]
    assert values[: len(expected)] == expected
    report = json.loads(run("balance", "--json").stdout)
    assert report["unit"] == (unit.get("quota_display_type") or "USD").replace("TOKENS", "tokens")
    assert report["key"] == "lim"


def test_credit_that_is_not_shown(run: Run, account: AccountGateway) -> None:
    account.key["unlimited_quota"] = True
    account.part = refusing("/v1/dashboard/billing/subscription", billed(100_000_000, 0)[0])
    words = "no limit on the key; the gateway does not show the credit of the account"
    assert words in run("balance").output


def test_control_characters_of_a_gateway_do_not_reach_the_terminal(
    run: Run, account: AccountGateway
) -> None:
    account.part = lambda request: listing("evil\x1b[2J") if request.path == "/v1/models" else None
    account.key["name"] = "\x1b]0;mine\x07"
    for command in (["models"], ["balance"], ["doctor", "--no-calls", "-m", "evil\x1b[2J"]):
        result = run(*command, color=True)
        assert result.exit_code == 0
        assert [code for code in ("\x1b[2J", "\x1b]") if code in result.stdout] == []
