"""Both frameworks' agents before providers that refuse what they do not take: none refuses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from ramclouds import RamCloudsError
from tests.agents import langchain, llama_index
from tests.gateway import Gateway, Request, Response
from tests.gateway.vendors import VENDORS, VendorModel
from tests.llama_index.running import AGENT_MARKS

pytestmark = AGENT_MARKS[:-1]

ORDERS = [
    ("claude", "openai", "gemini", "deepseek"),
    ("deepseek", "gemini", "openai", "claude-4-6"),
    ("kimi", "minimax", "mistral", "claude", "glm"),
]


@pytest.fixture
def vendors(gateway: Gateway) -> dict[str, VendorModel]:
    """All providers behind one gateway, which finds them by their model."""
    models = {vendor.model: VendorModel(vendor) for vendor in VENDORS.values()}

    def answer(request: Request) -> Response:
        return models[request.json["model"]].answer(request)

    gateway.handler = answer
    return models


def refused(vendors: dict[str, VendorModel]) -> dict[str, list[str]]:
    return {name: vendor.refused for name, vendor in vendors.items() if vendor.refused}


@pytest.mark.parametrize("name", VENDORS)
async def test_langchain_is_never_refused(
    name: str, vendors: dict[str, VendorModel], chat: Callable[..., ChatRamClouds]
) -> None:
    make = partial(chat, model=VENDORS[name].model)
    for scenario in langchain.SCENARIOS.values():
        await scenario(make)
        assert refused(vendors) == {}, scenario.__name__


@pytest.mark.parametrize("name", VENDORS)
async def test_llama_index_is_never_refused(
    name: str, vendors: dict[str, VendorModel], llm: Callable[..., RamClouds]
) -> None:
    make = partial(llm, model=VENDORS[name].model)
    for scenario in llama_index.SCENARIOS.values():
        await scenario(make)
        assert refused(vendors) == {}, scenario.__name__


@pytest.mark.parametrize("order", ORDERS, ids=">".join)
async def test_thread_goes_on_with_another_model(
    order: tuple[str, ...],
    vendors: dict[str, VendorModel],
    chat: Callable[..., ChatRamClouds],
    llm: Callable[..., RamClouds],
) -> None:
    models = [VENDORS[name].model for name in order]
    await langchain.change_of_model([partial(chat, model=model) for model in models])
    await llama_index.change_of_model([partial(llm, model=model) for model in models])
    assert refused(vendors) == {}


async def test_without_a_dialect_they_refuse(
    vendors: dict[str, VendorModel], chat: Callable[..., ChatRamClouds]
) -> None:
    for vendor in VENDORS.values():
        make = partial(chat, model=vendor.model, dialect="none")
        for scenario in (langchain.turns_of_a_thread, langchain.odd_histories):
            with suppress(RamCloudsError):
                await scenario(make)
    assert set(refused(vendors)) == {vendor.model for vendor in VENDORS.values()}
