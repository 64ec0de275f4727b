"""Runs both frameworks' agents against RamClouds or any New API, and says which came through.

    RAMCLOUDS_API_KEY=sk-... RAMCLOUDS_BASE_URL=https://.../v1 python -m scripts.agents MODEL...

With several models, one thread also goes from each to the next. Costs about 60 short calls a model.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Iterator, Sequence
from functools import partial

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from tests.agents import langchain, llama_index

Run = tuple[str, Awaitable[None]]


def main(models: Sequence[str]) -> int:
    """Run and print; 1 where a scenario failed."""
    if not os.environ.get("RAMCLOUDS_API_KEY"):
        sys.exit("RAMCLOUDS_API_KEY is not set: there is no gateway to ask.")
    named = list(models) or [os.environ.get("RAMCLOUDS_MODEL", "gpt-5")]
    return 1 if asyncio.run(_failures(_runs(named))) else 0


def _runs(models: Sequence[str]) -> Iterator[Run]:
    chats = [partial(ChatRamClouds, model=model) for model in models]
    llms = [partial(RamClouds, model) for model in models]
    for model, chat, llm in zip(models, chats, llms, strict=True):
        for name, run_chain in langchain.SCENARIOS.items():
            yield f"{model} LangChain {name}", run_chain(chat)
        for name, run_agent in llama_index.SCENARIOS.items():
            yield f"{model} LlamaIndex {name}", run_agent(llm)
    if len(models) > 1:
        thread = " > ".join(models)
        yield f"{thread} LangChain", langchain.change_of_model(chats)
        yield f"{thread} LlamaIndex", llama_index.change_of_model(llms)


async def _failures(runs: Iterator[Run]) -> int:
    count = 0
    for name, run in runs:
        try:
            await run
        except Exception as exc:  # noqa: BLE001 - each framework has its own errors
            count += 1
            print(f"FAILED  {name}\n        {type(exc).__name__}: {str(exc)[:300]}")
        else:
            print(f"ok      {name}")
    return count


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
