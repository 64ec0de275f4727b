"""What a call costs, and which price counts."""

from __future__ import annotations

import copy
import pickle
from dataclasses import asdict
from typing import Any

import pytest

from ramclouds import (
    Completion,
    ConfigurationError,
    Price,
    Prices,
    Usage,
    cost_of,
    model_facts,
    price_of,
    set_prices,
)
from ramclouds._json.parsing import MalformedError
from ramclouds._prices import known
from ramclouds._wire.prices import to_prices
from tests.harness import each_row, in_row

URL = "https://gateway.test/v1"


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "_of_gateways", {})
    monkeypatch.setattr(known, "_of_user", {})


PLAIN = Price(2, 10)
FULL = Price(2, 10, cached=0.2, cache_write=2.5, audio_input=20, audio_output=40)


def test_cost() -> None:
    for price, counts, dollars in [
        (PLAIN, {"prompt_tokens": 1_000_000, "completion_tokens": 100_000}, 3.0),
        # Parts of a side cost what the rest of it costs, unless they have a price of their own.
        (PLAIN, {"prompt_tokens": 1_000_000, "cached_tokens": 900_000}, 2.0),
        (FULL, {"prompt_tokens": 1_000_000, "cached_tokens": 900_000}, 0.2 + 0.18),
        (FULL, {"prompt_tokens": 1_000_000, "cache_creation_tokens": 200_000}, 1.6 + 0.5),
        (FULL, {"prompt_tokens": 1_000_000, "prompt_audio_tokens": 500_000}, 1.0 + 10.0),
        (FULL, {"completion_tokens": 1_000_000, "completion_audio_tokens": 500_000}, 5.0 + 20.0),
        (FULL, {"completion_tokens": 1_000_000, "reasoning_tokens": 900_000}, 10.0),
        # More parts than there are tokens: some builds count cached tokens apart.
        (FULL, {"prompt_tokens": 1, "cached_tokens": 1_000_000}, 0.2),
        (Price(per_call=0.04), {"prompt_tokens": 1_000_000}, 0.04),
        (Price(2, 10, max_prompt_tokens=200), {"prompt_tokens": 200}, 0.0004),
        (Price(2, 10, max_prompt_tokens=200), {"prompt_tokens": 201}, None),
        (None, {"prompt_tokens": 1}, None),
    ]:
        with in_row(price):
            assert cost_of(Usage(**counts), price) == (
                None if dollars is None else pytest.approx(dollars)
            )


def test_cost_of_a_call_without_usage() -> None:
    assert (cost_of(None, Price(per_call=0.04)), cost_of(None, PLAIN)) == (0.04, None)


@each_row(
    ("name", "same_as"),
    [
        ("openai/gpt-5", "gpt-5"),
        ("gpt-5-2025-08-07", "gpt-5"),
        ("gpt-5-high", "gpt-5"),
        ("claude-opus-4.5-CL", "claude-opus-4-5"),
        ("MiniMax-M2.1", "minimax-m2.1"),
    ],
)
def test_list_price_by_any_name(name: str, same_as: str) -> None:
    price = price_of(name)
    assert price is not None
    assert (price, price.source) == (price_of(same_as), "list")
    assert "2026" in price.note
    assert model_facts(name).list_price == price


@each_row(
    "name", ["no-such-model", "deepseek-v3.2", "gpt-5.9", "openai/gpt-5:free", "gpt-5-codex-mini"]
)
def test_unknown_price_is_none(name: str) -> None:
    assert (price_of(name), model_facts(name).list_price) == (None, None)


def test_the_gateways_price_counts_before_the_users_and_that_before_the_list() -> None:
    def sources() -> list[Any]:
        found = (price_of("gpt-5", url) for url in (URL, URL + "/", "https://other.test/v1", None))
        return [price and (price.source, price.input) for price in found]

    assert sources() == [("list", 1.25)] * 4
    set_prices({"gpt-5": {"input": 7, "output": 8}})
    assert sources() == [("user", 7)] * 4
    set_prices({"gpt-5": Price(6, 8, source="list")}, base_url=URL + "/")
    assert sources() == [("user", 6)] * 2 + [("user", 7)] * 2
    known.remember_prices(URL, Prices({"gpt-5": Price(5, 8, source="gateway")}), 0.0)
    assert sources() == [("gateway", 5)] * 2 + [("user", 7), ("gateway", 5)]
    # With two gateways nobody knows which one is meant.
    known.remember_prices("https://other.test/v1", Prices({}), 0.0)
    assert sources() == [("gateway", 5)] * 2 + [("user", 7)] * 2


def test_set_prices_adds_and_forgets() -> None:
    set_prices({"mine": {"input": 1}, "other": Price(per_call=0.5)})
    set_prices({"mine": None})
    assert (price_of("mine"), price_of("other")) == (None, Price(per_call=0.5))


@each_row("value", [-1, float("nan"), float("inf"), "1", True, None])
def test_price_that_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(ConfigurationError, match="US dollars for one million tokens"):
        set_prices({"good": {"input": 1}, "mine": {"input": value}})
    assert price_of("good") is None


def test_unknown_part_of_a_price_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"has no prompt\. It has: input, output, cached"):
        set_prices({"mine": {"prompt": 1}})


