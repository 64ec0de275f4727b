"""The constructors of both adapters, as a user's code calls them."""

from __future__ import annotations

import os

import httpx
from pydantic import SecretStr

from langchain_ramclouds import ChatRamClouds, RamCloudsEmbeddings
from llama_index_ramclouds import RamClouds, RamCloudsEmbedding
from ramclouds import AsyncClient, Client

NAME = os.environ.get("MODEL", "a-model-of-tomorrow")


def langchain() -> None:
    ChatRamClouds(model="gpt-5", api_key="sk-text", top_k=5, thinking={"type": "disabled"})
    ChatRamClouds(model=NAME, api_key=SecretStr("sk-secret"), stop=["\n"], stop_sequences=None)
    ChatRamClouds(model_name="gpt-5", ramclouds_api_key="sk-text", request_timeout=30)
    ChatRamClouds(model="gpt-5", timeout=httpx.Timeout(30), verify="/ca.pem", tags=["a"])
    ChatRamClouds(model="gpt-5", temprature=0)  # type: ignore[call-arg]
    ChatRamClouds(model="gpt-5", temperature="hot")  # type: ignore[arg-type]


def llama_index() -> None:
    RamClouds("gpt-5", api_key="sk-text", api_base="https://ramclouds.me/v1", max_tokens=5)
    RamClouds(model=NAME, api_key=SecretStr("sk-secret"), context_window=8000, seed=7)
    RamClouds(model="gpt-5", async_http_client=httpx.AsyncClient(), system_prompt="Be brief.")
    RamClouds(model="gpt-5", temprature=0)  # type: ignore[call-arg]
    RamClouds()  # type: ignore[call-arg]


def embeddings() -> None:
    RamCloudsEmbeddings(model="text-embedding-3-small", api_key="sk-text", dimensions=256)
    RamCloudsEmbeddings(model_name=NAME, ramclouds_api_key=SecretStr("sk-secret"), chunk_size=9)
    RamCloudsEmbeddings(dimension=256)  # type: ignore[call-arg]
    RamCloudsEmbeddings(on_too_long="shrug")  # type: ignore[arg-type]
    RamCloudsEmbedding(model_name="text-embedding-3-large", api_key="sk-text", num_workers=None)
    RamCloudsEmbedding(model=NAME, api_base="https://ramclouds.me/v1", embed_batch_size=9)
    RamCloudsEmbedding(dimension=256)  # type: ignore[call-arg]
    RamCloudsEmbedding(embed_batch_size="many")  # type: ignore[arg-type]


async def names_of_models(client: Client, later: AsyncClient) -> None:
    client.complete(model="gpt-5", messages=[])
    client.stream(model=NAME, messages=[])
    client.embed(model=NAME, input="Hi")
    await later.embed_many(["Hi"], model="text-embedding-3-small")
    client.complete(model=5, messages=[])  # type: ignore[arg-type]
