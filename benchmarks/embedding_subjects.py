"""What is measured of embeddings: our models, the peers', and bare httpx with base64."""

from __future__ import annotations

import json
from array import array
from base64 import b64decode
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.subjects import KEY

Embed = Callable[[list[str]], Sequence[Any]]

MODEL = "text-embedding-3-small"
BATCH = 500


def langchain_ours(url: str) -> Embed:
    from langchain_ramclouds import RamCloudsEmbeddings

    model = RamCloudsEmbeddings(model=MODEL, api_key=KEY, base_url=url, chunk_size=BATCH)
    return model.embed_documents


def langchain_peer(url: str) -> Embed:
    from langchain_openai import OpenAIEmbeddings

    # By default it loads a tokenizer from the network, to cut texts that are too long.
    return OpenAIEmbeddings(
        model=MODEL, api_key=KEY, base_url=url, chunk_size=BATCH, check_embedding_ctx_length=False
    ).embed_documents


def llama_index_ours(url: str) -> Embed:
    from llama_index_ramclouds import RamCloudsEmbedding

    model = RamCloudsEmbedding(model=MODEL, api_key=KEY, base_url=url, embed_batch_size=BATCH)
    return model.get_text_embedding_batch


def llama_index_peer(url: str) -> Embed:
    from llama_index.embeddings.openai_like import OpenAILikeEmbedding

    return OpenAILikeEmbedding(
        model_name=MODEL, api_key=KEY, api_base=url, embed_batch_size=BATCH
    ).get_text_embedding_batch


def httpx_alone(url: str) -> Embed:
    import httpx

    client = httpx.Client(timeout=60)
    headers = {"Authorization": f"Bearer {KEY}"}

    def embed(texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = []
        for start in range(0, len(texts), BATCH):
            body = {"model": MODEL, "input": texts[start : start + BATCH]}
            response = client.post(f"{url}/embeddings", headers=headers, json=body)
            for item in json.loads(response.content)["data"]:
                sent = item["embedding"]
                is_text = isinstance(sent, str)
                vectors.append(array("f", b64decode(sent)).tolist() if is_text else sent)
        return vectors

    return embed


BUILDERS: dict[str, Callable[[str], Embed]] = {
    "langchain-ours": langchain_ours,
    "langchain-peer": langchain_peer,
    "llama-index-ours": llama_index_ours,
    "llama-index-peer": llama_index_peer,
    "httpx": httpx_alone,
}
