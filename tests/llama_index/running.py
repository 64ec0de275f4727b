"""Running an agent to its end, and what its tests share."""

from __future__ import annotations

from typing import Any

import pytest
from llama_index.core.agent.workflow import AgentStream
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events import BaseEvent

from llama_index_ramclouds import RamClouds
from tests.gateway import Json, Request, Response, Sse, completion, text_chunks

MODELS = ["gpt-5", "glm-4.6", "claude-opus-4-5", "kimi-k2-thinking", "deepseek-v3.2"]

AGENT_MARKS = [
    # Core's workflows look at every attribute of an agent, those that pydantic warns of too.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning"),
    # Core's ReAct agent asks for what its workflows deprecate, and a stored context has no memory.
    pytest.mark.filterwarnings("ignore:is_running called from within a step:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Skipping serialization of known unserializable key"),
    pytest.mark.usefixtures("core_leaves_open"),
    pytest.mark.parametrize("streaming", [True, False], ids=["streamed", "plain"]),
]


async def run(agent: Any, llm: RamClouds, message: str, **kwargs: Any) -> tuple[Any, list[Any]]:
    """Run to the end; the result, and the events meanwhile."""
    async with llm:
        handler = agent.run(message, **kwargs)
        events = [event async for event in handler.stream_events()]
        return await handler, events


def deltas(events: list[Any]) -> str:
    return "".join(event.delta for event in events if isinstance(event, AgentStream))


def says(*texts: str) -> Any:
    """Answers by the turn of the conversation, streamed or not as asked."""
    left = list(texts)

    def answer(request: Request) -> Response:
        text = left.pop(0)
        return Sse(text_chunks(text)) if request.json.get("stream") else Json(completion(text))

    return answer


class Events(BaseEventHandler):
    """Keeps the events of the dispatcher."""

    seen: list[BaseEvent]

    def handle(self, event: BaseEvent, **kwargs: Any) -> None:
        self.seen.append(event)