@pytest.mark.parametrize("price", [5, "5", [1.25, 10]])
def test_price_of_another_type_is_refused(price: Any) -> None:
    with pytest.raises(ConfigurationError, match="Give a Price, or a dict with some of: input"):
        set_prices({"mine": price})


@pytest.mark.parametrize("prices", [None, [("gpt-5", {"input": 1})], {5: {"input": 1}}])
def test_prices_that_are_no_dict_by_models_are_refused(prices: Any) -> None:
    with pytest.raises(ConfigurationError, match="must be a dict by models"):
        set_prices(prices)


# As M sends it; parts that no price depends on are left out.
RATIOS = {
    "model_name": "gpt-5",
    "quota_type": 0,
    "model_ratio": 0.625,
    "model_price": 0,
    "completion_ratio": 8,
    "cache_ratio": 0.1,
    "enable_groups": ["default", "vip"],
}
CALL = {"model_name": "sora", "quota_type": 1, "model_ratio": 0, "model_price": 0.3}
GROUPS = {"default": 1, "vip": 0.5, "slow": 0.25}


def listed(*entries: Any, group: str | None = None, groups: Any = GROUPS) -> Prices:
    body = {"success": True, "data": list(entries), "group_ratio": groups}
    return to_prices(body, group=group)


def test_ratios_of_the_gateway_in_dollars() -> None:
    prices = listed(RATIOS, CALL)
    said: dict[str, Any] = {"source": "gateway", "note": "group default"}
    assert dict(prices) == {
        # A cache write is billed by 1.25 where the list has no ratio for it.
        "gpt-5": Price(1.25, 10.0, 0.125, 1.25 * 1.25, **said),
        "sora": Price(per_call=0.3, **said),
    }
    assert (prices.group, prices.groups, len(prices)) == (None, GROUPS, 2)


def test_all_ratios() -> None:
    ratios = {"create_cache_ratio": 2, "audio_ratio": 4, "audio_completion_ratio": 3}
    price = listed({**RATIOS, **ratios})["gpt-5"]
    assert (price.cache_write, price.audio_input, price.audio_output) == (2.5, 5.0, 15.0)


def test_group_multiplies() -> None:
    for groups, asked, note, dollars in [
        (["default", "vip"], "vip", "group vip", 0.625),
        (["vip", "slow"], None, "group vip", 0.625),
        (["gone", "slow"], None, "group slow", 0.3125),
        (["all"], "slow", "group slow", 0.3125),
        (["all"], None, "group default", 1.25),
        ([], None, "group default", 1.25),
        (None, "vip", "group vip", 0.625),
    ]:
        with in_row(groups):
            price = listed({**RATIOS, "enable_groups": groups}, group=asked)["gpt-5"]
            assert (price.note, price.input) == (note, dollars)


def test_build_that_names_no_cache_ratios_goes_by_the_vendors() -> None:
    """A: neither `cache_ratio` nor `pricing_version`; it bills cached tokens by a ratio."""
    old = {name: value for name, value in RATIOS.items() if name != "cache_ratio"}
    ours = {**old, "model_name": "my-own-model"}
    prices = listed({**old, "model_ratio": 1.25}, ours, CALL)
    assert prices["gpt-5"].cached == pytest.approx(0.25)
    assert "cached tokens in proportion" in prices["gpt-5"].note
    assert (prices["my-own-model"].cached, prices["sora"].cached) == (1.25, None)
    newer = to_prices({"data": [old], "pricing_version": "5a90f2b8"})
    assert newer["gpt-5"].cached == 1.25


def test_model_that_a_group_lacks_has_no_price() -> None:
    assert dict(listed({**RATIOS, "enable_groups": ["vip"]}, group="slow")) == {}


def test_group_that_is_not_shown_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="Choose one of: default, vip, slow"):
        listed(RATIOS, group="staff")


@each_row(
    "changes",
    [
        {"model_ratio": None},
        {"model_ratio": -1},
        {"model_ratio": "much"},
        {"model_name": ""},
        {"quota_type": 1, "model_price": None},
        # B: a formula in place of ratios.
        {"billing_mode": "tiered_expr", "billing_expr": "p*2"},
    ],
)
def test_entry_without_a_price_is_left_out(changes: dict[str, Any]) -> None:
    assert dict(listed({**RATIOS, **changes}, "not an entry")) == {}


def test_number_as_text_and_odd_groups_are_read() -> None:
    prices = listed({**RATIOS, "model_ratio": "0.625"}, groups=None)
    assert prices["gpt-5"].input == 1.25


def test_price_of_a_variant() -> None:
    prices = listed(RATIOS)
    assert prices.find("gpt-5-2025-08-07") == prices["gpt-5"]
    assert prices.find("gpt-5-mini") is None


@each_row("body", [[], {}, {"data": None}, "text"])
def test_body_without_a_list(body: Any) -> None:
    with pytest.raises(MalformedError):
        to_prices(body)


def test_copies_of_a_completion_keep_their_price() -> None:
    usage = Usage(1_000_000, 0, 1_000_000)
    assert (usage.price, usage.cost) == (None, None)
    usage._billed_as = (URL, "gpt-5")
    found = Completion(usage=usage)
    copies = (copy.deepcopy(found), pickle.loads(pickle.dumps(found)))
    assert [(one.cost, one) for one in copies] == [(1.25, found)] * 2
    assert "_billed_as" not in asdict(usage)
